// SPDX-License-Identifier: GPL-2.0-or-later
// Asks the kernel for the Unix sockets that listen in this network namespace.
#include "wgq/kernel/netlink/unix_diag.h"

#include <errno.h>
#include <libmnl/libmnl.h>
#include <linux/sock_diag.h>
#include <linux/unix_diag.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/sysmacros.h>

#include "wgq/base/mem.h"
#include "wgq/kernel/netlink/netlink.h"

/* net/tcp_states.h: sockets of every family have the states of TCP. */
enum { STATE_LISTEN = 10 };

struct search {
	const char *ending;
	const struct stat *file;
	bool found;
};

/* The name may end with a NUL. */
static bool has_ending(const struct nlattr *name, const char *ending)
{
	const char *text = mnl_attr_get_payload(name);
	size_t len = strnlen(text, mnl_attr_get_payload_len(name)), n = strlen(ending);

	return len >= n && memcmp(text + len - n, ending, n) == 0;
}

static int attribute_take(const struct nlattr *a, void *data)
{
	struct search *search = data;
	struct unix_diag_vfs vfs;

	if (!search->file && mnl_attr_get_type(a) == UNIX_DIAG_NAME)
		search->found |= has_ending(a, search->ending);
	if (!search->file || mnl_attr_get_type(a) != UNIX_DIAG_VFS)
		return 0;
	if (mnl_attr_get_payload_len(a) != sizeof(vfs))
		return -EPROTO;
	memcpy(&vfs, mnl_attr_get_payload(a), sizeof(vfs));
	/* The kernel's own form of a device's number (linux/kdev_t.h). */
	dev_t device = search->file->st_dev;
	search->found |= vfs.udiag_vfs_ino == (uint32_t)search->file->st_ino &&
			 vfs.udiag_vfs_dev == (major(device) << 20 | minor(device));
	return 0;
}

static int socket_take(const struct nlmsghdr *message, void *into)
{
	if (message->nlmsg_type != SOCK_DIAG_BY_FAMILY)
		return -EPROTO;
	return netlink_each(message, sizeof(struct unix_diag_msg), attribute_take, into);
}

int unix_diag_listens(const char *ending, const struct stat *file)
{
	struct netlink *n;
	struct search search = {.ending = ending, .file = file};
	const struct netlink_sink sink = {.take = socket_take, .into = &search};
	char bytes[MNL_NLMSG_HDRLEN + MNL_ALIGN(sizeof(struct unix_diag_req))]
		__attribute__((aligned(MNL_ALIGNTO)));
	struct nlmsghdr *request = mnl_nlmsg_put_header(bytes);
	struct unix_diag_req *what = mnl_nlmsg_put_extra_header(request, sizeof(*what));
	struct ack ack;

	request->nlmsg_type = SOCK_DIAG_BY_FAMILY;
	request->nlmsg_flags = NLM_F_DUMP;
	what->sdiag_family = AF_UNIX;
	what->udiag_states = 1 << STATE_LISTEN;
	what->udiag_show = file ? UDIAG_SHOW_VFS : UDIAG_SHOW_NAME;

	int r = netlink_shared(NETLINK_SOCK_DIAG, &n);
	if (r == 0)
		r = netlink_talk(n, request, &sink, &ack);
	return r < 0 ? r : search.found;
}

// SPDX-License-Identifier: GPL-2.0-or-later
// Fuzzes whole conversations: each function that asks the kernel gets the input for its answers.
// The linker puts the functions below in the place of the real ones (tests/fuzz/meson.build).
#include <errno.h>
#include <limits.h>
#include <linux/netlink.h>
#include <poll.h>
#include <stdint.h>
#include <string.h>
#include <sys/socket.h>

#include "wgq/base/mem.h"
#include "wgq/kernel/netlink/netlink.h"
#include "wgq/kernel/nft/nft.h"
#include "wgq/kernel/rtnetlink/rtnetlink.h"
#include "wgq/kernel/wg/netlink.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);
ssize_t __wrap_send(int fd, const void *bytes, size_t n, int flags);
ssize_t __wrap_recvfrom(int fd, void *bytes, size_t n, int flags, struct sockaddr *from,
			socklen_t *from_len);
int __wrap_socket(int family, int type, int protocol);
int __wrap_close(int fd);
int __wrap_poll(struct pollfd *fds, nfds_t n, int timeout);
int __wrap_setsockopt(int fd, int level, int name, const void *value, socklen_t n);

/* What is left of the input: datagrams, each after its length in two bytes. */
static const uint8_t *input;
static size_t input_len;
/* Of the newest request; answers are numbered like it. */
static uint32_t seq;

static void take_seq(const void *bytes, size_t n)
{
	struct nlmsghdr head;

	if (n < sizeof(head))
		return;
	memcpy(&head, bytes, sizeof(head));
	seq = head.nlmsg_seq;
}

ssize_t __wrap_send(int fd, const void *bytes, size_t n, int flags)
{
	(void)fd;
	(void)flags;
	take_seq(bytes, n);
	return (ssize_t)n;
}

/* No socket is opened: closing one of netlink takes milliseconds. */

int __wrap_socket(int family, int type, int protocol)
{
	(void)family;
	(void)type;
	(void)protocol;
	return INT_MAX;
}

int __wrap_close(int fd)
{
	(void)fd;
	return 0;
}

int __wrap_setsockopt(int fd, int level, int name, const void *value, socklen_t n)
{
	(void)fd;
	(void)level;
	(void)name;
	(void)value;
	(void)n;
	return 0;
}

int __wrap_poll(struct pollfd *fds, nfds_t n, int timeout)
{
	(void)n;
	(void)timeout;
	fds->revents = POLLIN;
	return 1;
}

/* What the fuzzer cannot guess is put right in every message. */
static void number_messages(uint8_t *bytes, size_t n)
{
	struct nlmsghdr head;

	for (size_t at = 0; at + sizeof(head) <= n; at += NLMSG_ALIGN(head.nlmsg_len)) {
		memcpy(&head, bytes + at, sizeof(head));
		head.nlmsg_seq = seq;
		head.nlmsg_pid = 0;
		memcpy(bytes + at, &head, sizeof(head));
		if (head.nlmsg_len < sizeof(head) || head.nlmsg_len > n - at)
			return;
	}
}

static ssize_t answer(void *into, size_t room)
{
	if (input_len < 2) {
		errno = ECONNRESET;
		return -1;
	}
	size_t n = input[0] | (size_t)input[1] << 8;

	input += 2;
	input_len -= 2;
	if (n > input_len)
		n = input_len;
	size_t given = n < room ? n : room;
	memcpy(into, input, given);
	number_messages(into, given);
	input += n;
	input_len -= n;
	return (ssize_t)n;
}

ssize_t __wrap_recvfrom(int fd, void *bytes, size_t n, int flags, struct sockaddr *from,
			socklen_t *from_len)
{
	(void)fd;
	(void)flags;
	(void)from;
	(void)from_len;
	return answer(bytes, n);
}

static void ask_links(struct rtnetlink *r, struct diag *d)
{
	_cleanup_(links_release) struct link_vec links = {0};
	struct link link;

	rtnetlink_link_get(r, "wg0", &link, d);
	rtnetlink_link_list(r, &links, d);
	rtnetlink_link_add(r, "wg0", "wireguard", d);
	rtnetlink_link_set(r, 7, &(struct rtnetlink_link_change){.mtu = 1420}, d);
}

static void ask_addrs(struct rtnetlink *r, struct diag *d)
{
	_cleanup_(addrs_release) struct link_addr_vec addrs = {0};

	rtnetlink_addr_list(r, 7, &addrs, d);
}

static void ask_rules(struct rtnetlink *r, struct diag *d)
{
	_cleanup_(rules_release) struct rule_vec rules = {0};

	rtnetlink_rule_list(r, AF_INET, &rules, d);
	vec_each(rule, &rules)
		rtnetlink_rule_del(r, rule, d);
}

static void ask_routes(struct rtnetlink *r, struct diag *d)
{
	_cleanup_(routes_release) struct route_vec routes = {0};
	bool used;

	rtnetlink_table_used(r, AF_INET6, 51820, &used, d);
	rtnetlink_route_list(r, AF_INET, 254, 7, &routes, d);
}

static void ask_ways(struct rtnetlink *r, struct diag *d)
{
	const struct addr to = {.family = AF_INET, .bytes = {192, 0, 2, 1}};
	struct rtnetlink_path path = {0};

	rtnetlink_path_get(r, &to, 1, &path, d);
	rtnetlink_default_get(r, 0, &path, d);
}

/* Without what has rules read by libnftnl, which trusts the kernel: it ends the program at an
 * attribute of another kind, and reads through a name that is missing. */
static void ask_nft(struct rtnetlink *r, struct diag *d)
{
	unsigned families;

	(void)r;
	nft_find("wg0", &families, d);
	nft_probe(d);
	nft_remove("wg0", d);
}

static void ask_wireguard(struct rtnetlink *r, struct diag *d)
{
	_cleanup_wg_device_ struct wg_device device = {0};

	(void)r;
	wg_netlink_get("wg0", &device, d);
	wg_netlink_set("wg0", &(struct wg_device){.replace_peers = true}, d);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	static void (*const asks[])(struct rtnetlink * r, struct diag * d) = {
		ask_links, ask_addrs, ask_rules, ask_routes, ask_ways, ask_nft, ask_wireguard,
	};
	_cleanup_(rtnetlink_free_at) struct rtnetlink *r = NULL;
	_cleanup_diag_ struct diag d = {0};

	if (size < 1 || rtnetlink_open(&r, &d) < 0)
		return 0;
	input = data + 1;
	input_len = size - 1;
	asks[data[0] % (sizeof(asks) / sizeof(asks[0]))](r, &d);
	netlink_release_shared();
	return 0;
}

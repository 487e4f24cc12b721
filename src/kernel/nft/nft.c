// SPDX-License-Identifier: GPL-2.0-or-later
// Changes nf_tables: one batch at a time, and what the kernel lacks when it refuses one.
#include "wgq/kernel/nft/nft.h"

#include <errno.h>
#include <stdio.h>
#include <sys/socket.h>

#include <linux/netfilter.h>

#include "wgq/base/mem.h"
#include "wgq/kernel/nft/find.h"
#include "wgq/kernel/nft/rules.h"

/* What a kernel lacks that refuses a message so; NULL: something else is wrong. */
static const char *missing(const struct nft_message *m, int error)
{
	bool v4 = m->family == NFPROTO_IPV4;

	if (error != ENOENT && error != EOPNOTSUPP && error != EAFNOSUPPORT)
		return NULL;
	switch (m->part) {
	case NFT_PART_BEGIN:
		return "nf_tables (CONFIG_NF_TABLES)";
	case NFT_PART_TABLE:
	case NFT_PART_CHAIN:
		return v4 ? "nf_tables for IPv4 (CONFIG_NF_TABLES_IPV4)"
			  : "nf_tables for IPv6 (CONFIG_NF_TABLES_IPV6)";
	case NFT_PART_ADDRESS:
		return v4 ? "nft_fib_ipv4 (CONFIG_NFT_FIB_IPV4)"
			  : "nft_fib_ipv6 (CONFIG_NFT_FIB_IPV6)";
	case NFT_PART_MARK:
		return "nft_ct (CONFIG_NFT_CT, with CONFIG_NF_CONNTRACK_MARK)";
	case NFT_PART_DELETE:
	case NFT_PART_END:
		return NULL;
	}
	return NULL;
}

static int batch_fail(const struct nft_batch *b, const struct ack *ack, const char *what,
		      struct diag *d)
{
	const struct nft_message *at = ack->seq < b->len ? &b->at[ack->seq] : NULL;
	const char *lacks = at ? missing(at, ack->error) : NULL;

	if (lacks) {
		diag_refuse(d, EOPNOTSUPP, "cannot %s: the kernel lacks %s", what, lacks);
		diag_hint(d, "its module may only need to be loaded: see modprobe(8)");
		return -EOPNOTSUPP;
	}
	ack_fail(d, ack, "%s", what);
	if (ack->error == EPERM && at && at->part == NFT_PART_DELETE)
		diag_hint(d, "another process owns the table there is (flags owner)");
	else if (ack->error == EPERM)
		diag_hint(d, "this needs CAP_NET_ADMIN; are you root?");
	return -ack->error;
}

/* One send() must hold the batch: a rule takes some 350 bytes, and 212,960 are allowed by default.
 * What this cannot raise, send() reports as EMSGSIZE. */
static void make_room(const struct netlink *n, size_t len)
{
	int bytes = len < INT32_MAX / 2 ? (int)len : INT32_MAX / 2;

	if (setsockopt(n->fd, SOL_SOCKET, SO_SNDBUFFORCE, &bytes, sizeof(bytes)) < 0)
		setsockopt(n->fd, SOL_SOCKET, SO_SNDBUF, &bytes, sizeof(bytes));
}

/* Without commit the kernel validates the batch and drops it: the way of `nft --check`
 * (nfnetlink_rcv_batch(): no NFNL_MSG_BATCH_END, hence NFNL_ABORT_VALIDATE). The acknowledgement is
 * asked of the last ordinary message, since before Linux 6.10 the end has none. */
static int send_batch(struct netlink *n, struct nft_batch *b, bool commit, const char *what,
		      struct diag *d)
{
	struct netlink_request request = {.atomic = true, .count = (uint32_t)b->len};
	struct ack ack;

	nft_batch_acknowledge(b);
	if (commit && nft_batch_end(b) < 0)
		return diag_no_memory(d);
	request.bytes = b->bytes.data;
	request.len = b->bytes.len;
	make_room(n, request.len);
	return netlink_exchange(n, &request, &ack) < 0 ? batch_fail(b, &ack, what, d) : 0;
}

/* The beginning of a batch: whatever has the table's name goes. */
static int begin_with_deletion(struct netlink *n, struct nft_batch *b, const char *table,
			       struct diag *d)
{
	uint32_t families = 0;
	int r = nft_find_tables(n, table, &families, d);

	if (r)
		return r;
	r = nft_batch_begin(b);
	for (uint8_t family = 0; !r && family < 32; family++)
		if (families & UINT32_C(1) << family)
			r = nft_batch_delete(b, family, table);
	return r ? diag_no_memory(d) : 0;
}

/* fw may be NULL: nothing comes in the place of what goes. */
static int replace_tables(struct netlink *n, const char *ifname, const struct firewall *fw,
			  const char *verb, struct diag *d)
{
	_cleanup_nft_batch_ struct nft_batch b = {0};
	char table[NFT_TABLE_NAME_MAX], what[64];
	int r;

	nft_table_name(ifname, table);
	snprintf(what, sizeof(what), "%s nftables table %s", verb, table);
	r = begin_with_deletion(n, &b, table, d);
	if (!r && fw && nft_batch_firewall(&b, fw) < 0)
		r = diag_no_memory(d);
	/* One message is the beginning. */
	if (r || b.len == 1)
		return r;
	return send_batch(n, &b, true, what, d);
}

static int open_fail(int r, struct diag *d)
{
	if (r != -EPROTONOSUPPORT)
		return r;
	return diag_refuse(d, EOPNOTSUPP, "the kernel lacks nfnetlink (CONFIG_NETFILTER_NETLINK)");
}

static bool is_installed(const struct firewall *fw)
{
	bool same = false;

	return nft_matches(fw, &same, NULL) == 0 && same;
}

static bool is_removed(const char *ifname)
{
	unsigned families;

	return nft_find(ifname, &families, NULL) == 0 && !families;
}

int nft_install(const struct firewall *fw, struct diag *d)
{
	struct netlink *n;
	_cleanup_diag_ struct diag failure = {0};
	int r = nft_find_open(&n, d);

	if (r)
		return open_fail(r, d);
	r = replace_tables(n, fw->ifname, fw, "install", &failure);
	/* When answers are lost, only a look says what became of the batch. */
	if (r == -ENOBUFS && is_installed(fw))
		return 0;
	diag_move(d, &failure);
	return r;
}

int nft_remove(const char *ifname, struct diag *d)
{
	struct netlink *n;
	_cleanup_diag_ struct diag failure = {0};
	int r = nft_find_open(&n, d);

	if (r)
		return r == -EPROTONOSUPPORT ? 0 : r;
	r = replace_tables(n, ifname, NULL, "remove", &failure);
	if (r == -ENOBUFS && is_removed(ifname))
		return 0;
	diag_move(d, &failure);
	return r;
}

static bool kernel_has_ipv6(void)
{
	_cleanup_fd_ int fd = socket(AF_INET6, SOCK_DGRAM | SOCK_CLOEXEC, 0);

	return fd >= 0;
}

int nft_probe(struct diag *d)
{
	struct netlink *n;
	_cleanup_nft_batch_ struct nft_batch b = {0};
	const struct addr addrs[] = {{.family = AF_INET}, {.family = AF_INET6}};
	/* No interface has this name, hence nobody's table. */
	const struct firewall fw = {.ifname = "/",
				    .mark = 1,
				    .ip = true,
				    .ip6 = kernel_has_ipv6(),
				    .addrs = addrs,
				    .addr_count = 2};
	int r = nft_find_open(&n, d);

	if (r)
		return open_fail(r, d);
	if (nft_batch_begin(&b) < 0 || nft_batch_firewall(&b, &fw) < 0)
		return diag_no_memory(d);
	return send_batch(n, &b, false, "use nftables", d);
}

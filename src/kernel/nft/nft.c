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
		if (m->family == NFPROTO_INET)
			return "nf_tables for both families (CONFIG_NF_TABLES_INET)";
		return v4 ? "nf_tables for IPv4 (CONFIG_NF_TABLES_IPV4)"
			  : "nf_tables for IPv6 (CONFIG_NF_TABLES_IPV6)";
	case NFT_PART_ADDRESS:
		return v4 ? "nft_fib_ipv4 (CONFIG_NFT_FIB_IPV4)"
			  : "nft_fib_ipv6 (CONFIG_NFT_FIB_IPV6)";
	case NFT_PART_MARK:
		return "nft_ct (CONFIG_NFT_CT, with CONFIG_NF_CONNTRACK_MARK)";
	case NFT_PART_REJECT:
		return "nft_reject_inet (CONFIG_NFT_REJECT_INET)";
	case NFT_PART_NAT:
		return "NAT for both families (CONFIG_NFT_NAT, CONFIG_NFT_MASQ, Linux 5.2)";
	case NFT_PART_CLAMP:
		return "nft_rt and nft_exthdr (CONFIG_NF_TABLES, Linux 4.14)";
	case NFT_PART_RULE:
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
		diag_hint(d, "another process owns the existing table (flags owner)");
	else if (ack->error == EPERM)
		diag_hint(d, "this needs CAP_NET_ADMIN; are you root?");
	return -ack->error;
}

/* Without commit the kernel validates the batch and drops it: the way of `nft --check`
 * (nfnetlink_rcv_batch(): no NFNL_MSG_BATCH_END, hence NFNL_ABORT_VALIDATE). The acknowledgement is
 * asked of the last ordinary message, since before Linux 6.10 the end has none. */
static int send_batch(struct nft_batch *b, bool commit, const char *what, struct diag *d)
{
	struct netlink_request request = {.atomic = true, .count = (uint32_t)b->len};
	struct netlink *n;
	struct ack ack;
	int r = netlink_shared(NETLINK_NETFILTER, &n);

	if (r == -EPROTONOSUPPORT)
		return diag_refuse(d, EOPNOTSUPP,
				   "the kernel lacks nfnetlink (CONFIG_NETFILTER_NETLINK)");
	if (r < 0)
		return diag_fail(d, -r, "cannot open a netfilter netlink socket");
	if (nft_batch_status(b) == 0)
		nft_batch_at(b, b->len - 1)->nlmsg_flags |= NLM_F_ACK;
	if (commit)
		nft_batch_end(b);
	if (nft_batch_status(b) < 0)
		return diag_no_memory(d);
	request.bytes = b->bytes.data;
	request.len = b->bytes.len;

	/* One send() must hold the batch: a rule takes some 350 bytes, and 212,960 are allowed by
	 * default. What this cannot raise, send() reports as EMSGSIZE. */
	int bytes = request.len < INT32_MAX / 2 ? (int)request.len : INT32_MAX / 2;
	if (setsockopt(n->fd, SOL_SOCKET, SO_SNDBUFFORCE, &bytes, sizeof(bytes)) < 0)
		setsockopt(n->fd, SOL_SOCKET, SO_SNDBUF, &bytes, sizeof(bytes));
	return netlink_exchange(n, &request, &ack) < 0 ? batch_fail(b, &ack, what, d) : 0;
}

/* What a table is to hold: the firewall, or walls. */
struct content {
	const struct firewall *fw;
	const char *ifname;
	const struct walls *walls;
};

static void build(struct nft_batch *b, const struct content *content)
{
	if (content->fw)
		nft_batch_firewall(b, content->fw);
	if (content->walls)
		nft_batch_walls(b, content->ifname, content->walls);
}

static int matches(const char *table, const struct content *content, bool *ret, struct diag *d)
{
	_cleanup_nft_batch_ struct nft_batch b = {0};

	build(&b, content);
	return nft_batch_status(&b) < 0 ? diag_no_memory(d) : nft_tables_are(table, &b, ret, d);
}

/* Whatever has the table's name goes. Without content nothing comes in its place. */
static int replace(const char *table, const struct content *content, struct diag *d)
{
	_cleanup_nft_batch_ struct nft_batch b = {0};
	_cleanup_diag_ struct diag failure = {0};
	bool is_empty = !content->fw && !content->walls;
	uint32_t families = 0;
	bool done = false;
	char what[64];
	int r = nft_find_families(table, &families, d);

	if (r < 0)
		return r;
	snprintf(what, sizeof(what), "%s nftables table %s", is_empty ? "remove" : "install",
		 table);
	nft_batch_begin(&b);
	for (uint8_t family = 0; family < 32; family++)
		if (families & UINT32_C(1) << family)
			nft_batch_delete(&b, family, table);
	build(&b, content);
	/* One message is the beginning. */
	if (nft_batch_status(&b) == 0 && b.len == 1)
		return 0;
	r = send_batch(&b, true, what, &failure);
	/* When answers are lost, only a look says what became of the batch. */
	if (r == -ENOBUFS && matches(table, content, &done, NULL) == 0 && done)
		return 0;
	diag_move(d, &failure);
	return r;
}

int nft_install(const struct firewall *fw, struct diag *d)
{
	char table[NFT_TABLE_NAME_MAX];

	nft_table_name(fw->ifname, table);
	return replace(table, &(struct content){.fw = fw}, d);
}

int nft_remove(const char *ifname, struct diag *d)
{
	char table[NFT_TABLE_NAME_MAX];

	nft_table_name(ifname, table);
	return replace(table, &(struct content){0}, d);
}

int nft_matches(const struct firewall *fw, bool *ret, struct diag *d)
{
	char table[NFT_TABLE_NAME_MAX];

	nft_table_name(fw->ifname, table);
	return matches(table, &(struct content){.fw = fw}, ret, d);
}

int nft_walls_install(const char *ifname, const struct walls *walls, struct diag *d)
{
	char table[NFT_TABLE_NAME_MAX];

	nft_own_name(ifname, table);
	return replace(table, &(struct content){.ifname = ifname, .walls = walls}, d);
}

int nft_walls_remove(const char *ifname, struct diag *d)
{
	char table[NFT_TABLE_NAME_MAX];

	nft_own_name(ifname, table);
	return replace(table, &(struct content){0}, d);
}

int nft_walls_matches(const char *ifname, const struct walls *walls, bool *ret, struct diag *d)
{
	char table[NFT_TABLE_NAME_MAX];

	nft_own_name(ifname, table);
	return matches(table, &(struct content){.ifname = ifname, .walls = walls}, ret, d);
}

/* No interface has this name, so no table either. */
#define NOBODY "/"

int nft_probe(struct diag *d)
{
	_cleanup_nft_batch_ struct nft_batch b = {0};
	_cleanup_fd_ int ip6 = socket(AF_INET6, SOCK_DGRAM | SOCK_CLOEXEC, 0);
	const struct addr addrs[] = {{.family = AF_INET}, {.family = AF_INET6}};
	const struct firewall fw = {.ifname = NOBODY,
				    .mark = 1,
				    .ip = true,
				    .ip6 = ip6 >= 0,
				    .addrs = addrs,
				    .addr_count = 2};

	nft_batch_begin(&b);
	nft_batch_firewall(&b, &fw);
	return send_batch(&b, false, "use nftables", d);
}

int nft_walls_probe(const struct walls *walls, struct diag *d)
{
	_cleanup_nft_batch_ struct nft_batch b = {0};

	nft_batch_begin(&b);
	nft_batch_walls(&b, NOBODY, walls);
	return send_batch(&b, false, "use nftables", d);
}

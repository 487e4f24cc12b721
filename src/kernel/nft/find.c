// SPDX-License-Identifier: GPL-2.0-or-later
// Reads nf_tables: which families have a table, and whether it holds what a batch would make.
#include "wgq/kernel/nft/find.h"

#include <errno.h>
#include <string.h>
#include <sys/socket.h>

#include <libmnl/libmnl.h>
#include <libnftnl/common.h>
#include <linux/netfilter.h>
#include <linux/netfilter/nf_tables.h>
#include <linux/netfilter/nfnetlink.h>

#include "wgq/kernel/nft/nft.h"
#include "wgq/kernel/nft/rules.h"
#include "wgq/kernel/nft/text.h"

/* The name of the table is the first attribute of every message about it. */
enum { TABLE_NAME = NFTA_TABLE_NAME };
_Static_assert((int)TABLE_NAME == NFTA_CHAIN_TABLE && (int)TABLE_NAME == NFTA_RULE_TABLE,
	       "one attribute for tables, chains and rules");

int nft_name_of(const struct nlmsghdr *m, char *ret, size_t size)
{
	const struct nlattr *at[TABLE_NAME + 1];
	int r = netlink_sort(m, sizeof(struct nfgenmsg),
			     &(struct netlink_table){at, NULL, TABLE_NAME});

	ret[0] = '\0';
	if (r == 0 && at[TABLE_NAME])
		netlink_text(at[TABLE_NAME], ret, size);
	return r;
}

/* The kernel filters rules by table, of tables and chains it sends all. */
struct filter {
	const char *table;
	const struct netlink_sink *sink;
};

static int filter_take(const struct nlmsghdr *m, void *into)
{
	const struct filter *filter = into;
	char name[NFT_NAME_MAXLEN];
	int r = nft_name_of(m, name, sizeof(name));

	if (r < 0 || (*filter->table && strcmp(name, filter->table) != 0))
		return r;
	return filter->sink->take(m, filter->sink->into);
}

static void filter_restart(void *into)
{
	const struct filter *filter = into;

	if (filter->sink->restart)
		filter->sink->restart(filter->sink->into);
}

/* Of rules, the kernel stops at the first table of that name (nf_tables_dump_rules()), hence one
 * family at a time. To a kernel with nfnetlink but without nf_tables the request is invalid
 * (nfnetlink_rcv_msg()). */
int nft_dump(uint16_t type, uint8_t family, const char *table, const struct netlink_sink *sink,
	     struct diag *d)
{
	struct filter filter = {table, sink};
	const struct netlink_sink filtered = {filter_take, &filter, sink->len, filter_restart};
	_Alignas(NLMSG_ALIGNTO) char request[512];
	struct nlmsghdr *m = nftnl_nlmsg_build_hdr(request, type, family, NLM_F_DUMP, 0);
	struct netlink *n;
	struct ack ack;
	int r = netlink_shared(NETLINK_NETFILTER, &n);

	if (r == -EPROTONOSUPPORT)
		return 0;
	if (r < 0)
		return diag_fail(d, -r, "cannot open a netfilter netlink socket");
	/* A name that does not fit is above NFT_NAME_MAXLEN: there is no such table. */
	if (*table && !mnl_attr_put_strz_check(m, sizeof(request), TABLE_NAME, table))
		return 0;
	r = netlink_talk(n, m, &filtered, &ack);
	if (r == 0 || r == -EINVAL || r == -EOPNOTSUPP)
		return 0;
	ack_fail(d, &ack, "read nftables table %s", *table ? table : "names");
	if (r == -EPERM)
		diag_hint(d, "this needs CAP_NET_ADMIN; are you root?");
	return r;
}

static int family_take(const struct nlmsghdr *m, void *into)
{
	const struct nfgenmsg *header = mnl_nlmsg_get_payload(m);
	uint32_t *families = into;

	if (header->nfgen_family >= 32)
		return -EPROTO;
	*families |= UINT32_C(1) << header->nfgen_family;
	return 0;
}

static void families_restart(void *into)
{
	*(uint32_t *)into = 0;
}

int nft_find_families(const char *table, uint32_t *ret, struct diag *d)
{
	const struct netlink_sink sink = {
		.take = family_take, .into = ret, .restart = families_restart};

	*ret = 0;
	return nft_dump(NFT_MSG_GETTABLE, NFPROTO_UNSPEC, table, &sink, d);
}

int nft_has_table(const char *name, bool *ret, struct diag *d)
{
	uint32_t families = 0;
	int r = nft_find_families(name, &families, d);

	*ret = families != 0;
	return r;
}

/* The two tables of an interface, in one list. */
struct search {
	char table[NFT_TABLE_NAME_MAX], own[NFT_TABLE_NAME_MAX];
	unsigned found;
};

static int table_take(const struct nlmsghdr *m, void *into)
{
	const struct nfgenmsg *header = mnl_nlmsg_get_payload(m);
	struct search *search = into;
	char name[NFT_TABLE_NAME_MAX];
	int r = nft_name_of(m, name, sizeof(name));

	if (r == 0 && strcmp(name, search->own) == 0)
		search->found |= NFT_FOUND_OWN;
	if (r == 0 && strcmp(name, search->table) == 0)
		search->found |= header->nfgen_family == NFPROTO_IPV4   ? NFT_FOUND_IP
				 : header->nfgen_family == NFPROTO_IPV6 ? NFT_FOUND_IP6
									: NFT_FOUND_OTHER;
	return r;
}

static void search_restart(void *into)
{
	((struct search *)into)->found = 0;
}

int nft_find(const char *ifname, unsigned *ret, struct diag *d)
{
	struct search search = {0};
	const struct netlink_sink sink = {
		.take = table_take, .into = &search, .restart = search_restart};

	nft_table_name(ifname, search.table);
	nft_own_name(ifname, search.own);
	int r = nft_dump(NFT_MSG_GETTABLE, NFPROTO_UNSPEC, "", &sink, d);
	*ret = search.found;
	return r;
}

static int owner_take(const struct nlmsghdr *m, void *into)
{
	struct nft_owner_vec *owners = into;
	char name[NFT_TABLE_NAME_MAX], own[NFT_TABLE_NAME_MAX];
	int r = nft_name_of(m, name, sizeof(name));

	nft_own_name("", own);
	size_t n = strlen(own);
	if (r < 0 || strncmp(name, own, n) != 0 || !name[n] || strlen(name + n) >= IFNAMSIZ)
		return r;
	struct nft_owner *owner = vec_push(owners);
	if (!owner)
		return -ENOMEM;
	memcpy(owner->ifname, name + n, strlen(name + n));
	return 0;
}

static void owners_restart(void *into)
{
	((struct nft_owner_vec *)into)->len = 0;
}

int nft_walls_list(struct nft_owner_vec *ret, struct diag *d)
{
	const struct netlink_sink sink = {
		.take = owner_take, .into = ret, .restart = owners_restart};

	return nft_dump(NFT_MSG_GETTABLE, NFPROTO_INET, "", &sink, d);
}

struct lines {
	struct nft_text text;
	size_t kept; /* of the dumps before this one */
};

static int line_take(const struct nlmsghdr *m, void *into)
{
	struct lines *lines = into;

	return nft_text_add(&lines->text, m);
}

static void lines_restart(void *into)
{
	struct lines *lines = into;

	nft_text_truncate(&lines->text, lines->kept);
}

int nft_tables_are(const char *table, const struct nft_batch *b, bool *ret, struct diag *d)
{
	static const uint16_t types[] = {NFT_MSG_GETTABLE, NFT_MSG_GETCHAIN, NFT_MSG_GETRULE};
	_cleanup_nft_text_ struct nft_text want = {0};
	struct lines have = {0};
	const struct netlink_sink sink = {
		.take = line_take, .into = &have, .restart = lines_restart};
	uint32_t families = 0;
	int r = nft_find_families(table, &families, d);

	for (uint8_t family = 0; family < 32; family++)
		for (size_t i = 0; r == 0 && i < sizeof(types) / sizeof(types[0]); i++) {
			have.kept = have.text.len;
			if (families & UINT32_C(1) << family)
				r = nft_dump(types[i], family, table, &sink, d);
		}
	if (r == 0 && nft_text_add_batch(&want, b) < 0)
		r = diag_no_memory(d);
	if (r == 0)
		*ret = nft_text_equal(&want, &have.text);
	nft_text_release(&have.text);
	return r;
}

// SPDX-License-Identifier: GPL-2.0-or-later
// Reads nf_tables: which families have the table of an interface, and whether it is as wanted.
#include "wgq/kernel/nft/find.h"

#include <errno.h>
#include <net/if.h>
#include <netinet/ip.h>
#include <netinet/ip6.h>
#include <stddef.h>
#include <string.h>
#include <sys/socket.h>

#include <libmnl/libmnl.h>
#include <libnftnl/common.h>
#include <libnftnl/expr.h>
#include <libnftnl/rule.h>
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

struct name_search {
	const char *name;
	bool found;
};

static int compare_name(const struct nlattr *a, void *data)
{
	struct name_search *search = data;
	size_t len = strlen(search->name) + 1;

	if (mnl_attr_get_type(a) == TABLE_NAME)
		search->found = mnl_attr_get_payload_len(a) == len &&
				memcmp(mnl_attr_get_payload(a), search->name, len) == 0;
	return 0;
}

static int is_of_table(const struct nlmsghdr *m, const char *table, bool *ret)
{
	struct name_search search = {.name = table};
	int r = netlink_each(m, sizeof(struct nfgenmsg), compare_name, &search);

	*ret = search.found;
	return r;
}

/* The kernel filters rules by table, and stops at the first of that name (nf_tables_dump_rules()),
 * hence one family at a time; of tables and chains it sends all. To a kernel with nfnetlink but
 * without nf_tables the request is invalid (nfnetlink_rcv_msg()). */
static int dump(struct netlink *n, uint16_t type, uint8_t family, const char *table,
		const struct netlink_sink *sink, struct diag *d)
{
	_Alignas(NLMSG_ALIGNTO) char request[512];
	struct nlmsghdr *m = nftnl_nlmsg_build_hdr(request, type, family, NLM_F_DUMP, 0);
	struct ack ack;

	/* A name that does not fit is above NFT_NAME_MAXLEN: there is no such table. */
	if (*table && !mnl_attr_put_strz_check(m, sizeof(request), TABLE_NAME, table))
		return 0;
	if (netlink_talk(n, m, sink, &ack) == 0 || ack.error == EINVAL || ack.error == EOPNOTSUPP)
		return 0;
	ack_fail(d, &ack, "read nftables table %s", *table ? table : "names");
	if (ack.error == EPERM)
		diag_hint(d, "this needs CAP_NET_ADMIN; are you root?");
	return -ack.error;
}

/* The families that have a table of a name, as bits by NFPROTO_ number. */
struct table_search {
	const char *table;
	uint32_t families;
};

static void tables_restart(void *into)
{
	((struct table_search *)into)->families = 0;
}

static int table_take(const struct nlmsghdr *m, void *into)
{
	struct table_search *search = into;
	bool found = false;
	int r = is_of_table(m, search->table, &found);

	if (r || !found)
		return r;

	const struct nfgenmsg *header = mnl_nlmsg_get_payload(m);
	if (header->nfgen_family >= 32)
		return -EPROTO;
	search->families |= UINT32_C(1) << header->nfgen_family;
	return 0;
}

int nft_find_tables(struct netlink *n, const char *table, uint32_t *ret_families, struct diag *d)
{
	struct table_search search = {.table = table};
	const struct netlink_sink sink = {
		.take = table_take, .into = &search, .restart = tables_restart};
	int r = dump(n, NFT_MSG_GETTABLE, NFPROTO_UNSPEC, table, &sink, d);

	*ret_families = search.families;
	return r;
}

int nft_find_open(struct netlink **ret, struct diag *d)
{
	int r = netlink_shared(NETLINK_NETFILTER, ret);

	if (r && r != -EPROTONOSUPPORT)
		diag_fail(d, -r, "cannot open a netfilter netlink socket");
	return r;
}

int nft_find(const char *ifname, unsigned *ret_families, struct diag *d)
{
	struct netlink *n;
	char table[NFT_TABLE_NAME_MAX];
	uint32_t families = 0;
	int r = nft_find_open(&n, d);

	*ret_families = 0;
	if (r)
		return r == -EPROTONOSUPPORT ? 0 : r;
	nft_table_name(ifname, table);
	r = nft_find_tables(n, table, &families, d);
	if (r)
		return r;
	for (unsigned family = 0; family < 32; family++)
		if (families & UINT32_C(1) << family)
			*ret_families |= family == NFPROTO_IPV4   ? NFT_FAMILY_IP
					 : family == NFPROTO_IPV6 ? NFT_FAMILY_IP6
								  : NFT_FAMILY_OTHER;
	return 0;
}

struct text_search {
	const char *table;
	struct nft_text *text;
	size_t kept; /* lines of the dumps before this one */
};

static void lines_restart(void *into)
{
	const struct text_search *search = into;

	nft_text_truncate(search->text, search->kept);
}

static int line_take(const struct nlmsghdr *m, void *into)
{
	const struct text_search *search = into;
	bool found = false;
	int r = is_of_table(m, search->table, &found);

	return r || !found ? r : nft_text_add(search->text, m);
}

static int read_family(struct netlink *n, uint8_t family, struct text_search *search,
		       struct diag *d)
{
	static const uint16_t types[] = {NFT_MSG_GETTABLE, NFT_MSG_GETCHAIN, NFT_MSG_GETRULE};
	const struct netlink_sink sink = {
		.take = line_take, .into = search, .restart = lines_restart};
	int r = 0;

	for (size_t i = 0; !r && i < sizeof(types) / sizeof(types[0]); i++) {
		search->kept = search->text->len;
		r = dump(n, types[i], family, search->table, &sink, d);
	}
	return r;
}

static int read_text(struct netlink *n, struct text_search *search, struct diag *d)
{
	uint32_t families = 0;
	int r = nft_find_tables(n, search->table, &families, d);

	for (uint8_t family = 0; !r && family < 32; family++)
		if (families & UINT32_C(1) << family)
			r = read_family(n, family, search, d);
	return r;
}

static int wanted_text(const struct firewall *fw, struct nft_text *ret)
{
	_cleanup_nft_batch_ struct nft_batch b = {0};
	int r = nft_batch_firewall(&b, fw);

	return r ? r : nft_text_add_batch(ret, &b);
}

int nft_matches(const struct firewall *fw, bool *ret, struct diag *d)
{
	struct netlink *n;
	_cleanup_nft_text_ struct nft_text want = {0}, have = {0};
	char table[NFT_TABLE_NAME_MAX];
	struct text_search search = {.table = table, .text = &have};
	int r = nft_find_open(&n, d);

	if (r && r != -EPROTONOSUPPORT)
		return r;
	nft_table_name(fw->ifname, table);
	/* A kernel without nfnetlink has no tables. */
	r = r ? 0 : read_text(n, &search, d);
	if (r)
		return r;
	if (wanted_text(fw, &want) < 0)
		return diag_no_memory(d);
	*ret = nft_text_equal(&want, &have);
	return 0;
}

/* What an expression loads into a register, to be compared by the one behind it. */
enum loaded { LOADED_OTHER, LOADED_MARK, LOADED_DESTINATION };

struct rule_search {
	const char *table;
	uint8_t family; /* AF_INET, AF_INET6 */
	bool saves;     /* the rule is in postmangle, not in preraw */
	enum loaded loaded;
	uint32_t mark;          /* 0: none was found yet */
	struct addr_vec *addrs; /* NULL: they are not asked for */
	size_t kept;            /* addresses of the dumps before this one */
};

static bool is_destination(const struct nftnl_expr *e, uint8_t family)
{
	size_t offset = family == AF_INET ? offsetof(struct iphdr, daddr)
					  : offsetof(struct ip6_hdr, ip6_dst);

	return nftnl_expr_get_u32(e, NFTNL_EXPR_PAYLOAD_BASE) == NFT_PAYLOAD_NETWORK_HEADER &&
	       nftnl_expr_get_u32(e, NFTNL_EXPR_PAYLOAD_OFFSET) == offset;
}

static enum loaded what_is_loaded(const struct nftnl_expr *e, const char *name, uint8_t family)
{
	if (strcmp(name, "meta") == 0 && nftnl_expr_is_set(e, NFTNL_EXPR_META_DREG) &&
	    nftnl_expr_get_u32(e, NFTNL_EXPR_META_KEY) == NFT_META_MARK)
		return LOADED_MARK;
	if (strcmp(name, "payload") == 0 && nftnl_expr_is_set(e, NFTNL_EXPR_PAYLOAD_DREG) &&
	    is_destination(e, family))
		return LOADED_DESTINATION;
	return LOADED_OTHER;
}

static int take_compared(struct rule_search *search, enum loaded loaded, const void *value,
			 uint32_t len)
{
	struct addr addr = {.family = search->family};

	if (loaded == LOADED_MARK && search->saves && !search->mark && len == sizeof(search->mark))
		memcpy(&search->mark, value, len);
	if (loaded != LOADED_DESTINATION || search->saves || !search->addrs ||
	    len != addr_bits(&addr) / 8)
		return 0;
	memcpy(addr.bytes, value, len);
	struct addr *copy = vec_push(search->addrs);
	if (!copy)
		return -ENOMEM;
	*copy = addr;
	return 0;
}

static int each_expression(struct nftnl_expr *e, void *data)
{
	struct rule_search *search = data;
	const char *name = nftnl_expr_get_str(e, NFTNL_EXPR_NAME);
	enum loaded loaded = search->loaded;
	uint32_t len;

	search->loaded = name ? what_is_loaded(e, name, search->family) : LOADED_OTHER;
	if (loaded == LOADED_OTHER || !name || strcmp(name, "cmp") != 0)
		return 0;
	const void *value = nftnl_expr_get(e, NFTNL_EXPR_CMP_DATA, &len);
	return value && take_compared(search, loaded, value, len) < 0 ? -1 : 0;
}

static void rules_restart(void *into)
{
	struct rule_search *search = into;

	search->mark = 0;
	if (search->addrs)
		search->addrs->len = search->kept;
}

static int rule_take(const struct nlmsghdr *m, void *into)
{
	struct rule_search *search = into;
	bool found = false;
	int r = is_of_table(m, search->table, &found);
	if (r || !found)
		return r;

	struct nftnl_rule *rule = nftnl_rule_alloc();
	if (!rule)
		return -ENOMEM;
	/* A rule that libnftnl does not know is none of ours. */
	const char *chain = nftnl_rule_nlmsg_parse(m, rule) < 0
				    ? NULL
				    : nftnl_rule_get_str(rule, NFTNL_RULE_CHAIN);
	search->loaded = LOADED_OTHER;
	search->saves = chain && strcmp(chain, "postmangle") == 0;
	if (search->saves || (chain && strcmp(chain, "preraw") == 0))
		r = nftnl_expr_foreach(rule, each_expression, search) < 0 ? -ENOMEM : 0;
	nftnl_rule_free(rule);
	return r;
}

static int read_rules(struct netlink *n, uint8_t family, struct rule_search *search, struct diag *d)
{
	const struct netlink_sink sink = {
		.take = rule_take, .into = search, .restart = rules_restart};
	uint32_t mark = search->mark;

	search->mark = 0;
	search->family = family == NFPROTO_IPV6 ? AF_INET6 : AF_INET;
	search->kept = search->addrs ? search->addrs->len : 0;
	int r = dump(n, NFT_MSG_GETRULE, family, search->table, &sink, d);
	search->mark = mark ? mark : search->mark;
	return r;
}

int nft_read(const char *ifname, uint32_t *ret_mark, struct addr_vec *ret_addrs, struct diag *d)
{
	struct netlink *n;
	char table[NFT_TABLE_NAME_MAX];
	struct rule_search search = {.table = table, .addrs = ret_addrs};
	uint32_t families = 0;
	int r = nft_find_open(&n, d);

	*ret_mark = 0;
	if (r)
		return r == -EPROTONOSUPPORT ? 0 : r;
	nft_table_name(ifname, table);
	r = nft_find_tables(n, table, &families, d);
	for (uint8_t family = 0; !r && family < 32; family++)
		if (families & UINT32_C(1) << family)
			r = read_rules(n, family, &search, d);
	*ret_mark = search.mark;
	return r;
}

int nft_has_table(const char *name, bool *ret, struct diag *d)
{
	struct netlink *n;
	uint32_t families = 0;
	int r = nft_find_open(&n, d);

	if (!r)
		r = nft_find_tables(n, name, &families, d);
	*ret = families != 0;
	return r == -EPROTONOSUPPORT ? 0 : r;
}

/* Names of interfaces that are gone, but have tables. */
struct gone_vec {
	VEC(struct { char ifname[IFNAMSIZ]; });
};

static int take_name(const struct nlattr *a, void *into)
{
	static const char prefix[] = "wg-quick-";
	const size_t skip = sizeof(prefix) - 1;
	struct gone_vec *gone = into;
	char table[NFT_TABLE_NAME_MAX];

	if (mnl_attr_get_type(a) != TABLE_NAME)
		return 0;
	netlink_text(a, table, sizeof(table));
	size_t n = strlen(table);
	if (n <= skip || n - skip >= IFNAMSIZ || strncmp(table, prefix, skip) != 0 ||
	    if_nametoindex(table + skip))
		return 0;
	if (!vec_push(gone))
		return -ENOMEM;
	memcpy(vec_last(gone)->ifname, table + skip, n - skip + 1);
	return 0;
}

static int gone_take(const struct nlmsghdr *m, void *into)
{
	return netlink_each(m, sizeof(struct nfgenmsg), take_name, into);
}

int nft_find_former(uint32_t mark, char ret_ifname[IFNAMSIZ], struct diag *d)
{
	struct netlink *n;
	struct gone_vec gone = {0};
	const struct netlink_sink sink = {.take = gone_take, .into = &gone, .len = &gone.len};
	int r = nft_find_open(&n, d);

	ret_ifname[0] = '\0';
	if (!r)
		r = dump(n, NFT_MSG_GETTABLE, NFPROTO_UNSPEC, "", &sink, d);
	vec_each(one, &gone) {
		uint32_t saved = 0;

		if (r || ret_ifname[0])
			break;
		r = nft_read(one->ifname, &saved, NULL, d);
		if (saved == mark)
			memcpy(ret_ifname, one->ifname, IFNAMSIZ);
	}
	vec_release(&gone);
	return r == -EPROTONOSUPPORT ? 0 : r;
}

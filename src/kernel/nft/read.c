// SPDX-License-Identifier: GPL-2.0-or-later
// What the rules of an interface say, by the values that they compare.
#include <errno.h>
#include <net/if.h>
#include <netinet/in.h>
#include <netinet/ip.h>
#include <netinet/ip6.h>
#include <netinet/udp.h>
#include <stddef.h>
#include <string.h>
#include <sys/socket.h>

#include <libnftnl/expr.h>
#include <libnftnl/rule.h>
#include <linux/netfilter.h>

#include "wgq/kernel/nft/find.h"
#include "wgq/kernel/nft/nft.h"
#include "wgq/kernel/nft/rules.h"

/* What an expression loads into a register, to be compared by the one behind it. */
enum loaded {
	LOADED_OTHER,
	LOADED_MARK,
	LOADED_IN,
	LOADED_OUT,
	LOADED_FAMILY,
	LOADED_PROTOCOL,
	LOADED_SOURCE,
	LOADED_DESTINATION,
	LOADED_PORTS, /* both */
	LOADED_PORT,
	LOADED_TYPE,
	LOADED_FLAGS,
	LOADED_STATE,
	LOADED_DIRECTION,
};

/* A rule that is being read. */
struct reading {
	const char *chain;
	enum loaded loaded;
	const uint8_t *mask; /* of what is loaded; NULL: all of it */
	uint32_t mask_len;
	enum nft_cmp_ops how;
	/* Takes what is compared, or, where it is NULL, any other expression. 0 or -ENOMEM. */
	int (*take)(struct reading *reading, struct nftnl_expr *e, const void *value, uint32_t len);
	int (*end)(struct reading *reading);
	uint32_t *mark;
	struct addr_vec *addrs;
	struct wall wall;
	bool has_verdict;
	struct walls *walls;
};

static enum loaded what_of_meta(uint32_t key)
{
	switch (key) {
	case NFT_META_MARK:
		return LOADED_MARK;
	case NFT_META_IIFNAME:
		return LOADED_IN;
	case NFT_META_OIFNAME:
		return LOADED_OUT;
	case NFT_META_NFPROTO:
		return LOADED_FAMILY;
	case NFT_META_L4PROTO:
		return LOADED_PROTOCOL;
	default:
		return LOADED_OTHER;
	}
}

static enum loaded what_of_payload(uint32_t base, uint32_t offset, uint32_t len)
{
	static const struct {
		uint32_t base, offset, len;
		enum loaded is;
	} fields[] = {
		{NFT_PAYLOAD_NETWORK_HEADER, offsetof(struct iphdr, saddr), 4, LOADED_SOURCE},
		{NFT_PAYLOAD_NETWORK_HEADER, offsetof(struct iphdr, daddr), 4, LOADED_DESTINATION},
		{NFT_PAYLOAD_NETWORK_HEADER, offsetof(struct ip6_hdr, ip6_src), 16, LOADED_SOURCE},
		{NFT_PAYLOAD_NETWORK_HEADER, offsetof(struct ip6_hdr, ip6_dst), 16,
		 LOADED_DESTINATION},
		{NFT_PAYLOAD_TRANSPORT_HEADER, offsetof(struct udphdr, dest), 2, LOADED_PORT},
		{NFT_PAYLOAD_TRANSPORT_HEADER, offsetof(struct udphdr, source), 4, LOADED_PORTS},
		{NFT_PAYLOAD_TRANSPORT_HEADER, 0, 1, LOADED_TYPE},
		{NFT_PAYLOAD_TRANSPORT_HEADER, 13, 1, LOADED_FLAGS},
	};

	for (size_t i = 0; i < sizeof(fields) / sizeof(fields[0]); i++) {
		enum loaded is = fields[i].is;
		/* Of an address the bytes of a prefix may do. */
		bool in_part =
			len < fields[i].len && (is == LOADED_SOURCE || is == LOADED_DESTINATION);

		if (fields[i].base == base && fields[i].offset == offset &&
		    (in_part || len == fields[i].len))
			return is;
	}
	return LOADED_OTHER;
}

static enum loaded what_is_loaded(const struct nftnl_expr *e, const char *name)
{
	if (strcmp(name, "meta") == 0 && nftnl_expr_is_set(e, NFTNL_EXPR_META_DREG))
		return what_of_meta(nftnl_expr_get_u32(e, NFTNL_EXPR_META_KEY));
	if (strcmp(name, "payload") == 0 && nftnl_expr_is_set(e, NFTNL_EXPR_PAYLOAD_DREG))
		return what_of_payload(nftnl_expr_get_u32(e, NFTNL_EXPR_PAYLOAD_BASE),
				       nftnl_expr_get_u32(e, NFTNL_EXPR_PAYLOAD_OFFSET),
				       nftnl_expr_get_u32(e, NFTNL_EXPR_PAYLOAD_LEN));
	if (strcmp(name, "ct") == 0 && nftnl_expr_is_set(e, NFTNL_EXPR_CT_DREG)) {
		uint32_t key = nftnl_expr_get_u32(e, NFTNL_EXPR_CT_KEY);

		return key == NFT_CT_STATE       ? LOADED_STATE
		       : key == NFT_CT_DIRECTION ? LOADED_DIRECTION
						 : LOADED_OTHER;
	}
	return LOADED_OTHER;
}

static int each_expression(struct nftnl_expr *e, void *data)
{
	struct reading *reading = data;
	const char *name = nftnl_expr_get_str(e, NFTNL_EXPR_NAME);
	uint32_t len = 0;

	if (!name)
		return 0;
	if (strcmp(name, "bitwise") == 0) {
		reading->mask = nftnl_expr_get(e, NFTNL_EXPR_BITWISE_MASK, &reading->mask_len);
		return 0;
	}
	bool compares = strcmp(name, "cmp") == 0;
	const void *value = compares ? nftnl_expr_get(e, NFTNL_EXPR_CMP_DATA, &len) : NULL;
	int r = 0;

	if (compares)
		reading->how = nftnl_expr_get_u32(e, NFTNL_EXPR_CMP_OP);
	if (!compares || (value && reading->loaded != LOADED_OTHER))
		r = reading->take(reading, e, value, len);
	reading->loaded = what_is_loaded(e, name);
	reading->mask = NULL;
	return r;
}

static int rule_take(const struct nlmsghdr *m, void *into)
{
	struct reading *reading = into;
	struct nftnl_rule *rule = nftnl_rule_alloc();
	int r = 0;

	if (!rule)
		return -ENOMEM;
	/* A rule that libnftnl does not know is none of ours. */
	reading->chain = nftnl_rule_nlmsg_parse(m, rule) < 0
				 ? NULL
				 : nftnl_rule_get_str(rule, NFTNL_RULE_CHAIN);
	reading->loaded = LOADED_OTHER;
	reading->mask = NULL;
	reading->wall = (struct wall){0};
	reading->has_verdict = false;
	if (reading->chain)
		r = nftnl_expr_foreach(rule, each_expression, reading) < 0 ? -ENOMEM : 0;
	if (r == 0 && reading->chain && reading->end)
		r = reading->end(reading);
	nftnl_rule_free(rule);
	return r;
}

static bool address_of(const void *value, uint32_t len, struct addr *ret)
{
	*ret = (struct addr){.family = len == sizeof(struct in_addr) ? AF_INET : AF_INET6};
	if (len != addr_bits(ret) / 8)
		return false;
	memcpy(ret->bytes, value, len);
	return true;
}

static int take_of_firewall(struct reading *reading, struct nftnl_expr *e, const void *value,
			    uint32_t len)
{
	bool saves = strcmp(reading->chain, "postmangle") == 0;
	struct addr addr, *copy;

	(void)e;
	if (!value)
		return 0;
	if (saves && reading->loaded == LOADED_MARK && len == sizeof(*reading->mark))
		memcpy(reading->mark, value, len);
	if (!reading->addrs || reading->loaded != LOADED_DESTINATION ||
	    strcmp(reading->chain, "preraw") != 0 || !address_of(value, len, &addr))
		return 0;
	copy = vec_push(reading->addrs);
	if (!copy)
		return -ENOMEM;
	*copy = addr;
	return 0;
}

int nft_read(const char *ifname, uint32_t *ret_mark, struct addr_vec *ret_addrs, struct diag *d)
{
	char table[NFT_TABLE_NAME_MAX];
	struct reading reading = {.take = take_of_firewall, .mark = ret_mark, .addrs = ret_addrs};
	const struct netlink_sink sink = {
		.take = rule_take, .into = &reading, .len = ret_addrs ? &ret_addrs->len : NULL};
	uint32_t families = 0;

	*ret_mark = 0;
	nft_table_name(ifname, table);
	int r = nft_find_families(table, &families, d);
	for (uint8_t family = 0; r == 0 && family < 32; family++)
		if (families & UINT32_C(1) << family)
			r = nft_dump(NFT_MSG_GETRULE, family, table, &sink, d);
	return r;
}

/* The family is compared before it. */
static void take_prefix(const struct reading *reading, const void *value, uint32_t len,
			struct prefix *ret)
{
	const struct addr any = {.family = reading->wall.family};

	if (!any.family || len > addr_bits(&any) / 8)
		return;
	ret->addr = any;
	memcpy(ret->addr.bytes, value, len);
	ret->len = (uint8_t)(len * 8);
	for (uint8_t bit = 0; reading->mask && reading->mask_len == len && bit < ret->len; bit++)
		if (!(reading->mask[bit / 8] & 0x80 >> bit % 8))
			ret->len = bit;
}

static void take_name(const void *value, uint32_t len, char ret[IFNAMSIZ])
{
	memcpy(ret, value, strnlen(value, len < IFNAMSIZ ? len : IFNAMSIZ - 1));
}

static void take_comparison(struct reading *reading, const void *value, uint32_t len)
{
	struct wall *wall = &reading->wall;
	const uint8_t *byte = value;
	in_port_t ports[2] = {0};

	switch (reading->loaded) {
	case LOADED_IN:
		take_name(value, len, wall->from);
		return;
	case LOADED_OUT:
		take_name(value, len, wall->to);
		wall->not_to = reading->how == NFT_CMP_NEQ;
		return;
	case LOADED_FAMILY:
		wall->family = *byte == NFPROTO_IPV4 ? AF_INET : AF_INET6;
		return;
	case LOADED_PROTOCOL:
		wall->protocol = *byte;
		return;
	case LOADED_SOURCE:
		take_prefix(reading, value, len, &wall->source);
		return;
	case LOADED_DESTINATION:
		take_prefix(reading, value, len, &wall->destination);
		return;
	case LOADED_PORTS:
		memcpy(ports, value, len < sizeof(ports) ? len : sizeof(ports));
		wall->sport = ntohs(ports[0]);
		wall->dport = ntohs(ports[1]);
		return;
	case LOADED_TYPE:
		wall->type = *byte;
		return;
	case LOADED_FLAGS:
		wall->resets = true;
		return;
	case LOADED_STATE:
		wall->state = WALL_RELATED;
		return;
	case LOADED_DIRECTION:
		wall->state = WALL_REPLY;
		return;
	case LOADED_PORT:
		memcpy(ports, value, len < sizeof(*ports) ? len : sizeof(*ports));
		wall->dport = ntohs(ports[0]);
		return;
	case LOADED_MARK:
		memcpy(&wall->mark, value, len < sizeof(wall->mark) ? len : sizeof(wall->mark));
		return;
	case LOADED_OTHER:
		return;
	}
}

static void take_verdict(struct reading *reading, const struct nftnl_expr *e, const char *name)
{
	struct wall *wall = &reading->wall;

	reading->has_verdict = true;
	if (strcmp(name, "immediate") == 0) {
		wall->verdict = nftnl_expr_get_u32(e, NFTNL_EXPR_IMM_VERDICT) == NF_ACCEPT
					? WALL_ACCEPT
					: WALL_DROP;
	} else if (strcmp(name, "reject") == 0) {
		wall->verdict = nftnl_expr_get_u32(e, NFTNL_EXPR_REJECT_TYPE) == NFT_REJECT_TCP_RST
					? WALL_RESET
					: WALL_REJECT;
	} else if (strcmp(name, "masq") == 0) {
		wall->verdict = WALL_MASQUERADE;
	} else if (strcmp(name, "exthdr") == 0) {
		wall->verdict = WALL_CLAMP_MSS;
		/* It is part of it that the packet is TCP's, and a SYN. */
		wall->protocol = 0;
		wall->resets = false;
	} else {
		reading->has_verdict = false;
	}
}

static int take_of_walls(struct reading *reading, struct nftnl_expr *e, const void *value,
			 uint32_t len)
{
	const char *name = nftnl_expr_get_str(e, NFTNL_EXPR_NAME);

	if (value)
		take_comparison(reading, value, len);
	else if (strcmp(name, "counter") == 0)
		reading->wall.packets = nftnl_expr_get_u64(e, NFTNL_EXPR_CTR_PACKETS);
	else
		take_verdict(reading, e, name);
	return 0;
}

static int end_of_wall(struct reading *reading)
{
	struct wall *wall = &reading->wall, *copy;

	while (wall->chain < WALL_CHAINS &&
	       strcmp(wall_chains[wall->chain].name, reading->chain) != 0)
		wall->chain++;
	if (wall->chain == WALL_CHAINS || !reading->has_verdict)
		return 0;
	/* A prefix says it as well. */
	if (wall->source.addr.family || wall->destination.addr.family)
		wall->family = 0;
	copy = vec_push(reading->walls);
	if (!copy)
		return -ENOMEM;
	*copy = *wall;
	return 0;
}

int nft_walls_read(const char *ifname, struct walls *ret, struct diag *d)
{
	char table[NFT_TABLE_NAME_MAX];
	struct reading reading = {.take = take_of_walls, .end = end_of_wall, .walls = ret};
	const struct netlink_sink sink = {.take = rule_take, .into = &reading, .len = &ret->len};

	nft_own_name(ifname, table);
	return nft_dump(NFT_MSG_GETRULE, NFPROTO_INET, table, &sink, d);
}

/* Names of interfaces that are gone, but have tables. */
struct gone_vec {
	VEC(struct { char ifname[IFNAMSIZ]; });
};

static int gone_take(const struct nlmsghdr *m, void *into)
{
	static const char prefix[] = "wg-quick-";
	const size_t skip = sizeof(prefix) - 1;
	struct gone_vec *gone = into;
	char table[NFT_TABLE_NAME_MAX];
	int r = nft_name_of(m, table, sizeof(table));
	size_t n = strlen(table);

	if (r < 0 || n <= skip || n - skip >= IFNAMSIZ || strncmp(table, prefix, skip) != 0 ||
	    if_nametoindex(table + skip))
		return r;
	if (!vec_push(gone))
		return -ENOMEM;
	memcpy(vec_last(gone)->ifname, table + skip, n - skip + 1);
	return 0;
}

int nft_find_former(uint32_t mark, char ret_ifname[IFNAMSIZ], struct diag *d)
{
	struct gone_vec gone = {0};
	const struct netlink_sink sink = {.take = gone_take, .into = &gone, .len = &gone.len};
	int r = nft_dump(NFT_MSG_GETTABLE, NFPROTO_UNSPEC, "", &sink, d);

	ret_ifname[0] = '\0';
	vec_each(one, &gone) {
		uint32_t saved = 0;

		if (r < 0 || ret_ifname[0])
			break;
		r = nft_read(one->ifname, &saved, NULL, d);
		if (saved == mark)
			memcpy(ret_ifname, one->ifname, IFNAMSIZ);
	}
	vec_release(&gone);
	return r;
}

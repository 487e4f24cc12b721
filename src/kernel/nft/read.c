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
enum loaded { LOADED_OTHER, LOADED_MARK, LOADED_ADDRESS, LOADED_LINK, LOADED_PORT };

/* A rule that is being read. */
struct reading {
	const char *chain;
	enum loaded loaded;
	uint16_t port; /* that the rule has compared */
	/* Takes what is compared, 0 or -ENOMEM. */
	int (*take)(struct reading *reading, const void *value, uint32_t len);
	uint32_t *mark;
	struct addr_vec *addrs;
	struct nft_listen *listen;
};

static enum loaded what_is_loaded(const struct nftnl_expr *e, const char *name)
{
	if (strcmp(name, "meta") == 0 && nftnl_expr_is_set(e, NFTNL_EXPR_META_DREG)) {
		uint32_t key = nftnl_expr_get_u32(e, NFTNL_EXPR_META_KEY);

		return key == NFT_META_MARK      ? LOADED_MARK
		       : key == NFT_META_IIFNAME ? LOADED_LINK
						 : LOADED_OTHER;
	}
	if (strcmp(name, "payload") != 0 || !nftnl_expr_is_set(e, NFTNL_EXPR_PAYLOAD_DREG))
		return LOADED_OTHER;
	uint32_t base = nftnl_expr_get_u32(e, NFTNL_EXPR_PAYLOAD_BASE);
	uint32_t offset = nftnl_expr_get_u32(e, NFTNL_EXPR_PAYLOAD_OFFSET);
	uint32_t len = nftnl_expr_get_u32(e, NFTNL_EXPR_PAYLOAD_LEN);
	bool v4 = offset == offsetof(struct iphdr, daddr) && len == sizeof(struct in_addr);
	bool v6 = offset == offsetof(struct ip6_hdr, ip6_dst) && len == sizeof(struct in6_addr);

	if (base == NFT_PAYLOAD_NETWORK_HEADER && (v4 || v6))
		return LOADED_ADDRESS;
	return base == NFT_PAYLOAD_TRANSPORT_HEADER && offset == offsetof(struct udphdr, dest) &&
			       len == sizeof(in_port_t)
		       ? LOADED_PORT
		       : LOADED_OTHER;
}

static int each_expression(struct nftnl_expr *e, void *data)
{
	struct reading *reading = data;
	const char *name = nftnl_expr_get_str(e, NFTNL_EXPR_NAME);
	const void *value = NULL;
	uint32_t len = 0;

	if (name && reading->loaded != LOADED_OTHER && strcmp(name, "cmp") == 0)
		value = nftnl_expr_get(e, NFTNL_EXPR_CMP_DATA, &len);
	int r = value ? reading->take(reading, value, len) : 0;
	reading->loaded = name ? what_is_loaded(e, name) : LOADED_OTHER;
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
	reading->port = 0;
	if (reading->chain)
		r = nftnl_expr_foreach(rule, each_expression, reading) < 0 ? -ENOMEM : 0;
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

static int take_of_firewall(struct reading *reading, const void *value, uint32_t len)
{
	bool saves = strcmp(reading->chain, "postmangle") == 0;
	struct addr addr, *copy;

	if (saves && reading->loaded == LOADED_MARK && len == sizeof(*reading->mark))
		memcpy(reading->mark, value, len);
	if (!reading->addrs || reading->loaded != LOADED_ADDRESS ||
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

static bool takes_port(struct nft_listen *listen, uint16_t port)
{
	for (size_t i = 0; i < LISTEN_PORTS; i++) {
		if (listen->ports[i] && listen->ports[i] != port)
			continue;
		listen->ports[i] = port;
		return true;
	}
	return false;
}

/* For each port there are the same rules; those of the first are enough. */
static int take_of_listen(struct reading *reading, const void *value, uint32_t len)
{
	struct nft_listen *listen = reading->listen;
	struct listen_on on = {0};
	in_port_t port;

	if (strcmp(reading->chain, NFT_LISTEN_CHAIN) != 0)
		return 0;
	if (reading->loaded == LOADED_PORT && len == sizeof(port)) {
		memcpy(&port, value, sizeof(port));
		reading->port = takes_port(listen, ntohs(port)) ? ntohs(port) : 0;
	}
	if (!reading->port || reading->port != listen->ports[0])
		return 0;
	if (reading->loaded == LOADED_LINK && len <= sizeof(on.ifname))
		memcpy(on.ifname, value, strnlen(value, len < IFNAMSIZ ? len : IFNAMSIZ - 1));
	else if (reading->loaded != LOADED_ADDRESS || !address_of(value, len, &on.addr))
		return 0;
	struct listen_on *copy = vec_push(&listen->on);
	if (!copy)
		return -ENOMEM;
	*copy = on;
	return 0;
}

static void listen_restart(void *into)
{
	const struct reading *reading = into;

	memset(reading->listen->ports, 0, sizeof(reading->listen->ports));
}

int nft_listen_read(const char *ifname, struct nft_listen *ret, struct diag *d)
{
	char table[NFT_TABLE_NAME_MAX];
	struct reading reading = {.take = take_of_listen, .listen = ret};
	const struct netlink_sink sink = {.take = rule_take,
					  .into = &reading,
					  .len = &ret->on.len,
					  .restart = listen_restart};

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

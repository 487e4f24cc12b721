// SPDX-License-Identifier: GPL-2.0-or-later
// Finds the tables of others that drop what is forwarded for a tunnel.
//
// Theory of operation
//
// A packet that is forwarded passes the forward chains of all tables, and the first that drops it
// decides. Most hosts with a firewall have one chain that drops what no rule accepts: by its
// policy, as those of ufw, docker and of most people's own, or by its last rule, as firewalld's. To
// follow the rules of strangers to the end is not tried: what is asked is whether the table has any
// rule that accepts, or leads somewhere, what came in by the tunnel, and one for what goes back to
// it. Each remedy (net/blocker.h) adds just that.
#include "wgq/kernel/nft/forward.h"

#include <errno.h>
#include <net/if.h>
#include <stdio.h>
#include <string.h>

#include <libmnl/libmnl.h>
#include <libnftnl/chain.h>
#include <libnftnl/expr.h>
#include <libnftnl/rule.h>
#include <linux/netfilter.h>
#include <linux/netfilter/nf_tables.h>

#include "wgq/kernel/nft/find.h"

/* A chain that drops, and what its table has for the tunnel. */
struct suspect {
	uint8_t family;
	char table[NFT_NAME_MAXLEN], chain[NFT_NAME_MAXLEN];
	enum blocker_kind kind;
};
struct suspect_vec {
	VEC(struct suspect);
};

static bool is_firewalld(uint8_t family, const char *table, const char *chain)
{
	return family == NFPROTO_INET && strcmp(table, "firewalld") == 0 &&
	       strcmp(chain, "filter_FORWARD") == 0;
}

static bool may_forward(uint8_t family)
{
	return family == NFPROTO_IPV4 || family == NFPROTO_IPV6 || family == NFPROTO_INET;
}

static enum blocker_kind kind_of(uint8_t family, const char *table, const char *chain)
{
	if (is_firewalld(family, table, chain))
		return BLOCKER_FIREWALLD;
	/* What iptables-nft makes. */
	if (family == NFPROTO_INET || strcmp(table, "filter") != 0 || strcmp(chain, "FORWARD") != 0)
		return BLOCKER_NFT;
	return family == NFPROTO_IPV4 ? BLOCKER_IPTABLES : BLOCKER_IP6TABLES;
}

static int suspect_take(const struct nlmsghdr *m, void *into)
{
	struct suspect_vec *suspects = into;
	struct nftnl_chain *c = nftnl_chain_alloc();
	int r = 0;

	if (!c)
		return -ENOMEM;
	bool known =
		nftnl_chain_nlmsg_parse(m, c) == 0 && nftnl_chain_is_set(c, NFTNL_CHAIN_HOOKNUM) &&
		nftnl_chain_is_set(c, NFTNL_CHAIN_TABLE) && nftnl_chain_is_set(c, NFTNL_CHAIN_NAME);
	uint8_t family = known ? (uint8_t)nftnl_chain_get_u32(c, NFTNL_CHAIN_FAMILY) : 0;

	if (known && may_forward(family) &&
	    nftnl_chain_get_u32(c, NFTNL_CHAIN_HOOKNUM) == NF_INET_FORWARD) {
		const char *table = nftnl_chain_get_str(c, NFTNL_CHAIN_TABLE);
		const char *chain = nftnl_chain_get_str(c, NFTNL_CHAIN_NAME);

		if (nftnl_chain_get_u32(c, NFTNL_CHAIN_POLICY) == NF_DROP ||
		    is_firewalld(family, table, chain)) {
			struct suspect *added = vec_push(suspects);

			r = added ? 0 : -ENOMEM;
			if (added) {
				added->family = family;
				added->kind = kind_of(family, table, chain);
				snprintf(added->table, sizeof(added->table), "%s", table);
				snprintf(added->chain, sizeof(added->chain), "%s", chain);
			}
		}
	}
	nftnl_chain_free(c);
	return r;
}

/* What the rules of a table have for a tunnel. */
struct passes {
	const char *ifname;
	uint32_t index;
	struct suspect *suspect;
	bool in, out;
	/* Of the rule being read: what it loads, what of the tunnel it has compared, */
	uint32_t loaded;
	bool of_in, of_out, other_link, of_ct, passes; /* and whether it lets a packet go on */
};

static bool is_name(const struct nftnl_expr *e, const char *ifname)
{
	uint32_t len = 0;
	const char *value = nftnl_expr_get(e, NFTNL_EXPR_CMP_DATA, &len);
	size_t n = strlen(ifname);

	/* "wg+", in iptables, is compared without the end of the name. */
	return value && nftnl_expr_get_u32(e, NFTNL_EXPR_CMP_OP) == NFT_CMP_EQ &&
	       strncmp(value, ifname, len < n + 1 ? len : n + 1) == 0;
}

static bool is_index(const struct nftnl_expr *e, uint32_t index)
{
	return index && nftnl_expr_get_u32(e, NFTNL_EXPR_CMP_OP) == NFT_CMP_EQ &&
	       nftnl_expr_get_u32(e, NFTNL_EXPR_CMP_DATA) == index;
}

/* Whether the tunnel is in a set is not looked up, nor what a map has for it: likely it is there.
 */
static void note_lookup(const struct nftnl_expr *e, struct passes *p)
{
	if (p->loaded == NFT_META_IIFNAME || p->loaded == NFT_META_IIF)
		p->of_in = true;
	else if (p->loaded == NFT_META_OIFNAME || p->loaded == NFT_META_OIF)
		p->of_out = true;
	else
		return;
	p->passes |= nftnl_expr_is_set(e, NFTNL_EXPR_LOOKUP_DREG);
}

/* Of firewalld only the zone that trusts lets all go on. */
static bool lets_go_on(const struct nftnl_expr *e, const struct suspect *suspect)
{
	const char *to = nftnl_expr_get_str(e, NFTNL_EXPR_IMM_CHAIN);

	switch ((int)nftnl_expr_get_u32(e, NFTNL_EXPR_IMM_VERDICT)) {
	case NF_ACCEPT:
		return true;
	case NFT_JUMP:
	case NFT_GOTO:
		return suspect->kind != BLOCKER_FIREWALLD || (to && strstr(to, "trusted"));
	default:
		return false;
	}
}

static int each_expression(struct nftnl_expr *e, void *data)
{
	struct passes *p = data;
	const char *name = nftnl_expr_get_str(e, NFTNL_EXPR_NAME);

	if (!name)
		return 0;
	if (strcmp(name, "meta") == 0) {
		p->loaded = nftnl_expr_get_u32(e, NFTNL_EXPR_META_KEY);
	} else if (strcmp(name, "cmp") == 0 && p->loaded == NFT_META_IIFNAME) {
		*(is_name(e, p->ifname) ? &p->of_in : &p->other_link) = true;
	} else if (strcmp(name, "cmp") == 0 && p->loaded == NFT_META_OIFNAME) {
		*(is_name(e, p->ifname) ? &p->of_out : &p->other_link) = true;
	} else if (strcmp(name, "cmp") == 0 && p->loaded == NFT_META_IIF) {
		*(is_index(e, p->index) ? &p->of_in : &p->other_link) = true;
	} else if (strcmp(name, "cmp") == 0 && p->loaded == NFT_META_OIF) {
		*(is_index(e, p->index) ? &p->of_out : &p->other_link) = true;
	} else if (strcmp(name, "lookup") == 0) {
		note_lookup(e, p);
	} else if (strcmp(name, "ct") == 0 || strcmp(name, "match") == 0) {
		p->of_ct = true;
		p->loaded = NFT_META_LEN;
	} else if (strcmp(name, "immediate") == 0) {
		p->passes = lets_go_on(e, p->suspect);
	} else {
		p->loaded = NFT_META_LEN;
	}
	return 0;
}

/* Docker's and ufw's chains are known by their names. */
static void name_kind(const char *chain, struct suspect *suspect)
{
	if (suspect->kind != BLOCKER_IPTABLES && suspect->kind != BLOCKER_IP6TABLES &&
	    suspect->kind != BLOCKER_DOCKER)
		return;
	if (strcmp(chain, "ufw-user-forward") == 0 || strcmp(chain, "ufw6-user-forward") == 0 ||
	    strcmp(chain, "ufw-before-forward") == 0 || strcmp(chain, "ufw6-before-forward") == 0)
		suspect->kind = BLOCKER_UFW;
	else if (strcmp(chain, "DOCKER-USER") == 0 && suspect->kind == BLOCKER_IPTABLES)
		suspect->kind = BLOCKER_DOCKER;
}

static int pass_take(const struct nlmsghdr *m, void *into)
{
	struct passes *p = into;
	struct nftnl_rule *rule = nftnl_rule_alloc();

	if (!rule)
		return -ENOMEM;
	p->loaded = NFT_META_LEN;
	p->of_in = p->of_out = p->other_link = p->of_ct = p->passes = false;
	if (nftnl_rule_nlmsg_parse(m, rule) == 0 && nftnl_rule_is_set(rule, NFTNL_RULE_CHAIN))
		nftnl_expr_foreach(rule, each_expression, p);
	nftnl_rule_free(rule);
	p->in |= p->passes && p->of_in;
	/* Answers need no rule of their own where those of all connections are accepted. */
	p->out |= p->passes && (p->of_out || (p->of_ct && !p->other_link));
	return 0;
}

static int chain_take(const struct nlmsghdr *m, void *into)
{
	struct suspect *suspect = into;
	struct nftnl_chain *c = nftnl_chain_alloc();

	if (!c)
		return -ENOMEM;
	if (nftnl_chain_nlmsg_parse(m, c) == 0 && nftnl_chain_is_set(c, NFTNL_CHAIN_NAME))
		name_kind(nftnl_chain_get_str(c, NFTNL_CHAIN_NAME), suspect);
	nftnl_chain_free(c);
	return 0;
}

static int judge(const char *ifname, struct suspect *suspect, struct blocker_vec *ret,
		 struct diag *d)
{
	static const char *const families[] = {
		[NFPROTO_INET] = "inet", [NFPROTO_IPV4] = "ip", [NFPROTO_IPV6] = "ip6"};
	struct passes passes = {
		.ifname = ifname, .index = if_nametoindex(ifname), .suspect = suspect};
	const struct netlink_sink chains = {.take = chain_take, .into = suspect};
	const struct netlink_sink rules = {.take = pass_take, .into = &passes};
	int r = nft_dump(NFT_MSG_GETCHAIN, suspect->family, suspect->table, &chains, d);

	if (r == 0)
		r = nft_dump(NFT_MSG_GETRULE, suspect->family, suspect->table, &rules, d);
	if (r < 0)
		return r;
	/* Both accept the answers of connections that they have let through. */
	if (suspect->kind == BLOCKER_UFW || suspect->kind == BLOCKER_FIREWALLD)
		passes.out = true;
	if (passes.in && passes.out)
		return 0;
	_cleanup_buf_ struct buf where = {0}, shown = {0};
	struct blocker *blocker = vec_push(ret);
	buf_addf(&where, "chain %s of table %s %s", suspect->chain, families[suspect->family],
		 suspect->table);
	buf_printable(&shown, buf_text(&where), where.len);
	if (!blocker || buf_status(&shown) < 0)
		return diag_no_memory(d);
	blocker->kind = suspect->kind;
	snprintf(blocker->where, sizeof(blocker->where), "%s", buf_text(&shown));
	return 0;
}

int nft_forward_blockers(const char *ifname, bool ip, bool ip6, struct blocker_vec *ret,
			 struct diag *d)
{
	struct suspect_vec suspects = {0};
	const struct netlink_sink sink = {
		.take = suspect_take, .into = &suspects, .len = &suspects.len};
	int r = nft_dump(NFT_MSG_GETCHAIN, NFPROTO_UNSPEC, "", &sink, d);

	vec_each(suspect, &suspects)
		if (r == 0 && (ip || suspect->family != NFPROTO_IPV4) &&
		    (ip6 || suspect->family != NFPROTO_IPV6))
			r = judge(ifname, suspect, ret, d);
	vec_release(&suspects);
	return r;
}

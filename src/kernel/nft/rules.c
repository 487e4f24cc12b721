// SPDX-License-Identifier: GPL-2.0-or-later
// Builds the nftables batch: message for message what `nft -f` makes of wg-quick's text.
#include "wgq/kernel/nft/rules.h"

#include <errno.h>
#include <netinet/in.h>
#include <netinet/ip.h>
#include <netinet/ip6.h>
#include <stddef.h>
#include <stdio.h>

#include <libmnl/libmnl.h>
#include <libnftnl/chain.h>
#include <libnftnl/common.h>
#include <libnftnl/expr.h>
#include <libnftnl/rule.h>
#include <libnftnl/table.h>
#include <linux/netfilter.h>
#include <linux/netfilter/nf_tables.h>
#include <linux/rtnetlink.h>

/* No message is larger: a rule takes about 400 bytes. */
enum { MESSAGE_MAX = 2048 };

void nft_table_name(const char *ifname, char ret_name[NFT_TABLE_NAME_MAX])
{
	snprintf(ret_name, NFT_TABLE_NAME_MAX, "wg-quick-%s", ifname);
}

/* A message that was built in scratch memory joins the batch. */
static int append(struct nft_batch *b, enum nft_part part, uint8_t family, const struct nlmsghdr *m)
{
	struct nft_message *new = vec_push(b);

	if (!new)
		return -ENOMEM;
	new->part = part;
	new->family = family;
	new->offset = b->bytes.len;
	buf_mem(&b->bytes, m, m->nlmsg_len);
	return buf_status(&b->bytes);
}

int nft_batch_begin(struct nft_batch *b)
{
	_Alignas(NLMSG_ALIGNTO) char message[64];

	return append(b, NFT_PART_BEGIN, 0, nftnl_batch_begin(message, (uint32_t)b->len));
}

int nft_batch_end(struct nft_batch *b)
{
	_Alignas(NLMSG_ALIGNTO) char message[64];

	return append(b, NFT_PART_END, 0, nftnl_batch_end(message, (uint32_t)b->len));
}

static int append_table(struct nft_batch *b, uint16_t type, uint16_t flags, enum nft_part part,
			uint8_t family, const char *name)
{
	_Alignas(NLMSG_ALIGNTO) char message[MESSAGE_MAX];
	struct nlmsghdr *m = nftnl_nlmsg_build_hdr(message, type, family, flags, (uint32_t)b->len);
	struct nftnl_table *table = nftnl_table_alloc();
	int r = -ENOMEM;

	if (table && nftnl_table_set_str(table, NFTNL_TABLE_NAME, name) == 0) {
		nftnl_table_nlmsg_build_payload(m, table);
		r = append(b, part, family, m);
	}
	if (table)
		nftnl_table_free(table);
	return r;
}

int nft_batch_delete(struct nft_batch *b, uint8_t family, const char *table)
{
	return append_table(b, NFT_MSG_DELTABLE, 0, NFT_PART_DELETE, family, table);
}

struct base_chain {
	const char *name;
	uint32_t hook;
	int32_t priority;
};

static const struct base_chain preraw = {"preraw", NF_INET_PRE_ROUTING, -300};
static const struct base_chain premangle = {"premangle", NF_INET_PRE_ROUTING, -150};
static const struct base_chain postmangle = {"postmangle", NF_INET_POST_ROUTING, -150};

/* The policy is what the kernel would choose; it is written for nft_text. */
static int append_chain(struct nft_batch *b, uint8_t family, const char *table,
			const struct base_chain *base)
{
	_Alignas(NLMSG_ALIGNTO) char message[MESSAGE_MAX];
	struct nlmsghdr *m = nftnl_nlmsg_build_hdr(message, NFT_MSG_NEWCHAIN, family, NLM_F_CREATE,
						   (uint32_t)b->len);
	struct nftnl_chain *chain = nftnl_chain_alloc();
	int r = -ENOMEM;

	if (chain && nftnl_chain_set_str(chain, NFTNL_CHAIN_TABLE, table) == 0 &&
	    nftnl_chain_set_str(chain, NFTNL_CHAIN_NAME, base->name) == 0 &&
	    nftnl_chain_set_str(chain, NFTNL_CHAIN_TYPE, "filter") == 0) {
		nftnl_chain_set_u32(chain, NFTNL_CHAIN_HOOKNUM, base->hook);
		nftnl_chain_set_s32(chain, NFTNL_CHAIN_PRIO, base->priority);
		nftnl_chain_set_u32(chain, NFTNL_CHAIN_POLICY, NF_ACCEPT);
		nftnl_chain_nlmsg_build_payload(m, chain);
		r = append(b, NFT_PART_CHAIN, family, m);
	}
	if (chain)
		nftnl_chain_free(chain);
	return r;
}

/* A rule in the making. Once memory ran out, rule is NULL and nothing more is added. */
struct draft {
	struct nftnl_rule *rule;
};

static void draft_drop(struct draft *r)
{
	if (r->rule)
		nftnl_rule_free(r->rule);
	r->rule = NULL;
}

static struct draft draft_rule(const char *table, const struct base_chain *chain)
{
	struct draft r = {nftnl_rule_alloc()};

	if (r.rule && (nftnl_rule_set_str(r.rule, NFTNL_RULE_TABLE, table) < 0 ||
		       nftnl_rule_set_str(r.rule, NFTNL_RULE_CHAIN, chain->name) < 0))
		draft_drop(&r);
	return r;
}

/* The next expression of the rule, to be filled in; NULL: no memory. */
static struct nftnl_expr *draft_expr(struct draft *r, const char *name)
{
	struct nftnl_expr *e = r->rule ? nftnl_expr_alloc(name) : NULL;

	if (e)
		nftnl_rule_add_expr(r->rule, e);
	else
		draft_drop(r);
	return e;
}

static void add_meta_load(struct draft *r, enum nft_meta_keys key)
{
	struct nftnl_expr *e = draft_expr(r, "meta");

	if (!e)
		return;
	nftnl_expr_set_u32(e, NFTNL_EXPR_META_KEY, key);
	nftnl_expr_set_u32(e, NFTNL_EXPR_META_DREG, NFT_REG_1);
}

static void add_payload_load(struct draft *r, size_t offset, size_t len)
{
	struct nftnl_expr *e = draft_expr(r, "payload");

	if (!e)
		return;
	nftnl_expr_set_u32(e, NFTNL_EXPR_PAYLOAD_DREG, NFT_REG_1);
	nftnl_expr_set_u32(e, NFTNL_EXPR_PAYLOAD_BASE, NFT_PAYLOAD_NETWORK_HEADER);
	nftnl_expr_set_u32(e, NFTNL_EXPR_PAYLOAD_OFFSET, (uint32_t)offset);
	nftnl_expr_set_u32(e, NFTNL_EXPR_PAYLOAD_LEN, (uint32_t)len);
}

static void add_compare(struct draft *r, enum nft_cmp_ops op, const void *value, size_t len)
{
	struct nftnl_expr *e = draft_expr(r, "cmp");

	if (!e)
		return;
	nftnl_expr_set_u32(e, NFTNL_EXPR_CMP_SREG, NFT_REG_1);
	nftnl_expr_set_u32(e, NFTNL_EXPR_CMP_OP, op);
	if (nftnl_expr_set(e, NFTNL_EXPR_CMP_DATA, value, (uint32_t)len) < 0)
		draft_drop(r);
}

static void add_source_type_load(struct draft *r)
{
	struct nftnl_expr *e = draft_expr(r, "fib");

	if (!e)
		return;
	nftnl_expr_set_u32(e, NFTNL_EXPR_FIB_FLAGS, NFTA_FIB_F_SADDR);
	nftnl_expr_set_u32(e, NFTNL_EXPR_FIB_RESULT, NFT_FIB_RESULT_ADDRTYPE);
	nftnl_expr_set_u32(e, NFTNL_EXPR_FIB_DREG, NFT_REG_1);
}

static void add_verdict(struct draft *r, uint32_t verdict)
{
	struct nftnl_expr *e = draft_expr(r, "immediate");

	if (!e)
		return;
	nftnl_expr_set_u32(e, NFTNL_EXPR_IMM_DREG, NFT_REG_VERDICT);
	nftnl_expr_set_u32(e, NFTNL_EXPR_IMM_VERDICT, verdict);
}

/* From or to register 1: the attribute says which. */
static void add_mark(struct draft *r, const char *expr, uint16_t key_attribute, uint32_t key,
		     uint16_t register_attribute)
{
	struct nftnl_expr *e = draft_expr(r, expr);

	if (!e)
		return;
	nftnl_expr_set_u32(e, key_attribute, key);
	nftnl_expr_set_u32(e, register_attribute, NFT_REG_1);
}

/* Takes the draft. */
static int append_rule(struct nft_batch *b, enum nft_part part, uint8_t family, struct draft *r)
{
	_Alignas(NLMSG_ALIGNTO) char message[MESSAGE_MAX];
	struct nlmsghdr *m = nftnl_nlmsg_build_hdr(message, NFT_MSG_NEWRULE, family,
						   NLM_F_CREATE | NLM_F_APPEND, (uint32_t)b->len);

	if (!r->rule)
		return -ENOMEM;
	nftnl_rule_nlmsg_build_payload(m, r->rule);
	draft_drop(r);
	return append(b, part, family, m);
}

/* iifname != "IF" ip daddr ADDRESS fib saddr type != local drop (linux.bash:235) */
static int append_address_rule(struct nft_batch *b, const char *table, const char *ifname,
			       const struct addr *a)
{
	bool v4 = a->family == AF_INET;
	size_t offset = v4 ? offsetof(struct iphdr, daddr) : offsetof(struct ip6_hdr, ip6_dst);
	char padded[IFNAMSIZ] = "";
	const uint32_t local = RTN_LOCAL;
	struct draft r = draft_rule(table, &preraw);

	memcpy(padded, ifname, strnlen(ifname, sizeof(padded) - 1));
	add_meta_load(&r, NFT_META_IIFNAME);
	add_compare(&r, NFT_CMP_NEQ, padded, sizeof(padded));
	add_payload_load(&r, offset, addr_bits(a) / 8);
	add_compare(&r, NFT_CMP_EQ, a->bytes, addr_bits(a) / 8);
	add_source_type_load(&r);
	add_compare(&r, NFT_CMP_NEQ, &local, sizeof(local));
	add_verdict(&r, NF_DROP);
	return append_rule(b, NFT_PART_ADDRESS, v4 ? NFPROTO_IPV4 : NFPROTO_IPV6, &r);
}

static void add_udp(struct draft *r)
{
	const uint8_t udp = IPPROTO_UDP;

	add_meta_load(r, NFT_META_L4PROTO);
	add_compare(r, NFT_CMP_EQ, &udp, sizeof(udp));
}

/* meta l4proto udp mark MARK ct mark set mark (linux.bash:238) */
static int append_save_rule(struct nft_batch *b, uint8_t family, const char *table, uint32_t mark)
{
	struct draft r = draft_rule(table, &postmangle);

	add_udp(&r);
	add_meta_load(&r, NFT_META_MARK);
	add_compare(&r, NFT_CMP_EQ, &mark, sizeof(mark));
	add_meta_load(&r, NFT_META_MARK);
	add_mark(&r, "ct", NFTNL_EXPR_CT_KEY, NFT_CT_MARK, NFTNL_EXPR_CT_SREG);
	return append_rule(b, NFT_PART_MARK, family, &r);
}

/* meta l4proto udp meta mark set ct mark (linux.bash:239) */
static int append_restore_rule(struct nft_batch *b, uint8_t family, const char *table)
{
	struct draft r = draft_rule(table, &premangle);

	add_udp(&r);
	add_mark(&r, "ct", NFTNL_EXPR_CT_KEY, NFT_CT_MARK, NFTNL_EXPR_CT_DREG);
	add_mark(&r, "meta", NFTNL_EXPR_META_KEY, NFT_META_MARK, NFTNL_EXPR_META_SREG);
	return append_rule(b, NFT_PART_MARK, family, &r);
}

/* In wg-quick's order, so that the kernel gives out the same handles. */
static int append_family(struct nft_batch *b, uint8_t family, const struct firewall *fw)
{
	uint8_t af = family == NFPROTO_IPV4 ? AF_INET : AF_INET6;
	char table[NFT_TABLE_NAME_MAX];
	int r;

	nft_table_name(fw->ifname, table);
	r = append_table(b, NFT_MSG_NEWTABLE, NLM_F_CREATE, NFT_PART_TABLE, family, table);
	if (!r)
		r = append_chain(b, family, table, &preraw);
	if (!r)
		r = append_chain(b, family, table, &premangle);
	if (!r)
		r = append_chain(b, family, table, &postmangle);
	for (size_t i = 0; !r && i < fw->addr_count; i++)
		if (fw->addrs[i].family == af)
			r = append_address_rule(b, table, fw->ifname, &fw->addrs[i]);
	if (!r)
		r = append_save_rule(b, family, table, fw->mark);
	if (!r)
		r = append_restore_rule(b, family, table);
	return r;
}

int nft_batch_firewall(struct nft_batch *b, const struct firewall *fw)
{
	int r = 0;

	/* wg-quick sorts ::/0 before 0.0.0.0/0. */
	if (fw->ip6)
		r = append_family(b, NFPROTO_IPV6, fw);
	if (!r && fw->ip)
		r = append_family(b, NFPROTO_IPV4, fw);
	return r;
}

struct nlmsghdr *nft_batch_at(const struct nft_batch *b, size_t i)
{
	return (void *)(b->bytes.data + b->at[i].offset);
}

void nft_batch_acknowledge(struct nft_batch *b)
{
	nft_batch_at(b, b->len - 1)->nlmsg_flags |= NLM_F_ACK;
}

void nft_batch_release(struct nft_batch *b)
{
	buf_release(&b->bytes);
	vec_release(b);
}

// SPDX-License-Identifier: GPL-2.0-or-later
// Builds messages of nf_tables: message for message what nft(8) makes of the same text.
#include "wgq/kernel/nft/batch.h"

#include <errno.h>
#include <net/if.h>
#include <netinet/in.h>
#include <netinet/ip.h>
#include <netinet/ip6.h>
#include <netinet/tcp.h>
#include <string.h>

#include <libmnl/libmnl.h>
#include <libnftnl/chain.h>
#include <libnftnl/common.h>
#include <libnftnl/expr.h>
#include <libnftnl/rule.h>
#include <libnftnl/table.h>
#include <linux/netfilter.h>

/* No message is larger: a rule takes about 400 bytes. */
enum { MESSAGE_MAX = 2048 };

/* Of the byte with TH_SYN in a TCP header. */
enum { TCP_FLAGS_OFFSET = 13 };

/* A message that was built in scratch memory joins the batch. */
static void append(struct nft_batch *b, enum nft_part part, uint8_t family,
		   const struct nlmsghdr *m)
{
	struct nft_message *new = vec_push(b);

	if (!new) {
		b->failed = true;
		return;
	}
	new->part = part;
	new->family = family;
	new->offset = b->bytes.len;
	buf_mem(&b->bytes, m, m->nlmsg_len);
}

void nft_batch_begin(struct nft_batch *b)
{
	_Alignas(NLMSG_ALIGNTO) char message[64];

	append(b, NFT_PART_BEGIN, 0, nftnl_batch_begin(message, (uint32_t)b->len));
}

void nft_batch_end(struct nft_batch *b)
{
	_Alignas(NLMSG_ALIGNTO) char message[64];

	append(b, NFT_PART_END, 0, nftnl_batch_end(message, (uint32_t)b->len));
}

static void append_table(struct nft_batch *b, uint16_t type, uint16_t flags, enum nft_part part,
			 uint8_t family, const char *name)
{
	_Alignas(NLMSG_ALIGNTO) char message[MESSAGE_MAX];
	struct nlmsghdr *m = nftnl_nlmsg_build_hdr(message, type, family, flags, (uint32_t)b->len);
	struct nftnl_table *table = nftnl_table_alloc();

	if (table && nftnl_table_set_str(table, NFTNL_TABLE_NAME, name) == 0) {
		nftnl_table_nlmsg_build_payload(m, table);
		append(b, part, family, m);
	} else {
		b->failed = true;
	}
	if (table)
		nftnl_table_free(table);
}

void nft_batch_table(struct nft_batch *b, uint8_t family, const char *name)
{
	append_table(b, NFT_MSG_NEWTABLE, NLM_F_CREATE, NFT_PART_TABLE, family, name);
}

void nft_batch_delete(struct nft_batch *b, uint8_t family, const char *table)
{
	append_table(b, NFT_MSG_DELTABLE, 0, NFT_PART_DELETE, family, table);
}

/* The policy is what the kernel would choose; it is written for nft_text. */
void nft_batch_chain(struct nft_batch *b, uint8_t family, const char *table,
		     const struct nft_chain *base)
{
	_Alignas(NLMSG_ALIGNTO) char message[MESSAGE_MAX];
	struct nlmsghdr *m = nftnl_nlmsg_build_hdr(message, NFT_MSG_NEWCHAIN, family, NLM_F_CREATE,
						   (uint32_t)b->len);
	struct nftnl_chain *chain = nftnl_chain_alloc();
	const char *type = base->type ? base->type : "filter";

	if (chain && nftnl_chain_set_str(chain, NFTNL_CHAIN_TABLE, table) == 0 &&
	    nftnl_chain_set_str(chain, NFTNL_CHAIN_NAME, base->name) == 0 &&
	    nftnl_chain_set_str(chain, NFTNL_CHAIN_TYPE, type) == 0) {
		nftnl_chain_set_u32(chain, NFTNL_CHAIN_HOOKNUM, base->hook);
		nftnl_chain_set_s32(chain, NFTNL_CHAIN_PRIO, base->priority);
		nftnl_chain_set_u32(chain, NFTNL_CHAIN_POLICY, base->drops ? NF_DROP : NF_ACCEPT);
		nftnl_chain_nlmsg_build_payload(m, chain);
		append(b, strcmp(type, "nat") == 0 ? NFT_PART_NAT : NFT_PART_CHAIN, family, m);
	} else {
		b->failed = true;
	}
	if (chain)
		nftnl_chain_free(chain);
}

int nft_batch_status(const struct nft_batch *b)
{
	return b->failed ? -ENOMEM : buf_status(&b->bytes);
}

struct nlmsghdr *nft_batch_at(const struct nft_batch *b, size_t i)
{
	return (void *)(b->bytes.data + b->at[i].offset);
}

void nft_batch_release(struct nft_batch *b)
{
	buf_release(&b->bytes);
	vec_release(b);
}

static void rule_drop(struct nft_rule *r)
{
	if (r->rule)
		nftnl_rule_free(r->rule);
	r->rule = NULL;
}

struct nft_rule nft_rule_begin(struct nft_batch *b, enum nft_part part, uint8_t family,
			       const char *table, const struct nft_chain *chain)
{
	struct nft_rule r = {b, part, family, nftnl_rule_alloc()};

	if (r.rule && (nftnl_rule_set_str(r.rule, NFTNL_RULE_TABLE, table) < 0 ||
		       nftnl_rule_set_str(r.rule, NFTNL_RULE_CHAIN, chain->name) < 0))
		rule_drop(&r);
	return r;
}

/* The next expression of the rule, to be filled in; NULL: no memory. */
static struct nftnl_expr *add(struct nft_rule *r, const char *name)
{
	struct nftnl_expr *e = r->rule ? nftnl_expr_alloc(name) : NULL;

	if (e)
		nftnl_rule_add_expr(r->rule, e);
	else
		rule_drop(r);
	return e;
}

/* From or to the register: the attribute says which. */
static void add_keyed(struct nft_rule *r, const char *name, uint16_t key_attribute, uint32_t key,
		      uint16_t register_attribute)
{
	struct nftnl_expr *e = add(r, name);

	if (!e)
		return;
	nftnl_expr_set_u32(e, key_attribute, key);
	nftnl_expr_set_u32(e, register_attribute, NFT_REG_1);
}

void nft_rule_load_meta(struct nft_rule *r, enum nft_meta_keys key)
{
	add_keyed(r, "meta", NFTNL_EXPR_META_KEY, key, NFTNL_EXPR_META_DREG);
}

void nft_rule_set_mark(struct nft_rule *r)
{
	add_keyed(r, "meta", NFTNL_EXPR_META_KEY, NFT_META_MARK, NFTNL_EXPR_META_SREG);
}

void nft_rule_load_ct_mark(struct nft_rule *r)
{
	add_keyed(r, "ct", NFTNL_EXPR_CT_KEY, NFT_CT_MARK, NFTNL_EXPR_CT_DREG);
}

void nft_rule_load_ct(struct nft_rule *r, enum nft_ct_keys key)
{
	add_keyed(r, "ct", NFTNL_EXPR_CT_KEY, key, NFTNL_EXPR_CT_DREG);
}

void nft_rule_set_ct_mark(struct nft_rule *r)
{
	add_keyed(r, "ct", NFTNL_EXPR_CT_KEY, NFT_CT_MARK, NFTNL_EXPR_CT_SREG);
}

void nft_rule_load_payload(struct nft_rule *r, enum nft_payload_bases base, size_t offset,
			   size_t len)
{
	struct nftnl_expr *e = add(r, "payload");

	if (!e)
		return;
	nftnl_expr_set_u32(e, NFTNL_EXPR_PAYLOAD_DREG, NFT_REG_1);
	nftnl_expr_set_u32(e, NFTNL_EXPR_PAYLOAD_BASE, base);
	nftnl_expr_set_u32(e, NFTNL_EXPR_PAYLOAD_OFFSET, (uint32_t)offset);
	nftnl_expr_set_u32(e, NFTNL_EXPR_PAYLOAD_LEN, (uint32_t)len);
}

void nft_rule_load_source_type(struct nft_rule *r)
{
	struct nftnl_expr *e = add(r, "fib");

	if (!e)
		return;
	nftnl_expr_set_u32(e, NFTNL_EXPR_FIB_FLAGS, NFTA_FIB_F_SADDR);
	nftnl_expr_set_u32(e, NFTNL_EXPR_FIB_RESULT, NFT_FIB_RESULT_ADDRTYPE);
	nftnl_expr_set_u32(e, NFTNL_EXPR_FIB_DREG, NFT_REG_1);
}

void nft_rule_compare(struct nft_rule *r, enum nft_cmp_ops op, const void *value, size_t len)
{
	struct nftnl_expr *e = add(r, "cmp");

	if (!e)
		return;
	nftnl_expr_set_u32(e, NFTNL_EXPR_CMP_SREG, NFT_REG_1);
	nftnl_expr_set_u32(e, NFTNL_EXPR_CMP_OP, op);
	if (nftnl_expr_set(e, NFTNL_EXPR_CMP_DATA, value, (uint32_t)len) < 0)
		rule_drop(r);
}

void nft_rule_mask(struct nft_rule *r, const void *mask, size_t len)
{
	static const uint8_t zero[sizeof(struct in6_addr)];
	struct nftnl_expr *e = add(r, "bitwise");

	if (!e)
		return;
	nftnl_expr_set_u32(e, NFTNL_EXPR_BITWISE_SREG, NFT_REG_1);
	nftnl_expr_set_u32(e, NFTNL_EXPR_BITWISE_DREG, NFT_REG_1);
	nftnl_expr_set_u32(e, NFTNL_EXPR_BITWISE_LEN, (uint32_t)len);
	if (nftnl_expr_set(e, NFTNL_EXPR_BITWISE_MASK, mask, (uint32_t)len) < 0 ||
	    nftnl_expr_set(e, NFTNL_EXPR_BITWISE_XOR, zero, (uint32_t)len) < 0)
		rule_drop(r);
}

void nft_rule_count(struct nft_rule *r)
{
	struct nftnl_expr *e = add(r, "counter");

	/* Without a value nothing is sent of it. */
	if (e)
		nftnl_expr_set_u64(e, NFTNL_EXPR_CTR_PACKETS, 0);
}

void nft_rule_reject(struct nft_rule *r, enum nft_reject_types type, uint8_t code)
{
	struct nftnl_expr *e = add(r, "reject");

	if (!e)
		return;
	nftnl_expr_set_u32(e, NFTNL_EXPR_REJECT_TYPE, type);
	nftnl_expr_set_u8(e, NFTNL_EXPR_REJECT_CODE, code);
}

void nft_rule_masquerade(struct nft_rule *r)
{
	add(r, "masq");
}

void nft_rule_has_flag(struct nft_rule *r, uint8_t flag)
{
	const uint8_t no = 0;

	nft_rule_load_payload(r, NFT_PAYLOAD_TRANSPORT_HEADER, TCP_FLAGS_OFFSET, sizeof(flag));
	nft_rule_mask(r, &flag, sizeof(flag));
	nft_rule_compare(r, NFT_CMP_NEQ, &no, sizeof(no));
}

void nft_rule_clamp_mss(struct nft_rule *r)
{
	struct nftnl_expr *e;

	nft_rule_protocol(r, IPPROTO_TCP);
	nft_rule_has_flag(r, TH_SYN);
	add_keyed(r, "rt", NFTNL_EXPR_RT_KEY, NFT_RT_TCPMSS, NFTNL_EXPR_RT_DREG);
	e = add(r, "byteorder");
	if (e) {
		nftnl_expr_set_u32(e, NFTNL_EXPR_BYTEORDER_SREG, NFT_REG_1);
		nftnl_expr_set_u32(e, NFTNL_EXPR_BYTEORDER_DREG, NFT_REG_1);
		nftnl_expr_set_u32(e, NFTNL_EXPR_BYTEORDER_OP, NFT_BYTEORDER_HTON);
		nftnl_expr_set_u32(e, NFTNL_EXPR_BYTEORDER_LEN, sizeof(uint16_t));
		nftnl_expr_set_u32(e, NFTNL_EXPR_BYTEORDER_SIZE, sizeof(uint16_t));
	}
	e = add(r, "exthdr");
	if (e) {
		nftnl_expr_set_u32(e, NFTNL_EXPR_EXTHDR_SREG, NFT_REG_1);
		nftnl_expr_set_u8(e, NFTNL_EXPR_EXTHDR_TYPE, TCPOPT_MAXSEG);
		nftnl_expr_set_u32(e, NFTNL_EXPR_EXTHDR_OP, NFT_EXTHDR_OP_TCPOPT);
		nftnl_expr_set_u32(e, NFTNL_EXPR_EXTHDR_OFFSET, 2);
		nftnl_expr_set_u32(e, NFTNL_EXPR_EXTHDR_LEN, sizeof(uint16_t));
	}
}

void nft_rule_verdict(struct nft_rule *r, uint32_t verdict)
{
	struct nftnl_expr *e = add(r, "immediate");

	if (!e)
		return;
	nftnl_expr_set_u32(e, NFTNL_EXPR_IMM_DREG, NFT_REG_VERDICT);
	nftnl_expr_set_u32(e, NFTNL_EXPR_IMM_VERDICT, verdict);
}

void nft_rule_end(struct nft_rule *r)
{
	_Alignas(NLMSG_ALIGNTO) char message[MESSAGE_MAX];
	struct nlmsghdr *m =
		nftnl_nlmsg_build_hdr(message, NFT_MSG_NEWRULE, r->family,
				      NLM_F_CREATE | NLM_F_APPEND, (uint32_t)r->batch->len);

	if (!r->rule) {
		r->batch->failed = true;
		return;
	}
	nftnl_rule_nlmsg_build_payload(m, r->rule);
	append(r->batch, r->part, r->family, m);
	rule_drop(r);
}

void nft_rule_protocol(struct nft_rule *r, uint8_t protocol)
{
	nft_rule_load_meta(r, NFT_META_L4PROTO);
	nft_rule_compare(r, NFT_CMP_EQ, &protocol, sizeof(protocol));
}

void nft_rule_link(struct nft_rule *r, enum nft_meta_keys key, enum nft_cmp_ops op,
		   const char *ifname)
{
	char padded[IFNAMSIZ] = "";

	memcpy(padded, ifname, strnlen(ifname, sizeof(padded) - 1));
	nft_rule_load_meta(r, key);
	nft_rule_compare(r, op, padded, sizeof(padded));
}

void nft_rule_family(struct nft_rule *r, uint8_t family)
{
	const uint8_t nfproto = family == AF_INET ? NFPROTO_IPV4 : NFPROTO_IPV6;

	nft_rule_load_meta(r, NFT_META_NFPROTO);
	nft_rule_compare(r, NFT_CMP_EQ, &nfproto, sizeof(nfproto));
}

/* As nft(8) does it: a table of both families asks for the family first, and of a prefix of whole
 * bytes these are compared. */
static void compare_prefix(struct nft_rule *r, const struct prefix *prefix, size_t offset)
{
	struct prefix mask = {.addr.family = prefix->addr.family, .len = prefix->len};
	size_t len = prefix->len % 8 ? addr_bits(&prefix->addr) / 8 : prefix->len / 8;

	if (r->family == NFPROTO_INET)
		nft_rule_family(r, prefix->addr.family);
	nft_rule_load_payload(r, NFT_PAYLOAD_NETWORK_HEADER, offset, len);
	if (prefix->len % 8) {
		memset(mask.addr.bytes, 0xff, len);
		prefix_mask(&mask);
		nft_rule_mask(r, mask.addr.bytes, len);
	}
	nft_rule_compare(r, NFT_CMP_EQ, prefix->addr.bytes, len);
}

void nft_rule_source(struct nft_rule *r, const struct prefix *prefix)
{
	compare_prefix(r, prefix,
		       prefix->addr.family == AF_INET ? offsetof(struct iphdr, saddr)
						      : offsetof(struct ip6_hdr, ip6_src));
}

void nft_rule_destination(struct nft_rule *r, const struct prefix *prefix)
{
	compare_prefix(r, prefix,
		       prefix->addr.family == AF_INET ? offsetof(struct iphdr, daddr)
						      : offsetof(struct ip6_hdr, ip6_dst));
}

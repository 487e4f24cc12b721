// SPDX-License-Identifier: GPL-2.0-or-later
// The tables of an interface, rule for rule.
#include "wgq/kernel/nft/rules.h"

#include <arpa/inet.h>
#include <linux/netfilter.h>
#include <linux/netfilter/nf_conntrack_common.h>
#include <linux/netfilter/nf_conntrack_tuple_common.h>
#include <linux/rtnetlink.h>
#include <netinet/tcp.h>
#include <netinet/udp.h>
#include <stddef.h>
#include <stdio.h>

void nft_table_name(const char *ifname, char ret_name[NFT_TABLE_NAME_MAX])
{
	snprintf(ret_name, NFT_TABLE_NAME_MAX, "wg-quick-%s", ifname);
}

void nft_own_name(const char *ifname, char ret_name[NFT_TABLE_NAME_MAX])
{
	snprintf(ret_name, NFT_TABLE_NAME_MAX, "wgq-%s", ifname);
}

/* linux.bash:228-239, in wg-quick's order, so that the kernel gives out the same handles. */
static void append_family(struct nft_batch *b, uint8_t family, const struct firewall *fw)
{
	static const struct nft_chain preraw = {"preraw", NF_INET_PRE_ROUTING, -300};
	static const struct nft_chain premangle = {"premangle", NF_INET_PRE_ROUTING, -150};
	static const struct nft_chain postmangle = {"postmangle", NF_INET_POST_ROUTING, -150};
	const uint32_t local = RTN_LOCAL;
	char table[NFT_TABLE_NAME_MAX];
	struct nft_rule r;

	nft_table_name(fw->ifname, table);
	nft_batch_table(b, family, table);
	nft_batch_chain(b, family, table, &preraw);
	nft_batch_chain(b, family, table, &premangle);
	nft_batch_chain(b, family, table, &postmangle);

	for (size_t i = 0; i < fw->addr_count; i++) {
		if (fw->addrs[i].family != (family == NFPROTO_IPV4 ? AF_INET : AF_INET6))
			continue;
		/* iifname != "IF" ip daddr ADDRESS fib saddr type != local drop */
		r = nft_rule_begin(b, NFT_PART_ADDRESS, family, table, &preraw);
		nft_rule_link(&r, NFT_META_IIFNAME, NFT_CMP_NEQ, fw->ifname);
		nft_rule_destination(&r, &(struct prefix){.addr = fw->addrs[i],
							  .len = addr_bits(&fw->addrs[i])});
		nft_rule_load_source_type(&r);
		nft_rule_compare(&r, NFT_CMP_NEQ, &local, sizeof(local));
		nft_rule_verdict(&r, NF_DROP);
		nft_rule_end(&r);
	}

	/* meta l4proto udp mark MARK ct mark set mark */
	r = nft_rule_begin(b, NFT_PART_MARK, family, table, &postmangle);
	nft_rule_protocol(&r, IPPROTO_UDP);
	nft_rule_load_meta(&r, NFT_META_MARK);
	nft_rule_compare(&r, NFT_CMP_EQ, &fw->mark, sizeof(fw->mark));
	nft_rule_load_meta(&r, NFT_META_MARK);
	nft_rule_set_ct_mark(&r);
	nft_rule_end(&r);

	/* meta l4proto udp meta mark set ct mark */
	r = nft_rule_begin(b, NFT_PART_MARK, family, table, &premangle);
	nft_rule_protocol(&r, IPPROTO_UDP);
	nft_rule_load_ct_mark(&r);
	nft_rule_set_mark(&r);
	nft_rule_end(&r);
}

void nft_batch_firewall(struct nft_batch *b, const struct firewall *fw)
{
	/* wg-quick sorts ::/0 before 0.0.0.0/0. */
	if (fw->ip6)
		append_family(b, NFPROTO_IPV6, fw);
	if (fw->ip)
		append_family(b, NFPROTO_IPV4, fw);
}

static enum nft_part part_of(const struct wall *wall)
{
	switch (wall->verdict) {
	case WALL_REJECT:
	case WALL_RESET:
		return NFT_PART_REJECT;
	case WALL_MASQUERADE:
		return NFT_PART_NAT;
	case WALL_CLAMP_MSS:
		return NFT_PART_CLAMP;
	case WALL_ACCEPT:
	case WALL_DROP:
		break;
	}
	return wall->state ? NFT_PART_MARK : NFT_PART_RULE;
}

static void set_verdict(struct nft_rule *r, enum wall_verdict verdict)
{
	switch (verdict) {
	case WALL_ACCEPT:
		nft_rule_verdict(r, NF_ACCEPT);
		return;
	case WALL_DROP:
		nft_rule_verdict(r, NF_DROP);
		return;
	case WALL_REJECT:
		nft_rule_reject(r, NFT_REJECT_ICMPX_UNREACH, NFT_REJECT_ICMPX_ADMIN_PROHIBITED);
		return;
	case WALL_RESET:
		nft_rule_reject(r, NFT_REJECT_TCP_RST, 0);
		return;
	case WALL_MASQUERADE:
		nft_rule_masquerade(r);
		return;
	case WALL_CLAMP_MSS:
		nft_rule_clamp_mss(r);
		return;
	}
}

/* Of UDP. Two next to each other are compared at once, as nft(8) does it. */
static void match_ports(struct nft_rule *r, const struct wall *wall)
{
	const struct udphdr in_packet = {.source = htons(wall->sport), .dest = htons(wall->dport)};
	size_t from = wall->sport ? 0 : offsetof(struct udphdr, dest);
	size_t to = wall->dport ? offsetof(struct udphdr, len) : offsetof(struct udphdr, dest);

	if (!wall->sport && !wall->dport)
		return;
	nft_rule_load_payload(r, NFT_PAYLOAD_TRANSPORT_HEADER, from, to - from);
	nft_rule_compare(r, NFT_CMP_EQ, (const char *)&in_packet + from, to - from);
}

static void match_state(struct nft_rule *r, enum wall_state state)
{
	const uint32_t related = NF_CT_STATE_BIT(IP_CT_RELATED), none = 0;
	const uint8_t reply = IP_CT_DIR_REPLY;

	switch (state) {
	case WALL_ANY_STATE:
		return;
	case WALL_RELATED:
		nft_rule_load_ct(r, NFT_CT_STATE);
		nft_rule_mask(r, &related, sizeof(related));
		nft_rule_compare(r, NFT_CMP_NEQ, &none, sizeof(none));
		return;
	case WALL_REPLY:
		nft_rule_load_ct(r, NFT_CT_DIRECTION);
		nft_rule_compare(r, NFT_CMP_EQ, &reply, sizeof(reply));
		return;
	}
}

/* In the order of walls_nft_text(). */
static void append_wall(struct nft_batch *b, const char *table, const struct nft_chain *chain,
			const struct wall *wall)
{
	struct nft_rule r = nft_rule_begin(b, part_of(wall), NFPROTO_INET, table, chain);

	if (wall->from[0])
		nft_rule_link(&r, NFT_META_IIFNAME, NFT_CMP_EQ, wall->from);
	if (wall->to[0])
		nft_rule_link(&r, NFT_META_OIFNAME, wall->not_to ? NFT_CMP_NEQ : NFT_CMP_EQ,
			      wall->to);
	if (wall->mark) {
		nft_rule_load_meta(&r, NFT_META_MARK);
		nft_rule_compare(&r, NFT_CMP_EQ, &wall->mark, sizeof(wall->mark));
	}
	if (wall->family)
		nft_rule_family(&r, wall->family);
	if (wall->source.addr.family)
		nft_rule_source(&r, &wall->source);
	if (wall->destination.addr.family)
		nft_rule_destination(&r, &wall->destination);
	if (wall->protocol)
		nft_rule_protocol(&r, wall->protocol);
	match_ports(&r, wall);
	if (wall->type) {
		nft_rule_load_payload(&r, NFT_PAYLOAD_TRANSPORT_HEADER, 0, sizeof(wall->type));
		nft_rule_compare(&r, NFT_CMP_EQ, &wall->type, sizeof(wall->type));
	}
	if (wall->resets)
		nft_rule_has_flag(&r, TH_RST);
	match_state(&r, wall->state);
	if (wall_counts(wall->verdict))
		nft_rule_count(&r);
	set_verdict(&r, wall->verdict);
	nft_rule_end(&r);
}

void nft_batch_walls(struct nft_batch *b, const char *ifname, const struct walls *walls)
{
	char table[NFT_TABLE_NAME_MAX];

	nft_own_name(ifname, table);
	nft_batch_table(b, NFPROTO_INET, table);
	for (enum wall_chain i = 0; i < WALL_CHAINS; i++) {
		const struct wall_chain_type *type = &wall_chains[i];
		const struct nft_chain chain = {type->name, type->hook, type->priority, type->type,
						type->drops};

		if (!walls_have(walls, i))
			continue;
		nft_batch_chain(b, NFPROTO_INET, table, &chain);
		vec_each(wall, walls)
			if (wall->chain == i)
				append_wall(b, table, &chain, wall);
	}
}

// SPDX-License-Identifier: GPL-2.0-or-later
// The tables of an interface, rule for rule.
#include "wgq/kernel/nft/rules.h"

#include <arpa/inet.h>
#include <linux/netfilter.h>
#include <linux/rtnetlink.h>
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
		nft_rule_link(&r, NFT_CMP_NEQ, fw->ifname);
		nft_rule_destination(&r, &fw->addrs[i]);
		nft_rule_load_source_type(&r);
		nft_rule_compare(&r, NFT_CMP_NEQ, &local, sizeof(local));
		nft_rule_verdict(&r, NF_DROP);
		nft_rule_end(&r);
	}

	/* meta l4proto udp mark MARK ct mark set mark */
	r = nft_rule_begin(b, NFT_PART_MARK, family, table, &postmangle);
	nft_rule_is_udp(&r);
	nft_rule_load_meta(&r, NFT_META_MARK);
	nft_rule_compare(&r, NFT_CMP_EQ, &fw->mark, sizeof(fw->mark));
	nft_rule_load_meta(&r, NFT_META_MARK);
	nft_rule_set_ct_mark(&r);
	nft_rule_end(&r);

	/* meta l4proto udp meta mark set ct mark */
	r = nft_rule_begin(b, NFT_PART_MARK, family, table, &premangle);
	nft_rule_is_udp(&r);
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

/* udp dport PORT iifname LINK accept, udp dport PORT ip daddr ADDRESS accept; where on is NULL
 * udp dport PORT drop. */
static void append_port_rule(struct nft_batch *b, const char *table, const struct nft_chain *chain,
			     uint16_t port, const struct listen_on *on)
{
	struct nft_rule r = nft_rule_begin(b, NFT_PART_RULE, NFPROTO_INET, table, chain);
	const uint16_t dport = htons(port);

	nft_rule_is_udp(&r);
	nft_rule_load_payload(&r, NFT_PAYLOAD_TRANSPORT_HEADER, offsetof(struct udphdr, dest),
			      sizeof(dport));
	nft_rule_compare(&r, NFT_CMP_EQ, &dport, sizeof(dport));
	if (on && on->ifname[0])
		nft_rule_link(&r, NFT_CMP_EQ, on->ifname);
	else if (on)
		nft_rule_destination(&r, &on->addr);
	nft_rule_verdict(&r, on ? NF_ACCEPT : NF_DROP);
	nft_rule_end(&r);
}

void nft_batch_listen(struct nft_batch *b, const struct listen *listen)
{
	static const struct nft_chain chain = {NFT_LISTEN_CHAIN, NF_INET_LOCAL_IN, 0};
	char table[NFT_TABLE_NAME_MAX];

	nft_own_name(listen->ifname, table);
	nft_batch_table(b, NFPROTO_INET, table);
	nft_batch_chain(b, NFPROTO_INET, table, &chain);
	for (size_t i = 0; i < LISTEN_PORTS; i++) {
		if (!listen->ports[i])
			continue;
		for (size_t j = 0; j < listen->count; j++)
			append_port_rule(b, table, &chain, listen->ports[i], &listen->on[j]);
		append_port_rule(b, table, &chain, listen->ports[i], NULL);
	}
}

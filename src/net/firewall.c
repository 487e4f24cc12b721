// SPDX-License-Identifier: GPL-2.0-or-later
// The firewall of a full tunnel as text for nft and for iptables-restore.
#include "wgq/net/firewall.h"

#include <stdio.h>
#include <sys/socket.h>

static void format_family(const struct firewall *fw, uint8_t family, struct buf *out)
{
	const char *nft = family == AF_INET ? "ip" : "ip6";
	static const struct {
		const char *chain, *hook, *priority;
	} chains[] = {
		{"preraw", "prerouting", "-300"},
		{"premangle", "prerouting", "-150"},
		{"postmangle", "postrouting", "-150"},
	};

	buf_addf(out, "add table %s wg-quick-%s\n", nft, fw->ifname);
	for (size_t i = 0; i < sizeof(chains) / sizeof(chains[0]); i++)
		buf_addf(out, "add chain %s wg-quick-%s %s { type filter hook %s priority %s; }\n",
			 nft, fw->ifname, chains[i].chain, chains[i].hook, chains[i].priority);
	for (size_t i = 0; i < fw->addr_count; i++) {
		char text[ADDR_TEXT_MAX];

		if (fw->addrs[i].family != family)
			continue;
		addr_format(&fw->addrs[i], text);
		buf_addf(out,
			 "add rule %s wg-quick-%s preraw iifname != \"%s\" %s daddr %s "
			 "fib saddr type != local drop\n",
			 nft, fw->ifname, fw->ifname, nft, text);
	}
	buf_addf(out,
		 "add rule %s wg-quick-%s postmangle meta l4proto udp mark %u ct mark set mark\n",
		 nft, fw->ifname, fw->mark);
	buf_addf(out, "add rule %s wg-quick-%s premangle meta l4proto udp meta mark set ct mark\n",
		 nft, fw->ifname);
}

void firewall_nft_text(const struct firewall *fw, struct buf *ret_text)
{
	if (fw->ip6)
		format_family(fw, AF_INET6, ret_text);
	if (fw->ip)
		format_family(fw, AF_INET, ret_text);
}

/* To add what is there already is no error, and then it can be deleted in any case. */
void firewall_nft_removal(const struct firewall *fw, struct buf *ret_text)
{
	const char *const families[] = {fw->ip6 ? "ip6" : NULL, fw->ip ? "ip" : NULL};

	for (size_t i = 0; i < 2; i++)
		if (families[i])
			buf_addf(ret_text,
				 "add table %s wg-quick-%s\ndelete table %s wg-quick-%s\n",
				 families[i], fw->ifname, families[i], fw->ifname);
}

void firewall_iptables_marker(const char *ifname, struct buf *ret_text)
{
	buf_addf(ret_text, "-m comment --comment \"wg-quick(8) rule for %s\"", ifname);
}

/* One rule, with the interface's mark at its end. */
static void add_iptables_rule(const struct firewall *fw, const char *rule, struct buf *out)
{
	buf_addf(out, "-I %s ", rule);
	firewall_iptables_marker(fw->ifname, out);
	buf_char(out, '\n');
}

void firewall_iptables_text(const struct firewall *fw, uint8_t family, struct buf *ret_text)
{
	char rule[160], text[ADDR_TEXT_MAX];

	buf_str(ret_text, "*raw\n");
	for (size_t i = 0; i < fw->addr_count; i++) {
		if (fw->addrs[i].family != family)
			continue;
		addr_format(&fw->addrs[i], text);
		snprintf(rule, sizeof(rule),
			 "PREROUTING ! -i %s -d %s -m addrtype ! --src-type LOCAL -j DROP",
			 fw->ifname, text);
		add_iptables_rule(fw, rule, ret_text);
	}
	snprintf(rule, sizeof(rule), "POSTROUTING -m mark --mark %u -p udp -j CONNMARK --save-mark",
		 fw->mark);
	buf_str(ret_text, "COMMIT\n*mangle\n");
	add_iptables_rule(fw, rule, ret_text);
	add_iptables_rule(fw, "PREROUTING -p udp -j CONNMARK --restore-mark", ret_text);
	buf_str(ret_text, "COMMIT\n");
}

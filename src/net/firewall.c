// SPDX-License-Identifier: GPL-2.0-or-later
// Firewalls as text for nft and for iptables-restore.
#include "wgq/net/firewall.h"

#include <stdio.h>
#include <string.h>
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

static void add_listen_on(const struct listen_on *on, struct buf *out)
{
	char text[ADDR_TEXT_MAX];

	if (on->ifname[0]) {
		buf_str(out, on->ifname);
		return;
	}
	addr_format(&on->addr, text);
	buf_str(out, text);
}

static void add_port(const struct listen *listen, const char *port, struct buf *out)
{
	for (size_t i = 0; i < listen->count; i++) {
		const struct listen_on *on = &listen->on[i];

		buf_addf(out, "\t\tudp dport %s %s", port,
			 on->ifname[0]                 ? "iifname \""
			 : on->addr.family == AF_INET6 ? "ip6 daddr "
						       : "ip daddr ");
		add_listen_on(on, out);
		buf_str(out, on->ifname[0] ? "\" accept\n" : " accept\n");
	}
	buf_addf(out, "\t\tudp dport %s drop\n", port);
}

void listen_nft_text(const struct listen *listen, struct buf *ret_text)
{
	buf_addf(ret_text,
		 "add table inet wgq-%s\ndelete table inet wgq-%s\n"
		 "table inet wgq-%s {\n\tchain listen {\n"
		 "\t\ttype filter hook input priority 0; policy accept;\n",
		 listen->ifname, listen->ifname, listen->ifname);
	for (size_t i = 0; i < LISTEN_PORTS; i++) {
		char port[8];

		snprintf(port, sizeof(port), "%u", listen->ports[i]);
		if (listen->ports[i])
			add_port(listen, port, ret_text);
	}
	if (listen->count && !listen->ports[0])
		add_port(listen, "$port", ret_text);
	buf_str(ret_text, "\t}\n}\n");
}

void listen_format(const struct listen *listen, struct buf *ret_text)
{
	for (size_t i = 0; i < listen->count; i++) {
		buf_str(ret_text, i ? ", " : "");
		add_listen_on(&listen->on[i], ret_text);
	}
}

static bool has(const struct listen *listen, const struct listen_on *on)
{
	for (size_t i = 0; i < listen->count; i++)
		if (strcmp(listen->on[i].ifname, on->ifname) == 0 &&
		    (on->ifname[0] || addr_compare(&listen->on[i].addr, &on->addr) == 0))
			return true;
	return false;
}

bool listen_same(const struct listen *a, const struct listen *b)
{
	bool same = memcmp(a->ports, b->ports, sizeof(a->ports)) == 0;

	for (size_t i = 0; same && i < a->count; i++)
		same = has(b, &a->on[i]);
	for (size_t i = 0; same && i < b->count; i++)
		same = has(a, &b->on[i]);
	return same;
}

// SPDX-License-Identifier: GPL-2.0-or-later
// Which packets the port of an interface accepts: as text, and compared.
#include "wgq/net/listen.h"

#include <stdio.h>
#include <string.h>

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

// SPDX-License-Identifier: GPL-2.0-or-later
// The rules of wgq's own table: compared, and as the values of the keys that they are made of.
#include "wgq/net/walls.h"

#include <errno.h>
#include <netinet/in.h>

#include <linux/netfilter.h>
#include <string.h>

const struct wall_chain_type wall_chains[WALL_CHAINS] = {
	[WALL_LISTEN] = {"listen", "filter", NF_INET_LOCAL_IN, 0},
	[WALL_CLAMP] = {"clamp", "filter", NF_INET_FORWARD, -150},
	[WALL_NAT] = {"nat", "nat", NF_INET_POST_ROUTING, 100},
	[WALL_ISOLATE] = {"isolate", "filter", NF_INET_FORWARD, 0},
	/* Behind all that may change the mark, the address or the link of a packet. When the table
	 * is replaced, a packet may come to the new chain just before its rules count and to the
	 * old one just after they do not any more: it is dropped. */
	[WALL_OUTPUT] = {"output", "filter", NF_INET_LOCAL_OUT, 300, true},
	[WALL_FORWARD] = {"forward", "filter", NF_INET_FORWARD, 300, true},
};

void walls_release(struct walls *walls)
{
	vec_release(walls);
}

bool wall_counts(enum wall_verdict verdict)
{
	return verdict == WALL_REJECT || verdict == WALL_RESET || verdict == WALL_MASQUERADE;
}

uint8_t wall_family(const struct wall *wall)
{
	return wall->family               ? wall->family
	       : wall->source.addr.family ? wall->source.addr.family
					  : wall->destination.addr.family;
}

static bool same_prefix(const struct prefix *a, const struct prefix *b)
{
	return a->addr.family == b->addr.family && (!a->addr.family || prefix_equal(a, b));
}

static bool same(const struct wall *a, const struct wall *b)
{
	return a->chain == b->chain && a->verdict == b->verdict && strcmp(a->from, b->from) == 0 &&
	       strcmp(a->to, b->to) == 0 && a->not_to == b->not_to &&
	       wall_family(a) == wall_family(b) && same_prefix(&a->source, &b->source) &&
	       same_prefix(&a->destination, &b->destination) && a->protocol == b->protocol &&
	       a->sport == b->sport && a->dport == b->dport && a->type == b->type &&
	       a->mark == b->mark && a->state == b->state && a->resets == b->resets;
}

/* The next rule of a chain from *at on; NULL: there is none. */
static const struct wall *next_of(const struct walls *walls, enum wall_chain chain, size_t *at)
{
	while (*at < walls->len) {
		const struct wall *wall = &walls->at[(*at)++];

		if (wall->chain == chain)
			return wall;
	}
	return NULL;
}

bool walls_same(const struct walls *a, const struct walls *b)
{
	for (enum wall_chain chain = 0; chain < WALL_CHAINS; chain++) {
		const struct wall *of_a, *of_b;
		size_t i = 0, j = 0;

		do {
			of_a = next_of(a, chain, &i);
			of_b = next_of(b, chain, &j);
			if (of_a && of_b ? !same(of_a, of_b) : of_a != of_b)
				return false;
		} while (of_a && of_b);
	}
	return true;
}

bool walls_have(const struct walls *walls, enum wall_chain chain)
{
	vec_each(wall, walls)
		if (wall->chain == chain)
			return true;
	return false;
}

bool walls_lack_port(const struct walls *walls)
{
	vec_each(wall, walls)
		if (wall->chain == WALL_LISTEN && !wall->dport)
			return true;
	return false;
}

uint64_t walls_packets(const struct walls *walls, enum wall_chain chain)
{
	uint64_t packets = 0;

	vec_each(wall, walls)
		if (wall->chain == chain)
			packets += wall->packets;
	return packets;
}

/* For each port there are the same rules; those of the first are enough. */
int walls_listen_on(const struct walls *walls, struct listen_on_vec *ret)
{
	const struct wall *first = NULL;

	vec_each(wall, walls) {
		if (wall->chain != WALL_LISTEN)
			continue;
		first = first ? first : wall;
		if (wall->verdict != WALL_ACCEPT || wall->dport != first->dport)
			continue;
		struct listen_on *on = vec_push(ret);
		if (!on)
			return -ENOMEM;
		memcpy(on->ifname, wall->from, sizeof(on->ifname));
		on->addr = wall->destination.addr;
	}
	return 0;
}

bool walls_let_out(const struct walls *walls, const char *link, const struct addr *to,
		   uint32_t mark)
{
	const struct prefix host = {.addr = *to, .len = addr_bits(to)};

	vec_each(wall, walls) {
		if (wall->chain != WALL_OUTPUT || wall->state ||
		    (wall->verdict == WALL_ACCEPT && wall->protocol))
			continue;
		if ((wall->to[0] && strcmp(wall->to, link) != 0) ||
		    (wall->mark && wall->mark != mark) ||
		    (wall->family && wall->family != to->family) ||
		    (wall->destination.addr.family && !prefix_covers(&wall->destination, &host)))
			continue;
		return wall->verdict == WALL_ACCEPT;
	}
	return true;
}

const char *wall_key_name(enum wall_key key)
{
	switch (key) {
	case WALL_KEY_LISTEN_ON:
		return "listen on";
	case WALL_KEY_MASQUERADE:
		return "masquerade";
	case WALL_KEY_ISOLATE_PEERS:
		return "isolate peers";
	case WALL_KEY_KILL_SWITCH:
		return "kill switch";
	case WALL_KEYS:
		break;
	}
	return NULL;
}

static void add_item(const char *item, struct buf *out)
{
	buf_addf(out, "%s%s", out->len ? ", " : "", item);
}

static void listen_on_value(const struct walls *walls, struct buf *out)
{
	struct listen_on_vec list = {0};

	out->failed |= walls_listen_on(walls, &list) < 0;
	vec_each(on, &list) {
		char text[ADDR_TEXT_MAX];

		addr_format(&on->addr, text);
		add_item(on->ifname[0] ? on->ifname : text, out);
	}
	vec_release(&list);
}

/* Each link has a rule of either family. */
static void masquerade_value(const struct walls *walls, struct buf *out)
{
	vec_each(wall, walls)
		if (wall->chain == WALL_NAT && wall->family == AF_INET)
			add_item(wall->not_to ? "yes" : wall->to, out);
}

/* With lan, link-local multicast passes, and what is directly connected. */
static void kill_switch_value(const struct walls *walls, struct buf *out)
{
	bool lan = false;

	vec_each(wall, walls)
		lan |= wall->chain == WALL_OUTPUT && wall->destination.addr.family == AF_INET &&
		       wall->destination.len == 24 && wall->destination.addr.bytes[0] == 224;
	if (walls_have(walls, WALL_OUTPUT))
		buf_str(out, lan ? "lan" : "yes");
}

void walls_value(const struct walls *walls, enum wall_key key, struct buf *ret_text)
{
	switch (key) {
	case WALL_KEY_LISTEN_ON:
		listen_on_value(walls, ret_text);
		return;
	case WALL_KEY_MASQUERADE:
		masquerade_value(walls, ret_text);
		return;
	case WALL_KEY_ISOLATE_PEERS:
		buf_str(ret_text, walls_have(walls, WALL_ISOLATE) ? "yes" : "");
		return;
	case WALL_KEY_KILL_SWITCH:
		kill_switch_value(walls, ret_text);
		return;
	case WALL_KEYS:
		return;
	}
}

/* A name's checksum has the lower three bytes; net/pin.h has 0x77. */
enum { WALLS_MARKS = 0x76000000, WALLS_SUM_MASK = 0xffffff };

uint32_t walls_mark(const char *ifname)
{
	return WALLS_MARKS | (route_window(ifname) & WALLS_SUM_MASK);
}

/* ---- for nft(8) ---- */

static void add_link(const char *key, bool not, const char *ifname, struct buf *out)
{
	if (ifname[0])
		buf_addf(out, "%s %s\"%s\" ", key, not ? "!= " : "", ifname);
}

static void add_prefix(const char *key, const struct prefix *prefix, struct buf *out)
{
	if (!prefix->addr.family)
		return;
	buf_addf(out, "%s %s ", prefix->addr.family == AF_INET6 ? "ip6" : "ip", key);
	if (prefix->len == addr_bits(&prefix->addr))
		addr_add(&prefix->addr, out);
	else
		prefix_add(prefix, out);
	buf_char(out, ' ');
}

static const char *verdict_text(enum wall_verdict verdict)
{
	switch (verdict) {
	case WALL_ACCEPT:
		return "accept";
	case WALL_DROP:
		return "drop";
	case WALL_REJECT:
		return "reject with icmpx admin-prohibited";
	case WALL_RESET:
		return "reject with tcp reset";
	case WALL_MASQUERADE:
		return "masquerade";
	case WALL_CLAMP_MSS:
		return "tcp flags syn tcp option maxseg size set rt mtu";
	}
	return NULL;
}

static void add_rule(const struct wall *wall, struct buf *out)
{
	buf_str(out, "\t\t");
	add_link("iifname", false, wall->from, out);
	add_link("oifname", wall->not_to, wall->to, out);
	if (wall->mark)
		buf_addf(out, "meta mark %u ", wall->mark);
	if (wall->family)
		buf_addf(out, "meta nfproto %s ", wall->family == AF_INET6 ? "ipv6" : "ipv4");
	add_prefix("saddr", &wall->source, out);
	add_prefix("daddr", &wall->destination, out);
	if (wall->sport)
		buf_addf(out, "udp sport %u ", wall->sport);
	if (wall->chain == WALL_LISTEN && !wall->dport)
		buf_str(out, "udp dport $port ");
	else if (wall->dport)
		buf_addf(out, "udp dport %u ", wall->dport);
	else if (wall->type)
		buf_addf(out, "%s type %u ", wall->protocol == IPPROTO_ICMP ? "icmp" : "icmpv6",
			 wall->type);
	else if (wall->protocol)
		buf_addf(out, "meta l4proto %u ", wall->protocol);
	if (wall->resets)
		buf_str(out, "tcp flags rst ");
	if (wall->state)
		buf_str(out,
			wall->state == WALL_RELATED ? "ct state related " : "ct direction reply ");
	buf_addf(out, "%s%s\n", wall_counts(wall->verdict) ? "counter " : "",
		 verdict_text(wall->verdict));
}

static void add_chain(const struct walls *walls, enum wall_chain chain, struct buf *out)
{
	static const char *const hooks[] = {"prerouting", "input", "forward", "output",
					    "postrouting"};
	const struct wall_chain_type *type = &wall_chains[chain];

	buf_addf(out, "\tchain %s {\n\t\ttype %s hook %s priority %d; policy %s;\n", type->name,
		 type->type, hooks[type->hook], type->priority, type->drops ? "drop" : "accept");
	vec_each(wall, walls)
		if (wall->chain == chain)
			add_rule(wall, out);
	buf_str(out, "\t}\n");
}

void walls_nft_text(const struct walls *walls, const char *ifname, struct buf *ret_text)
{
	buf_addf(ret_text,
		 "add table inet wgq-%s\ndelete table inet wgq-%s\n"
		 "table inet wgq-%s {\n",
		 ifname, ifname, ifname);
	for (enum wall_chain chain = 0; chain < WALL_CHAINS; chain++)
		if (walls_have(walls, chain))
			add_chain(walls, chain, ret_text);
	buf_str(ret_text, "}\n");
}

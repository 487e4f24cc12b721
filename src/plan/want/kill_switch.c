// SPDX-License-Identifier: GPL-2.0-or-later
// Makes the walls of KillSwitch.
//
// Theory of operation
//
// One chain for what this host sends, one for what it forwards, both behind all that may change a
// packet's mark, address or link. Each names what passes; the end rejects, so that programs have an
// error at once and need not wait. What passes does not depend on routes, rules or the link: all of
// them may go while the walls stand.
//
// The tunnel's own packets are known by their mark, which only CAP_NET_ADMIN can set. Since the
// walls are there before the tunnel, the mark is either the file's or follows from the name.
//
// An answer of this host to a packet that came in by another link is a packet of this host: there
// is no rule for connections that are there already, which would let them go on past the tunnel.
#include "wgq/plan/want/kill_switch.h"

#include <errno.h>
#include <netinet/icmp6.h>
#include <netinet/in.h>
#include <netinet/ip_icmp.h>
#include <string.h>

#define DHCP(version, from, to)                                                                    \
	{                                                                                          \
		.family = (version), .protocol = IPPROTO_UDP, .sport = (from), .dport = (to)       \
	}
#define ICMP(number)                                                                               \
	{                                                                                          \
		.family = AF_INET, .protocol = IPPROTO_ICMP, .type = (number)                      \
	}
#define ICMP6(number)                                                                              \
	{                                                                                          \
		.family = AF_INET6, .protocol = IPPROTO_ICMPV6, .type = (number)                   \
	}

enum { MLD2_LISTENER_REPORT = 143 };

/* By which others learn of a path, and of what is rejected here. */
static const struct wall path_errors[] = {
	ICMP(ICMP_DEST_UNREACH),  ICMP(ICMP_TIME_EXCEEDED),    ICMP(ICMP_PARAMETERPROB),
	ICMP6(ICMP6_DST_UNREACH), ICMP6(ICMP6_PACKET_TOO_BIG), ICMP6(ICMP6_TIME_EXCEEDED),
	ICMP6(ICMP6_PARAM_PROB),
};

/* What keeps this host's links alive. Switches keep solicitations away from whom they know no
 * listener. */
static const struct wall upkeep[] = {
	DHCP(AF_INET, 68, 67),       DHCP(AF_INET6, 546, 547),
	ICMP6(MLD_LISTENER_REPORT),  ICMP6(MLD_LISTENER_REDUCTION),
	ICMP6(MLD2_LISTENER_REPORT), ICMP6(ND_ROUTER_SOLICIT),
	ICMP6(ND_ROUTER_ADVERT),     ICMP6(ND_NEIGHBOR_SOLICIT),
	ICMP6(ND_NEIGHBOR_ADVERT),   ICMP6(ND_REDIRECT),
};

/* Networks that every link has: multicast, broadcast, and addresses of the link alone. */
static const struct prefix every_link[] = {
	{.addr = {.family = AF_INET, .bytes = {224, 0, 0}}, .len = 24},
	{.addr = {.family = AF_INET, .bytes = {255, 255, 255, 255}}, .len = 32},
	{.addr = {.family = AF_INET, .bytes = {169, 254}}, .len = 16},
	{.addr = {.family = AF_INET6, .bytes = {0xff, 0x02}}, .len = 16},
	{.addr = {.family = AF_INET6, .bytes = {0xfe, 0x80}}, .len = 10},
};

/* The end of a chain is added to. */
struct building {
	const struct conf *conf;
	const struct lan_vec *lan;
	enum wall_chain chain;
	struct walls *walls;
	int r;
};

static void add(struct building *b, struct wall wall)
{
	struct wall *added = b->r == 0 ? vec_push(b->walls) : NULL;

	if (!added) {
		b->r = -ENOMEM;
		return;
	}
	wall.chain = b->chain;
	*added = wall;
}

static void add_all(struct building *b, const struct wall *walls, size_t count,
		    enum wall_state state)
{
	for (size_t i = 0; i < count; i++) {
		struct wall wall = walls[i];

		wall.state = state;
		add(b, wall);
	}
}
#define ADD_ALL(b, walls, state) add_all(b, walls, sizeof(walls) / sizeof((walls)[0]), state)

static void add_to_tunnel(struct building *b)
{
	struct wall wall = {0};

	memcpy(wall.to, b->conf->ifname, sizeof(wall.to));
	add(b, wall);
}

static void add_networks(struct building *b)
{
	bool lan = b->conf->kill_switch == KILL_SWITCH_LAN;

	vec_each(excluded, &b->conf->excluded_ips) {
		const struct prefix *to = &excluded->prefix;

		/* All of a family is named by the family, as it is read back. */
		add(b, to->len ? (struct wall){.destination = *to}
			       : (struct wall){.family = to->addr.family});
	}
	for (size_t i = 0; lan && i < sizeof(every_link) / sizeof(every_link[0]); i++)
		add(b, (struct wall){.destination = every_link[i]});
	if (!lan || !b->lan)
		return;
	vec_each(at, b->lan) {
		struct wall wall = {.destination = at->network};

		memcpy(wall.to, at->ifname, sizeof(wall.to));
		add(b, wall);
	}
}

static void add_end(struct building *b)
{
	add(b, (struct wall){.protocol = IPPROTO_TCP, .verdict = WALL_RESET});
	add(b, (struct wall){.verdict = WALL_REJECT});
}

static void output(struct building *b)
{
	const struct conf *conf = b->conf;

	b->chain = WALL_OUTPUT;
	add(b, (struct wall){.to = "lo"});
	add_to_tunnel(b);
	/* Never 0, which would be any. */
	add(b, (struct wall){.mark = conf->wg.fwmark ? conf->wg.fwmark : walls_mark(conf->ifname)});
	ADD_ALL(b, upkeep, WALL_ANY_STATE);
	/* Of a packet that was rejected the kernel knows no connection. */
	ADD_ALL(b, path_errors, WALL_ANY_STATE);
	add(b, (struct wall){.protocol = IPPROTO_TCP, .resets = true, .state = WALL_RELATED});
	add_networks(b);
	add_end(b);
}

static void forward(struct building *b)
{
	struct wall back = {.state = WALL_REPLY};

	b->chain = WALL_FORWARD;
	add_to_tunnel(b);
	/* What comes back by the tunnel belongs to who has sent by it. */
	memcpy(back.from, b->conf->ifname, sizeof(back.from));
	add(b, back);
	ADD_ALL(b, path_errors, WALL_RELATED);
	add_networks(b);
	add_end(b);
}

int kill_switch_walls(const struct conf *conf, const struct lan_vec *lan, struct walls *ret)
{
	struct building b = {.conf = conf, .lan = lan, .walls = ret};

	output(&b);
	forward(&b);
	return b.r;
}

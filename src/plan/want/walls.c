// SPDX-License-Identifier: GPL-2.0-or-later
// Makes walls of a configuration.
//
// Theory of operation
//
// No uplink is named that the file does not name, so that one that is renamed or comes later is
// treated like the one before it. What is forwarded is known by the tunnel's name as the link that
// it came in by, which the kernel still knows when the packet leaves (Linux 5.7).
//
// IPv6 is masqueraded packet by packet: what has a unique local address as its source (RFC 4193)
// could get no answer under it, and a global one needs no other.
#include "wgq/plan/want/walls.h"

#include <errno.h>
#include <netinet/in.h>
#include <stdio.h>
#include <string.h>

#include "wgq/net/snap.h"
#include "wgq/plan/want/kill_switch.h"

static int add(struct walls *walls, const struct wall *wall)
{
	struct wall *added = vec_push(walls);

	if (!added)
		return -ENOMEM;
	*added = *wall;
	return 0;
}

int walls_of_port(const struct conf *conf, const uint16_t ports[WALLS_PORTS], struct walls *ret)
{
	int r = 0;

	for (size_t i = 0; i < WALLS_PORTS && conf->listen_on.len; i++) {
		struct wall wall = {.protocol = IPPROTO_UDP, .dport = ports[i]};

		if (!ports[i] && i)
			continue;
		vec_each(on, &conf->listen_on) {
			memcpy(wall.from, on->ifname, sizeof(wall.from));
			wall.destination = (struct prefix){0};
			if (!on->ifname[0])
				wall.destination = (struct prefix){.addr = on->addr,
								   .len = addr_bits(&on->addr)};
			if (r == 0)
				r = add(ret, &wall);
		}
		if (r == 0)
			r = add(ret, &(struct wall){.protocol = IPPROTO_UDP,
						    .dport = ports[i],
						    .verdict = WALL_DROP});
	}
	return r;
}

/* The MSS of both directions: either end may be the one whose segments are too long. */
static int masquerade(const char *tunnel, const char *by, bool not_by, struct walls *ret)
{
	static const struct prefix ula = {.addr = {.family = AF_INET6, .bytes = {0xfc}}, .len = 7};
	struct wall out = {.not_to = not_by},
		    back = {.chain = WALL_CLAMP, .verdict = WALL_CLAMP_MSS};
	int r;

	snprintf(out.from, sizeof(out.from), "%s", tunnel);
	snprintf(out.to, sizeof(out.to), "%s", by);
	snprintf(back.to, sizeof(back.to), "%s", tunnel);
	if (!not_by)
		snprintf(back.from, sizeof(back.from), "%s", by);
	out.chain = WALL_CLAMP;
	out.verdict = WALL_CLAMP_MSS;
	r = add(ret, &out);
	if (r == 0)
		r = add(ret, &back);
	out.chain = WALL_NAT;
	out.verdict = WALL_MASQUERADE;
	out.family = AF_INET;
	if (r == 0)
		r = add(ret, &out);
	out.family = 0;
	out.source = ula;
	return r == 0 ? add(ret, &out) : r;
}

unsigned int walls_look(const struct conf *conf)
{
	return conf->kill_switch == KILL_SWITCH_LAN ? LOOK_LAN : 0;
}

int walls_of_packets(const struct conf *conf, const struct lan_vec *lan, struct walls *ret)
{
	struct wall isolate = {.chain = WALL_ISOLATE, .verdict = WALL_REJECT};
	int r = conf->masquerade ? masquerade(conf->ifname, conf->ifname, true, ret) : 0;

	vec_each(by, &conf->masquerade_by)
		if (r == 0)
			r = masquerade(conf->ifname, by->ifname, false, ret);
	memcpy(isolate.from, conf->ifname, sizeof(isolate.from));
	memcpy(isolate.to, conf->ifname, sizeof(isolate.to));
	if (r == 0 && conf->isolate_peers)
		r = add(ret, &isolate);
	return r == 0 && conf->kill_switch ? kill_switch_walls(conf, lan, ret) : r;
}

// SPDX-License-Identifier: GPL-2.0-or-later
// Keys, addresses and peers, as status, why and diff write them.
#include "wgq/cmd/value.h"

#include <string.h>
#include <sys/socket.h>

void value_peer(const char *name, const struct key *key, struct buf *out)
{
	if (name)
		buf_printable(out, name, strlen(name));
	else
		key_add(key, out);
}

void value_json_key(struct json *j, const char *name, const struct key *key)
{
	char text[KEY_BASE64_LEN + 1];

	key_to_base64(key, text);
	json_string(j, name, key_is_zero(key) ? NULL : text);
}

void value_json_addr(struct json *j, const char *name, const struct addr *addr)
{
	char text[ADDR_TEXT_MAX];

	addr_format(addr, text);
	json_string(j, name, addr->family ? text : NULL);
}

static void json_listen_on(struct json *j, const struct walls *walls)
{
	struct listen_on_vec list = {0};

	if (!walls_have(walls, WALL_LISTEN)) {
		json_null(j, "listen_on");
		return;
	}
	j->out->failed |= walls_listen_on(walls, &list) < 0;
	json_array(j, "listen_on");
	vec_each(one, &list)
		if (one->ifname[0])
			json_string(j, NULL, one->ifname);
		else
			value_json_addr(j, NULL, &one->addr);
	json_end(j);
	vec_release(&list);
}

static void json_wall(struct json *j, const char *name, const struct walls *walls,
		      enum wall_chain chain, const char *packets)
{
	if (!walls_have(walls, chain)) {
		json_null(j, name);
		return;
	}
	json_object(j, name);
	if (chain == WALL_OUTPUT) {
		_cleanup_buf_ struct buf value = {0};

		walls_value(walls, WALL_KEY_KILL_SWITCH, &value);
		json_bool(j, "lan", strcmp(buf_text(&value), "lan") == 0);
		json_unsigned(j, "rejected_forwarded_packets", walls_packets(walls, WALL_FORWARD));
	}
	if (chain == WALL_NAT) {
		json_array(j, "interfaces");
		vec_each(wall, walls)
			if (wall->chain == WALL_NAT && wall->family == AF_INET && !wall->not_to)
				json_string(j, NULL, wall->to);
		json_end(j);
	}
	json_unsigned(j, packets, walls_packets(walls, chain));
	json_end(j);
}

void value_json_walls(struct json *j, const struct walls *walls)
{
	static const struct walls none;

	walls = walls ? walls : &none;
	json_listen_on(j, walls);
	json_wall(j, "masquerade", walls, WALL_NAT, "connections");
	json_wall(j, "isolate_peers", walls, WALL_ISOLATE, "rejected_packets");
	json_wall(j, "kill_switch", walls, WALL_OUTPUT, "rejected_packets");
}

void value_json_prefix(struct json *j, const char *name, const struct prefix *prefix)
{
	char text[PREFIX_TEXT_MAX];

	prefix_format(prefix, text);
	json_string(j, name, text);
}

void value_json_endpoint(struct json *j, const char *name, const union endpoint *endpoint)
{
	_cleanup_buf_ struct buf text = {0};

	if (endpoint)
		endpoint_format(endpoint, &text);
	json_string(j, name, endpoint ? buf_text(&text) : NULL);
	j->out->failed |= text.failed;
}

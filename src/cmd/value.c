// SPDX-License-Identifier: GPL-2.0-or-later
// Keys, addresses and peers, as status, why and diff write them.
#include "wgq/cmd/value.h"

#include <string.h>

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

void value_json_listen_on(struct json *j, const struct listen_on_vec *on)
{
	if (!on) {
		json_null(j, "listen_on");
		return;
	}
	json_array(j, "listen_on");
	vec_each(one, on)
		if (one->ifname[0])
			json_string(j, NULL, one->ifname);
		else
			value_json_addr(j, NULL, &one->addr);
	json_end(j);
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

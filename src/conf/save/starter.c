// SPDX-License-Identifier: GPL-2.0-or-later
// The text of a first configuration.
#include "wgq/conf/save/starter.h"

#include <errno.h>
#include <stdbool.h>
#include <string.h>
#include <sys/socket.h>

#include "wgq/base/mem.h"
#include "wgq/conf/parse/keys.h"

enum { KEEPALIVE = 25, PORT_MAX = 65535 };

static void add_key(struct buf *out, const char *name, const struct key *key)
{
	char text[KEY_BASE64_LEN + 1];

	key_to_base64(key, text);
	buf_addf(out, "%s = %s\n", name, text);
	mem_wipe(text, sizeof(text));
}

static void add_public_key(struct buf *out, const struct key *private_key)
{
	struct key public_key;

	key_public(private_key, &public_key);
	add_key(out, "PublicKey", &public_key);
}

/* Of a host in both networks, by itself or with the length of the networks. */
static void add_hosts(struct buf *out, const char *name, const struct starter *s, uint8_t host,
		      bool alone)
{
	buf_addf(out, "%s = ", name);
	for (size_t i = s->from_key; i < 2; i++) {
		struct prefix p = subnet_host(&s->subnets[i], host);
		char text[PREFIX_TEXT_MAX];

		if (alone)
			p.len = addr_bits(&p.addr);
		prefix_format(&p, text);
		buf_addf(out, "%s%s", i > s->from_key ? ", " : "", text);
	}
	buf_char(out, '\n');
}

/* A network of IPv4 is too small for addresses from keys. */
static void add_address(struct buf *out, const struct starter *s, uint8_t host)
{
	if (s->from_key)
		add_hosts(out, "AddressFromKey", s, 0, false);
	else
		add_hosts(out, "Address", s, host, false);
}

void starter_own(const struct starter *s, struct buf *ret_text)
{
	buf_str(ret_text, "[Interface]\n");
	add_address(ret_text, s, STARTER_OWN_HOST);
	buf_addf(ret_text, "ListenPort = %u\n", s->port);
	add_key(ret_text, "PrivateKey", &s->own_key);
	buf_str(ret_text, "\n[Peer]\n");
	add_public_key(ret_text, &s->peer_key);
	if (!s->from_key)
		add_hosts(ret_text, "AllowedIPs", s, STARTER_PEER_HOST, true);
}

void starter_peer(const struct starter *s, struct buf *ret_text)
{
	buf_str(ret_text, "[Interface]\n");
	add_address(ret_text, s, STARTER_PEER_HOST);
	add_key(ret_text, "PrivateKey", &s->peer_key);
	buf_str(ret_text, "\n[Peer]\n");
	add_public_key(ret_text, &s->own_key);
	if (s->endpoint)
		buf_addf(ret_text, "Endpoint = %s\n", s->endpoint);
	add_hosts(ret_text, "AllowedIPs", s, 0, false);
	buf_addf(ret_text, "PersistentKeepalive = %d\n", KEEPALIVE);
}

static int read_port(const char *text, uint16_t *ret)
{
	uint32_t port = 0;
	const char *at = text;

	while (*at >= '0' && *at <= '9' && port <= PORT_MAX)
		port = port * 10 + (uint32_t)(*at++ - '0');
	if (at == text || *at || port == 0 || port > PORT_MAX)
		return -EINVAL;
	*ret = (uint16_t)port;
	return 0;
}

int starter_endpoint(const char *text, uint16_t *port, struct buf *ret_text)
{
	size_t n = strlen(text);
	const char *end = text + n; /* of the host */
	struct addr addr;

	if (text[0] == '[') {
		end = strchr(++text, ']');
		if (!end || (end[1] && (end[1] != ':' || read_port(end + 2, port) < 0)) ||
		    addr_parse(text, (size_t)(end - text), &addr) < 0 || addr.family != AF_INET6)
			return -EINVAL;
	} else if (addr_parse(text, n, &addr) < 0 || addr.family != AF_INET6) {
		const char *colon = strchr(text, ':');

		if (colon && read_port(colon + 1, port) < 0)
			return -EINVAL;
		end = colon ? colon : end;
		const struct slice host = {text, (size_t)(end - text)};
		if (addr_parse(host.at, host.len, &addr) < 0 && !name_plausible(host))
			return -EINVAL;
		addr.family = 0;
	}
	/* The peer's interface is not known here. */
	if (addr_is_link_local(&addr))
		return -EINVAL;
	buf_addf(ret_text, addr.family == AF_INET6 ? "[%.*s]:%u" : "%.*s:%u", (int)(end - text),
		 text, *port);
	return buf_status(ret_text);
}

void starter_release(struct starter *s)
{
	key_wipe(&s->own_key);
	key_wipe(&s->peer_key);
}

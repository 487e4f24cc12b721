// SPDX-License-Identifier: GPL-2.0-or-later
// The values of wg(8)'s keys with ports: ListenPort and Endpoint. Numbers are taken here, names are
// kept for sys/resolve.
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "wgq/base/mem.h"
#include "wgq/conf/keys.h"

enum {
	SERVICE_MAX = 32, /* of a name in /etc/services; RFC 6335 5.1 allows 15 */
};

enum port_kind { PORT_NUMBER, PORT_SERVICE, PORT_WRONG };

static bool service_name(struct slice s)
{
	size_t n = 0;

	while (n < s.len && ((s.at[n] >= '0' && s.at[n] <= '9') || memchr("+-._", s.at[n], 4) ||
			     ((s.at[n] | 0x20) >= 'a' && (s.at[n] | 0x20) <= 'z')))
		n++;
	return n == s.len && n <= SERVICE_MAX && s.at[0] != '-' && s.at[0] != '+';
}

static enum port_kind read_port(struct slice s, uint16_t *ret)
{
	uint64_t number = 0;
	int r = number_read(s, 10, UINT16_MAX, &number);

	*ret = (uint16_t)number;
	if (r == 0)
		return PORT_NUMBER;
	return r == -EINVAL && service_name(s) ? PORT_SERVICE : PORT_WRONG;
}

/* s without its white space. */
static void squeeze(struct slice s, struct buf *ret)
{
	for (size_t i = 0; i < s.len; i++)
		if (!space(s.at[i]))
			buf_char(ret, s.at[i]);
}

int wg_listen_port(struct parser *p, enum key_id id, const struct scan_line *line)
{
	_cleanup_buf_ struct buf text = {0};
	struct conf *conf = p->conf;
	uint16_t port;

	(void)id;
	squeeze(line->value, &text);
	if (buf_status(&text) < 0)
		return diag_no_memory(p->d);
	enum port_kind kind = read_port((struct slice){text.data, text.len}, &port);
	if (kind == PORT_WRONG) {
		parse_not(p, line->value, "a port",
			  "write a number from 0 to 65535; 0: any free port");
		return 0;
	}
	free(conf->listen_port.text);
	conf->listen_port = (struct conf_text){0};
	conf->listen_port_line = line->number;
	conf->wg.listen_port = port;
	conf->wg.has_listen_port = kind == PORT_NUMBER;
	if (kind == PORT_NUMBER)
		return 0;

	conf->listen_port.text = buf_steal(&text);
	conf->listen_port.line = line->number;
	return conf->listen_port.text ? 0 : diag_no_memory(p->d);
}

/* With a colon or bracket in it a host has to be an IPv6 address, with its %scope maybe. */
static bool host_plausible(struct slice host)
{
	const char *percent = memchr(host.at, '%', host.len);
	struct addr unused;

	if (!memchr(host.at, ':', host.len) && !memchr(host.at, '[', host.len) &&
	    !memchr(host.at, ']', host.len))
		return true;
	return addr_parse(host.at, percent ? (size_t)(percent - host.at) : host.len, &unused) == 0;
}

/* Cut as config.c:195-230 does it: [HOST]:PORT, or at the last colon. NULL, or what is wrong. */
static const char *split_endpoint(struct slice s, struct slice *ret_host, struct slice *ret_port)
{
	const char *colon;

	if (s.at[0] == '[') {
		const char *end = memchr(s.at, ']', s.len);

		if (!end)
			return "the bracket is not closed";
		*ret_host = (struct slice){s.at + 1, (size_t)(end - s.at) - 1};
		colon = end + 1 < s.at + s.len && end[1] == ':' ? end + 1 : NULL;
	} else {
		colon = memrchr(s.at, ':', s.len);
		*ret_host = (struct slice){s.at, colon ? (size_t)(colon - s.at) : s.len};
	}
	if (!colon || colon + 1 == s.at + s.len)
		return "the endpoint has no port";
	*ret_port = (struct slice){colon + 1, (size_t)(s.at + s.len - colon) - 1};
	if (!ret_host->len)
		return "the endpoint has no host";
	return host_plausible(*ret_host) ? NULL : "the host is neither a name nor an IP address";
}

/* Of the peer's earlier Endpoint line. */
static void forget_endpoint(struct parser *p)
{
	struct conf_endpoint *last = vec_last(&p->conf->endpoints);

	p->peer->has_endpoint = false;
	p->peer->endpoint = (union endpoint){0};
	if (!last || last->peer != p->conf->wg.peers.len - 1)
		return;
	free(last->host);
	free(last->port);
	p->conf->endpoints.len--;
}

static int add_named(struct parser *p, struct slice host, struct slice port)
{
	_cleanup_free_ char *host_text = mem_strndup(host.at, host.len);
	_cleanup_free_ char *port_text = mem_strndup(port.at, port.len);
	struct conf_endpoint *e = host_text && port_text ? vec_push(&p->conf->endpoints) : NULL;

	if (!e)
		return diag_no_memory(p->d);
	e->peer = p->conf->wg.peers.len - 1;
	e->host = steal(host_text);
	e->port = steal(port_text);
	e->line = p->line->number;
	return 0;
}

static int read_endpoint(struct parser *p, struct slice squeezed)
{
	static const char hint[] = "write HOST:PORT, or [IPv6 address]:PORT";
	struct slice host, port;
	const char *wrong = split_endpoint(squeezed, &host, &port);
	struct addr addr;
	uint16_t number;

	if (wrong) {
		parse_error(p, p->line->value, hint, "%s", wrong);
		return 0;
	}
	enum port_kind kind = read_port(port, &number);
	if (kind == PORT_WRONG) {
		parse_error(p, p->line->value, "write a number from 1 to 65535",
			    "the port is neither a number up to 65535 nor the name of a service");
		return 0;
	}
	forget_endpoint(p);
	if (kind == PORT_SERVICE || addr_parse(host.at, host.len, &addr) < 0)
		return add_named(p, host, port);
	p->peer->endpoint = endpoint_make(&addr, number, 0);
	p->peer->has_endpoint = true;
	return 0;
}

int wg_endpoint(struct parser *p, enum key_id id, const struct scan_line *line)
{
	_cleanup_buf_ struct buf text = {0};

	(void)id;
	squeeze(line->value, &text);
	if (buf_status(&text) < 0)
		return diag_no_memory(p->d);
	return read_endpoint(p, (struct slice){text.data, text.len});
}

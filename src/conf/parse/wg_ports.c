// SPDX-License-Identifier: GPL-2.0-or-later
// The values of wg(8)'s keys with ports: ListenPort and Endpoint. Numbers are taken here, names are
// kept for sys/resolve.
#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>

#include "wgq/base/mem.h"
#include "wgq/conf/parse/keys.h"

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

int wg_listen_port(struct parser *p)
{
	const struct scan_line *line = p->line;
	_cleanup_buf_ struct buf text = {0};
	struct conf *conf = p->conf;
	uint16_t port;

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

/* What getaddrinfo(3) takes for an IPv4 address: up to four numbers in C's notation, of which the
 * last fills what is left (inet_aton(3)). */
static bool read_ipv4(struct slice host, struct addr *ret)
{
	uint64_t number, left = UINT32_MAX, value = 0;

	*ret = (struct addr){.family = AF_INET};
	for (unsigned int shift = 24;; shift -= 8, left >>= 8) {
		const char *dot = host.len ? memchr(host.at, '.', host.len) : NULL;
		struct slice part = {host.at, dot ? (size_t)(dot - host.at) : host.len};

		if ((dot && shift == 0) ||
		    number_read(part, 0, dot ? UINT8_MAX : left, &number) < 0)
			return false;
		value |= dot ? number << shift : number;
		if (!dot)
			break;
		host.at = dot + 1;
		host.len -= part.len + 1;
	}
	for (unsigned int i = 0; i < 4; i++)
		ret->bytes[i] = (uint8_t)(value >> (24 - 8 * i));
	return true;
}

/* With a colon in it a host is an IPv6 address, with its %scope maybe; of one that is not
 * link-local that is a number (getaddrinfo(3)). NULL, or what is wrong. */
static const char *ipv6_fault(struct slice host, const char **hint)
{
	const char *percent = memchr(host.at, '%', host.len);
	size_t n = percent ? (size_t)(percent - host.at) : host.len;
	struct slice scope = {host.at + n + 1, percent ? host.len - n - 1 : 0};
	struct addr addr;
	uint64_t number;

	if (addr_parse(host.at, n, &addr) < 0 || (percent && !scope.len))
		return "the host is neither a name nor an IP address";
	if (addr_is_link_local(&addr) && !percent) {
		*hint = "write the interface behind it, as in [fe80::1%eth0]:51820";
		return "a link-local address without the interface that leads to it";
	}
	if (!percent || addr_is_link_local(&addr) || addr.bytes[0] == 0xff ||
	    number_read(scope, 10, UINT32_MAX, &number) == 0)
		return NULL;
	*hint = "delete the % and what is behind it";
	return "only a link-local address has an interface";
}

/* NULL, or what is wrong with it; *hint is changed where there is more to say. */
static const char *host_fault(struct slice host, const char **hint)
{
	struct addr unused;

	if (memchr(host.at, ':', host.len) && !memchr(host.at, '/', host.len))
		return ipv6_fault(host, hint);
	if (name_plausible(host) || read_ipv4(host, &unused))
		return NULL;
	*hint = name_advice(host);
	return "the host is neither a name nor an IP address";
}

/* Cut as config.c:195-230 does it: [HOST]:PORT, or at the last colon. As host_fault(). */
static const char *split_endpoint(struct slice s, struct slice *ret_host, struct slice *ret_port,
				  const char **hint)
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
	return host_fault(*ret_host, hint);
}

/* Of the peer's earlier Endpoint line. */
static void forget_endpoint(struct parser *p)
{
	struct conf_endpoint *last = vec_last(&p->conf->endpoints);

	p->peer->has_endpoint = false;
	p->peer->endpoint = (union endpoint){0};
	if (!last || last->peer != p->conf->wg.peers.len - 1)
		return;
	conf_endpoint_release(last);
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

static void warn_short_ipv4(struct parser *p, struct slice at, struct slice host)
{
	char text[ADDR_TEXT_MAX];
	struct slice value = shown(p, host);
	struct addr addr;

	if (addr_parse(host.at, host.len, &addr) == 0 || !read_ipv4(host, &addr))
		return;
	addr_format(&addr, text);
	parse_warning(p, at, "short-address",
		      "write it as four decimal numbers without leading zeros",
		      "\"%.*s\" is the address %s", SLICE_ARG(value), text);
}

bool endpoint_read(struct parser *p, struct slice text, struct slice at, struct slice *ret_host,
		   struct slice *ret_port, union endpoint *ret_number)
{
	const char *hint = "write HOST:PORT, or [IPv6 address]:PORT";
	const char *wrong = split_endpoint(text, ret_host, ret_port, &hint);
	struct addr addr;
	uint16_t number;

	*ret_number = (union endpoint){0};
	if (wrong) {
		parse_error(p, at, hint, "%s", wrong);
		return false;
	}
	enum port_kind kind = read_port(*ret_port, &number);
	if (kind == PORT_WRONG) {
		parse_error(p, at, "write a number from 1 to 65535",
			    "the port is neither a number up to 65535 nor the name of a service");
		return false;
	}
	warn_short_ipv4(p, at, *ret_host);
	if (kind == PORT_NUMBER && addr_parse(ret_host->at, ret_host->len, &addr) == 0)
		*ret_number = endpoint_make(&addr, number, 0);
	return true;
}

int wg_endpoint(struct parser *p)
{
	_cleanup_buf_ struct buf text = {0};
	struct slice host, port;
	union endpoint number;

	squeeze(p->line->value, &text);
	if (buf_status(&text) < 0)
		return diag_no_memory(p->d);
	if (!endpoint_read(p, (struct slice){text.data, text.len}, p->line->value, &host, &port,
			   &number))
		return 0;
	forget_endpoint(p);
	p->peer->endpoint_line = p->line->number;
	if (!number.any.sa_family)
		return add_named(p, host, port);
	p->peer->endpoint = number;
	p->peer->has_endpoint = true;
	return 0;
}

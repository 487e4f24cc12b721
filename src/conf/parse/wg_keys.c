// SPDX-License-Identifier: GPL-2.0-or-later
// The values of wg(8)'s keys. It ignores white space anywhere in a line (config.c:514-530).
// ListenPort and Endpoint are in wg_ports.c.
#include <errno.h>
#include <string.h>

#include "wgq/base/mem.h"
#include "wgq/conf/parse/keys.h"

enum {
	SHORT_MAX = 64, /* more than any number, key or prefix has */
};

/* s without its white space; the length, or SHORT_MAX when it is too long. */
static size_t squeeze_short(struct slice s, char ret[SHORT_MAX])
{
	size_t n = 0;

	for (size_t i = 0; i < s.len; i++) {
		if (space(s.at[i]))
			continue;
		if (n == SHORT_MAX - 1)
			return SHORT_MAX;
		ret[n++] = s.at[i];
	}
	ret[n] = '\0';
	return n;
}

static int read_number(struct slice s, uint64_t max, uint64_t *ret)
{
	char text[SHORT_MAX];
	size_t n = squeeze_short(s, text);

	if (n == SHORT_MAX)
		return -EINVAL;
	return number_read((struct slice){text, n}, 10, max, ret);
}

static int refuse_key(struct parser *p, size_t n)
{
	static const char hint[] = "a key is 44 characters of base64, the last one =";
	const struct slice value = p->line->value;

	if (n == KEY_BASE64_LEN)
		parse_error(p, value, hint, "the key is not valid base64");
	else
		parse_error(p, value, hint, "the key is too %s",
			    n < KEY_BASE64_LEN ? "short" : "long");
	return 0;
}

int wg_key(struct parser *p)
{
	const struct scan_line *line = p->line;
	_cleanup_(key_wipe) struct key key = {0};
	char text[SHORT_MAX];
	size_t n = squeeze_short(line->value, text);
	int r = key_from_base64(text, n, &key);

	mem_wipe(text, sizeof(text));
	if (r < 0)
		return refuse_key(p, n);
	if (p->id == KEY_PRIVATE_KEY) {
		p->conf->wg.private_key = key;
		p->conf->wg.has_private_key = true;
		p->conf->private_key_line = line->number;
	} else if (p->id == KEY_PRESHARED_KEY) {
		p->peer->preshared_key = key;
		p->peer->has_preshared_key = true;
		p->peer->preshared_key_line = line->number;
	} else {
		p->peer->public_key = key;
		p->peer->public_key_line = line->number;
	}
	return 0;
}

/* config.c:77-105: a leading 0 is no octal. */
static int read_fwmark(const char *text, size_t n, uint64_t *ret)
{
	*ret = 0;
	if (slice_is((struct slice){text, n}, "off"))
		return 0;
	if (n > 2 && text[0] == '0' && text[1] == 'x')
		return number_read((struct slice){text + 2, n - 2}, 16, UINT32_MAX, ret);
	return number_read((struct slice){text, n}, 10, UINT32_MAX, ret);
}

int wg_fwmark(struct parser *p)
{
	const struct scan_line *line = p->line;
	char text[SHORT_MAX];
	size_t n = squeeze_short(line->value, text);
	uint64_t mark;

	if (n == SHORT_MAX || read_fwmark(text, n, &mark) < 0) {
		parse_not(p, line->value, "a firewall mark",
			  "write off, or a number up to 4294967295 or 0xffffffff");
		return 0;
	}
	p->conf->wg.fwmark = (uint32_t)mark;
	p->conf->wg.has_fwmark = true;
	p->conf->fwmark_line = line->number;
	return 0;
}

int wg_keepalive(struct parser *p)
{
	const struct scan_line *line = p->line;
	uint64_t seconds = 0;

	if (!slice_squeezed_is(line->value, "off") &&
	    read_number(line->value, UINT16_MAX, &seconds) < 0) {
		parse_not(p, line->value, "an interval",
			  "write off, or a number of seconds from 1 to 65535");
		return 0;
	}
	p->peer->keepalive = (uint16_t)seconds;
	p->peer->keepalive_line = line->number;
	p->peer->has_keepalive = true;
	return 0;
}

static void refuse_prefix(struct parser *p, struct slice item, int r)
{
	if (memchr(item.at, ' ', item.len) || memchr(item.at, '\t', item.len))
		parse_not(p, item, "one allowed IP", "put a comma between two of them");
	else if (r == -EINVAL)
		parse_not(p, item, "an IP address",
			  "write a network and its length: 10.0.0.0/24 or fd00::/64");
	else
		refuse_length(p, item, 10, memchr(item.at, ':', item.len) ? 128 : 32);
}

/* prefix_parse(), and once more without white space if that was in the way. */
static int read_prefix(struct slice s, struct prefix *ret)
{
	char text[SHORT_MAX];
	int r = prefix_parse(s.at, s.len, ret);

	if (r == 0)
		return 0;
	size_t n = squeeze_short(s, text);
	return n == s.len || n == SHORT_MAX ? r : prefix_parse(text, n, ret);
}

/* Which of the two was meant? The kernel takes the network. */
static void warn_host_bits(struct parser *p, struct slice item, const struct prefix *given)
{
	char text[PREFIX_TEXT_MAX], network_text[PREFIX_TEXT_MAX], host_text[ADDR_TEXT_MAX];
	_cleanup_buf_ struct buf hint = {0};
	struct prefix network = *given;

	prefix_mask(&network);
	prefix_format(given, text);
	prefix_format(&network, network_text);
	addr_format(&given->addr, host_text);
	buf_addf(&hint, "write %s for the network, which is what it counts as, or %s/%u",
		 network_text, host_text, addr_bits(&given->addr));
	/* wg(8)'s words for its own key (config.c). */
	parse_warning(p, item, "host-bits", buf_text(&hint), "%s has nonzero host part: %s",
		      p->id == KEY_ALLOWED_IPS ? "AllowedIP" : "the prefix", text);
}

/* An address that looks like a network's: 192.168.1.0, fd00:1:2::. Its length is where the zeros
 * begin; of IPv6 with less than half an address of them it is taken for a host's. */
static bool looks_like_network(const struct addr *a, uint8_t *ret_len)
{
	size_t step = a->family == AF_INET6 ? 2 : 1, n = addr_bits(a) / 8;

	while (n && !a->bytes[n - 1] && !a->bytes[n - step])
		n -= step;
	*ret_len = (uint8_t)(8 * n);
	return *ret_len <= (a->family == AF_INET6 ? 64 : 24);
}

static void warn_no_length(struct parser *p, struct slice item, const struct addr *a)
{
	_cleanup_buf_ struct buf hint = {0};
	char text[ADDR_TEXT_MAX];
	uint8_t len;

	if (!looks_like_network(a, &len))
		return;
	addr_format(a, text);
	buf_addf(&hint,
		 len ? "write %s/%u for the network, or %s/%u if it is a host's"
		     : "write %s/%u for all addresses",
		 text, len, text, addr_bits(a));
	parse_warning(p, item, "allowed-ip-without-length", buf_text(&hint),
		      len ? "%s has no prefix length, so it is a single address"
			  : "%s has no prefix length, so it is a single address, which no host has",
		      text);
}

bool prefix_read(struct parser *p, struct slice item, struct prefix *ret)
{
	int r = read_prefix(item, ret);

	if (r < 0) {
		refuse_prefix(p, item, r);
		return false;
	}
	if (!memchr(item.at, '/', item.len))
		warn_no_length(p, item, &ret->addr);
	if (prefix_has_host_bits(ret)) {
		warn_host_bits(p, item, ret);
		prefix_mask(ret);
	}
	return true;
}

static int add_allowed_ip(struct parser *p, struct slice item, uint32_t line)
{
	bool remove = item.at[0] == '-';
	struct slice s = item;
	struct prefix prefix;

	/* +IP adds to what the peer has, -IP removes (wireguard-tools 1.0.20250521). */
	if (remove || item.at[0] == '+') {
		p->peer->replace_allowed_ips = false;
		s = slice_trim((struct slice){item.at + 1, item.len - 1});
	}
	if (!prefix_read(p, s.len ? s : item, &prefix))
		return 0;
	struct allowed_ip *added = vec_push(&p->peer->allowed_ips);
	if (!added)
		return diag_no_memory(p->d);
	added->prefix = prefix;
	added->remove = remove;
	added->line = line;
	return 0;
}

int wg_allowed_ips(struct parser *p)
{
	const struct scan_line *line = p->line;
	struct slice rest = line->value, item;
	int r = 0;

	p->peer->replace_allowed_ips = true;
	if (list_is_emptied(p)) {
		p->peer->allowed_ips.len = 0;
		vec_last(&p->peers)->empties_ips = true;
		return 0;
	}
	while (r == 0 && list_next_wg(&rest, &item)) {
		if (item.len) {
			r = add_allowed_ip(p, item, line->number);
		} else {
			/* Behind it; where the list ends with a comma, that one. */
			const char *comma = rest.at ? rest.at : line->value.at + line->value.len;

			parse_error(p, (struct slice){comma - 1, 1}, "delete this comma",
				    "an empty item in the list");
		}
	}
	return r;
}

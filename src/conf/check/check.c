// SPDX-License-Identifier: GPL-2.0-or-later
// Finds what is legal but wrong: the table of the checks, and how a finding gets its place.
#include "wgq/conf/check/check.h"

#include <errno.h>
#include <stdarg.h>
#include <string.h>

#include "wgq/base/mem.h"
#include "wgq/conf/parse/keys.h"

#include "internal.h"

/* Items of longer lines are not looked for: the finding is about the line as a whole. */
enum { LINE_MAX_SEARCHED = 1 << 20 };

struct named_check {
	const char *id;
	enum diag_level level;
	check_function *check;
};

static const struct named_check checks[] = {
	{"world-readable", DIAG_WARNING, check_readable},
	{"writable-by-others", DIAG_WARNING, check_writable},
	{"no-private-key", DIAG_WARNING, check_no_private_key},
	{"zero-key", DIAG_WARNING, check_zero_key},
	{"duplicate-public-key", DIAG_WARNING, check_duplicate_key},
	{"own-public-key", DIAG_WARNING, check_own_key},
	{"duplicate-allowed-ip", DIAG_WARNING, check_duplicate_allowed_ip},
	{"no-allowed-ips", DIAG_WARNING, check_no_allowed_ips},
	{"own-address-at-peer", DIAG_WARNING, check_own_address},
	{"unusable-endpoint", DIAG_WARNING, check_endpoint},
	{"routing-loop", DIAG_WARNING, check_loop},
	{"cannot-meet", DIAG_WARNING, check_no_meeting},
	{"no-keepalive", DIAG_NOTE, check_keepalive},
	{"ipv6-leak", DIAG_WARNING, check_ipv6_leak},
	{"ipv4-leak", DIAG_WARNING, check_ipv4_leak},
	{"dns-outside-tunnel", DIAG_WARNING, check_dns},
	{"public-dns-outside-tunnel", DIAG_NOTE, check_dns_public},
	{"no-dns-tool", DIAG_WARNING, check_dns_tool},
	{"mtu-below-ipv4", DIAG_ERROR, check_mtu_ipv4},
	{"mtu-below-ipv6", DIAG_ERROR, check_mtu_ipv6},
	{"mtu-above-path", DIAG_WARNING, check_mtu_path},
	{"duplicate-address", DIAG_WARNING, check_duplicate_address},
	{"taken-network", DIAG_WARNING, check_taken_network},
	{"address-without-length", DIAG_NOTE, check_address_length},
	{"neighbour-table", DIAG_WARNING, check_neighbours},
	{"hook-syntax", DIAG_WARNING, check_hook_syntax},
	{"missing-program", DIAG_WARNING, check_programs},
	{"mixed-firewalls", DIAG_WARNING, check_mixed_firewalls},
	{"not-undone", DIAG_WARNING, check_not_undone},
	{"not-done", DIAG_WARNING, check_not_done},
	{"saved-comments", DIAG_NOTE, check_saved_comments},
};

static const struct named_check checks_of_others[] = {
	{"same-private-key", DIAG_WARNING, check_same_key},
	{"same-port", DIAG_WARNING, check_same_port},
	{"same-address", DIAG_WARNING, check_same_address},
	{"two-full-tunnels", DIAG_WARNING, check_two_full},
};

/* ---- places ---- */

static struct slice line_text(const struct check *c, uint32_t line)
{
	return line && line <= c->lines.len ? c->lines.at[line - 1] : (struct slice){0};
}

static struct line cut(const struct check *c, uint32_t line)
{
	struct line ret = {0};

	line_cut(line_text(c, line), &ret);
	return ret;
}

/* What will not be shown needs no place: a million findings must not cost a million searches. */
static bool is_enough(const struct check *c)
{
	return c->found >= CHECK_SHOWN_MAX;
}

struct where where_value(const struct check *c, uint32_t line)
{
	return is_enough(c) ? (struct where){0}
			    : (struct where){.line = line, .at = cut(c, line).value};
}

struct where where_prefix(const struct check *c, uint32_t line, const struct prefix *prefix)
{
	struct slice rest = where_value(c, line).at, item;
	struct prefix wanted = *prefix, read;

	prefix_mask(&wanted);
	while (rest.len <= LINE_MAX_SEARCHED && list_next_quick(&rest, &item)) {
		if (item.at[0] == '+' || item.at[0] == '-') {
			item.at++;
			item.len--;
		}
		if (prefix_parse(item.at, item.len, &read) < 0)
			continue;
		prefix_mask(&read);
		if (prefix_equal(&read, &wanted))
			return (struct where){.line = line, .at = item};
	}
	return where_value(c, line);
}

struct where where_text(const struct check *c, uint32_t line, const char *text)
{
	struct slice rest = where_value(c, line).at, item;

	while (rest.len <= LINE_MAX_SEARCHED && list_next_quick(&rest, &item))
		if (item.len == strlen(text) && memcmp(item.at, text, item.len) == 0)
			return (struct where){.line = line, .at = item};
	return where_value(c, line);
}

struct where where_hook(const struct check *c, const struct hook *hook, size_t offset, size_t n)
{
	if (is_enough(c))
		return (struct where){0};

	struct slice at = cut(c, hook->line).full_value;
	size_t from = hook_place(hook, c->conf->ifname, offset);
	size_t to = hook_place(hook, c->conf->ifname, offset + n);
	if (to > at.len)
		return (struct where){.line = hook->line, .at = at};
	return (struct where){.line = hook->line, .at = {at.at + from, to - from}};
}

struct where where_key(const struct check *c, uint32_t section_line, const char *key)
{
	for (uint32_t number = section_line + 1; number <= c->lines.len && !is_enough(c);
	     number++) {
		struct line line = cut(c, number);

		if (line.key.len && line.key.at[0] == '[')
			break;
		if (line.has_value && slice_squeezed_is(line.key, key))
			return (struct where){.line = number, .at = line.value};
	}
	return (struct where){.line = section_line, .at = cut(c, section_line).stripped};
}

bool check_may_show(const struct check *c, uint32_t line)
{
	const struct scan_line scanned = {.key = cut(c, line).key, .text = line_text(c, line)};

	return !line_is_secret(&scanned);
}

static struct place place_of(const struct check *c, struct where where)
{
	struct slice text = line_text(c, where.line);
	struct place place = {.file = c->conf->path, .line = where.line};

	if (!text.at || !check_may_show(c, where.line))
		return place;
	place.text = text.at;
	place.text_len = text.len;
	if (where.at.len) {
		place.col = (uint32_t)(where.at.at - text.at) + 1;
		place.len = (uint32_t)where.at.len;
	}
	return place;
}

void check_found(struct check *c, struct where where, const char *hint, const char *format, ...)
{
	_cleanup_buf_ struct buf message = {0};
	va_list args;

	if (++c->found > CHECK_SHOWN_MAX)
		return;
	va_start(args, format);
	buf_addv(&message, format, args);
	va_end(args);

	const struct place place = place_of(c, where);
	diag_warn_at(c->d, &place, hint, "%s", buf_text(&message));
	diag_id(c->d, c->id);
	diag_level(c->d, c->level);
	c->last_line = where.line;
}

static void count_hidden(struct check *c)
{
	const struct place last = {.file = c->conf->path, .line = c->last_line};

	if (c->found <= CHECK_SHOWN_MAX)
		return;
	diag_warn_at(c->d, &last, NULL, "%zu more of these are not shown",
		     c->found - CHECK_SHOWN_MAX);
	diag_id(c->d, c->id);
	diag_level(c->d, c->level);
}

/* ---- what the checks share ---- */

static int find_lines(struct check *c, const char *text, size_t n)
{
	struct slice rest = {text, n}, line;

	while (line_next(&rest, &line)) {
		struct slice *added = vec_push(&c->lines);

		if (!added)
			return -ENOMEM;
		if (line.len && line.at[line.len - 1] == '\r')
			line.len--;
		*added = line;
	}
	return 0;
}

static int compare_claims(const void *a, const void *b)
{
	const struct claim *x = a, *y = b;
	int order = prefix_compare(&x->prefix, &y->prefix);

	if (order)
		return order;
	order = (x->peer > y->peer) - (x->peer < y->peer);
	return order ? order : (x->line > y->line) - (x->line < y->line);
}

static int find_claims(struct check *c)
{
	const struct wg_peer_vec *peers = &c->conf->wg.peers;

	for (size_t i = 0; i < peers->len; i++) {
		vec_each(ip, &peers->at[i].allowed_ips) {
			bool ipv6 = ip->prefix.addr.family == AF_INET6;

			if (ip->remove)
				continue;
			struct claim *claim = vec_push(&c->claims);
			if (!claim)
				return -ENOMEM;
			*claim = (struct claim){ip->prefix, ip->line, (uint32_t)i};
			c->claims.has_length[ipv6][ip->prefix.len] = true;
		}
	}
	if (c->claims.len)
		qsort(c->claims.at, c->claims.len, sizeof(c->claims.at[0]), compare_claims);
	return 0;
}

/* The last of the claims to this very prefix; NULL: there is none. */
static const struct claim *find_claim(const struct check *c, const struct prefix *p)
{
	size_t from = 0, to = c->claims.len;

	while (from < to) {
		size_t middle = from + (to - from) / 2;

		if (prefix_compare(&c->claims.at[middle].prefix, p) > 0)
			to = middle;
		else
			from = middle + 1;
	}
	const struct claim *found = from ? &c->claims.at[from - 1] : NULL;
	return found && prefix_equal(&found->prefix, p) ? found : NULL;
}

const struct claim *check_owner(const struct check *c, const struct addr *a)
{
	struct prefix p = {.addr = *a};

	for (int len = addr_bits(a); len >= 0; len--) {
		const struct claim *found;

		if (!c->claims.has_length[a->family == AF_INET6][len])
			continue;
		p.addr = *a;
		p.len = (uint8_t)len;
		prefix_mask(&p);
		found = find_claim(c, &p);
		if (found)
			return found;
	}
	return NULL;
}

bool check_is_own(const struct check *c, const struct wg_peer *peer)
{
	return c->has_own_key && key_equal(&c->own_key, &peer->public_key);
}

/* ---- all of it ---- */

/* By lines; they are few, and in order but for the checks that they are from. */
static void sort_by_line(struct diag *d)
{
	for (size_t i = 1; i < d->len; i++) {
		struct diag_item item = d->at[i];
		size_t to = i;

		for (; to && d->at[to - 1].line > item.line; to--)
			d->at[to] = d->at[to - 1];
		d->at[to] = item;
	}
}

static void find_own_key(struct check *c)
{
	const struct wg_device *wg = &c->conf->wg;

	c->has_own_key = wg->has_private_key && !key_is_zero(&wg->private_key);
	if (c->has_own_key)
		key_public(&wg->private_key, &c->own_key);
}

static int prepare(struct check *c, const char *text, size_t n)
{
	int r = find_lines(c, text, n);

	if (r == 0)
		r = find_claims(c);
	if (r == 0)
		r = check_pair_effects(c);
	find_own_key(c);
	return r;
}

static void run(struct check *c, const struct named_check *list, size_t count)
{
	for (size_t i = 0; i < count; i++) {
		c->id = list[i].id;
		c->level = list[i].level;
		c->found = 0;
		list[i].check(c);
		count_hidden(c);
	}
}

static void run_of_others(struct check *c)
{
	run(c, checks_of_others, sizeof(checks_of_others) / sizeof(checks_of_others[0]));
}

int check_conf(const struct conf *conf, const char *text, size_t n, const struct check_facts *facts,
	       struct diag *d)
{
	struct check c = {.conf = conf, .facts = facts, .d = d, .hooks = &conf->effects};
	int r = prepare(&c, text, n);

	if (r == 0) {
		run(&c, checks, sizeof(checks) / sizeof(checks[0]));
		run_of_others(&c);
	}
	if (r == 0 && c.no_memory)
		r = -ENOMEM;
	sort_by_line(d);
	free(c.settled[0]);
	free(c.settled[1]);
	vec_release(&c.claims);
	vec_release(&c.lines);
	return r < 0 ? diag_no_memory(d) : 0;
}

int check_conf_others(const struct conf *conf, const struct check_other_vec *others, struct diag *d)
{
	const struct check_facts facts = {.others = *others};
	struct check c = {.conf = conf, .facts = &facts, .d = d, .hooks = &conf->effects};

	find_own_key(&c);
	run_of_others(&c);
	return c.no_memory ? diag_no_memory(d) : 0;
}

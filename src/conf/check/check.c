// SPDX-License-Identifier: GPL-2.0-or-later
// Finds what is legal but wrong: the table of the checks, and how they run.
#include "wgq/conf/check/check.h"

#include <errno.h>

#include "wgq/base/mem.h"

#include "internal.h"

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
	{"repeated-key", DIAG_WARNING, check_repeated_key},
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
		r = check_find_claims(c);
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
		check_count_hidden(c);
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
	buf_release(&c.line_name);
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

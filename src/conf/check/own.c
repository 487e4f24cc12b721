// SPDX-License-Identifier: GPL-2.0-or-later
// Checks of wgq's own keys: where they are, what they do in vain, and hooks that they replace.
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>

#include "internal.h"

/* Of drop-ins they know nothing. */
static void check_own_keys(struct check *c)
{
	_cleanup_buf_ struct buf hint = {0};

	buf_str(&hint, "move it to a file in ");
	buf_shell_word(&hint, c->conf->path);
	buf_str(&hint, ".d, which only wgq reads");
	vec_each(own, &c->conf->own) {
		if (sources_find(&c->conf->sources, own->line) != c->conf->sources.at)
			continue;
		check_found(c, where_value(c, own->line), buf_text(&hint),
			    own->is_hook
				    ? "wg-quick takes the - for part of the command of %s, "
				      "which then fails"
				    : "wg-quick refuses this file, because it does not know %s",
			    own->key);
	}
}

/* ---- hooks ---- */

/* As the key would. */
static bool masquerades(const struct check *c, const struct effect *e)
{
	return e->kind == EFFECT_IPTABLES && effect_has(e, "-j MASQUERADE") &&
	       !(e->ipv6 && check_has_global_ipv6(c));
}

/* As the kill switch of wg-quick(8), and its like, for what does not leave by the tunnel. */
static bool kills(const struct check *c, const struct effect *e)
{
	const char *chain = effect_value(e, "chain");
	char past[IFNAMSIZ + sizeof("! -o ")];

	snprintf(past, sizeof(past), "! -o %s", c->conf->ifname);
	return e->kind == EFFECT_IPTABLES && effect_has(e, past) && chain &&
	       (strcmp(chain, "OUTPUT") == 0 || strcmp(chain, "FORWARD") == 0) &&
	       (effect_has(e, "-j REJECT") || effect_has(e, "-j DROP"));
}

/* The key that does what a hook does; NULL: there is none, or it is given. */
static const char *key_for(const struct check *c, const struct effect *e)
{
	const struct conf *conf = c->conf;
	const char *dev = effect_value(e, "dev"), *value = effect_value(e, "multicast");
	uint32_t line;
	bool multicast = e->kind == EFFECT_LINK && value && strcmp(value, "on") == 0;

	if (!e->add)
		return NULL;
	if (masquerades(c, e) && effect_has(e, "table nat") && !conf_masquerades(conf))
		return "Masquerade = yes";
	if (kills(c, e) && !conf->kill_switch_line)
		return "KillSwitch = yes";
	if (e->kind == EFFECT_SETTING && !conf_forwards(conf, &line) &&
	    (effect_has(e, "net.ipv4.ip_forward=1") ||
	     effect_has(e, "net.ipv6.conf.all.forwarding=1")))
		return "Forward = yes";
	if (!e->own && !(dev && strcmp(dev, conf->ifname) == 0))
		return NULL;
	if (multicast && !conf->multicast_line)
		return "Multicast = yes";
	if (e->kind == EFFECT_WG && effect_value(e, "private-key") && !conf->private_key_file.text)
		return "PrivateKeyFile = and the name of the file";
	if (e->kind == EFFECT_WG && effect_value(e, "preshared-key"))
		return "PresharedKeyFile = and the name of the file, in the [Peer],";
	if (e->kind == EFFECT_ROUTE && effect_value(e, "metric") && !conf->metric_line)
		return "Metric = and the metric of all routes";
	return NULL;
}

static void check_hook_has_key(struct check *c)
{
	vec_each(e, &c->hooks->up) {
		const struct hook *hook = &c->hooks->at[e->hook];
		const char *key = hook->script.error.message ? NULL : key_for(c, e);
		_cleanup_buf_ struct buf hint = {0};

		if (!key)
			continue;
		buf_addf(&hint, "write %s instead, in a drop-in if wg-quick reads this file", key);
		check_found(c, where_hook(c, hook, e->offset, e->len), buf_text(&hint),
			    "wgq has a key for what this command does");
	}
}

/* ---- ExcludedIPs ---- */

/* Whether the prefix and some allowed IP have addresses in common. */
static bool meets_claim(const struct check *c, const struct prefix *prefix)
{
	if (check_owner(c, &prefix->addr))
		return true;
	/* One inside it would be next in order. */
	size_t next = vec_before(claim, &c->claims, prefix_compare(&claim->prefix, prefix) < 0);
	return next < c->claims.len && prefix_covers(prefix, &c->claims.at[next].prefix);
}

static void check_excluded_nothing(struct check *c)
{
	if (c->hooks->up.opaque || hooks_load(c->hooks))
		return;
	vec_each(excluded, &c->conf->excluded_ips) {
		char text[PREFIX_TEXT_MAX];

		prefix_format(&excluded->prefix, text);
		if (c->conf->table_kind == TABLE_OFF)
			check_found(c, where_prefix(c, excluded->line, &excluded->prefix),
				    "delete the line, or the one with Table",
				    "with Table = off there are no routes to exclude %s from",
				    text);
		else if (!meets_claim(c, &excluded->prefix))
			check_found(c, where_prefix(c, excluded->line, &excluded->prefix),
				    "delete it, or correct it",
				    "%s is in no peer's allowed IPs, so it is not routed into the "
				    "tunnel anyway",
				    text);
	}
}

/* The widest of the excluded prefixes, sorted; none holds another. */
static int find_widest(const struct conf *conf, struct prefix_set *ret)
{
	size_t kept = 0;

	vec_each(excluded, &conf->excluded_ips)
		if (prefix_set_add(ret, &excluded->prefix) < 0)
			return -ENOMEM;
	prefix_set_sort(ret);
	vec_each(prefix, ret)
		if (!kept || !prefix_covers(&ret->at[kept - 1], prefix))
			ret->at[kept++] = *prefix;
	ret->len = kept;
	return 0;
}

/* Two halves next to each other hold what one prefix holds: they are joined while there are any. */
static void join_halves(struct prefix_set *set)
{
	size_t kept = 0;

	vec_each(prefix, set) {
		struct prefix last = *prefix;

		while (kept && last.len && set->at[kept - 1].len == last.len) {
			struct prefix whole = set->at[kept - 1];

			whole.len--;
			prefix_mask(&whole);
			if (!prefix_covers(&whole, &last) ||
			    !prefix_covers(&whole, &set->at[kept - 1]))
				break;
			last = whole;
			kept--;
		}
		set->at[kept++] = last;
	}
	set->len = kept;
}

/* All of the allowed IPs; both are sorted. */
static void check_excluded_everything(struct check *c)
{
	_cleanup_prefix_set_ struct prefix_set widest = {0};
	const struct conf *conf = c->conf;
	size_t at = 0;

	if (!conf->excluded_ips.len || !c->claims.len || conf->table_kind == TABLE_OFF)
		return;
	if (find_widest(conf, &widest) < 0) {
		c->no_memory = true;
		return;
	}
	join_halves(&widest);
	vec_each(claim, &c->claims) {
		while (at < widest.len && !prefix_covers(&widest.at[at], &claim->prefix) &&
		       prefix_compare(&widest.at[at], &claim->prefix) < 0)
			at++;
		if (at == widest.len || !prefix_covers(&widest.at[at], &claim->prefix))
			return;
	}
	check_found(c, where_value(c, vec_last(&conf->excluded_ips)->line),
		    "leave out what is to go through the tunnel",
		    "these are all of the allowed IPs: nothing is routed into the tunnel");
}

/* A peer behind another one is reached through the tunnel, and in no other way where the address is
 * of a network that the host is not in. */
static void check_excluded_endpoint(struct check *c)
{
	vec_each(peer, &c->conf->wg.peers) {
		const struct addr a =
			peer->has_endpoint ? endpoint_addr(&peer->endpoint) : (struct addr){0};
		const struct claim *claim = a.family ? check_owner(c, &a) : NULL;
		char text[ADDR_TEXT_MAX];

		if (!claim || !check_is_private(&a) || !check_excludes(c, &a) ||
		    check_is_elsewhere(c, &a, 1) ||
		    key_equal(&c->conf->wg.peers.at[claim->peer].public_key, &peer->public_key))
			continue;
		addr_format(&a, text);
		check_found(
			c, where_in_peer(c, peer, peer->endpoint_line),
			"take it out of ExcludedIPs",
			"%s is reached through another peer, but ExcludedIPs keep it out of the "
			"tunnel",
			text);
	}
}

static void check_shared_neighbour(struct check *c)
{
	const struct conf *conf = c->conf;

	if (!conf->shared_neighbour || c->hooks->up.opaque)
		return;
	vec_each(claim, &c->claims)
		if (claim->prefix.addr.family == AF_INET6)
			return;
	check_found(c, where_value(c, conf->shared_neighbour_line), "delete the line",
		    "no peer has IPv6 addresses, and over IPv4 the kernel needs one neighbour for "
		    "all destinations anyway");
}

/* What is done twice is harmless, but one of the two is in vain. */
static void check_twice(struct check *c,
			bool (*does)(const struct check *c, const struct effect *e),
			const char *key)
{
	vec_each(e, &c->hooks->up) {
		const struct hook *hook = &c->hooks->at[e->hook];

		if (!e->add || hook->script.error.message || !does(c, e))
			continue;
		check_found(c, where_hook(c, hook, e->offset, e->len),
			    "delete it, with the command that takes it back",
			    "%s replaces this command", key);
	}
}

static void check_masquerade_twice(struct check *c)
{
	if (conf_masquerades(c->conf))
		check_twice(c, masquerades, "Masquerade");
}

static void check_kill_switch_twice(struct check *c)
{
	if (c->conf->kill_switch)
		check_twice(c, kills, "KillSwitch");
}

static void check_kill_switch_lan(struct check *c)
{
	if (c->conf->kill_switch == KILL_SWITCH_LAN && c->facts->has_link &&
	    !c->facts->networks.len)
		check_found(c, where_value(c, c->conf->kill_switch_line),
			    "write KillSwitch = yes, or connect this host first",
			    "no other interface of this host is in a network now: lan lets nothing "
			    "more pass than yes");
}

/* What the peers send to anywhere but the tunnel is forwarded past it. */
static void check_kill_switch_masquerade(struct check *c)
{
	const struct conf *conf = c->conf;

	if (conf->kill_switch == KILL_SWITCH_YES && conf_masquerades(conf) &&
	    !conf->excluded_ips.len)
		check_found(c, where_value(c, conf->kill_switch_line),
			    "delete one of the two; with KillSwitch = lan peers reach the networks "
			    "of this host",
			    "what Masquerade is for is rejected: peers reach nothing past the "
			    "tunnel");
}

/* What peers send to each other leaves by the tunnel, and by nothing else. */
static void check_masquerade_by(struct check *c)
{
	vec_each(by, &c->conf->masquerade_by) {
		if (strcmp(by->ifname, c->conf->ifname) == 0)
			check_found(c, where_text(c, by->line, by->ifname),
				    "write the interface that leads to the Internet, or yes",
				    "%s is the tunnel itself: nothing that comes in by it is "
				    "masqueraded",
				    by->ifname);
		else if (c->facts->has_link && !c->facts->has_link(by->ifname))
			check_found(c, where_text(c, by->line, by->ifname),
				    "`ip link' lists the interfaces; Masquerade = yes takes any",
				    "this host has no interface %s, by which packets could leave",
				    by->ifname);
	}
}

static void check_isolates_nothing(struct check *c)
{
	if (c->conf->isolate_peers && c->conf->wg.peers.len == 1 && !hooks_load(c->hooks) &&
	    !c->hooks->up.opaque)
		check_found(c, where_value(c, c->conf->isolate_peers_line), "delete the line",
			    "there is one peer only: there is none to isolate it from");
}

const struct named_check checks_of_own[] = {
	{"own-keys", DIAG_NOTE, check_own_keys},
	{"hook-has-key", DIAG_NOTE, check_hook_has_key},
	{"excluded-nothing", DIAG_WARNING, check_excluded_nothing},
	{"excluded-everything", DIAG_WARNING, check_excluded_everything},
	{"excluded-endpoint", DIAG_WARNING, check_excluded_endpoint},
	{"shared-neighbour", DIAG_NOTE, check_shared_neighbour},
	{"masquerade-twice", DIAG_NOTE, check_masquerade_twice},
	{"masquerade-by", DIAG_WARNING, check_masquerade_by},
	{"kill-switch-twice", DIAG_NOTE, check_kill_switch_twice},
	{"kill-switch-lan", DIAG_NOTE, check_kill_switch_lan},
	{"kill-switch-masquerade", DIAG_WARNING, check_kill_switch_masquerade},
	{"isolates-nothing", DIAG_NOTE, check_isolates_nothing},
	{0},
};

// SPDX-License-Identifier: GPL-2.0-or-later
// wgq reload: makes a running interface match its configuration, by the least change.
#include <errno.h>

#include "wgq/cmd/config.h"
#include "wgq/cmd/session.h"
#include "wgq/cmd/verbs.h"
#include "wgq/plan/reload/reload.h"
#include "wgq/plan/want/walls.h"
#include "wgq/run/look/device.h"
#include "wgq/sys/resolve/resolve.h"

int reload_observe(struct session *s, struct snap *snap, struct diag *d)
{
	bool forgets = s->options->given & OPTION_FORGET;
	uint32_t line;
	const struct observe_query query = {
		.ifname = s->ifname,
		.what = LOOK_DEVICE | LOOK_ADDRESSES | LOOK_TABLES | LOOK_RULES | LOOK_UNLINKED |
			LOOK_FIREWALL | LOOK_DNS | walls_look(s->conf) |
			(conf_forwards(s->conf, &line) ? LOOK_FORWARDING : 0) |
			(want_may_be_full_tunnel(s->conf) ? LOOK_FULL_TUNNEL : 0) |
			(s->conf->follow_line && !forgets ? LOOK_FOLLOWED : 0),
		.bind = true,
		.conf = s->conf,
		.lenient = s->dry_run && (s->options->given & OPTION_REPLACE),
	};
	int r = world_observe(s->world, &query, snap, d);

	if (r < 0 || snap->is_wireguard)
		return r;
	if (snap->link.index)
		return device_refuse(s->ifname, EOPNOTSUPP, d);
	diag_refuse(d, ENODEV, "`%s' is not up", s->ifname);
	diag_hint(d, "wgq up %s brings it up", s->ifname);
	return -ENODEV;
}

/* The ways to the endpoints of the file, as the encrypted packets take them. */
static int observe_mtu(struct session *s, struct snap *snap, struct diag *d)
{
	_cleanup_snap_ struct snap ways = {0};
	const struct observe_query query = {
		.ifname = s->ifname,
		.what = LOOK_MTU,
		.conf = s->conf,
		.mark = snap->wg.fwmark,
	};

	if (s->conf->mtu_line)
		return 0;
	int r = world_observe(s->world, &query, &ways, d);
	snap->seen |= ways.seen;
	snap->path_mtu = ways.path_mtu;
	snap->default_mtu = ways.default_mtu;
	return r;
}

static int observe_firewall(struct session *s, const struct firewall *firewall, struct snap *snap,
			    struct diag *d)
{
	_cleanup_snap_ struct snap now = {0};
	const struct observe_query query = {
		.ifname = s->ifname, .what = LOOK_FIREWALL_RULES, .firewall = firewall};

	if (!firewall->ip && !firewall->ip6)
		return 0;
	int r = world_observe(s->world, &query, &now, d);
	snap->seen |= now.seen;
	snap->unknown |= now.unknown;
	snap->has_firewall_rules = now.has_firewall_rules;
	return r;
}

int reload_compare(struct session *s, struct snap *snap, struct reload *reload, struct diag *d)
{
	int r = reload_observe(s, snap, d);

	if (r == 0)
		r = observe_mtu(s, snap, d);
	if (r == 0)
		r = reload_want(s->conf, snap, reload, d);
	if (r == 0)
		r = observe_firewall(s, &reload->firewall, snap, d);
	reload->peers.sets_endpoints = s->options->given & OPTION_ENDPOINTS;
	return r == 0 ? reload_plan(snap, &s->means, reload, d) : r;
}

static void warn_of_kept(const struct session *s, const struct reload *reload,
			 const struct snap *snap, struct diag *d)
{
	vec_each(kept, &reload->peers.kept) {
		const struct place at = conf_place(s->conf, kept->wanted->line);
		_cleanup_buf_ struct buf wanted = {0}, running = {0};

		endpoint_format(&kept->wanted->endpoint, &wanted);
		endpoint_format(&kept->running->endpoint, &running);
		diag_warn_at(d, &at,
			     kept->change == ENDPOINT_ROAMED
				     ? "it has roamed, or its name has another address now; "
				       "--endpoints sets the file's"
				     : "whether it has roamed or the file was edited is not known; "
				       "--endpoints sets the file's",
			     "the peer's endpoint in the file is %s; %s is kept: heard %lld s ago",
			     buf_text(&wanted), buf_text(&running),
			     (long long)(snap->now - kept->running->last_handshake));
	}
}

/* Another wgq is bringing it up, or was killed when it did. */
static int refuse_unfinished(struct session *s, const struct snap *snap, struct diag *d)
{
	if (snap->link.up || snap->wg.has_private_key || snap->wg.peers.len)
		return 0;
	diag_refuse(d, EBUSY, "`%s' is not up yet", s->ifname);
	diag_hint(d, "if no other wgq is bringing it up: wgq up --replace %s", s->options->args[0]);
	return -EINPROGRESS;
}

/* Hooks that ran for the former configuration are asked to clean up after themselves first. */
static int run_early_hooks(struct session *s, struct diag *d)
{
	static const enum conf_hook_kind kinds[] = {HOOK_PRE_DOWN, HOOK_POST_DOWN, HOOK_PRE_UP};
	int r = 0;

	for (size_t i = 0; r == 0 && i < sizeof(kinds) / sizeof(kinds[0]); i++)
		r = session_hooks(s, kinds[i], d);
	return r;
}

int reload_run(struct session *s, struct diag *d)
{
	bool with_hooks = s->options->given & OPTION_RUN_HOOKS;
	/* The steps borrow from these, in an undo as well. */
	_cleanup_snap_ struct snap snap = {0};
	_cleanup_reload_ struct reload reload = {0};
	int r = world_prepare(s->world, s->conf, PURPOSE_RELOAD, &s->means, d);

	if (r == 0 && with_hooks)
		r = run_early_hooks(s, d);
	if (r == 0)
		r = session_lock(s, d);
	if (r == 0)
		r = reload_compare(s, &snap, &reload, d);
	if (r == 0)
		r = refuse_unfinished(s, &snap, d);
	if (r == 0)
		r = reload_check(&snap, &reload, d);
	if (r == 0 && !s->approve)
		warn_of_kept(s, &reload, &snap, d);
	if (r == 0 && (!s->approve || s->approve(s->approve_context, &snap, &reload, d)))
		r = session_apply(s, &reload.plan, d);
	if (r == 0 && with_hooks)
		r = session_post_up(s, &reload.want, d);
	if (r == 0 && s->finish)
		r = s->finish(s->approve_context, d);
	if (r < 0) {
		session_undo(s, d);
		session_hooks_again(s, d);
	}
	session_unlock(s);
	return r;
}

int verb_reload(const struct options *options, const char *argument, struct diag *d)
{
	_cleanup_config_ struct config config = {0};
	_cleanup_session_ struct session session = {0};
	int r = config_load(options, argument, &config, d);

	if (r == 0)
		r = session_open(&session, options, &config, d);
	if (r == 0)
		r = session_resolve_running(&session, &config.conf, d);
	if (r == 0)
		r = reload_run(&session, d);
	return session_status(&session, r);
}

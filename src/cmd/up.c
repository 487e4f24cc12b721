// SPDX-License-Identifier: GPL-2.0-or-later
// wgq up: brings an interface up as its configuration says, wholly or not at all.
#include <errno.h>
#include <string.h>

#include "wgq/base/json.h"
#include "wgq/cmd/config.h"
#include "wgq/cmd/session.h"
#include "wgq/cmd/show.h"
#include "wgq/cmd/verbs.h"
#include "wgq/plan/reload/former.h"
#include "wgq/plan/reload/reload.h"
#include "wgq/plan/reload/same.h"
#include "wgq/plan/want/carry.h"
#include "wgq/plan/want/walls.h"
#include "wgq/plan/want/want.h"
#include "wgq/run/look/facts.h"
#include "wgq/sys/resolve/udp.h"

/* What has the name already is not touched; the user is told what it is. */
static int refuse_existing(struct session *s, struct diag *d)
{
	_cleanup_snap_ struct snap snap = {0};
	_cleanup_diag_ struct diag unseen = {0};
	const struct observe_query query = {.ifname = s->ifname,
					    .what = LOOK_DEVICE | LOOK_ADDRESSES};
	bool same = false, seen = world_observe(s->world, &query, &snap, &unseen) == 0;

	if (seen)
		same_as_configured(s->conf, &snap, &same, &unseen);
	diag_refuse(d, EEXIST, "`%s' already exists", s->ifname);
	if (!seen)
		diag_note(d, "only root can see whether it matches %s", s->context.config_file);
	else if (same && !same_endpoints(s->conf, &snap.wg))
		diag_note(d, "it is up and matches %s, except for an endpoint: see wgq diff %s",
			  s->context.config_file, s->options->args[0]);
	else if (same)
		diag_note(d, "it is up and matches %s", s->context.config_file);
	else if (snap.is_wireguard)
		diag_note(d, "it is up, but does not match %s", s->context.config_file);
	else if (strcmp(snap.link.name, s->ifname) != 0)
		diag_note(d, "it is another name of %s", snap.link.name);
	else
		diag_note(d, "it is not a WireGuard interface");
	if (seen && !same && snap.is_wireguard)
		diag_hint(d, "wgq reload %s makes it match; wgq up --replace takes it down first",
			  s->options->args[0]);
	return -EEXIST;
}

/* In a script of --replace it is gone when this runs. */
static int find_existing(struct session *s, unsigned int what, struct snap *ret, struct diag *d)
{
	const struct observe_query query = {.ifname = s->ifname, .what = what};
	bool will_go = s->dry_run && (s->options->given & OPTION_REPLACE);
	int r = world_observe(s->world, &query, ret, d);

	return r == 0 && ret->link.index && !will_go ? refuse_existing(s, d) : r;
}

static int create(struct session *s, struct snap *snap, struct walls *walls, struct diag *d)
{
	const uint16_t ports[WALLS_PORTS] = {s->conf->wg.listen_port};
	unsigned int what = (want_asks_full_tunnel(s->conf) ? LOOK_RULES : 0) |
			    (conf_walls_line(s->conf) ? LOOK_FIREWALL : 0) | walls_look(s->conf);
	_cleanup_plan_ struct plan plan = {0};
	int r = session_lock(s, d);

	if (r == 0)
		r = find_existing(s, what, snap, d);
	if (r == 0 && ((ports[0] && walls_of_port(s->conf, ports, walls) < 0) ||
		       walls_of_packets(s->conf, &snap->lan, walls) < 0))
		r = diag_no_memory(d);
	if (r == 0)
		r = diff_create(s->conf, snap, walls, &plan, d);
	return r == 0 ? session_apply(s, &plan, d) : r;
}

/* Looks again, for the link is new and hooks may have changed anything. */
static int configure(struct session *s, struct snap *snap, struct want *want,
		     const struct walls *walls, struct diag *d)
{
	const struct conf *conf = s->conf;
	bool hooked = conf->hooks[HOOK_PRE_UP].len > 0;
	/* Nobody but a hook has touched the new link, and in a dry run there is none. */
	unsigned int of_link = LOOK_DEVICE | LOOK_ADDRESSES | LOOK_MAIN_ROUTES;
	unsigned int empty = s->dry_run ? of_link : hooked ? 0 : LOOK_DEVICE;
	const struct observe_query query = {
		.ifname = s->ifname,
		.what = (of_link & ~empty) | (conf->mtu_line ? 0 : LOOK_MTU) | walls_look(conf),
		.bind = hooked,
		.conf = conf,
	};
	_cleanup_plan_ struct plan plan = {0};
	int r = session_lock(s, d);

	if (r == 0)
		r = world_observe(s->world, &query, snap, d);
	snap->seen |= empty;
	if (r == 0)
		r = want_make(conf, snap, want, d);
	if (r == 0)
		want_choose_mtu(want, snap, d);
	if (r == 0)
		r = carry_check(want, snap, want->mtu, d);
	if (r == 0)
		r = diff_configure(snap, want, walls, &plan, d);
	return r == 0 ? session_apply(s, &plan, d) : r;
}

/* Name servers are set last: others go on while a program does that, and find a whole tunnel. */
static int lead_in(struct session *s, struct snap *snap, struct want *want, struct diag *d)
{
	uint32_t line;
	const struct observe_query query = {
		.ifname = s->ifname,
		.what = (want_is_full(want) ? LOOK_RULES | LOOK_FULL_TUNNEL : 0) |
			(want_may_meet_unlinked(want) ? LOOK_UNLINKED : 0) |
			(conf_forwards(s->conf, &line) ? LOOK_FORWARDING : 0),
		.conf = s->conf,
	};
	_cleanup_plan_ struct plan plan = {0};
	int r = session_lock(s, d);

	if (r == 0)
		r = world_observe(s->world, &query, snap, d);
	if (want->mark_is_chosen)
		want->mark = snap->free_table;
	if (r == 0)
		r = want_check_table(want, snap, d);
	if (r == 0)
		r = diff_lead_in(snap, want, &s->means, &plan, d);
	return r == 0 ? session_apply(s, &plan, d) : r;
}

/* wg-quick does not warn of these. */
static int warn_of_others(const struct session *s, struct diag *d)
{
	struct check_facts facts = {0};

	if (s->options->as_wg_quick)
		return 0;
	facts_read_blockers(s->conf, &facts.blockers);
	int r = facts_read_others(s->ifname, &facts.others) == 0 &&
				facts_read_kill_switches(s->conf, &facts.others) == 0
			? check_conf_others(s->conf, &facts, d)
			: diag_no_memory(d);
	check_others_release(&facts.others);
	vec_release(&facts.blockers);
	return r;
}

/* --replace: what is up is taken down once every check that can be made before has passed, and is
 * brought back if its successor fails. */

/* Where nothing is up: what is left over goes, and does not come back. */
static int clear_leftovers(struct session *s, struct diag *d)
{
	size_t said = d->len;
	int r = down_leftovers(s, conf_walls_line(s->conf), d);

	if (r == -ENODEV) {
		diag_truncate(d, said);
		r = 0;
	}
	if (r == 0)
		txn_keep(&s->txn);
	return r;
}

static int check_port(const struct conf *conf, const struct snap *snap, struct diag *d)
{
	uint16_t port = conf->wg.listen_port;

	if (!port || port == snap->wg.listen_port || udp_port_is_free(port))
		return 0;
	diag_refuse(d, EADDRINUSE, "ListenPort %u is taken", port);
	sources_note_asked(&conf->sources, conf->listen_port_line, d);
	diag_hint(d, "`ss -lunp sport = :%u' shows by which program, `wgq status' by which tunnel",
		  port);
	return -EADDRINUSE;
}

/* What cannot be planned for the interface that is there cannot be for a new one. That plan is made
 * when the interface is new, and warns. */
static int rehearse(struct session *s, struct diag *d)
{
	_cleanup_snap_ struct snap snap = {0};
	_cleanup_reload_ struct reload trial = {0};
	_cleanup_diag_ struct diag said = {0};
	int r = reload_compare(s, &snap, &trial, &said);

	if (r == 0)
		r = check_port(s->conf, &snap, &said);
	if (r < 0)
		diag_move(d, &said);
	return r;
}

/* The steps borrow from snap and former. */
static int take_down_former(struct session *s, struct snap *snap, struct former *former,
			    struct diag *d)
{
	size_t said = d->len;
	/* A script may be made by anybody, who need not see all. */
	int r = s->dry_run ? 0 : rehearse(s, d);

	if (r == 0)
		r = session_hooks(s, HOOK_PRE_DOWN, d);
	if (r == 0)
		r = session_lock(s, d);
	if (r == 0)
		r = reload_observe(s, snap, d);
	/* PreDown may have deleted it. */
	if (r == -ENODEV) {
		diag_truncate(d, said);
		return clear_leftovers(s, d);
	}
	if (r == 0)
		r = former_plan(s->conf, snap, &s->means, former, d);
	if (r == 0)
		r = session_apply(s, &former->plan, d);
	if (r == 0)
		r = session_hooks(s, HOOK_POST_DOWN, d);
	return r;
}

int up_run(struct session *s, struct diag *d)
{
	/* The steps borrow from these, in an undo as well. */
	_cleanup_want_ struct want want = {0};
	_cleanup_snap_ struct snap first = {0}, snap = {0}, later = {0}, former_snap = {0};
	_cleanup_former_ struct former former = {0};
	_cleanup_walls_ struct walls walls = {0};
	bool replaces = s->options->given & OPTION_REPLACE;
	int r = world_prepare(s->world, s->conf, replaces ? PURPOSE_REPLACE : PURPOSE_UP, &s->means,
			      d);

	if (r == 0)
		r = warn_of_others(s, d);
	if (r == 0 && replaces)
		r = take_down_former(s, &former_snap, &former, d);
	else if (r == 0 && (s->options->given & OPTION_ENSURE))
		r = clear_leftovers(s, d);
	if (r == 0)
		r = create(s, &first, &walls, d);
	if (r == 0)
		r = session_hooks(s, HOOK_PRE_UP, d);
	if (r == 0)
		r = configure(s, &snap, &want, &walls, d);
	if (r == 0)
		r = lead_in(s, &later, &want, d);
	if (r == 0)
		r = session_post_up(s, &want, d);
	if (r < 0) {
		session_undo(s, d);
		session_hooks_again(s, d);
	}
	return r;
}

/* Of --ensure: up if it is down, else reload. */

enum { ENSURE_JSON_VERSION = 1 };

/* The interface may come or go between the look and the lock: then it is tried again. */
enum { TRIES = 3 };

static int is_there(struct session *s, bool *ret, struct diag *d)
{
	const struct observe_query query = {.ifname = s->ifname};
	_cleanup_snap_ struct snap snap = {0};
	int r = world_observe(s->world, &query, &snap, d);

	*ret = snap.link.index;
	return r;
}

static int tell(const struct session *s, bool reloaded, struct diag *d)
{
	_cleanup_buf_ struct buf text = {0};
	struct json j = {.out = &text, .one_line = true};

	json_object(&j, NULL);
	json_unsigned(&j, "version", ENSURE_JSON_VERSION);
	json_string(&j, "interface", s->ifname);
	json_string(&j, "verb", reloaded ? "reload" : "up");
	json_bool(&j, "changed", s->txn.taken > 0);
	json_end(&j);
	return show_output(&text, d);
}

static int ensure_run(struct session *s, struct conf *conf, struct diag *d)
{
	bool reload = false, moved;
	int r, tries = 0;

	do {
		size_t said = d->len;

		r = is_there(s, &reload, d);
		if (r == 0)
			r = reload ? session_resolve_running(s, conf, d) : session_resolve(conf, d);
		if (r == 0)
			r = reload ? reload_run(s, d) : up_run(s, d);
		/* Not what a step has failed by. */
		moved = r == (reload ? -ENODEV : -EEXIST) && !s->txn.has_failed;
		if (moved && ++tries < TRIES)
			diag_truncate(d, said);
	} while (moved && tries < TRIES);
	if (r == 0 && !s->dry_run && (s->options->given & OPTION_JSON))
		r = tell(s, reload, d);
	return r;
}

int verb_up(const struct options *options, const char *argument, struct diag *d)
{
	_cleanup_config_ struct config config = {0};
	_cleanup_session_ struct session session = {0};
	_cleanup_snap_ struct snap snap = {0};
	int r = config_load(options, argument, &config, d);

	if (r == 0)
		r = session_open(&session, options, &config, d);
	if (r == 0 && (options->given & OPTION_ENSURE))
		return session_status(&session, ensure_run(&session, &config.conf, d));
	/* What exists is refused before names are looked up. */
	if (r == 0 && !(options->given & OPTION_REPLACE))
		r = find_existing(&session, 0, &snap, d);
	if (r == 0)
		r = session_resolve(&config.conf, d);
	if (r == 0)
		r = up_run(&session, d);
	/* Of a save that was killed. */
	if (r == 0 && (options->given & OPTION_REPLACE) && !session.dry_run)
		config_clean(&config);
	return session_status(&session, r);
}

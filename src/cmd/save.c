// SPDX-License-Identifier: GPL-2.0-or-later
// wgq save: writes what is running into the configuration.
#include <errno.h>
#include <net/if.h>
#include <string.h>
#include <sys/socket.h>

#include "wgq/cmd/config.h"
#include "wgq/cmd/session.h"
#include "wgq/cmd/verbs.h"
#include "wgq/conf/derive.h"
#include "wgq/conf/parse/parse.h"
#include "wgq/conf/save/save.h"
#include "wgq/net/snap.h"
#include "wgq/plan/peers/peers.h"
#include "wgq/plan/steps.h"
#include "wgq/plan/text/change.h"
#include "wgq/plan/want/want.h"
#include "wgq/run/look/device.h"
#include "wgq/sys/resolve/resolve.h"

enum { LOST_SHOWN = 5 };

/* Under the lock: another wgq may be taking it down. */
static int observe(struct session *s, struct snap *ret, struct diag *d)
{
	const struct observe_query query = {
		.ifname = s->ifname,
		.what = LOOK_DEVICE | LOOK_ADDRESSES | LOOK_MAIN_ROUTES | LOOK_RULES | LOOK_CONFIG |
			(s->conf->follow_line ? LOOK_FOLLOWED : 0),
		.conf = s->conf,
		.config = s->path,
	};
	int r = session_lock(s, d);

	if (r == 0)
		r = world_observe(s->world, &query, ret, d);
	session_unlock(s);
	return r == 0 && ret->link.index && !ret->is_wireguard ? device_refuse(s->ifname, ENODEV, d)
							       : r;
}

/* The file may have been edited since the interface came up: what it says otherwise than what runs
 * is lost. These are the steps of a reload that would bring it about, as far as it is what is
 * saved. */
static int plan_lost(const struct conf *conf, const struct snap *snap, struct want *want,
		     struct peers_change *peers, struct plan *plan, struct diag *d)
{
	_cleanup_diag_ struct diag known = {0};
	int r = want_make(conf, snap, want, &known);

	if (r == 0)
		r = want_merge_peers(want, &known);
	if (r == 0)
		r = peers_compare(want, snap, peers, &known);
	if (r < 0) {
		diag_move(d, &known);
		return r;
	}
	struct op *op = plan_add(plan, OP_WG_CHANGE, 0);
	op->change.forth = &peers->forth;
	op->change.back = &peers->back;
	op->change.wanted = &peers->wanted;
	op->change.private_key_line = conf->private_key_line;
	diff_add_addresses(snap, want, AF_UNSPEC, plan);
	return plan_check(plan, d);
}

static void warn_of_change(const struct conf *conf, const struct change *change, struct diag *d)
{
	const struct place at = conf_place(conf, change->line);
	_cleanup_buf_ struct buf what = {0};

	change_name(change, &what);
	if (change->to[0])
		buf_addf(&what, " %s", change->to);
	diag_warn_at(d, &at, "to keep an edit, run wgq reload before wgq down",
		     "SaveConfig replaces what the file says by what runs: %s is lost",
		     buf_text(&what));
}

static int warn_of_lost(const struct conf *conf, const struct snap *snap, struct diag *d)
{
	_cleanup_want_ struct want want = {0};
	_cleanup_plan_ struct plan plan = {0};
	struct peers_change peers = {0};
	struct change_vec changes = {0};
	size_t lost = 0;
	int r = plan_lost(conf, snap, &want, &peers, &plan, d);

	if (r == 0)
		r = change_list(&plan, &(struct peer_names){0}, &changes, d);
	vec_each(change, &changes)
		if (change->sign != CHANGE_REMOVE && lost++ < LOST_SHOWN)
			warn_of_change(conf, change, d);
	if (lost > LOST_SHOWN)
		diag_warn(d, "%zu more such changes are lost", lost - LOST_SHOWN);
	changes_release(&changes);
	peers_change_release(&peers);
	return r;
}

/* From the configuration as the file has it now: hooks may have changed it. */
static int new_text(struct session *s, struct snap *snap, bool is_asked_for,
		    struct config_text *ret, struct diag *d)
{
	const struct resolve_options options = {.stop = session_is_stopped};
	_cleanup_conf_ struct conf conf = {0};
	_cleanup_diag_ struct diag found = {0};
	const struct config_text *text = &snap->config_text;
	int r = conf_parse_apart(&text->files, s->ifname, buf_text(&text->text), &conf, &found);

	/* Warnings were shown when the file was read first. */
	if (r < 0) {
		diag_move(d, &found);
		return r;
	}
	if (conf_forget_derived(&conf, &snap->wg, &snap->addrs) < 0)
		return diag_no_memory(d);
	r = resolve_again(&conf, &snap->wg, &options, d);
	if (r == 0 && !is_asked_for)
		r = warn_of_lost(&conf, snap, d);
	if (r < 0)
		return r;
	const struct save_state now = {
		.device = &snap->wg,
		.addrs = &snap->addrs,
		.mtu = snap->link.mtu,
		/* The number of a full tunnel's table, which up has chosen, or would for the file
		 * as it is now. */
		.automatic_fwmark =
			want_asks_full_tunnel(&conf) ||
			vec_find(tunnel, &snap->tunnel_rules,
				 tunnel->leads_here && tunnel->rule.fwmark == snap->wg.fwmark),
		.endpoints = (s->options->given & OPTION_ENDPOINTS) || conf.save_config ||
			     s->options->as_wg_quick,
		.userspace = snap->is_userspace,
		/* The kernel takes the addresses away in the last two cases (net/ipv6/addrconf.c,
		 * addrconf_notify()). */
		.has_ipv6 = snap->ipv6.state == IPV6_ON && snap->link.up &&
			    snap->link.mtu >= IPV6_MTU_MIN,
		.scope_name = if_indextoname,
	};
	return conf_save(text, &conf, &now, ret, d);
}

/* Where another wgq is bringing it up, or was killed when it did: what is not there yet would be
 * deleted from the file. Addresses come behind the peers, and the link is set up last. */
static bool is_unfinished(const struct conf *conf, const struct snap *snap)
{
	bool lacks_peers = conf->wg.peers.len && !snap->wg.peers.len;
	bool lacks_addresses = addrs_have_family(&conf->addresses, AF_INET) &&
			       !addrs_have_family(&snap->addrs, AF_INET);

	return !snap->link.up && (!snap->wg.has_private_key || lacks_peers || lacks_addresses);
}

/* What follows a route is not the file's, which would keep it for ever. */
static void drop_followed(struct snap *snap)
{
	vec_each(peer, &snap->wg.peers) {
		size_t kept = 0;

		vec_each(ip, &peer->allowed_ips)
			if (!snap_followed(snap, &ip->prefix))
				peer->allowed_ips.at[kept++] = *ip;
		peer->allowed_ips.len = kept;
	}
}

static int look(struct session *s, struct snap *snap, struct diag *d)
{
	int r = observe(s, snap, d);

	if (r == 0 && !snap->link.index)
		return device_refuse(s->ifname, ENODEV, d);
	if (r == 0 && is_unfinished(s->conf, snap)) {
		diag_refuse(d, ENOTCONN, "`%s' is not up yet: nothing is saved", s->ifname);
		diag_hint(d,
			  "another wgq is bringing it up, or was killed: in that case run wgq up "
			  "--replace");
		return -ENOTCONN;
	}
	drop_followed(snap);
	return r;
}

int save_run(struct session *s, bool is_asked_for, struct diag *d)
{
	_cleanup_snap_ struct snap snap = {0};
	_cleanup_plan_ struct plan plan = {0};
	_cleanup_config_text_ struct config_text text = {0};
	/* What a script is to save is not known before it has run. */
	int r = s->dry_run ? 0 : look(s, &snap, d);

	if (r == 0 && !s->dry_run)
		r = new_text(s, &snap, is_asked_for, &text, d);
	if (r < 0 || (!s->dry_run && config_text_is_same(&snap.config_text, &text)))
		return r;

	struct op *op = plan_add(&plan, OP_SAVE, 0);
	op->save.name = s->conf->path;
	op->save.before = &snap.config_text;
	op->save.text = &text;
	r = plan_check(&plan, d);
	return r == 0 ? session_apply(s, &plan, d) : r;
}

int verb_save(const struct options *options, const char *argument, struct diag *d)
{
	_cleanup_config_ struct config config = {.without_keys = true};
	_cleanup_session_ struct session session = {0};
	int r = config_load(options, argument, &config, d);

	if (r == 0)
		r = session_open(&session, options, &config, d);
	if (r == 0 && !if_nametoindex(config.path.ifname)) {
		r = device_refuse(config.path.ifname, ENODEV, d);
		diag_hint(d, "it is not up: wgq status shows what is");
	}
	if (r == 0)
		r = save_run(&session, true, d);
	return session_status(&session, r);
}

// SPDX-License-Identifier: GPL-2.0-or-later
// wgq down: takes an interface down by what the kernel holds, whoever brought it up.
#include <errno.h>
#include <net/if.h>
#include <string.h>

#include "wgq/cmd/config.h"
#include "wgq/cmd/session.h"
#include "wgq/cmd/show.h"
#include "wgq/cmd/verbs.h"
#include "wgq/net/snap.h"
#include "wgq/plan/leftover.h"
#include "wgq/run/look/device.h"
#include "wgq/sys/file/file.h"

enum {
	WHOLE = LOOK_DEVICE | LOOK_RULES | LOOK_UNLINKED | LOOK_PINS | LOOK_FIREWALL,
	LEFTOVERS = WHOLE | LOOK_MARKS | LOOK_DNS_ENTRY,
};

static int observe(struct session *s, unsigned int what, struct snap *ret, struct diag *d)
{
	const struct observe_query query = {
		.ifname = s->ifname, .what = what, .lenient = s->dry_run};

	return world_observe(s->world, &query, ret, d);
}

static int plan_leftovers(struct session *s, const struct snap *snap, struct plan *ret,
			  struct diag *d)
{
	int r = leftover_rules(s->conf, snap, ret, d);

	if (r == 0 && (ret->len || snap->barriers.len || snap->pins.len || snap->throws.len ||
		       snap->has_firewall || snap->has_own_table || snap->has_dns))
		r = diff_clean(s->conf, snap, &s->means, ret, d);
	return r;
}

/* --guard: what is left of the table besides the kill switch matches nothing without the link. */
static bool keeps_guard(const struct session *s, const struct snap *snap)
{
	return (s->options->given & OPTION_GUARD) && walls_have(&snap->walls, WALL_OUTPUT);
}

/* Somebody deleted the link; what does not go with it is still there. */
int down_leftovers(struct session *s, bool keep_walls, struct diag *d)
{
	_cleanup_snap_ struct snap snap = {0};
	_cleanup_plan_ struct plan plan = {0};
	int r = session_lock(s, d);

	if (r == 0)
		r = observe(s, LEFTOVERS, &snap, d);
	if (keep_walls || keeps_guard(s, &snap))
		snap.has_own_table = false;
	/* Where another brought it up while we waited for the lock, nothing is left over. */
	if (r == 0 && !snap.link.index)
		r = plan_leftovers(s, &snap, &plan, d);
	if (r < 0)
		return r;
	if (snap.link.index) {
		diag_refuse(d, ENODEV, "`%s' was down, and came up just now", s->ifname);
		diag_hint(d, "another wgq brought it up: run wgq down again to take it down");
		return -ENODEV;
	}
	if (!plan.len) {
		device_refuse(s->ifname, ENODEV, d);
		diag_hint(d, "it is not up: wgq status shows what is");
		return -ENODEV;
	}
	return session_apply_all(s, &plan, d);
}

/* A failure before the link is deleted takes back what was done; afterwards there is no way back,
 * and each remaining step is tried for itself. */
static int take_down(struct session *s, struct diag *d)
{
	_cleanup_snap_ struct snap snap = {0};
	_cleanup_plan_ struct plan detach = {0}, clean = {0};
	int r = session_lock(s, d);

	if (r == 0)
		r = observe(s, WHOLE, &snap, d);
	/* PreDown may have deleted it. */
	if (r == 0 && !snap.link.index)
		return down_leftovers(s, false, d);
	if (r == 0 && !snap.is_wireguard)
		r = device_refuse(s->ifname, EOPNOTSUPP, d);
	if (r == 0)
		r = diff_detach(s->conf, &snap, &detach, d);
	if (keeps_guard(s, &snap))
		snap.has_own_table = false;
	if (r == 0)
		r = diff_clean(s->conf, &snap, &s->means, &clean, d);
	if (r == 0)
		r = session_apply(s, &detach, d);
	if (r < 0) {
		session_undo(s, d);
		return r;
	}
	/* linux.bash:351-352: the tunnel is down all the same. */
	if (session_apply_all(s, &clean, d) < 0) {
		diag_demote(d);
		txn_forgive(&s->txn);
	}
	return 0;
}

/* What is gone, or was never wholly up, has nothing to save, and is taken down all the same. */
static int save(struct session *s, struct diag *d)
{
	_cleanup_diag_ struct diag said = {0};
	int r = save_run(s, false, &said);

	if (r == -ENODEV)
		return 0;
	if (r == -ENOTCONN) {
		diag_demote(&said);
		r = 0;
	}
	diag_move(d, &said);
	return r;
}

int down_run(struct session *s, struct diag *d)
{
	_cleanup_snap_ struct snap snap = {0};
	int r = observe(s, 0, &snap, d);

	if (r == 0)
		r = world_prepare(s->world, s->conf, PURPOSE_DOWN, &s->means, d);
	if (r == 0 && !snap.link.index)
		return down_leftovers(s, false, d);
	if (r == 0 && !snap.is_wireguard)
		return device_refuse(s->ifname, EOPNOTSUPP, d);
	if (r == 0)
		r = session_hooks(s, HOOK_PRE_DOWN, d);
	if (r == 0 && s->conf && s->conf->save_config)
		r = save(s, d);
	if (r == 0)
		r = take_down(s, d);
	if (r == 0)
		r = session_hooks(s, HOOK_POST_DOWN, d);
	return r;
}

/* The kernel's state is enough to take an interface down. A file with errors still tells the hooks
 * that can be read; without a file there are none. But what is running is not lost for them: where
 * it is to be saved, the errors come first. */
static int load(const struct options *options, const char *argument, struct config *config,
		bool *ret_has_conf, struct diag *d)
{
	bool is_name = config_path_is_ifname(argument, strlen(argument));
	/* The kernel allows names that no file can have, such as `wg@home'. */
	bool is_link = options->given & OPTION_ALL;
	int r = is_link && !is_name ? -ENOENT : config_load(options, argument, config, d);

	*ret_has_conf = r == 0 || r == -EINVAL;
	if (r == -EINVAL && config->conf.save_config && if_nametoindex(config->path.ifname)) {
		diag_note(d,
			  "SaveConfig saves what is running first: correct the file, or delete "
			  "SaveConfig from it to take %s down without saving",
			  config->path.ifname);
		return r;
	}
	if (r == -EINVAL && config->conf.path) {
		diag_demote(d);
		return 0;
	}
	if (r != -ENOENT || !(is_name || is_link))
		return r;
	/* With neither file nor interface wg-quick misses the file. */
	if (options->as_wg_quick && !if_nametoindex(argument))
		return r;
	diag_truncate(d, 0);
	diag_warn(d, "there is no /etc/wireguard/%s.conf: no hooks are run", argument);
	memcpy(config->path.ifname, argument, strlen(argument) + 1);
	return 0;
}

static int down_one(const struct options *options, const char *argument, struct diag *d)
{
	_cleanup_config_ struct config config = {.without_keys = true};
	_cleanup_session_ struct session session = {0};
	bool has_conf = false;
	int r = load(options, argument, &config, &has_conf, d);

	if (r == 0)
		r = session_open(&session, options, &config, d);
	if (!has_conf)
		session.conf = NULL;
	if (r == 0)
		r = down_run(&session, d);
	if (r == 0)
		session_let_go(&session);
	/* Of a save that was killed. */
	if (r == 0 && has_conf && !session.dry_run)
		config_clean(&config);
	/* Of --all: another's hook may have taken it down. */
	if (r == -ENODEV && (options->given & (OPTION_IF_EXISTS | OPTION_ALL))) {
		diag_truncate(d, 0);
		return STATUS_OK;
	}
	return session_status(&session, r);
}

static int down_all(const struct options *options)
{
	_cleanup_diag_ struct diag d = {0};
	_cleanup_(links_release) struct link_vec links = {0};
	int status = device_list(&links, &d) < 0 ? STATUS_FAILED : STATUS_OK;

	show_diag(&d);
	vec_each(link, &links) {
		int one = session_signal() ? STATUS_SIGNAL + session_signal()
					   : down_one(options, link->name, &d);

		show_diag(&d);
		if (status == STATUS_OK)
			status = one;
	}
	return status;
}

int verb_down(const struct options *options)
{
	return options->given & OPTION_ALL ? down_all(options) : verb_each(options, down_one);
}

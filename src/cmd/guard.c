// SPDX-License-Identifier: GPL-2.0-or-later
// wgq guard: puts up the wall of KillSwitch from the file alone, or takes it down.
#include <errno.h>
#include <string.h>

#include "wgq/cmd/config.h"
#include "wgq/cmd/session.h"
#include "wgq/cmd/verbs.h"
#include "wgq/plan/want/walls.h"

static int observe(struct session *s, struct snap *ret, struct diag *d)
{
	const struct observe_query query = {
		.ifname = s->ifname,
		.what = LOOK_DEVICE | LOOK_FIREWALL | (s->conf ? walls_look(s->conf) : 0),
		.lenient = s->dry_run,
	};

	return world_observe(s->world, &query, ret, d);
}

/* Of an interface that is up the port is known, if the file does not have it. */
static int make_walls(const struct session *s, const struct snap *snap, struct walls *ret,
		      struct diag *d)
{
	const struct conf *conf = s->conf;
	const uint16_t ports[WALLS_PORTS] = {conf->wg.listen_port ? conf->wg.listen_port
								  : snap->wg.listen_port};
	int r = ports[0] ? walls_of_port(conf, ports, ret) : 0;

	if (r == 0)
		r = walls_of_packets(conf, &snap->lan, ret);
	return r < 0 ? diag_no_memory(d) : 0;
}

static int keep_others(const struct snap *snap, struct walls *ret, struct diag *d)
{
	vec_each(wall, &snap->walls) {
		if (wall->chain == WALL_OUTPUT || wall->chain == WALL_FORWARD)
			continue;
		struct wall *copy = vec_push(ret);
		if (!copy)
			return diag_no_memory(d);
		*copy = *wall;
	}
	return 0;
}

static int guard_run(struct session *s, bool off, struct diag *d)
{
	_cleanup_snap_ struct snap snap = {0};
	_cleanup_walls_ struct walls walls = {0};
	_cleanup_plan_ struct plan plan = {0};
	int r = world_prepare(s->world, s->conf, off ? PURPOSE_DOWN : PURPOSE_RELOAD, &s->means, d);

	if (r == 0)
		r = session_lock(s, d);
	if (r == 0)
		r = observe(s, &snap, d);
	if (r == 0)
		r = off ? keep_others(&snap, &walls, d) : make_walls(s, &snap, &walls, d);
	if (r < 0 || (off && !snap.has_own_table) ||
	    (snap.own_table_is_whole && walls_same(&walls, &snap.walls)))
		return r;
	struct op *op = plan_add(&plan, walls.len ? OP_WALLS_SET : OP_WALLS_REMOVE,
				 off ? 0 : s->conf->kill_switch_line);
	op->walls.is = walls.len ? &walls : NULL;
	op->walls.before = snap.has_own_table ? &snap.walls : NULL;
	r = plan_check(&plan, d);
	if (r == 0)
		r = session_apply(s, &plan, d);
	if (r < 0)
		session_undo(s, d);
	return r;
}

/* To open the host neither a file nor a right one is needed. */
static int load(const struct options *options, const char *argument, struct config *config,
		bool *ret_has_conf, struct diag *d)
{
	bool off = options->given & OPTION_OFF;
	int r = config_load(options, argument, config, d);

	*ret_has_conf = r == 0;
	if (r == 0 && !off && !config->conf.kill_switch) {
		diag_refuse(d, EINVAL, "%s has no KillSwitch", config->conf.path);
		diag_hint(d, "write KillSwitch = yes into [Interface]");
		return -EINVAL;
	}
	if (off && (r == -ENOENT || r == -EINVAL) &&
	    config_path_is_ifname(argument, strlen(argument))) {
		diag_truncate(d, 0);
		memcpy(config->path.ifname, argument, strlen(argument) + 1);
		return 0;
	}
	return r;
}

int verb_guard(const struct options *options, const char *argument, struct diag *d)
{
	_cleanup_config_ struct config config = {.without_keys = true};
	_cleanup_session_ struct session session = {0};
	bool off = options->given & OPTION_OFF;
	bool has_conf = false;
	int r = load(options, argument, &config, &has_conf, d);

	if (r == 0)
		r = session_open(&session, options, &config, d);
	if (!has_conf)
		session.conf = NULL;
	if (r == 0)
		r = guard_run(&session, off, d);
	return session_status(&session, r);
}

// SPDX-License-Identifier: GPL-2.0-or-later
// The host, a transaction on it, hooks and signals: what the verbs on a tunnel share.
//
// Theory of operation: how long a snapshot is valid
//
// A plan is made from a snapshot while the lock is held and no other program runs. Hooks may change
// anything, take any time, and call wgq, which would wait for the lock for ever. So hooks are a
// barrier: session_hooks() gives the lock away if there are hooks of the kind, and does not take it
// again. The next part of the verb takes the lock, looks again, and plans from that. If the lock is
// still held, to take it does nothing.
//
//  - up plans from three looks. From the first, only the link. After PreUp, device, addresses and
//    MTU. Then rules, routes and firewall, and last the name servers: a program sets them, without
//    the lock, and what others see meanwhile is a whole tunnel.
//  - down and up --replace plan after PreDown; reload after PreDown, PostDown and PreUp, if it is
//    told to run them.
//  - After PostUp nothing is planned. One look tells whether the link still has the families that
//    it is to carry; if it has not, all is undone.
//
// run/host does the same for other programs, such as resolvconf, and for systemd-resolved. A look
// asks them first, and then sees the rest under the lock. After a step that gave the lock away, the
// name must still belong to the link that was made or bound, else the step fails with -ESTALE.
// After PreUp a new WireGuard link of that name that is not up yet is accepted: a hook may have
// made it again.
//
// A dry run prints its plans: it changes nothing, takes no lock and runs no hooks.
#include "wgq/cmd/session.h"

#include <errno.h>
#include <signal.h>
#include <unistd.h>

#include "wgq/base/mem.h"
#include "wgq/cmd/show.h"
#include "wgq/cmd/verbs.h"
#include "wgq/plan/want/carry.h"
#include "wgq/sys/ask/names.h"
#include "wgq/sys/keeper/keeper.h"
#include "wgq/sys/privilege.h"
#include "wgq/sys/resolve/resolve.h"

static volatile sig_atomic_t stop_signal;

static void on_stop(int signal)
{
	stop_signal = signal;
}

/* Without SA_RESTART, so that waiting for the lock or for a name server ends. */
static void catch_signals(void)
{
	static const int stops[] = {SIGINT, SIGTERM, SIGHUP, SIGQUIT};
	struct sigaction action = {.sa_handler = on_stop};

	for (size_t i = 0; i < sizeof(stops) / sizeof(stops[0]); i++) {
		struct sigaction before;

		/* What is ignored stays so: nohup(1), and what a shell runs in the background. So
		 * does what `wgq run' takes for something else. */
		if (sigaction(stops[i], NULL, &before) == 0 && before.sa_handler == SIG_DFL)
			sigaction(stops[i], &action, NULL);
	}
}

int session_signal(void)
{
	return stop_signal;
}

void session_forget_signal(void)
{
	stop_signal = 0;
}

static void report_step(void *context, const struct op *op, bool undoing)
{
	const struct session *s = context;

	show_step(op, &s->context, undoing);
}

static int check_privilege(const struct options *options, struct diag *d)
{
	const char *verb = options->verb->name, *action = options->action;

	if ((options->given & OPTION_DRY_RUN) || privilege_net_admin())
		return 0;
	diag_refuse(d, EPERM, "wgq %s%s%s needs the right to configure the network (CAP_NET_ADMIN)",
		    verb, action ? " " : "", action ? action : "");
	if (geteuid() != 0)
		diag_hint(d, "run it as root, for example: sudo wgq %s%s%s %s", verb,
			  action ? " " : "", action ? action : "", options->args[0]);
	else
		diag_hint(d, "root lacks it here: a container needs --cap-add=NET_ADMIN; AppArmor "
			     "may forbid it, and `journalctl -k -g denied' shows if it does");
	return -EPERM;
}

void session_init(struct session *s, const struct options *options, const struct config *config,
		  struct world *world)
{
	s->options = options;
	s->dry_run = options->given & OPTION_DRY_RUN;
	s->path = &config->path;
	s->ifname = config->path.ifname;
	s->conf = &config->conf;
	s->world = world;
	s->context = (struct op_context){
		.ifname = config->path.ifname,
		.config_file = config->path.real,
		.conf = &config->conf,
		.means = &s->means,
	};
	s->reporter = (struct txn_reporter){.step = report_step, .context = s};
	s->txn = (struct txn){.world = world,
			      .reporter = &s->reporter,
			      .context = &s->context,
			      .stop = &stop_signal};
}

int session_open(struct session *s, const struct options *options, const struct config *config,
		 struct diag *d)
{
	const struct host_options host_options = {
		.choices = options->choices,
		.ifname = config->path.ifname,
		.config = &config->path,
		.sources = &config->conf.sources,
		.say = show_line,
		.progress = show_progress,
		.stop = &stop_signal,
	};
	int r = check_privilege(options, d);

	if (r < 0)
		return r;
	catch_signals();
	r = host_open(&host_options, &s->host, d);
	if (r < 0)
		return r;
	session_init(s, options, config, host_world(s->host));
	/* What is not there or does not answer need not be told. */
	if (!s->dry_run && !options->keeps)
		keeper_send(s->ifname, KEEPER_HOLD, &s->keeper, &s->keeper_pid);
	return 0;
}

void session_let_go(struct session *s)
{
	_cleanup_buf_ struct buf line = {0};

	if (!s->keeper_pid || keeper_send_more(s->keeper, KEEPER_LEAVE) < 0)
		return;
	buf_addf(&line, "[#] wgq run (process %d) no longer looks after %s", (int)s->keeper_pid,
		 s->ifname);
	show_line(buf_text(&line));
}

void session_close(struct session *s)
{
	if (s->keeper_pid)
		fd_close_at(&s->keeper);
	session_unlock(s);
	txn_release(&s->txn);
	host_free_at(&s->host);
}

bool session_is_stopped(void)
{
	return stop_signal != 0;
}

/* Who may not mark packets looks names up as other programs do. */
static bool asks_outside(const struct conf *conf)
{
	return conf->kill_switch && privilege_net_admin();
}

int session_resolve(struct conf *conf, struct diag *d)
{
	const struct resolve_options options = {.say = show_line, .stop = session_is_stopped};
	int r = asks_outside(conf) ? asked_names_settle(conf, NULL, &options, d) : 0;

	return r == 0 ? resolve(conf, &options, d) : r;
}

int session_resolve_running(struct session *s, struct conf *conf, struct diag *d)
{
	const struct resolve_options options = {.say = show_line, .stop = session_is_stopped};
	const struct observe_query query = {
		.ifname = s->ifname, .what = LOOK_DEVICE, .lenient = true};
	_cleanup_snap_ struct snap snap = {0};
	_cleanup_diag_ struct diag unseen = {0};

	/* Numbers are known without a look at what runs. */
	if (conf->endpoints.len)
		world_observe(s->world, &query, &snap, &unseen);
	int r = asks_outside(conf) ? asked_names_settle(conf, &snap.wg, &options, d) : 0;

	return r == 0 ? resolve_running(conf, &snap.wg, &options, d) : r;
}

/* Of several plans that make one script the first begins it. */
static int print_script(struct session *s, const struct plan *plan, struct diag *d)
{
	int r = show_script(plan, &s->context, !s->script_begun, d);

	s->script_begun = true;
	return r;
}

int session_apply(struct session *s, const struct plan *plan, struct diag *d)
{
	show_diag(d);
	return s->dry_run ? print_script(s, plan, d) : txn_apply(&s->txn, plan, d);
}

int session_apply_all(struct session *s, const struct plan *plan, struct diag *d)
{
	return s->dry_run ? print_script(s, plan, d) : txn_try_all(&s->txn, plan, d);
}

/* Whoever took the interface down took with it all that was done for it; what others have made
 * since is theirs. A link that we made is still ours under another name, and one that we deleted is
 * not there. */
static void forget_lost(struct session *s, struct diag *d)
{
	const struct observe_query query = {.ifname = s->ifname};
	_cleanup_snap_ struct snap snap = {0};
	_cleanup_diag_ struct diag unseen = {0};
	int r = world_observe(s->world, &query, &snap, &unseen);
	bool gone = r == 0 && !snap.link.index && !txn_moves_link(&s->txn);

	if (r == -ESTALE || gone)
		txn_forget(&s->txn, r == -ESTALE, d);
}

void session_undo(struct session *s, struct diag *d)
{
	_cleanup_diag_ struct diag locking = {0};

	/* Without the lock it is undone all the same. */
	if (s->txn.taken)
		session_lock(s, &locking);
	if (s->txn.inverses.len)
		forget_lost(s, d);
	txn_undo(&s->txn, d);
	session_unlock(s);
}

int session_hooks(struct session *s, enum conf_hook_kind kind, struct diag *d)
{
	_cleanup_plan_ struct plan plan = {0};
	int r = s->conf ? diff_hooks(s->conf, kind, &plan, d) : 0;

	if (r < 0 || !plan.len)
		return r;
	size_t before = s->txn.taken;
	session_unlock(s);
	r = session_apply(s, &plan, d);
	s->hooks_run[kind] = s->txn.taken - before + s->txn.has_failed;
	s->hooks_down |= (kind == HOOK_PRE_DOWN && r == 0) || kind == HOOK_POST_DOWN;
	return r;
}

static void run_rest(struct session *s, enum conf_hook_kind kind, struct diag *d)
{
	_cleanup_plan_ struct plan all = {0};

	if (diff_hooks(s->conf, kind, &all, d) < 0 || all.len <= s->hooks_run[kind])
		return;
	const struct plan rest = {.at = all.at + s->hooks_run[kind],
				  .len = all.len - s->hooks_run[kind]};
	session_apply_all(s, &rest, d);
}

void session_hooks_again(struct session *s, struct diag *d)
{
	const struct observe_query query = {.ifname = s->ifname};
	_cleanup_snap_ struct snap snap = {0};
	_cleanup_diag_ struct diag unseen = {0};

	if (s->dry_run || !s->hooks_down || world_observe(s->world, &query, &snap, &unseen) < 0 ||
	    !snap.link.index)
		return;
	run_rest(s, HOOK_PRE_UP, d);
	run_rest(s, HOOK_POST_UP, d);
}

int session_post_up(struct session *s, const struct want *want, struct diag *d)
{
	const struct observe_query query = {.ifname = s->ifname};
	_cleanup_diag_ struct diag found = {0};
	_cleanup_snap_ struct snap snap = {0};
	int r = session_hooks(s, HOOK_POST_UP, d);

	if (r < 0 || s->dry_run || !s->conf->hooks[HOOK_POST_UP].len)
		return r;
	r = world_observe(s->world, &query, &snap, &found);
	/* A hook that has moved or replaced the link decides where its packets go. */
	if (r == -ESTALE || (r == 0 && !snap.link.index))
		return 0;
	diag_move(d, &found);
	if (r == 0)
		r = carry_check(want, &snap, snap.link.mtu, d);
	/* A signal that came meanwhile undoes as well. */
	return r == 0 ? txn_apply(&s->txn, &(const struct plan){0}, d) : r;
}

int session_lock(struct session *s, struct diag *d)
{
	return s->dry_run ? 0 : world_lock(s->world, d);
}

void session_unlock(struct session *s)
{
	if (s->world)
		world_unlock(s->world);
}

int session_status(const struct session *s, int result)
{
	if (result == 0)
		return STATUS_OK;
	if (stop_signal)
		return STATUS_SIGNAL + stop_signal;
	/* ip(8) would have heard from the kernel that the link lacks a family. The options are not
	 * there before the session is open. */
	if (!s->txn.has_failed && result == -EAFNOSUPPORT && s->options && s->options->as_wg_quick)
		return STATUS_IP_REFUSED;
	if (!s->txn.has_failed)
		return STATUS_FAILED;
	if (!s->options->as_wg_quick)
		return s->txn.failed == OP_HOOK ? STATUS_HOOK : STATUS_FAILED;
	/* There the status is that of the program that failed. */
	if (s->txn.status)
		return s->txn.status;
	return op_types[s->txn.failed].of_ip ? STATUS_IP_REFUSED : STATUS_FAILED;
}

int verb_each(const struct options *options,
	      int (*one)(const struct options *options, const char *argument, struct diag *d))
{
	int first = STATUS_OK, i;

	for (i = 0; i < options->arg_count && !session_signal(); i++) {
		_cleanup_diag_ struct diag d = {0};
		int status = one(options, options->args[i], &d);

		show_diag(&d);
		if (first == STATUS_OK)
			first = status;
	}
	return first == STATUS_OK && i < options->arg_count ? STATUS_SIGNAL + session_signal()
							    : first;
}

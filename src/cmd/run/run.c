// SPDX-License-Identifier: GPL-2.0-or-later
// wgq run: begins, turns the loop, ends.
#include "wgq/cmd/run/run.h"
#include "wgq/cmd/run/reach.h"

#include <errno.h>
#include <signal.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#include "wgq/base/mem.h"
#include "wgq/cmd/show.h"
#include "wgq/cmd/verbs.h"
#include "wgq/sys/event/notify.h"

static volatile sig_atomic_t reload_asked, child_ended;

static void on_hangup(int signal)
{
	(void)signal;
	reload_asked = 1;
}

static void on_child(int signal)
{
	(void)signal;
	child_ended = 1;
}

/* Before session_open() takes SIGHUP for a wish to stop. Process 1 inherits the children of others,
 * and nobody else waits for them. */
static void catch_signals(void)
{
	const struct sigaction hangup = {.sa_handler = on_hangup, .sa_flags = SA_RESTART},
			       child = {.sa_handler = on_child, .sa_flags = SA_RESTART};
	struct sigaction before;

	if (sigaction(SIGHUP, NULL, &before) == 0 && before.sa_handler == SIG_DFL)
		sigaction(SIGHUP, &hangup, NULL);
	if (getpid() == 1)
		sigaction(SIGCHLD, &child, NULL);
}

static bool signalled(void *context)
{
	(void)context;
	return session_signal() || reload_asked || child_ended;
}

static void jumped(void *context)
{
	struct runner *runner = context;

	for (size_t i = 0; i < runner->count; i++)
		peers_resumed(&runner->keeps[i]);
	for (size_t i = 0; i < runner->count; i++)
		keep_event(&runner->keeps[i]);
}

/* All files are read again, as if they had changed. */
static void reload_all(struct runner *runner)
{
	notify_reloading();
	for (size_t i = 0; i < runner->count; i++) {
		runner->keeps[i].has_changed = true;
		keep_event(&runner->keeps[i]);
	}
	notify_send("READY=1");
}

static void obey_signals(struct runner *runner)
{
	if (child_ended) {
		child_ended = 0;
		while (waitpid(-1, NULL, WNOHANG) > 0)
			;
	}
	if (reload_asked) {
		reload_asked = 0;
		reload_all(runner);
	}
}

static void on_watchdog(void *context)
{
	struct runner *runner = context;

	notify_send("WATCHDOG=1");
	loop_timer_set(runner->loop, &runner->watchdog, loop_now() + notify_watchdog());
}

static bool has_work(const struct runner *runner)
{
	for (size_t i = 0; i < runner->count; i++)
		if (!runner->keeps[i].is_let_go)
			return true;
	return false;
}

static int turn(struct runner *runner, struct diag *d)
{
	int r = 0;

	while (r == 0 && !session_signal() && has_work(runner)) {
		r = loop_turn(runner->loop, d);
		obey_signals(runner);
	}
	return r;
}

static void prepare_keep(struct runner *runner, struct keep *k, char *argument)
{
	*k = (struct keep){.runner = runner, .options = *runner->options, .args = {argument}};
	k->options.args = k->args;
	k->options.arg_count = 1;
	k->options.keeps = true;
	/* up takes away what is left over of an interface that is gone. */
	k->options.given |= OPTION_ENSURE;
	/* What follows routes is forgotten at the end. */
	k->options.given &= ~(unsigned)OPTION_FORGET;
	k->listener.fd = -1;
}

/* Of two that begin at the same time, one finds the other. */
static int listen_locked(struct keep *k, struct diag *d)
{
	_cleanup_session_ struct session s = {0};
	int r = session_open(&s, &k->options, &k->config, d);

	if (r == 0)
		r = session_lock(&s, d);
	return r == 0 ? talk_listen(k, d) : r;
}

/* A mistake in a file, or an interface that cannot be brought up, ends it at once: whoever has
 * started it is there to read of it. Of several interfaces it is enough that one is up. */
static int begin(struct runner *runner, struct diag *d)
{
	size_t up = 0;
	int first = 0, r = 0;

	for (size_t i = 0; r == 0 && i < runner->count; i++)
		r = load_file(&runner->keeps[i], d);
	for (size_t i = 0; r == 0 && i < runner->count; i++)
		r = listen_locked(&runner->keeps[i], d);
	for (size_t i = 0; r == 0 && i < runner->count && !session_signal(); i++) {
		int one = keep_begin(&runner->keeps[i], d);

		up += one == 0;
		first = first ? first : one;
		if (one < 0 && runner->count > 1)
			show_diag(d);
	}
	if (r < 0)
		return r;
	if (!up || session_signal())
		return session_signal() ? 0 : first;
	notify_send("READY=1");
	say_status(runner);
	return 0;
}

static int end(struct runner *runner, struct diag *d)
{
	int first = 0;

	notify_send("STOPPING=1");
	session_forget_signal();
	for (size_t i = runner->count; i-- > 0;) {
		int r = keep_end(&runner->keeps[i], d);

		first = first ? first : r;
		show_diag(d);
	}
	return first;
}

static int run(struct runner *runner, struct diag *d)
{
	const struct loop_calls calls = {
		.signalled = signalled, .jumped = jumped, .context = runner};
	int r = loop_open(&calls, &runner->loop, d);

	if (r == 0)
		r = watch_open(runner, d);
	if (r == 0)
		r = begin(runner, d);
	runner->watchdog = (struct loop_timer){.due = on_watchdog, .context = runner};
	if (r == 0 && notify_watchdog())
		on_watchdog(runner);
	if (r == 0)
		r = turn(runner, d);
	show_diag(d);
	int ended = end(runner, d);
	return r < 0 ? r : ended;
}

/* With --all what is there when it begins. */
static int find_all(struct config_name_vec *ret, struct diag *d)
{
	config_path_names(ret);
	if (ret->len)
		return 0;
	diag_refuse(d, ENOENT, "there is no configuration in /etc/wireguard");
	return -ENOENT;
}

int verb_run(const struct options *options)
{
	_cleanup_diag_ struct diag d = {0};
	_cleanup_(config_names_release) struct config_name_vec all = {0};
	struct runner runner = {.options = options, .count = (size_t)options->arg_count};
	char **args = options->args;
	int r = 0;

	catch_signals();
	if (options->given & OPTION_ALL) {
		r = find_all(&all, &d);
		args = all.at;
		runner.count = all.len;
	}
	runner.keeps = mem_calloc(runner.count, sizeof(*runner.keeps));
	if (r == 0 && !runner.keeps)
		r = diag_no_memory(&d);
	for (size_t i = 0; r == 0 && i < runner.count; i++)
		prepare_keep(&runner, &runner.keeps[i], args[i]);
	if (r == 0)
		r = run(&runner, &d);
	show_diag(&d);
	for (size_t i = 0; runner.keeps && i < runner.count; i++) {
		talk_close(&runner.keeps[i]);
		keep_release(&runner.keeps[i]);
	}
	watch_close(&runner);
	loop_free_at(&runner.loop);
	free(runner.keeps);
	buf_release(&runner.status);
	return r < 0 ? STATUS_FAILED : STATUS_OK;
}

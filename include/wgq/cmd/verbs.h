/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The verbs, one file each; wgq(8) describes them.
 *
 * In comes the command line: main.c hands it to options.c, or to wg_quick.c when the program is
 * called wg-quick, and runs the verb. Out go text and an exit status.
 *
 *	verbs.c			the table of the verbs
 *	session.c		what verbs on a tunnel share: host, transaction, hooks, signals
 *	config.c		a configuration, from its name to its values
 *	show.c			all that is printed, but for usage and --watch
 *	status, why, run, probe, peer	verbs with a room of their own
 *	terminal		text that fits a terminal */
#pragma once

#include "wgq/base/diag.h"
#include "wgq/cmd/options.h"

enum { ARGS_MANY = 1 << 30 };

struct verb {
	const char *name;
	/* What it does, for each argument by itself or for all at once; the other is NULL. Both
	 * return an exit status. */
	int (*each)(const struct options *options, const char *argument, struct diag *d);
	int (*all)(const struct options *options);
	unsigned options; /* that it takes */
	int least, most;  /* arguments; ARGS_MANY: any number */
	const char *args; /* for the usage line */
	const char *summary;
};

/* The verbs of wgq; ends with a NULL name. */
extern const struct verb verbs[];
const struct verb *verb_find(const char *name);
/* What a word that is no verb may have meant: a verb, perhaps with an option; NULL: no guess. */
const char *verb_meant(const char *word);

int verb_run(const struct options *options);
int verb_up(const struct options *options, const char *argument, struct diag *d);
int verb_down(const struct options *options);
int verb_reload(const struct options *options, const char *argument, struct diag *d);
int verb_diff(const struct options *options);
int verb_status(const struct options *options);
int verb_why(const struct options *options);
int verb_probe(const struct options *options);
int verb_check(const struct options *options);
int verb_save(const struct options *options, const char *argument, struct diag *d);
int verb_strip(const struct options *options, const char *argument, struct diag *d);
int verb_guard(const struct options *options, const char *argument, struct diag *d);
int verb_export(const struct options *options);
int verb_init(const struct options *options);
int verb_peer(const struct options *options);
int verb_edit(const struct options *options, const char *argument, struct diag *d);

/* The verbs on a world, real or not, with a parsed and resolved configuration. */
struct session;
int up_run(struct session *s, struct diag *d);
int down_run(struct session *s, struct diag *d);
/* Saves what is running into the file, which is read again. Unless the user asked for it, warns of
 * what the file loses. -ENODEV: it is gone; -ENOTCONN: it was never wholly up. */
int save_run(struct session *s, bool is_asked_for, struct diag *d);

/* Where no interface is up, takes away what is left of one, but for its walls if they are to be
 * kept. -ENODEV: nothing is. */
int down_leftovers(struct session *s, bool keep_walls, struct diag *d);

/* Observes everything that the configuration of a running interface names. -ENODEV: it is not up;
 * -EOPNOTSUPP: it is not a WireGuard interface. */
struct snap;
int reload_observe(struct session *s, struct snap *snap, struct diag *d);
/* The steps that make what runs match s->conf; they borrow from snap and reload. */
struct reload;
int reload_compare(struct session *s, struct snap *snap, struct reload *reload, struct diag *d);
int reload_run(struct session *s, struct diag *d);
/* Shows what reload_run() would do, with the names in the text that config has kept. */
struct config;
int diff_show(struct session *s, const struct config *config, bool *ret_differs, struct diag *d);

/* For `wgq check --probe`: asks the peers of a file that has been read, which is used up, and adds
 * a finding for each that does not answer. */
struct config;
int probe_check(struct config *config, struct diag *d);

/* Does one thing after the other for all arguments, shows what each has to say, and returns the
 * first exit status that is not 0. A signal ends it. */
int verb_each(const struct options *options,
	      int (*one)(const struct options *options, const char *argument, struct diag *d));

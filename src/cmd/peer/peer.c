// SPDX-License-Identifier: GPL-2.0-or-later
// wgq peer: the actions.
#include "wgq/cmd/peer/peer.h"

#include <errno.h>
#include <string.h>
#include <time.h>

#include "wgq/base/spelling.h"
#include "wgq/cmd/show.h"
#include "wgq/cmd/verbs.h"
#include "wgq/conf/save/peer_edit.h"

/* Once: a peer may have several blocks, and be named twice. */
static int note_key(struct peer_change *c, const struct key *key, struct diag *d)
{
	vec_each(known, &c->keys)
		if (key_equal(known, key))
			return 0;
	struct key *added = vec_push(&c->keys);

	if (!added)
		return diag_no_memory(d);
	*added = *key;
	return 0;
}

/* Blocks of one key are one peer. One that is disabled is another, though: it may be over while the
 * peer goes on, or the other way round. NULL: the peer has not expired. */
static const struct roster_peer *find_expired(const struct roster *roster, const struct key *key,
					      int64_t now)
{
	const struct roster_peer *expired = NULL, *disabled = NULL;
	bool is_enabled = false;

	vec_each(peer, roster) {
		if (!key_equal(&peer->peer->public_key, key))
			continue;
		is_enabled |= !peer->is_disabled;
		if (!peer->expires || peer->expires > now)
			continue;
		if (peer->is_disabled)
			disabled = peer;
		else
			expired = peer;
	}
	/* The disabled one takes both along. */
	return disabled && (expired || !is_enabled) ? disabled : expired;
}

static const struct roster_peer *find_key(const struct peer_change *c, const struct roster *roster,
					  const struct key *key)
{
	const int64_t *expired_at = c->context;

	return expired_at ? find_expired(roster, key, *expired_at) : roster_of_key(roster, key);
}

/* Edits of several peers are made one after the other, each in the text of the one before. */
typedef int edit_one(const struct config_text *text, const struct roster *roster,
		     const struct roster_peer *peer, struct config_text *ret, struct diag *d);

static int edit_next(struct peer_change *c, const struct key *key, edit_one *one,
		     struct config_text *text, struct diag *d)
{
	_cleanup_config_text_ struct config_text from = *text;
	_cleanup_roster_ struct roster roster = {0};

	*text = (struct config_text){.text.secret = true};
	int r = roster_read(&from, c->next.path.ifname, &roster, d);
	return r == 0 ? one(&from, &roster, find_key(c, &roster, key), text, d) : r;
}

static int edit_each(struct peer_change *c, const struct roster *roster, edit_one *one,
		     struct config_text *ret, struct diag *d)
{
	int r = 0;

	for (size_t i = 0; r == 0 && i < c->keys.len; i++)
		r = i ? edit_next(c, &c->keys.at[i], one, ret, d)
		      : one(&c->before, roster, find_key(c, roster, &c->keys.at[0]), ret, d);
	return r;
}

/* The peers that were named, each once. */
static int find_named(struct peer_change *c, const struct roster *roster, struct diag *d)
{
	for (int i = 1; i < c->options->arg_count; i++) {
		const struct roster_peer *peer;
		int r = roster_find(roster, c->options->args[i], &peer, d);

		if (r == 0)
			r = note_key(c, &peer->peer->public_key, d);
		if (r < 0)
			return r;
	}
	return 0;
}

/* ---- remove ---- */

static int edit_remove(struct peer_change *c, const struct roster *roster, struct config_text *ret,
		       struct diag *d)
{
	int r = find_named(c, roster, d);

	vec_each(peer, roster)
		if (r == 0 && c->context && peer->expires &&
		    find_key(c, roster, &peer->peer->public_key))
			r = note_key(c, &peer->peer->public_key, d);
	if (r == 0 && !c->keys.len)
		return diag_refuse(d, ENOENT, "no peer of %s has expired", c->next.path.given);
	return r == 0 ? edit_each(c, roster, peer_edit_remove, ret, d) : r;
}

/* ---- disable, enable, rename ---- */

static int switch_one(const struct config_text *text, const struct roster *roster,
		      const struct roster_peer *peer, struct config_text *ret, struct diag *d)
{
	(void)roster;
	return peer_edit_switch(text, peer, ret, d);
}

/* Those that are as they are to be already are not switched. */
static int edit_switch(struct peer_change *c, const struct roster *roster, struct config_text *ret,
		       struct diag *d)
{
	bool disable = c->interface_first;
	size_t kept = 0;
	int r = find_named(c, roster, d);

	if (r < 0)
		return r;
	vec_each(key, &c->keys) {
		const struct roster_peer *peer = roster_of_key(roster, key);

		if (peer->is_disabled != disable)
			c->keys.at[kept++] = *key;
	}
	c->keys.len = kept;
	if (!kept)
		return diag_refuse(d, EALREADY, "`%s' is %s already", c->options->args[1],
				   disable ? "disabled" : "enabled");
	return edit_each(c, roster, switch_one, ret, d);
}

/* What was read back has to have the name. */
static int check_renamed(struct peer_change *c, const struct config_text *text, const char *name,
			 struct diag *d)
{
	_cleanup_roster_ struct roster roster = {0};
	int r = roster_read(text, c->next.path.ifname, &roster, d);
	const struct roster_peer *peer = r == 0 ? roster_of_key(&roster, &c->keys.at[0]) : NULL;

	if (r < 0 || (peer && peer->name && strcmp(peer->name, name) == 0))
		return r;
	diag_refuse(d, EPROTO, "%s: the comment with the name cannot be changed",
		    c->next.path.given);
	diag_hint(d, "rename it in the file: wgq edit %s", c->options->args[0]);
	return -EPROTO;
}

static int edit_rename(struct peer_change *c, const struct roster *roster, struct config_text *ret,
		       struct diag *d)
{
	const char *name = c->options->args[2];
	const struct roster_peer *peer;
	int r = roster_find(roster, c->options->args[1], &peer, d);

	if (r == 0)
		r = peer_name_check(name, d);
	if (r < 0)
		return r;
	vec_each(other, roster)
		if (other != peer && other->name && strcmp(other->name, name) == 0)
			return diag_refuse(d, EEXIST, "%s has a peer `%s' already",
					   c->next.path.given, name);
	r = note_key(c, &peer->peer->public_key, d);
	if (r == 0)
		r = peer_edit_rename(&c->before, roster, peer, name, ret, d);
	return r == 0 ? check_renamed(c, ret, name, d) : r;
}

/* ---- the actions ---- */

static int run_change(const struct options *options, struct diag *d,
		      int (*edit)(struct peer_change *c, const struct roster *roster,
				  struct config_text *ret, struct diag *d),
		      bool interface_first)
{
	struct peer_change change = {
		.options = options, .edit = edit, .interface_first = interface_first};

	return peer_change_run(&change, d);
}

static int remove_expired(const struct options *options, char *ifname, struct diag *d)
{
	char *args[] = {ifname, NULL};
	struct options one = *options;
	_cleanup_config_ struct config config = {.without_keys = true, .keeps_text = true};
	_cleanup_roster_ struct roster roster = {0};
	int64_t now = time(NULL);
	bool any = false;

	one.args = args;
	one.arg_count = 1;
	struct peer_change change = {
		.options = &one, .edit = edit_remove, .interface_first = true, .context = &now};
	/* Mostly there is nothing to do, and then nothing is locked. */
	if (config_load_text(ifname, &config, d) < 0 ||
	    roster_read(&config.text, config.path.ifname, &roster, d) < 0)
		return STATUS_FAILED;
	vec_each(peer, &roster)
		any |= peer->expires && find_expired(&roster, &peer->peer->public_key, now) != NULL;
	return any ? peer_change_run(&change, d) : STATUS_OK;
}

static int action_remove(const struct options *options, struct diag *d)
{
	_cleanup_(config_names_release) struct config_name_vec all = {0};
	int first = STATUS_OK;

	if (!(options->given & OPTION_EXPIRED))
		return run_change(options, d, edit_remove, true);
	if (options->given & OPTION_ALL)
		config_path_names(&all);
	for (size_t i = 0; i < all.len + (size_t)options->arg_count; i++) {
		int status = remove_expired(
			options, i < all.len ? all.at[i] : options->args[i - all.len], d);

		show_diag(d);
		first = first ? first : status;
	}
	return first;
}

static int action_rename(const struct options *options, struct diag *d)
{
	return run_change(options, d, edit_rename, false);
}

static int action_disable(const struct options *options, struct diag *d)
{
	return run_change(options, d, edit_switch, true);
}

static int action_enable(const struct options *options, struct diag *d)
{
	return run_change(options, d, edit_switch, false);
}

static const struct action {
	const char *name;
	int (*run)(const struct options *options, struct diag *d); /* returns an exit status */
	unsigned options;
	int least, most; /* arguments behind it */
	const char *args;
} actions[] = {
	{"add", peer_add,
	 OPTION_PEER_NEW | OPTION_DNS | OPTION_ENDPOINT | OPTION_OUTPUT | OPTION_QR, 2, 2,
	 "INTERFACE NAME"},
	{"remove", action_remove, OPTION_EXPIRED | OPTION_ALL, 2, ARGS_MANY, "INTERFACE NAME ..."},
	{"rename", action_rename, 0, 3, 3, "INTERFACE NAME NEW_NAME"},
	{"disable", action_disable, 0, 2, ARGS_MANY, "INTERFACE NAME ..."},
	{"enable", action_enable, 0, 2, ARGS_MANY, "INTERFACE NAME ..."},
	{"list", peer_list, OPTION_JSON, 1, 1, "INTERFACE"},
	{"show", peer_show, OPTION_JSON, 2, 2, "INTERFACE NAME"},
};
enum { ACTIONS = sizeof(actions) / sizeof(actions[0]) };

static int unknown_action(const char *word, struct diag *d)
{
	static const char *const synonyms[][2] = {
		{"del", "remove"}, {"delete", "remove"}, {"rm", "remove"}, {"new", "add"},
		{"create", "add"}, {"ls", "list"},       {"mv", "rename"}, {"revoke", "remove"},
	};
	const char *meant = NULL;

	for (size_t i = 0; i < sizeof(synonyms) / sizeof(synonyms[0]); i++)
		if (strcmp(synonyms[i][0], word) == 0)
			meant = synonyms[i][1];
	for (size_t i = 0; !meant && i < ACTIONS; i++)
		if (spelling_distance(word, strlen(word), actions[i].name,
				      strlen(actions[i].name)) <= 2)
			meant = actions[i].name;
	diag_refuse(d, EINVAL, "wgq peer has no action `%s'", word);
	if (meant)
		diag_hint(d, "did you mean %s?", meant);
	else
		diag_hint(d, "there is add, remove, rename, disable, enable, list and show");
	return STATUS_USAGE;
}

static int check(const struct action *action, const struct options *options, struct diag *d)
{
	unsigned foreign = options->given & ~action->options & ~OPTION_JSON;
	bool expired = options->given & OPTION_EXPIRED, all = options->given & OPTION_ALL;
	int count = options->arg_count, least = expired ? !all : action->least;

	if (foreign) {
		diag_refuse(d, EINVAL, "wgq peer %s does not take --%s", action->name,
			    foreign & OPTION_PEER_NEW   ? options->peer.first
			    : foreign & OPTION_DNS      ? "dns"
			    : foreign & OPTION_QR       ? "qr"
			    : foreign & OPTION_OUTPUT   ? "output"
			    : foreign & OPTION_ENDPOINT ? "endpoint"
			    : foreign & OPTION_EXPIRED  ? "expired"
							: "all");
		if (foreign & ~(OPTION_EXPIRED | OPTION_ALL))
			diag_hint(d, "only add takes the values of a new peer");
		else
			diag_hint(d, "only remove takes --expired and --all");
		return STATUS_USAGE;
	}
	if (all && (!expired || count)) {
		diag_refuse(d, EINVAL, "--all goes with --expired, and takes no names");
		return STATUS_USAGE;
	}
	if (count >= least && count <= action->most)
		return STATUS_OK;
	diag_refuse(d, EINVAL, "wgq peer %s takes %s", action->name,
		    expired ? "--expired INTERFACE ..., or --expired --all" : action->args);
	return STATUS_USAGE;
}

int verb_peer(const struct options *options)
{
	_cleanup_diag_ struct diag d = {0};
	const struct action *action = NULL;
	struct options own = *options;
	int status;

	/* What is left are the arguments of the action. */
	own.args++;
	own.arg_count--;
	for (size_t i = 0; i < ACTIONS; i++)
		if (strcmp(actions[i].name, options->args[0]) == 0)
			action = &actions[i];
	status = action ? check(action, &own, &d) : unknown_action(options->args[0], &d);
	own.action = action ? action->name : NULL;
	if (status == STATUS_OK)
		status = action->run(&own, &d);
	show_diag(&d);
	return status;
}

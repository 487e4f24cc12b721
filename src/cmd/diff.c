// SPDX-License-Identifier: GPL-2.0-or-later
// wgq diff: what reload would do, as a list.
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "wgq/base/json.h"
#include "wgq/cmd/config.h"
#include "wgq/cmd/session.h"
#include "wgq/cmd/show.h"
#include "wgq/cmd/terminal/columns.h"
#include "wgq/cmd/terminal/term.h"
#include "wgq/cmd/terminal/words.h"
#include "wgq/cmd/value.h"
#include "wgq/cmd/verbs.h"
#include "wgq/conf/names/peer_names.h"
#include "wgq/plan/reload/reload.h"
#include "wgq/plan/text/change.h"

enum { JSON_VERSION = 1 };

/* As diff(1). */
enum { STATUS_SAME = 0, STATUS_DIFFERENT = 1, STATUS_TROUBLE = 2 };

/* Where what is changed begins, and the width of the word that says what of a peer is. */
enum { OBJECT_COLUMN = 13, FIELD_WIDTH = 14 };

static enum style style_of(enum change_sign sign)
{
	switch (sign) {
	case CHANGE_ADD:
		return STYLE_GREEN;
	case CHANGE_REMOVE:
		return STYLE_RED;
	case CHANGE_ALTER:
		return STYLE_YELLOW;
	case CHANGE_KEEP:
		return STYLE_PLAIN;
	}
	return STYLE_PLAIN;
}

/* `old -> new`, or what there is of it. */
static void add_values(const struct change *change, struct buf *out)
{
	buf_printable(out, change->from, strlen(change->from));
	if (change->sign == CHANGE_KEEP) {
		buf_addf(out, " is kept: heard %lld s ago; in the file it is %s",
			 (long long)change->heard, change->to);
		return;
	}
	if (change->from[0] && change->to[0])
		buf_str(out, " -> ");
	buf_printable(out, change->to, strlen(change->to));
}

static void add_peer(const struct change *change, const struct peer_names *names, struct buf *out)
{
	const char *name = peer_names_find(names, change->peer);

	/* The values are keys, both of them. */
	if (strcmp(change->object, "key") == 0) {
		buf_printable(out, name ? name : "", name ? strlen(name) : 0);
		buf_str(out, name ? " " : "");
		return;
	}
	key_add(change->peer, out);
	if (name) {
		buf_str(out, " (");
		buf_printable(out, name, strlen(name));
		buf_char(out, ')');
	}
	buf_char(out, ' ');
}

/* Where a drop-in asks for it: what is not from the main file is not looked for there. */
static void add_place(const struct conf *conf, uint32_t line, struct buf *out)
{
	const struct place place = conf_place(conf, line);

	if (!line || sources_find(&conf->sources, line) == sources_find(&conf->sources, 0))
		return;
	buf_str(out, " (");
	buf_printable(out, place.file, strlen(place.file));
	buf_addf(out, ":%u)", place.line);
}

static void add_line(const struct term *term, const struct conf *conf, const struct change *change,
		     const struct peer_names *names, struct buf *out)
{
	_cleanup_buf_ struct buf line = {0}, start_of = {0};

	buf_char(&line, (char)change->sign);
	buf_char(&line, ' ');
	buf_str(&line, change_group_name(change->group));
	term_pad(&line, 0, OBJECT_COLUMN);
	if (change->peer)
		add_peer(change, names, &line);
	if (change->object[0]) {
		size_t start = line.len;

		buf_printable(&line, change->object, strlen(change->object));
		if (change->from[0] || change->to[0])
			term_pad(&line, start, FIELD_WIDTH);
	}
	add_values(change, &line);
	while (line.len && line.data[line.len - 1] == ' ')
		line.data[--line.len] = '\0';
	add_place(conf, change->line, &line);
	if (line.len > OBJECT_COLUMN) {
		buf_mem(&start_of, line.data, OBJECT_COLUMN);
		term_add(term, out, style_of(change->sign), buf_text(&start_of));
		columns_wrap(term, OBJECT_COLUMN, style_of(change->sign), line.data + OBJECT_COLUMN,
			     out);
	} else {
		term_add(term, out, style_of(change->sign), buf_text(&line));
		buf_char(out, '\n');
	}
	out->failed |= line.failed || start_of.failed;
}

static void add_text(const struct session *s, const struct change_vec *changes,
		     const struct peer_names *names, size_t followed, struct buf *out)
{
	_cleanup_buf_ struct buf head = {0};
	struct term term;

	if (followed) {
		buf_addf(out, "%s: ", s->ifname);
		words_count(out, followed, "allowed IP");
		buf_addf(out, " follow%s routes, and stay\n", followed == 1 ? "s" : "");
	}
	if (!changes->len)
		return;
	term_look(STDOUT_FILENO, &term);
	buf_addf(&head, "%s: what runs -> ", s->ifname);
	buf_printable(&head, s->conf->path, strlen(s->conf->path));
	term_add(&term, out, STYLE_BOLD, buf_text(&head));
	buf_char(out, '\n');
	vec_each(change, changes)
		add_line(&term, s->conf, change, names, out);
	out->failed |= head.failed;
}

static const char *action_of(enum change_sign sign)
{
	switch (sign) {
	case CHANGE_ADD:
		return "add";
	case CHANGE_REMOVE:
		return "remove";
	case CHANGE_ALTER:
		return "change";
	case CHANGE_KEEP:
		return "keep";
	}
	return "";
}

static void add_json_text(struct json *j, const char *key, const char *text)
{
	json_string(j, key, text[0] ? text : NULL);
}

/* packaging/schema/diff.schema.json */
static void add_json(const struct session *s, const struct change_vec *changes,
		     const struct peer_names *names, size_t followed, struct json *j)
{
	json_object(j, NULL);
	json_string(j, "interface", s->ifname);
	json_string(j, "config", s->conf->path);
	json_unsigned(j, "followed", followed);
	json_array(j, "changes");
	vec_each(change, changes) {
		json_object(j, NULL);
		json_string(j, "group", change_group_name(change->group));
		json_string(j, "action", action_of(change->sign));
		if (change->peer) {
			value_json_key(j, "peer", change->peer);
			json_string(j, "name", peer_names_find(names, change->peer));
		}
		add_json_text(j, "object", change->object);
		add_json_text(j, "from", change->from);
		add_json_text(j, "to", change->to);
		if (change->sign == CHANGE_KEEP)
			json_number(j, "heard", change->heard);
		if (change->line) {
			const struct place place = conf_place(s->conf, change->line);

			json_string(j, "file", place.file);
			json_unsigned(j, "line", place.line);
		}
		json_end(j);
	}
	json_end(j);
	json_end(j);
}

static int print(struct session *s, const struct change_vec *changes,
		 const struct peer_names *names, size_t followed, struct json *json, struct diag *d)
{
	_cleanup_buf_ struct buf text = {0};

	if (json->out) {
		add_json(s, changes, names, followed, json);
		return 0;
	}
	add_text(s, changes, names, followed, &text);
	return show_output(&text, d);
}

/* json: where it goes; without an `out` it is shown as text. */
static int compare(struct session *s, const struct config *config, struct json *json,
		   bool *ret_differs, struct diag *d)
{
	_cleanup_snap_ struct snap snap = {0};
	_cleanup_reload_ struct reload reload = {0};
	_cleanup_peer_names_ struct peer_names names = {0};
	struct change_vec changes = {0};
	int r = world_prepare(s->world, s->conf, PURPOSE_RELOAD, &s->means, d);

	if (r == 0)
		r = session_lock(s, d);
	if (r == 0)
		r = reload_compare(s, &snap, &reload, d);
	if (r == 0)
		r = reload_check(&snap, &reload, d);
	session_unlock(s);
	if (r == 0)
		r = peer_names_read(buf_text(&config->text.text), config->text.text.len, &names, d);
	if (r == 0)
		r = change_list(&reload.plan, &names, &changes, d);
	*ret_differs = changes.len > 0;
	if (r == 0)
		r = change_list_kept(&reload.peers, snap.now, &changes, d);
	if (r == 0)
		r = print(s, &changes, &names, reload.peers.followed, json, d);
	changes_release(&changes);
	return r;
}

int diff_show(struct session *s, const struct config *config, bool *ret_differs, struct diag *d)
{
	struct json none = {0};

	return compare(s, config, &none, ret_differs, d);
}

/* from_stdin: in place of the file's. */
static int diff_one(const struct options *options, const char *argument, bool from_stdin,
		    struct json *json, struct diag *d)
{
	/* For the names in its comments. */
	_cleanup_config_ struct config config = {.keeps_text = true};
	_cleanup_session_ struct session session = {0};
	bool differs = false;
	int r = from_stdin ? config_load_stdin(argument, &config, d)
			   : config_load(options, argument, &config, d);

	if (r == 0)
		r = session_open(&session, options, &config, d);
	if (r == 0)
		r = session_resolve_running(&session, &config.conf, d);
	if (r == 0)
		r = compare(&session, &config, json, &differs, d);
	if (r < 0)
		return session_signal() ? STATUS_SIGNAL + session_signal() : STATUS_TROUBLE;
	return differs ? STATUS_DIFFERENT : STATUS_SAME;
}

static int diff_all(const struct options *options, struct json *json)
{
	int worst = STATUS_SAME;

	for (int i = 0; i < options->arg_count && !session_signal(); i++) {
		bool from_stdin =
			i + 1 < options->arg_count && strcmp(options->args[i + 1], "-") == 0;
		_cleanup_diag_ struct diag d = {0};
		int status = diff_one(options, options->args[i], from_stdin, json, &d);

		show_diag(&d);
		worst = status > worst ? status : worst;
		i += from_stdin;
	}
	return session_signal() ? STATUS_SIGNAL + session_signal() : worst;
}

int verb_diff(const struct options *options)
{
	_cleanup_buf_ struct buf text = {0};
	_cleanup_diag_ struct diag d = {0};
	struct json json = {.out = options->given & OPTION_JSON ? &text : NULL};

	if (!json.out)
		return diff_all(options, &json);
	json_object(&json, NULL);
	json_unsigned(&json, "version", JSON_VERSION);
	json_array(&json, "interfaces");
	int status = diff_all(options, &json);
	json_end(&json);
	json_end(&json);
	int r = show_output(&text, &d);
	show_diag(&d);
	return r < 0 ? STATUS_TROUBLE : status;
}

// SPDX-License-Identifier: GPL-2.0-or-later
// wgq check: what is legal in configurations, but wrong.
#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "wgq/base/json.h"
#include "wgq/base/mem.h"
#include "wgq/cmd/config.h"
#include "wgq/cmd/show.h"
#include "wgq/cmd/terminal/term.h"
#include "wgq/cmd/verbs.h"
#include "wgq/conf/check/check.h"
#include "wgq/conf/derive.h"
#include "wgq/conf/parse/parse.h"
#include "wgq/run/look/facts.h"
#include "wgq/sys/file/trust.h"

enum { JSON_VERSION = 1 };
enum { STATUS_FOUND = 1, STATUS_UNUSABLE = 2 };

/* Of a configuration without a name of its own. */
static const char nameless[] = "wg0";

/* Who checks need not be who brings it up: a key that this user may not read, or that systemd may
 * know, is a note. */
static int read_keys(struct config *config, struct diag *d)
{
	_cleanup_diag_ struct diag said = {0};
	int r = config_read_keys(config, &said);

	vec_each(item, &said) {
		if (item->level == DIAG_ERROR && (r == -EACCES || r == -ENOENT))
			item->level = DIAG_NOTE;
		if (!item->id)
			item->id = "key-file";
	}
	diag_move(d, &said);
	return r == -EACCES || r == -ENOENT ? 0 : r;
}

static int load(const char *argument, struct config *ret, struct diag *d)
{
	bool is_stdin = strcmp(argument, "-") == 0;

	ret->keeps_text = ret->without_keys = true;
	int r = is_stdin ? config_load_stdin(nameless, ret, d)
			 : config_load(NULL, argument, ret, d);
	if (r == 0)
		r = read_keys(ret, d);
	return r == 0 ? conf_derive(&ret->conf, d) : r;
}

/* Notes are advice; they make no difference to the exit status. */
static int status_of(const struct diag *d)
{
	int status = STATUS_OK;

	vec_each(item, d) {
		if (item->level == DIAG_ERROR)
			return STATUS_UNUSABLE;
		if (item->level == DIAG_WARNING)
			status = STATUS_FOUND;
	}
	return status;
}

struct checked {
	struct config config;
	struct diag d;
	bool loaded;
};

/* That one of the files is for: it is known by that, as it is to be. */
static void forget(const char *ifname, struct check_other_vec *others)
{
	vec_each(other, others) {
		if (other->path || strcmp(other->ifname, ifname) != 0)
			continue;
		addrs_release(&other->addresses);
		*other = (struct check_other){0};
	}
}

/* Two files are compared once, where the second one is checked. */
static int add_files(const struct checked *all, int count, int index, struct check_other_vec *ret)
{
	for (int i = 0; i < count; i++) {
		const struct conf *conf = &all[i].config.conf;

		if (!all[i].loaded || strcmp(conf->ifname, all[index].config.conf.ifname) == 0)
			continue;
		forget(conf->ifname, ret);
		struct check_other *other = i < index ? vec_push(ret) : NULL;
		if (i < index && (!other || check_other_of(conf, other) < 0))
			return -ENOMEM;
	}
	return 0;
}

/* Who may do what with them. NULL: no memory; the caller releases it, and ret->trust, that refers
 * to it. */
static struct trust *look_at_files(const struct sources *files, struct check_facts *ret)
{
	struct trust *trust = mem_calloc(files->len, sizeof(*trust));
	struct check_trust *facts = mem_calloc(files->len, sizeof(*facts));

	if (trust)
		trust_look_all(files, trust);
	for (size_t i = 0; trust && facts && i < files->len; i++)
		facts[i] = (struct check_trust){.readable = trust[i].readable,
						.writable = trust[i].path,
						.writable_by = trust[i].by,
						.writable_remedy = trust[i].remedy};
	ret->trust = facts;
	return trust;
}

static void check_one(struct checked *all, int count, int index)
{
	struct checked *this = &all[index];
	const struct config *config = &this->config;
	struct check_facts facts = {0};

	if (!this->loaded)
		return;
	facts_read(&config->conf, &facts);
	struct trust *trust = look_at_files(&config->conf.sources, &facts);
	if (add_files(all, count, index, &facts.others) < 0)
		diag_no_memory(&this->d);
	else
		check_conf(&config->conf, buf_text(&config->text.text), config->text.text.len,
			   &facts, &this->d);
	check_others_release(&facts.others);
	vec_release(&facts.blockers);
	prefix_set_release(&facts.networks);
	for (size_t i = 0; trust && i < config->conf.sources.len; i++)
		trust_release(&trust[i]);
	free(trust);
	free((void *)facts.trust);
}

static void json_item(struct json *j, const struct diag_item *item, const char *argument)
{
	_cleanup_buf_ struct buf message = {0};

	diag_message(item, &message);
	json_object(j, NULL);
	json_string(j, "id", item->id ? item->id : item->file ? "syntax" : "unusable");
	json_string(j, "severity", diag_severity(item->level));
	json_string(j, "file", item->file ? item->file : argument);
	json_unsigned_or_null(j, "line", item->file ? item->line : 0);
	json_unsigned_or_null(j, "column", item->file && item->line ? item->col : 0);
	json_string(j, "message", buf_text(&message));
	json_string(j, "hint", item->hint);
	json_end(j);
}

/* Notes are for those who ask for all. */
static void text_items(struct diag *d, const struct options *options, struct buf *out)
{
	struct term term;

	term_look(STDOUT_FILENO, &term);
	vec_each(item, d) {
		const struct diag one = {.at = item, .len = 1};

		if (item->level != DIAG_NOTE || options->verbose)
			diag_format(&one, 0, "wgq", term.colour ? DIAG_COLOUR : DIAG_PLAIN,
				    term.width, out);
	}
}

int verb_check(const struct options *options)
{
	_cleanup_buf_ struct buf out = {0};
	_cleanup_diag_ struct diag d = {0};
	struct json json = {.out = &out};
	bool as_json = options->given & OPTION_JSON;
	int count = options->arg_count;
	_cleanup_free_ struct checked *all = mem_calloc((size_t)count, sizeof(*all));
	int worst = all ? STATUS_OK : STATUS_UNUSABLE;

	out.failed = !all;
	if (as_json) {
		json_object(&json, NULL);
		json_unsigned(&json, "version", JSON_VERSION);
		json_array(&json, "findings");
	}
	for (int i = 0; all && i < count; i++)
		all[i].loaded = load(options->args[i], &all[i].config, &all[i].d) == 0;
	for (int i = 0; all && i < count; i++)
		check_one(all, count, i);
	/* The files are used up by that, and each check looks at all of them. */
	for (int i = 0; all && i < count && options->given & OPTION_PROBE; i++)
		if (all[i].loaded)
			probe_check(&all[i].config, &all[i].d);
	for (int i = 0; all && i < count; i++) {
		int status = status_of(&all[i].d);

		worst = status > worst ? status : worst;
		if (as_json)
			vec_each(item, &all[i].d)
				json_item(&json, item, options->args[i]);
		else
			text_items(&all[i].d, options, &out);
	}
	for (int i = 0; all && i < count; i++) {
		config_release(&all[i].config);
		diag_release(&all[i].d);
	}
	if (as_json) {
		json_end(&json);
		json_end(&json);
	}
	int r = show_output(&out, &d);
	show_diag(&d);
	return r < 0 ? STATUS_UNUSABLE : worst;
}

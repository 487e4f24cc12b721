// SPDX-License-Identifier: GPL-2.0-or-later
// wgq edit: a configuration in an editor, as visudo(8) does it: a file with mistakes is never left
// in its place, and what is up becomes what the file says.
#include <errno.h>
#include <ftw.h>
#include <net/if.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "wgq/base/mem.h"
#include "wgq/cmd/peer/peer.h"
#include "wgq/cmd/show.h"
#include "wgq/cmd/verbs.h"
#include "wgq/sys/file/file.h"
#include "wgq/sys/process/proc.h"

#define FOLDER "/run/wgq-edit.XXXXXX"

struct edit {
	const struct options *options;
	const char *argument;
	struct config before; /* with its text */
	struct config_text text;
	char folder[sizeof(FOLDER)]; /* for root alone, and in memory; "": none was made */
	struct buf path;             /* of the copy in it */
	bool keeps_copy;
	bool is_dropped; /* by whoever wrote it, and knew what it does */
};

static int delete_entry(const char *path, const struct stat *info, int kind, struct FTW *at)
{
	(void)info;
	(void)kind;
	(void)at;
	remove(path);
	return 0;
}

/* Editors leave copies of their own beside it. */
static void edit_release(struct edit *e)
{
	enum { DEPTH = 8 };

	if (e->folder[0] && !e->keeps_copy)
		nftw(e->folder, delete_entry, DEPTH, FTW_DEPTH | FTW_PHYS);
	config_release(&e->before);
	config_text_release(&e->text);
	buf_release(&e->path);
}

/* The word for it has to be typed, on a line. '\0': the input has ended. */
static char ask(const char *question, const char *answers)
{
	char line[16];

	do {
		fprintf(stderr, "%s ", question);
		if (!fgets(line, sizeof(line), stdin))
			return '\0';
	} while (line[0] == '\n' || line[0] == '\0' || !strchr(answers, line[0]));
	return line[0];
}

static int make_copy(struct edit *e, struct diag *d)
{
	static const char template[] = FOLDER;
	const struct source *file = &e->before.text.files.at[0];

	memcpy(e->folder, template, sizeof(template));
	if (!mkdtemp(e->folder)) {
		e->folder[0] = '\0';
		return diag_fail(d, errno, "cannot make a folder in /run");
	}
	buf_addf(&e->path, "%s/%s.conf", e->folder, e->before.path.ifname);
	if (buf_status(&e->path) < 0)
		return diag_no_memory(d);
	return file_create(buf_text(&e->path), buf_text(&e->before.text.text) + file->at, file->len,
			   d);
}

/* As git(1) finds and starts it: it may have arguments. */
static int run_editor(const struct edit *e, struct diag *d)
{
	const struct hook_context context = {.ifname = e->before.path.ifname,
					     .config_file = e->before.path.real};
	const char *editor = getenv("VISUAL"), *locale = getenv("LC_ALL");
	_cleanup_buf_ struct buf command = {0};
	int status = 0;

	if (!editor || !*editor)
		editor = getenv("EDITOR");
	if (!editor || !*editor)
		editor = proc_exists("editor") ? "editor" : "vi";
	if (locale) {
		buf_str(&command, "LC_ALL=");
		buf_shell_word(&command, locale);
		buf_str(&command, "; ");
	} else {
		buf_str(&command, "unset LC_ALL; ");
	}
	buf_addf(&command, "%s %s", editor, buf_text(&e->path));
	if (buf_status(&command) < 0)
		return diag_no_memory(d);
	int r = proc_run_hook(buf_text(&command), &context, &status, d);
	if (r == 0 && status)
		r = diag_refuse(d, ECANCELED, "the editor `%s' ended with status %d", editor,
				status);
	return r;
}

/* The configuration with the copy in the place of its file. */
static int read_copy(struct edit *e, struct diag *d)
{
	_cleanup_buf_ struct buf copy = {.secret = true};
	const struct config_text *before = &e->before.text;
	int r = file_read(buf_text(&e->path), &copy, d);

	config_text_release(&e->text);
	e->text.text.secret = true;
	vec_each(file, &before->files) {
		bool is_first = file == before->files.at;

		if (!is_first)
			buf_str(&e->text.text, SOURCES_BETWEEN);
		buf_mem(&e->text.text,
			is_first ? buf_text(&copy) : buf_text(&before->text) + file->at,
			is_first ? copy.len : file->len);
		if (r == 0 && (buf_status(&e->text.text) < 0 ||
			       sources_add(&e->text.files, file->path, file->real,
					   buf_text(&e->text.text), e->text.text.len) < 0))
			r = diag_no_memory(d);
	}
	return r;
}

static int copy_text(const struct config_text *from, struct config_text *ret, struct diag *d)
{
	ret->text.secret = true;
	buf_mem(&ret->text, buf_text(&from->text), from->text.len);
	return buf_status(&ret->text) < 0 || sources_copy(&from->files, &ret->files) < 0
		       ? diag_no_memory(d)
		       : 0;
}

/* What is wrong in it, and what loading it would change. */
static int judge(struct edit *e, struct diag *d)
{
	_cleanup_config_ struct config next = {.keeps_text = true};
	_cleanup_session_ struct session session = {0};
	bool differs;
	int r = config_path_find(e->argument, &next.path, d);

	if (r == 0)
		r = copy_text(&e->text, &next.text, d);
	if (r == 0)
		r = config_parse(&next, d);
	show_diag(d);
	if (r < 0 || !if_nametoindex(next.path.ifname))
		return r;
	r = session_open(&session, e->options, &next, d);
	if (r == 0)
		r = session_resolve_running(&session, &next.conf, d);
	return r == 0 ? diff_show(&session, &next, &differs, d) : r;
}

static int install_text(struct peer_change *c, const struct roster *roster, struct config_text *ret,
			struct diag *d)
{
	struct edit *e = c->context;

	(void)roster;
	if (config_text_is_same(&c->before, &e->before.text))
		return copy_text(&e->text, ret, d);
	return diag_refuse(d, EBUSY, "`%s' was changed while it was edited", c->next.path.given);
}

/* Asks until it is right, or not wanted. Returns an exit status. */
static int edit(struct edit *e, struct diag *d)
{
	struct peer_change change = {
		.options = e->options, .edit = install_text, .context = e, .is_whole = true};
	char answer = 'e';
	int r = 0;

	while (answer == 'e') {
		if (run_editor(e, d) < 0 || read_copy(e, d) < 0)
			return STATUS_FAILED;
		if (config_text_is_same(&e->text, &e->before.text)) {
			show_line("nothing was changed");
			return STATUS_OK;
		}
		r = judge(e, d);
		if (r < 0) {
			show_diag(d);
			answer = ask("It cannot be used. Edit it again, or quit? [e/q]", "eq");
		} else {
			answer = ask("Install it, and load it if the interface is up? Edit it "
				     "again, or quit? [y/e/q]",
				     "yeq");
		}
	}
	if (answer != 'y') {
		e->is_dropped = answer == 'q' && r == 0;
		show_line("nothing was changed");
		return STATUS_FAILED;
	}
	signal(SIGINT, SIG_DFL); /* which is noticed, and undone for, from here on */
	return peer_change_run(&change, d);
}

/* What was written is work: it goes only when it is installed, or not wanted. */
static void keep_copy(struct edit *e, struct diag *d)
{
	const struct source *file = &e->before.text.files.at[0];
	_cleanup_buf_ struct buf copy = {.secret = true};
	_cleanup_diag_ struct diag unseen = {0};
	int r = file_read(buf_text(&e->path), &copy, &unseen);

	if (r == -ENOENT ||
	    (r == 0 && copy.len == file->len &&
	     memcmp(buf_text(&copy), buf_text(&e->before.text.text) + file->at, copy.len) == 0))
		return;
	e->keeps_copy = true;
	diag_refuse(d, ECANCELED, "what you wrote is in %s, and not installed", buf_text(&e->path));
}

/* In contrast to one that is ignored, this is not passed on to the editor. */
static void on_interrupt(int signal)
{
	(void)signal;
}

int verb_edit(const struct options *options, const char *argument, struct diag *d)
{
	_cleanup_(edit_release) struct edit e = {
		.options = options, .argument = argument, .before.keeps_text = true};
	int r = config_load_text(argument, &e.before, d);

	/* Whoever wants to leave says so. */
	signal(SIGINT, on_interrupt);
	if (r == 0)
		r = make_copy(&e, d);
	if (r < 0)
		return STATUS_FAILED;
	int status = edit(&e, d);
	if (status != STATUS_OK && !e.is_dropped)
		keep_copy(&e, d);
	return status;
}

// SPDX-License-Identifier: GPL-2.0-or-later
// All that wgq prints.
#include "wgq/cmd/show.h"

#include <errno.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>
#include <syslog.h>
#include <time.h>
#include <unistd.h>

#include "wgq/base/diag_json.h"
#include "wgq/base/json.h"
#include "wgq/cmd/terminal/progress.h"
#include "wgq/cmd/terminal/term.h"
#include "wgq/sys/clock.h"
#include "wgq/sys/file/io.h"

/* More lines of one bulk step than this are summed up, unless verbose. */
enum { STEP_LINES = 64 };

/* Milliseconds: what takes less shows no progress, and what takes longer shows it so often. */
enum { PROGRESS_AFTER = 1000, PROGRESS_EVERY = 100 };
#define LINE_ERASE "\r\033[K"

static bool quiet, verbose, colour, terminal, as_json;
static const char *program = "wgq";
static unsigned style;
static size_t width; /* of a terminal on standard error; 0: it is none */

static struct {
	size_t done;
	uint64_t begun, next; /* milliseconds; begun 0: nothing is under way */
	bool there;           /* the line is on the terminal */
} progress;

void show_init(const struct options *options)
{
	struct term term;

	term_look(STDERR_FILENO, &term);
	if (options->as_wg_quick) {
		program = "wg-quick";
		style = DIAG_BARE;
	}
	/* Programs read what is on standard error then: nothing but JSON. */
	as_json = options->given & OPTION_JSON;
	quiet = options->quiet || as_json;
	verbose = options->verbose;
	/* wg-quick's words are wrapped as wg-quick's: not at all. */
	width = options->as_wg_quick ? 0 : term.width;
	terminal = term.moves;
	colour = term.colour;
	style |= colour ? DIAG_COLOUR : 0;
	style |= term.is_journal ? DIAG_JOURNAL : 0;
}

/* One write(2) a message: lines of two processes do not mix. What cannot be written is lost, for
 * there is nobody left to tell. */
static void write_stderr(const struct buf *text)
{
	(void)io_write_all(STDERR_FILENO, text->data, text->len);
}

static void progress_end(void)
{
	_cleanup_buf_ struct buf erase = {0};

	buf_str(&erase, LINE_ERASE);
	if (progress.there)
		write_stderr(&erase);
	progress.there = false;
	progress.begun = 0;
}

static void progress_draw(const char *what, size_t done, size_t total, uint64_t elapsed)
{
	_cleanup_buf_ struct buf text = {0};
	struct term term;

	term_look(STDERR_FILENO, &term);
	buf_str(&text, LINE_ERASE);
	progress_text(what, done, total, elapsed, &text);
	/* A line that is wrapped could not be erased. */
	if (!term.is_terminal || (term.width && term_columns(buf_text(&text)) >= term.width))
		return;
	write_stderr(&text);
	progress.there = true;
}

void show_progress(const char *what, size_t done, size_t total)
{
	uint64_t now;

	if (!terminal || quiet)
		return;
	if (done == total) {
		progress_end();
		return;
	}
	now = (uint64_t)(clock_ns() / CLOCK_MS);
	if (!progress.begun || done < progress.done) {
		progress.begun = now;
		progress.next = now + PROGRESS_AFTER;
	}
	progress.done = done;
	if (now < progress.next)
		return;
	progress.next = now + PROGRESS_EVERY;
	progress_draw(what, done, total, now - progress.begun);
}

void show_line(const char *line)
{
	_cleanup_buf_ struct buf text = {0};

	if (quiet)
		return;
	buf_printable(&text, line, strlen(line));
	buf_char(&text, '\n');
	progress_end();
	write_stderr(&text);
}

void show_step(const struct op *op, const struct op_context *context, bool undoing)
{
	_cleanup_buf_ struct buf commands = {0}, text = {0};
	struct op_context echo = *context;
	bool is_detail = op->kind == OP_WG_REMOVE_PEERS || op->kind == OP_WG_NOTE;

	if (quiet || (is_detail && !verbose))
		return;
	echo.form = OP_ECHO;
	echo.limit = verbose ? SIZE_MAX : STEP_LINES;
	op_types[op->kind].format(op, &echo, &commands);
	for (const char *line = buf_text(&commands);; line++) {
		size_t n = strcspn(line, "\n");

		buf_str(&text, colour ? "\033[2m[#]\033[0m " : "[#] ");
		buf_str(&text, undoing ? "(undo) " : "");
		buf_printable(&text, line, n);
		buf_char(&text, '\n');
		line += n;
		if (!*line)
			break;
	}
	progress_end();
	write_stderr(&text);
}

enum { EVENT_JSON_VERSION = 1 };

static void event_json(int priority, const char *ifname, const char *event, const char *message)
{
	_cleanup_buf_ struct buf text = {0};
	struct json j = {.out = &text, .one_line = true};

	json_object(&j, NULL);
	json_unsigned(&j, "version", EVENT_JSON_VERSION);
	json_number(&j, "time", time(NULL));
	json_string(&j, "interface", ifname);
	json_string(&j, "event", event);
	json_number(&j, "priority", priority);
	json_string(&j, "message", message);
	json_end(&j);
	if (buf_status(&text) == 0)
		(void)io_write_all(STDOUT_FILENO, buf_text(&text), text.len);
}

void show_event(int priority, const char *ifname, const char *event, const char *text)
{
	_cleanup_buf_ struct buf line = {0};

	if (as_json) {
		event_json(priority, ifname, event, text);
		return;
	}
	if (quiet && priority > LOG_WARNING)
		return;
	if (style & DIAG_JOURNAL)
		buf_addf(&line, "<%d>", priority);
	buf_addf(&line, "%s: ", ifname);
	buf_printable(&line, text, strlen(text));
	buf_char(&line, '\n');
	progress_end();
	write_stderr(&line);
}

void show_diag(struct diag *d)
{
	_cleanup_buf_ struct buf text = {0};

	if (as_json)
		diag_json(d, &text);
	else
		diag_format(d, 0, program, style, width, &text);
	progress_end();
	write_stderr(&text);
	diag_truncate(d, 0);
}

static int write_stdout(const struct buf *text, bool whole, struct diag *d)
{
	if (buf_status(text) < 0)
		return diag_no_memory(d);
	int r = io_write_all(STDOUT_FILENO, buf_text(text), text->len);
	if (r == -EPIPE && !whole)
		return 0;
	return r < 0 ? diag_fail(d, -r, "cannot write to standard output") : 0;
}

int show_output(const struct buf *text, struct diag *d)
{
	return write_stdout(text, false, d);
}

int show_whole(const struct buf *text, struct diag *d)
{
	return write_stdout(text, true, d);
}

int show_foreign(const struct buf *text, struct diag *d)
{
	_cleanup_buf_ struct buf shown = {.secret = text->secret};

	if (buf_status(text) < 0 || !isatty(STDOUT_FILENO))
		return show_output(text, d);
	for (const char *line = buf_text(text); *line;) {
		size_t n = strcspn(line, "\n");

		buf_printable(&shown, line, n);
		if (line[n])
			buf_char(&shown, '\n');
		line += n + (line[n] != '\0');
	}
	return show_output(&shown, d);
}

int show_script(const struct plan *plan, const struct op_context *context, bool begin,
		struct diag *d)
{
	_cleanup_buf_ struct buf text = {0};
	struct op_context script = *context;

	script.form = OP_SCRIPT;
	script.limit = SIZE_MAX;
	if (begin)
		buf_str(&text, "#!/bin/sh\nset -e\n");

	vec_each(op, plan) {
		if (op->back_only)
			continue;
		op_types[op->kind].format(op, &script, &text);
		buf_char(&text, '\n');
	}
	return show_foreign(&text, d);
}

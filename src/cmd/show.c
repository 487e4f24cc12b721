// SPDX-License-Identifier: GPL-2.0-or-later
// All that wgq prints.
#include "wgq/cmd/show.h"

#include <errno.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

/* More lines of one bulk step than this are summed up, unless verbose. */
enum { STEP_LINES = 64 };

static bool quiet, verbose, colour;
static const char *program = "wgq";
static unsigned style;

void show_init(const struct options *options)
{
	const char *no_color = getenv("NO_COLOR");
	const char *term = getenv("TERM");

	if (options->as_wg_quick) {
		program = "wg-quick";
		style = DIAG_BARE;
	}
	quiet = options->quiet;
	verbose = options->verbose;
	colour = isatty(STDERR_FILENO) && !(no_color && *no_color) &&
		 !(term && strcmp(term, "dumb") == 0);
	style |= colour ? DIAG_COLOUR : 0;
}

/* One write(2) a message: lines of two processes do not mix. What cannot be written is lost, for
 * there is nobody left to tell. */
static void write_stderr(const struct buf *text)
{
	for (size_t done = 0; done < text->len;) {
		ssize_t n = write(STDERR_FILENO, text->data + done, text->len - done);

		if (n < 0 && errno != EINTR)
			return;
		done += n > 0 ? (size_t)n : 0;
	}
}

void show_line(const char *line)
{
	_cleanup_buf_ struct buf text = {0};

	if (quiet)
		return;
	buf_printable(&text, line, strlen(line));
	buf_char(&text, '\n');
	write_stderr(&text);
}

void show_step(const struct op *op, const struct op_context *context, bool undoing)
{
	_cleanup_buf_ struct buf commands = {0}, text = {0};

	if (quiet || (op->kind == OP_WG_REMOVE_PEERS && !verbose))
		return;
	op_format(op, context, OP_ECHO, verbose ? SIZE_MAX : STEP_LINES, &commands);
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
	write_stderr(&text);
}

void show_diag(struct diag *d)
{
	_cleanup_buf_ struct buf text = {0};

	diag_format(d, 0, program, style, &text);
	write_stderr(&text);
	diag_truncate(d, 0);
}

int show_script(const struct plan *plan, const struct op_context *context, bool begin)
{
	_cleanup_buf_ struct buf text = {0};

	if (begin)
		buf_str(&text, "#!/bin/sh\nset -e\n");

	vec_each(op, plan) {
		op_format(op, context, OP_SCRIPT, SIZE_MAX, &text);
		buf_char(&text, '\n');
	}
	if (buf_status(&text) < 0)
		return -ENOMEM;
	fputs(buf_text(&text), stdout);
	return fflush(stdout) == 0 ? 0 : -EIO;
}

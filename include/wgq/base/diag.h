/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What went wrong, as data: collected by the layers, shown by cmd only.
 *
 * The contract of every fallible function in wgq: it returns 0, or -errno after it has added
 * exactly one error to its last argument, `struct diag *d`. On success it adds no error (warnings
 * it may). Callers pass the number on; they add notes to the error, they never replace it.
 * d may be NULL where a caller only wants the number. */
#pragma once

#include <stdarg.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "wgq/base/buf.h"
#include "wgq/base/vec.h"

enum diag_level { DIAG_ERROR, DIAG_WARNING, DIAG_NOTE };

/* Where in a file. Borrowed pointers: diag copies what it keeps. */
struct place {
	const char *file;
	const char *text; /* the line; NULL when it holds a secret and must not be quoted */
	size_t text_len;
	uint32_t line;  /* from 1; 0: the file as a whole */
	uint32_t col;   /* in bytes from 1; 0: the line as a whole */
	uint32_t len;   /* of the part that is wrong, in bytes; 0 is shown as 1 */
	uint32_t order; /* among the places of several files: the line counted through all */
};

struct diag_item {
	enum diag_level level;
	const char *id;      /* what scripts call it, static and lasting; NULL: it has no name */
	int error;           /* errno to be shown; 0 where the message says all */
	int status;          /* the exit status of a program that failed; 0: none did */
	char *message;       /* owned, like the rest */
	char *file;          /* NULL: no place */
	char *quote;         /* the line of the file around the place, NULL: not to be shown */
	uint32_t quote_skip; /* bytes of the line before that */
	uint32_t line, col, len, order;
	char *hint;  /* what to write or do instead; NULL: none */
	char *notes; /* further lines, each ended by a newline; NULL: none */
};

struct diag {
	VEC(struct diag_item);
	bool no_memory; /* an item was lost; diag_format() says so */
};

/* Adds an error and returns -error. The message has neither "error:" nor the errno's text, which
 * diag_format() appends. */
int diag_fail(struct diag *d, int error, const char *format, ...)
	__attribute__((format(printf, 3, 4)));

/* The same where the errno would only repeat the message: it is returned, not shown. */
int diag_refuse(struct diag *d, int error, const char *format, ...)
	__attribute__((format(printf, 3, 4)));

/* The same for a place in a file; returns -EINVAL. hint may be NULL. */
int diag_fail_at(struct diag *d, const struct place *at, const char *hint, const char *format, ...)
	__attribute__((format(printf, 4, 5)));

void diag_warn(struct diag *d, const char *format, ...) __attribute__((format(printf, 2, 3)));
void diag_warn_at(struct diag *d, const struct place *at, const char *hint, const char *format, ...)
	__attribute__((format(printf, 4, 5)));

/* What to do about the newest item, and further lines below it. */
void diag_hint(struct diag *d, const char *format, ...) __attribute__((format(printf, 2, 3)));
void diag_note(struct diag *d, const char *format, ...) __attribute__((format(printf, 2, 3)));

/* The newest item is about a program that ended with an exit status, which its message tells. */
void diag_status(struct diag *d, int status);

/* Gives the newest item a name, and a level other than the one it was added with. */
void diag_id(struct diag *d, const char *id);
void diag_level(struct diag *d, enum diag_level level);

/* -ENOMEM, with the error added. */
int diag_no_memory(struct diag *d);

size_t diag_errors(const struct diag *d);

/* The items from the given one on, as the user sees them. An error without a place begins with the
 * program's name. Lines are wrapped between words at a width in columns, but for those that quote
 * a file; 0: none is. */
enum diag_style {
	DIAG_PLAIN = 0,
	DIAG_COLOUR = 1 << 0,  /* SGR sequences */
	DIAG_BARE = 1 << 1,    /* `wg-quick: ...` and `Warning: ...`, as wg-quick writes */
	DIAG_JOURNAL = 1 << 2, /* `<3>` and the like before each line: sd-daemon(3) */
};
void diag_format(const struct diag *d, size_t from, const char *program, unsigned style,
		 size_t width, struct buf *ret_text);

/* "error", "warning" or "note", and the message with the errno's text, as the kernel or the file
 * has it: for JSON. */
const char *diag_severity(enum diag_level level);
void diag_message(const struct diag_item *item, struct buf *ret_text);

/* Makes warnings of the errors: the caller goes on without what failed. */
void diag_demote(struct diag *d);

/* Appends the items of from, which is left empty. d may be NULL. */
void diag_move(struct diag *d, struct diag *from);

/* Forgets the items from the given one on. */
void diag_truncate(struct diag *d, size_t len);
void diag_release(struct diag *d);

#define _cleanup_diag_ _cleanup_(diag_release)

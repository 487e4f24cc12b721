/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Growable bytes, always NUL-terminated once anything was added.
 *
 * Failure is sticky: when memory runs out, `failed` is set and later additions do nothing, so a
 * writer adds a whole text and checks once, with buf_status(), before it uses the result. */
#pragma once

#include <stdarg.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "wgq/base/mem.h"

struct buf {
	char *data; /* NULL while nothing was added */
	size_t len; /* without the NUL */
	size_t cap;
	bool failed;
	bool secret; /* set by the owner: growing and releasing overwrite the old bytes */
};

/* 0, or -ENOMEM when any addition since the start failed. */
int buf_status(const struct buf *b);

void buf_mem(struct buf *b, const void *data, size_t n);
void buf_str(struct buf *b, const char *s);
void buf_char(struct buf *b, char c);
void buf_addf(struct buf *b, const char *format, ...) __attribute__((format(printf, 2, 3)));
void buf_addv(struct buf *b, const char *format, va_list args)
	__attribute__((format(printf, 2, 0)));

/* Room for n more bytes at the end, for the caller to write; NULL: no memory. Then buf_grow() says
 * how many were written. */
char *buf_space(struct buf *b, size_t n);
void buf_grow(struct buf *b, size_t n);

/* s with every control character, and every byte that is not part of valid UTF-8, as \xNN, and
 * format characters as \uNNNN: what a file or the kernel said must neither drive the reader's
 * terminal nor look like something else there. */
void buf_printable(struct buf *b, const char *s, size_t n);

/* The length of the valid UTF-8 sequence (RFC 3629) at the beginning of the n bytes at text, 0 if
 * there is none. C1 control characters (U+0080 to U+009F) count as none: terminals obey them. */
size_t buf_utf8_length(const char *text, size_t n);

/* The invisible format character (Unicode's Cf) or separator of lines that the valid sequence is,
 * 0: none. It can turn the text around it, or hide in it. The two joiners (U+200C, U+200D) count as
 * none: words of some languages need them. */
uint32_t buf_utf8_format(const char *text, size_t length);

/* s so that a POSIX shell reads it as one word; plain words stay as they are. */
void buf_shell_word(struct buf *b, const char *s);

/* The path of a setting below /proc/sys as sysctl(8) and docker write it: dots for slashes, and
 * slashes for an interface's dots. */
void buf_sysctl_name(struct buf *b, const char *path);

/* The text so far; "" rather than NULL. Owned by b, valid until the next addition. */
const char *buf_text(const struct buf *b);

/* The text from start on is one line: where it is wider than a terminal it goes on behind the
 * indent in the next one, between words. width 0: it is no terminal. */
void buf_wrap(struct buf *b, size_t start, const char *indent, size_t width);

/* The text as malloc()ed memory of the caller's; NULL when an addition failed. Empties b. */
char *buf_steal(struct buf *b);

void buf_clear(struct buf *b);           /* keeps the memory */
void buf_cut(struct buf *b, size_t len); /* what is behind the first len bytes */
void buf_release(struct buf *b);

#define _cleanup_buf_ _cleanup_(buf_release)

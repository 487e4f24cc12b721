/* SPDX-License-Identifier: GPL-2.0-or-later */
/* JSON (RFC 8259) written to a buffer, indented by two blanks a level.
 *
 *	struct json j = {.out = &text};
 *	json_object(&j, NULL);			a key only inside objects; NULL elsewhere
 *	json_string(&j, "name", "wg0");
 *	json_array(&j, "peers"); ... json_end(&j);
 *	json_end(&j);				ends the innermost object or array
 *
 * Failure is the buffer's: it is asked once, with buf_status(). */
#pragma once

#include <stdbool.h>
#include <stdint.h>

#include "wgq/base/buf.h"

enum { JSON_DEPTH_MAX = 16 };

struct json {
	struct buf *out;
	bool one_line; /* no line breaks but the one at the end */
	unsigned depth;
	struct {
		char end; /* '}' or ']' */
		bool filled;
	} levels[JSON_DEPTH_MAX];
};

void json_object(struct json *j, const char *key);
void json_array(struct json *j, const char *key);
void json_end(struct json *j);

/* Bytes that are not part of valid UTF-8 become U+FFFD. NULL is written as null. */
void json_string(struct json *j, const char *key, const char *value);
void json_string_n(struct json *j, const char *key, const char *value, size_t n);
void json_number(struct json *j, const char *key, int64_t value);
void json_unsigned(struct json *j, const char *key, uint64_t value);
/* 0 is written as null. */
void json_unsigned_or_null(struct json *j, const char *key, uint64_t value);
void json_bool(struct json *j, const char *key, bool value);
void json_null(struct json *j, const char *key);

/* The other way, for one string: its n bytes between the quotes, with each escape replaced by what
 * it stands for. One that is none stays as it is. */
void json_unescape(struct buf *out, const char *text, size_t n);

// SPDX-License-Identifier: GPL-2.0-or-later
// Errors and warnings as lines of JSON.
#include "wgq/base/diag_json.h"

#include <string.h>

#include "wgq/base/json.h"

static void add_notes(struct json *j, const char *notes)
{
	json_array(j, "notes");
	while (notes && *notes) {
		size_t n = strcspn(notes, "\n");

		json_string_n(j, NULL, notes, n);
		notes += n + (notes[n] == '\n');
	}
	json_end(j);
}

static void add_item(struct json *j, const struct diag_item *item)
{
	_cleanup_buf_ struct buf message = {0};

	diag_message(item, &message);
	json_object(j, NULL);
	json_string(j, "severity", diag_severity(item->level));
	json_string(j, "id", item->id);
	json_string(j, "message", buf_text(&message));
	json_unsigned_or_null(j, "errno", (uint32_t)item->error);
	json_unsigned_or_null(j, "exit_status", (uint32_t)item->status);
	json_string(j, "file", item->file);
	json_unsigned_or_null(j, "line", item->line);
	json_unsigned_or_null(j, "column", item->line ? item->col : 0);
	json_string(j, "hint", item->hint);
	add_notes(j, item->notes);
	json_end(j);
}

void diag_json(const struct diag *d, struct buf *ret_text)
{
	static const struct diag_item lost = {.message = (char *)"out of memory; some messages "
								 "were lost"};
	struct json j = {.out = ret_text, .one_line = true};

	vec_each(item, d)
		add_item(&j, item);
	if (d->no_memory)
		add_item(&j, &lost);
}

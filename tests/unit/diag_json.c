// SPDX-License-Identifier: GPL-2.0-or-later
// Errors as lines of JSON: one line each, whatever is in them.
#include "wgq/base/diag_json.h"

#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>

#include <cmocka.h>

static void lines(void **state)
{
	(void)state;
	static const struct place at = {.file = "a\"b", .text = "x", .text_len = 1, .line = 3};
	_cleanup_diag_ struct diag d = {0};
	_cleanup_buf_ struct buf text = {0};

	diag_fail(&d, ENODEV, "cannot\nfind %s", "\033[31m");
	diag_status(&d, 2);
	diag_note(&d, "first");
	diag_note(&d, "second");
	diag_warn_at(&d, &at, "do it", "odd");
	diag_json(&d, &text);
	assert_string_equal(
		buf_text(&text),
		"{\"severity\": \"error\", \"id\": null, \"message\": "
		"\"cannot\\u000afind \\u001b[31m: No such device\", \"errno\": 19, "
		"\"exit_status\": 2, "
		"\"file\": null, \"line\": null, \"column\": null, \"hint\": null, \"notes\": "
		"[\"first\", \"second\"]}\n"
		"{\"severity\": \"warning\", \"id\": null, \"message\": \"odd\", \"errno\": null, "
		"\"exit_status\": null, \"file\": \"a\\\"b\", \"line\": 3, \"column\": null, "
		"\"hint\": \"do it\", "
		"\"notes\": []}\n");
}

static void no_memory(void **state)
{
	(void)state;
	const struct diag d = {.no_memory = true};
	_cleanup_buf_ struct buf text = {0};

	diag_json(&d, &text);
	assert_non_null(strstr(buf_text(&text), "out of memory"));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(lines),
		cmocka_unit_test(no_memory),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}

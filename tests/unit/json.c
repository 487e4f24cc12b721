// SPDX-License-Identifier: GPL-2.0-or-later
// JSON: its punctuation, and text that is none.
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "wgq/base/json.h"

static void test_nesting(void **unused)
{
	_cleanup_buf_ struct buf out = {0};
	struct json j = {.out = &out};

	(void)unused;
	json_object(&j, NULL);
	json_string(&j, "name", "wg0");
	json_array(&j, "empty");
	json_end(&j);
	json_array(&j, "list");
	json_unsigned(&j, NULL, UINT64_MAX);
	json_number(&j, NULL, INT64_MIN);
	json_object(&j, NULL);
	json_bool(&j, "yes", true);
	json_null(&j, "none");
	json_end(&j);
	json_end(&j);
	json_end(&j);
	json_end(&j);
	assert_string_equal(buf_text(&out), "{\n"
					    "  \"name\": \"wg0\",\n"
					    "  \"empty\": [],\n"
					    "  \"list\": [\n"
					    "    18446744073709551615,\n"
					    "    -9223372036854775808,\n"
					    "    {\n"
					    "      \"yes\": true,\n"
					    "      \"none\": null\n"
					    "    }\n"
					    "  ]\n"
					    "}\n");
}

static void test_text(void **unused)
{
	static const struct {
		const char *text, *want;
	} cases[] = {
		{"a\"b\\c/d", "\"a\\\"b\\\\c/d\"\n"},
		{"\n\033[31m\177", "\"\\u000a\\u001b[31m\\u007f\"\n"},
		{"\u202e\u200b\U000e0041", "\"\\u202e\\u200b\\udb40\\udc41\"\n"},
		{"gr\xc3\xbc\xc3\x9f", "\"gr\xc3\xbc\xc3\x9f\"\n"},
		{"\xff\xc3(\xed\xa0\x80", "\"\\ufffd\\ufffd(\\ufffd\\ufffd\\ufffd\"\n"},
	};

	(void)unused;
	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		_cleanup_buf_ struct buf out = {0};
		struct json j = {.out = &out};

		json_string(&j, NULL, cases[i].text);
		assert_string_equal(buf_text(&out), cases[i].want);
	}
}

static void test_too_deep(void **unused)
{
	_cleanup_buf_ struct buf out = {0};
	struct json j = {.out = &out};

	(void)unused;
	for (int i = 0; i <= JSON_DEPTH_MAX; i++)
		json_array(&j, NULL);
	assert_true(buf_status(&out) < 0);
}

static void test_unescape(void **unused)
{
	static const struct {
		const char *text, *want;
	} cases[] = {
		{"a b", "a b"},
		{"\\\"\\\\\\/\\n", "\"\\/\n"},
		{"Zo\\u00eb \\u4E2d \\u0041", "Zo\xc3\xab \xe4\xb8\xad A"},
		{"\\ud83d\\ude00.", "\xf0\x9f\x98\x80."},
		/* none */
		{"\\", "\\"},
		{"\\x\\u12\\u12g4", "\\x\\u12\\u12g4"},
		{"\\u0000\\ud83d\\ud83d\\ude00\\ude00", "\\u0000\\ud83d\xf0\x9f\x98\x80\\ude00"},
	};

	(void)unused;
	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		_cleanup_buf_ struct buf out = {0};

		json_unescape(&out, cases[i].text, strlen(cases[i].text));
		assert_string_equal(buf_text(&out), cases[i].want);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_nesting),
		cmocka_unit_test(test_text),
		cmocka_unit_test(test_too_deep),
		cmocka_unit_test(test_unescape),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}

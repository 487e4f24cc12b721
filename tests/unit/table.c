// SPDX-License-Identifier: GPL-2.0-or-later
// Names of routing tables.
#include "wgq/sys/host/table.h"

#include <errno.h>

#include "scratch.h"

static void test_lookup(void **state)
{
	static const struct {
		const char *name, *text;
	} files[] = {
		{"etc/iproute2/rt_tables", "# comment\n255\tlocal\n254 main\n\n"
					   "100 office\n0x200 hex # why\n 7  indented\r\n"
					   "4294967295 last\n-3 negative\n200 tail"},
		/* not read: /etc has one */
		{"usr/share/iproute2/rt_tables", "1000 usr\n"},
		{"etc/iproute2/rt_tables.d/a.conf",
		 "300 dropin\n300 shadowed\n300 twice\n301 twice\n"},
		{"usr/share/iproute2/rt_tables.d/a.conf", "999 hidden\n"},
		{"usr/share/iproute2/rt_tables.d/b.conf", "400 vendor\n257 twice\n"},
		{"usr/lib/iproute2/rt_tables.d/c.conf", "500 older\n"},
		{"etc/iproute2/rt_tables.d/.hidden.conf", "600 dot\n"},
		{"etc/iproute2/rt_tables.d/README", "601 readme\n"},
		{"etc/iproute2/rt_tables.d/z-bad.conf", "700 before\nrubbish\n701 after\n"},
		{"etc/iproute2/rt_tables.d/z-big.conf", "4294967296 big\n"},
		{"etc/iproute2/rt_tables.d/z-empty.conf", "9\n"},
	};
	static const struct {
		const char *name;
		int64_t id; /* -1: none */
	} cases[] = {
		{"main", 254},   {"default", 253}, {"local", 255},  {"unspec", 0},
		{"office", 100}, {"hex", 0x200},   {"indented", 7}, {"last", 4294967295},
		{"tail", 200},   {"usr", -1},      {"dropin", 300}, {"hidden", -1},
		{"vendor", 400}, {"older", 500},   {"dot", -1},     {"readme", -1},
		{"before", 700}, {"after", -1},    {"big", -1},     {"Main", -1},
		{"offic", -1},   {"", -1},         {"#", -1},       {"negative", -1},
		{"twice", 257}, /* 257 & 255 = 1 is the lowest list */
	};
	struct scratch s;

	(void)state;
	scratch_init(&s);
	for (size_t i = 0; i < sizeof(files) / sizeof(files[0]); i++)
		scratch_write(&s, files[i].name, files[i].text, 0644);
	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		_cleanup_diag_ struct diag d = {0};
		uint32_t id = 12345;
		int r = table_lookup_below(s.folder, cases[i].name, &id, &d);

		if (r != (cases[i].id < 0 ? -ENOENT : 0) || (r == 0 && id != cases[i].id))
			fail_msg("%s: %d, %u", cases[i].name, r, id);
		assert_int_equal(diag_errors(&d), r < 0);
	}
	/* the distribution's file, where the administrator has none */
	assert_int_equal(unlink(scratch_path(&s, "etc/iproute2/rt_tables")), 0);
	uint32_t id = 0;
	assert_int_equal(table_lookup_below(s.folder, "usr", &id, NULL), 0);
	assert_int_equal(id, 1000);
	scratch_release(&s);
}

/* Whatever is in the way: no crash, no wait, and the built-in names. */
static void test_hostile(void **state)
{
	struct scratch s;
	uint32_t id = 0;

	(void)state;
	alarm(10);
	scratch_init(&s);
	assert_int_equal(mkfifo(scratch_path(&s, "etc/iproute2/rt_tables"), 0600), 0);
	assert_int_equal(mkdir(scratch_path(&s, "etc/iproute2/rt_tables.d/dir.conf"), 0700), 0);
	assert_int_equal(symlink("/dev/zero", scratch_path(&s, "etc/iproute2/rt_tables.d/z.conf")),
			 0);
	char noise[5000];
	for (size_t i = 0; i < sizeof(noise) - 1; i++)
		noise[i] = (char)(1 + i * 7919 % 255);
	noise[sizeof(noise) - 1] = '\0';
	scratch_write(&s, "etc/iproute2/rt_tables.d/noise.conf", noise, 0644);
	assert_int_equal(table_lookup_below(s.folder, "main", &id, NULL), 0);
	assert_int_equal(id, 254);
	assert_int_equal(table_lookup_below(s.folder, "none", &id, NULL), -ENOENT);
	scratch_release(&s);
	assert_int_equal(table_lookup_below("/nonexistent", "local", &id, NULL), 0);
	assert_int_equal(id, 255);
	alarm(0);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_lookup),
		cmocka_unit_test(test_hostile),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}

// SPDX-License-Identifier: GPL-2.0-or-later
// Who may read or change a file.
#include "scratch.h"

#include "wgq/sys/file/trust.h"

/* a/b/wg0.conf, the folder a in one that others pass, as root has it. */
static void test_modes(void **unused)
{
	static const struct {
		mode_t outer, folder, file;
		bool readable;
		const char *writable, *by; /* behind the scratch folder */
	} cases[] = {
		{0755, 0755, 0600, false, NULL, ""},
		{0755, 0755, 0644, true, NULL, ""},
		{0755, 0755, 0604, true, NULL, ""},
		{0755, 0755, 0640, false, NULL, ""},
		{0755, 0755, 0601, false, NULL, ""},
		{0755, 0701, 0644, true, NULL, ""},
		{0755, 0710, 0644, false, NULL, ""},
		{0755, 0704, 0604, false, NULL, ""},
		{0700, 0755, 0644, false, NULL, ""},
		{0755, 0755, 0602, false, "/a/b/wg0.conf", "every user"},
		{0755, 0755, 0620, false, "/a/b/wg0.conf", "group 0"},
		{0755, 0755, 0622, false, "/a/b/wg0.conf", "every user"},
		{0755, 0755, 0660, false, "/a/b/wg0.conf", "group 0"},
		{0755, 0755, 0666, true, "/a/b/wg0.conf", "every user"},
		{0755, 0777, 0600, false, "/a/b", "every user"},
		{0755, 0770, 0600, false, "/a/b", "group 0"},
		{0775, 0755, 0600, false, "/a", "group 0"},
		{0757, 0777, 0666, true, "/a", "every user"},
		{01777, 0755, 0600, false, NULL, ""},
		{0755, 01777, 0600, false, NULL, ""},
		{01777, 0755, 0660, false, "/a/b/wg0.conf", "group 0"},
	};

	(void)unused;
	if (geteuid() != 0)
		skip();
	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		_cleanup_trust_ struct trust trust = {0};
		struct scratch s;

		scratch_init(&s);
		assert_int_equal(chmod(s.folder, 0755), 0);
		scratch_write(&s, "a/b/wg0.conf", "x", cases[i].file);
		assert_int_equal(chmod(scratch_path(&s, "a"), cases[i].outer), 0);
		assert_int_equal(chmod(scratch_path(&s, "a/b"), cases[i].folder), 0);
		assert_int_equal(trust_look(scratch_path(&s, "a/b/wg0.conf"), &trust), 0);
		if (trust.readable != cases[i].readable || !trust.path != !cases[i].writable ||
		    (trust.path && (strcmp(trust.path + strlen(s.folder), cases[i].writable) != 0 ||
				    strcmp(trust.by, cases[i].by) != 0)))
			fail_msg("case %zu: %d, %s by %s", i, trust.readable, trust.path, trust.by);
		scratch_release(&s);
	}
}

static void test_owners(void **unused)
{
	static const char *const paths[] = {"a", "a/b", "a/b/wg0.conf"};

	(void)unused;
	if (geteuid() != 0)
		skip();
	for (size_t i = 0; i < sizeof(paths) / sizeof(paths[0]); i++) {
		_cleanup_trust_ struct trust trust = {0};
		struct scratch s;

		scratch_init(&s);
		scratch_write(&s, "a/b/wg0.conf", "x", 0600);
		assert_int_equal(chown(scratch_path(&s, paths[i]), 1234, 0), 0);
		assert_int_equal(trust_look(scratch_path(&s, "a/b/wg0.conf"), &trust), 0);
		assert_string_equal(trust.path, scratch_path(&s, paths[i]));
		assert_string_equal(trust.by, "user 1234");
		assert_string_equal(trust.remedy, "chown root");
		scratch_release(&s);
	}
}

/* Whoever may write where a link is can let it lead elsewhere. */
static void test_links(void **unused)
{
	_cleanup_trust_ struct trust trust = {0};
	struct scratch s;

	(void)unused;
	if (geteuid() != 0)
		skip();
	scratch_init(&s);
	scratch_write(&s, "safe/wg0.conf", "x", 0600);
	scratch_write(&s, "open/other", "x", 0600);
	assert_int_equal(symlink("../open/link", scratch_path(&s, "safe/first")), 0);
	assert_int_equal(symlink("../safe/./wg0.conf", scratch_path(&s, "open/link")), 0);
	assert_int_equal(trust_look(scratch_path(&s, "safe/first"), &trust), 0);
	assert_null(trust.path);
	assert_int_equal(chmod(scratch_path(&s, "open"), 0775), 0);
	assert_int_equal(trust_look(scratch_path(&s, "safe/first"), &trust), 0);
	assert_string_equal(trust.path, scratch_path(&s, "open"));
	trust_release(&trust);
	assert_int_equal(trust_look(scratch_path(&s, "safe/wg0.conf"), &trust), 0);
	assert_null(trust.path);

	assert_int_equal(symlink("loop", scratch_path(&s, "safe/loop")), 0);
	assert_int_equal(trust_look(scratch_path(&s, "safe/loop"), &trust), -ELOOP);
	assert_int_equal(trust_look(scratch_path(&s, "safe/none"), &trust), -ENOENT);
	assert_false(trust.readable);
	scratch_release(&s);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_modes),
		cmocka_unit_test(test_owners),
		cmocka_unit_test(test_links),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}

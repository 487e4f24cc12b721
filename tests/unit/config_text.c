// SPDX-License-Identifier: GPL-2.0-or-later
// A configuration is read with its drop-ins: in their order, all or none, of one moment.
#include "wgq/sys/file/config_text.h"

#include <pthread.h>
#include <stdatomic.h>

#include "scratch.h"
#include "wgq/sys/file/file.h"

static struct scratch s;

static int setup(void **state)
{
	(void)state;
	scratch_init(&s);
	assert_int_equal(chmod(s.folder, 0755), 0);
	scratch_write(&s, "wg0.conf", "main\n", 0600);
	return 0;
}

static int teardown(void **state)
{
	(void)state;
	scratch_release(&s);
	return 0;
}

static int load(const char *name, struct config_text *ret, struct diag *d)
{
	_cleanup_config_path_ struct config_path path = {0};

	assert_int_equal(config_path_find(scratch_path(&s, name), &path, NULL), 0);
	return config_text_read(&path, ret, d);
}

/* The text as one line a file: its name and its bytes. */
static void list(const struct config_text *text, struct buf *ret)
{
	buf_clear(ret);
	vec_each(file, &text->files) {
		buf_addf(ret, "%s:", file->path + strlen(s.folder) + 1);
		for (size_t i = 0; i < file->len; i++) {
			char c = buf_text(&text->text)[file->at + i];

			buf_char(ret, c == '\n' ? '$' : c);
		}
		buf_char(ret, '\n');
	}
}

static void expect(const char *name, const char *listed)
{
	_cleanup_config_text_ struct config_text text = {0};
	_cleanup_buf_ struct buf shown = {0};
	_cleanup_diag_ struct diag d = {0};

	assert_int_equal(load(name, &text, &d), 0);
	assert_int_equal(d.len, 0);
	assert_true(text.text.secret);
	list(&text, &shown);
	assert_string_equal(buf_text(&shown), listed);
}

/* One error, which says all of these; the rest is there all the same. */
static void refuse(const char *name, const char *listed, const char *word, const char *file)
{
	_cleanup_config_text_ struct config_text text = {0};
	_cleanup_buf_ struct buf shown = {0};
	_cleanup_diag_ struct diag d = {0};

	assert_int_equal(load(name, &text, &d), -EINVAL);
	list(&text, &shown);
	assert_string_equal(buf_text(&shown), listed);
	assert_int_equal(diag_errors(&d), 1);
	diag_format(&d, 0, "wgq", DIAG_PLAIN, 0, &shown);
	if (!strstr(buf_text(&shown), word) || !strstr(buf_text(&shown), file))
		fail_msg("%s", buf_text(&shown));
}

static void test_order(void **state)
{
	(void)state;
	expect("wg0.conf", "wg0.conf:main$\n");
	assert_int_equal(mkdir(scratch_path(&s, "wg0.conf.d"), 0700), 0);
	expect("wg0.conf", "wg0.conf:main$\n");
	scratch_write(&s, "wg0.conf.d/b.conf", "b", 0600);
	scratch_write(&s, "wg0.conf.d/a.conf", "", 0600);
	scratch_write(&s, "wg0.conf.d/B.conf", "B\n\n", 0600);
	scratch_write(&s, "wg0.conf.d/\xff.conf", "ff", 0600);
	scratch_write(&s, "wg0.conf.d/.hidden.conf", "x", 0600);
	scratch_write(&s, "wg0.conf.d/.conf", "x", 0600);
	scratch_write(&s, "wg0.conf.d/b.conf~", "x", 0600);
	scratch_write(&s, "wg0.conf.d/b.conf.wgq-new", "x", 0600);
	scratch_write(&s, "wg0.conf.d/README", "x", 0600);
	expect("wg0.conf", "wg0.conf:main$\nwg0.conf.d/B.conf:B$$\nwg0.conf.d/a.conf:\n"
			   "wg0.conf.d/b.conf:b\nwg0.conf.d/\xff.conf:ff\n");
}

static void test_links(void **state)
{
	_cleanup_config_text_ struct config_text text = {0};

	(void)state;
	scratch_write(&s, "elsewhere/real.conf", "real\n", 0600);
	scratch_write(&s, "elsewhere/real.conf.d/1.conf", "1", 0600);
	assert_int_equal(symlink("elsewhere/real.conf", scratch_path(&s, "wg1.conf")), 0);
	expect("wg1.conf", "wg1.conf:real$\nelsewhere/real.conf.d/1.conf:1\n");
	/* Beside the name as given comes first, and then it is the only one. */
	scratch_write(&s, "target", "linked", 0600);
	assert_int_equal(mkdir(scratch_path(&s, "wg1.conf.d"), 0700), 0);
	assert_int_equal(symlink("../target", scratch_path(&s, "wg1.conf.d/2.conf")), 0);
	expect("wg1.conf", "wg1.conf:real$\nwg1.conf.d/2.conf:linked\n");
	assert_int_equal(load("wg1.conf", &text, NULL), 0);
	assert_string_equal(text.files.at[0].real, scratch_path(&s, "elsewhere/real.conf"));
	assert_string_equal(text.files.at[1].real, scratch_path(&s, "target"));
}

static void test_not_files(void **state)
{
	static const char listed[] = "wg0.conf:main$\nwg0.conf.d/1.conf:1\nwg0.conf.d/3.conf:3\n";

	(void)state;
	scratch_write(&s, "wg0.conf.d/1.conf", "1", 0600);
	scratch_write(&s, "wg0.conf.d/3.conf", "3", 0600);
	assert_int_equal(symlink("nowhere", scratch_path(&s, "wg0.conf.d/2.conf")), 0);
	refuse("wg0.conf", listed, "link to a file that does not exist", "wg0.conf.d/2.conf");
	assert_int_equal(unlink(scratch_path(&s, "wg0.conf.d/2.conf")), 0);
	assert_int_equal(mkdir(scratch_path(&s, "wg0.conf.d/2.conf"), 0700), 0);
	refuse("wg0.conf", listed, "directory", "wg0.conf.d/2.conf");
	assert_int_equal(rmdir(scratch_path(&s, "wg0.conf.d/2.conf")), 0);
	assert_int_equal(mkfifo(scratch_path(&s, "wg0.conf.d/2.conf"), 0600), 0);
	refuse("wg0.conf", listed, "named pipe", "wg0.conf.d/2.conf");
	assert_int_equal(unlink(scratch_path(&s, "wg0.conf.d/2.conf")), 0);
	assert_int_equal(symlink("2.conf", scratch_path(&s, "wg0.conf.d/2.conf")), 0);
	refuse("wg0.conf", listed, "Too many levels", "wg0.conf.d/2.conf");
	scratch_write(&s, "wg2.conf", "two", 0600);
	scratch_write(&s, "wg2.conf.d", "", 0600);
	refuse("wg2.conf", "wg2.conf:two\n", "is not a folder", "wg2.conf.d");
}

/* Root reads everything, so somebody else does it. */
static void test_unreadable(void **state)
{
	(void)state;
	if (geteuid() != 0)
		skip();
	assert_int_equal(chmod(scratch_path(&s, "wg0.conf"), 0644), 0);
	scratch_write(&s, "wg0.conf.d/1.conf", "1", 0644);
	scratch_write(&s, "wg0.conf.d/2.conf", "2", 0600);
	assert_int_equal(seteuid(65534), 0);
	refuse("wg0.conf", "wg0.conf:main$\nwg0.conf.d/1.conf:1\n", "Permission denied",
	       "wg0.conf.d/2.conf");
	assert_int_equal(seteuid(0), 0);
	assert_int_equal(chmod(scratch_path(&s, "wg0.conf.d"), 0700), 0);
	assert_int_equal(seteuid(65534), 0);
	refuse("wg0.conf", "wg0.conf:main$\n", "cannot read the drop-ins", "wg0.conf.d");
	assert_int_equal(seteuid(0), 0);
}

/* ---- of one moment ---- */

enum { ROUNDS = 1500, BETWEEN = 100 };
static atomic_bool done;

static void put(const char *name, int number)
{
	char path[PATH_MAX], text[16];

	snprintf(path, sizeof(path), "%s/wg0.conf.d/%s", s.folder, name);
	snprintf(text, sizeof(text), "%d", number);
	assert_int_equal(file_replace(path, text, strlen(text), NULL), 0);
}

/* The first file is never behind the last, nor more than one ahead. */
static void *keep_writing(void *unused)
{
	for (int i = 1; !done; i++) {
		put("000.conf", i);
		put("zzz.conf", i);
		usleep(500);
	}
	return unused;
}

static int number_of(const struct config_text *text, size_t file)
{
	return atoi(buf_text(&text->text) + text->files.at[file].at);
}

static void test_one_moment(void **state)
{
	pthread_t writer;
	int seen = 0;

	(void)state;
	assert_int_equal(mkdir(scratch_path(&s, "wg0.conf.d"), 0700), 0);
	put("000.conf", 0);
	put("zzz.conf", 0);
	for (int i = 0; i < BETWEEN; i++) {
		char name[32];

		snprintf(name, sizeof(name), "wg0.conf.d/%03d.conf", i + 1);
		scratch_write(&s, name, "", 0600);
	}
	assert_int_equal(pthread_create(&writer, NULL, keep_writing, NULL), 0);
	for (int i = 0; i < ROUNDS; i++) {
		_cleanup_config_path_ struct config_path path = {0};
		_cleanup_config_text_ struct config_text text = {0};
		char name[PATH_MAX];

		snprintf(name, sizeof(name), "%s/wg0.conf", s.folder);
		assert_int_equal(config_path_find(name, &path, NULL), 0);
		int r = config_text_read(&path, &text, NULL);
		if (r == -EAGAIN)
			continue;
		assert_int_equal(r, 0);
		assert_int_equal(text.files.len, BETWEEN + 3);
		int first = number_of(&text, 1), last = number_of(&text, BETWEEN + 2);
		if (first != last && first != last + 1)
			fail_msg("%d and %d were never there at once", first, last);
		seen++;
	}
	done = true;
	assert_int_equal(pthread_join(writer, NULL), 0);
	assert_true(seen > 0);
}

#define CASE(f) cmocka_unit_test_setup_teardown(f, setup, teardown)

int main(void)
{
	const struct CMUnitTest tests[] = {
		CASE(test_order),      CASE(test_links),      CASE(test_not_files),
		CASE(test_unreadable), CASE(test_one_moment),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}

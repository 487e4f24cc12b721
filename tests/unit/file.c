// SPDX-License-Identifier: GPL-2.0-or-later
// Finding, reading and replacing configurations.
#include "wgq/sys/file/file.h"

#include <errno.h>
#include <sched.h>
#include <signal.h>
#include <sys/mount.h>
#include <sys/socket.h>
#include <sys/un.h>

#include "scratch.h"
#include "wgq/base/mem.h"
#include "wgq/sys/file/config_path.h"

static int setup(void **state)
{
	static struct scratch s;

	scratch_init(&s);
	*state = &s;
	return 0;
}

static int teardown(void **state)
{
	assert_int_equal(chdir("/"), 0);
	scratch_release(*state);
	return 0;
}

static void test_ifname(void **state)
{
	static const struct {
		const char *name;
		bool ok;
	} cases[] = {
		{"wg0", true},     {"a", true},     {"=+.-_Az9", true}, {"fifteen-chars-x", true},
		{"", false},       {"wg/0", false}, {"wg 0", false},    {"sixteen-chars-xy", false},
		{"wg\xc3", false},
	};

	(void)state;
	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++)
		assert_int_equal(config_path_is_ifname(cases[i].name, strlen(cases[i].name)),
				 cases[i].ok);
	assert_false(config_path_is_ifname("w\0g", 3));
}

/* Files: etc/wg0.conf, etc/wg0.conf.conf, here/wg9.conf, here/link.conf -> wg9.conf,
 * here/much-too-long-name.conf, here/..conf, here/b@d.conf; "." is here/. */
static void test_find(void **state)
{
	static const struct {
		const char *argument;
		int error;
		const char *ifname; /* or part of the message or hint */
		const char *file;
	} cases[] = {
		{"wg0", 0, "wg0", "etc/wg0.conf"},
		{"wg0.conf", 0, "wg0.conf", "etc/wg0.conf.conf"},
		{"./wg9.conf", 0, "wg9", "here/wg9.conf"},
		{"../here/wg9.conf", 0, "wg9", "here/wg9.conf"},
		/* the name of the link, the text of its target */
		{"./link.conf", 0, "link", "here/wg9.conf"},
		{"sixteen-chars-y.conf", 0, "sixteen-chars-y", "here/sixteen-chars-y.conf"},
		{"wg9.conf", -ENOENT, "./wg9.conf", NULL},
		{"wg7.conf", -ENOENT, "name alone is enough: wg7", NULL},
		{"wg8", -ENOENT, "/etc/wg8.conf' does not exist", NULL},
		{"much-too-long-for-a-name", -ENOENT, "24 characters", NULL},
		{"./wg9.conf/x", -ENOENT, "does not exist", NULL},
		{"", -ENOENT, "`' does not exist", NULL},
		{"./much-too-long-name.conf", -EINVAL, "18 characters", NULL},
		{"./b@d.conf", -EINVAL, "followed by .conf", NULL},
		{"./..conf", -EINVAL, "kernel does not allow", NULL},
		{"./plain", -EINVAL, "does not end in .conf", NULL},
		{"./.conf", -EINVAL, "no name before", NULL},
		{".conf", -ENOENT, "no name before", NULL},
		{"all", -EINVAL, "kernel does not allow the name `all'", NULL},
		{"default", -EINVAL, "kernel does not allow the name `default'", NULL},
		{".", -EINVAL, "kernel does not allow the name `.'", NULL},
		{"..", -EINVAL, "kernel does not allow the name `..'", NULL},
		{"./all.conf", -EINVAL, "kernel does not allow the name `all'", NULL},
		{"./default.conf", -EINVAL, "kernel does not allow the name `default'", NULL},
		{"default.conf", -ENOENT, "kernel does not allow the name `default'", NULL},
		{"./ALL.conf", 0, "ALL", "here/ALL.conf"},
	};
	static const char *const files[] = {
		"etc/wg0.conf",
		"etc/wg0.conf.conf",
		"here/wg9.conf",
		"here/sixteen-chars-y.conf",
		"here/much-too-long-name.conf",
		"here/b@d.conf",
		"here/..conf",
		"etc/all.conf",
		"here/all.conf",
		"here/ALL.conf",
		"here/default.conf",
		"here/plain",
		"here/.conf",
	};
	struct scratch *s = *state;
	char etc[PATH_MAX];

	for (size_t i = 0; i < sizeof(files) / sizeof(files[0]); i++)
		scratch_write(s, files[i], "", 0600);
	snprintf(etc, sizeof(etc), "%s/etc", s->folder);
	assert_int_equal(chdir(scratch_path(s, "here")), 0);
	assert_int_equal(symlink("wg9.conf", "link.conf"), 0);

	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		_cleanup_config_path_ struct config_path path = {0};
		_cleanup_diag_ struct diag d = {0};
		_cleanup_buf_ struct buf shown = {0};

		int r = config_path_find_in(etc, cases[i].argument, &path, &d);
		diag_format(&d, 0, "wgq", false, 0, &shown);
		if (r != cases[i].error)
			fail_msg("%s: %d, %s", cases[i].argument, r, buf_text(&shown));
		if (r == 0) {
			assert_string_equal(path.ifname, cases[i].ifname);
			assert_string_equal(path.real, scratch_path(s, cases[i].file));
			continue;
		}
		assert_null(path.given);
		assert_int_equal(diag_errors(&d), 1);
		if (!strstr(buf_text(&shown), cases[i].ifname))
			fail_msg("no `%s' in: %s", cases[i].ifname, buf_text(&shown));
	}
}

static void test_no_folder(void **state)
{
	_cleanup_config_path_ struct config_path path = {0};
	_cleanup_diag_ struct diag d = {0};

	(void)state;
	assert_int_equal(config_path_find_in("/nonexistent/wireguard", "wg0", &path, &d), -ENOENT);
	assert_string_equal(d.at[0].message, "`/nonexistent/wireguard/wg0.conf' does not exist");
	assert_non_null(strstr(d.at[0].hint, "mkdir -m 700 /nonexistent/wireguard"));
}

/* linux.bash:47: mode(file) & mode(folder) & 0007 */
static void test_world(void **state)
{
	static const struct {
		mode_t file, folder;
		bool warn;
	} cases[] = {
		{0600, 0755, false}, {0644, 0700, false}, {0644, 0710, false}, {0644, 0701, false},
		{0644, 0755, true},  {0604, 0704, true},  {0640, 0755, false}, {0601, 0701, true},
	};
	struct scratch *s = *state;
	_cleanup_config_path_ struct config_path path = {0};

	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		_cleanup_buf_ struct buf text = {0};
		struct stat st;

		scratch_write(s, "f/wg0.conf", "[Interface]\n", cases[i].file);
		config_path_release(&path);
		assert_int_equal(config_path_find(s->path, &path, NULL), 0);
		assert_int_equal(chmod(scratch_path(s, "f"), cases[i].folder), 0);
		assert_int_equal(config_path_read(&path, &st, &text, NULL), 0);
		assert_int_equal(path.world_accessible, cases[i].warn);
		assert_string_equal(text.data, "[Interface]\n");
		assert_true(text.secret);
	}
}

static void refuse(const char *path, const char *word)
{
	_cleanup_diag_ struct diag d = {0};
	_cleanup_buf_ struct buf text = {0};

	assert_true(file_read(path, &text, &d) < 0);
	assert_int_equal(diag_errors(&d), 1);
	if (!strstr(d.at[0].message, word))
		fail_msg("%s: %s", path, d.at[0].message);
}

static void test_not_a_file(void **state)
{
	struct scratch *s = *state;
	struct sockaddr_un address = {.sun_family = AF_UNIX};
	int server = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);

	alarm(10); /* none of these may wait */
	refuse("/dev/zero", "a device");
	refuse(s->folder, "a directory");
	assert_int_equal(mkfifo(scratch_path(s, "fifo"), 0600), 0);
	refuse(s->path, "a named pipe");
	snprintf(address.sun_path, sizeof(address.sun_path), "%s/sock", s->folder);
	assert_int_equal(bind(server, (struct sockaddr *)&address, sizeof(address)), 0);
	refuse(address.sun_path, "a socket");
	close(server);
	scratch_write(s, "large", "", 0600);
	assert_int_equal(truncate(s->path, (off_t)2 << 30), 0);
	refuse(s->path, "larger than 1024 MiB");
	refuse("/nonexistent", "cannot read");
	alarm(0);
}

static void test_replace(void **state)
{
	struct scratch *s = *state;
	struct stat before, after;
	char other[PATH_MAX];

	scratch_write(s, "wg0.conf", "old old old\n", 0644);
	assert_int_equal(stat(s->path, &before), 0);
	assert_int_equal(file_replace(s->path, "new\n", 4, NULL), 0);
	assert_int_equal(stat(s->path, &after), 0);
	assert_int_equal(after.st_mode & 07777, 0600);
	assert_int_not_equal(before.st_ino, after.st_ino);
	assert_string_equal(scratch_read(s, "wg0.conf"), "new\n");

	/* and one that is not there yet */
	assert_int_equal(file_replace(scratch_path(s, "wg1.conf"), "x", 1, NULL), 0);
	assert_string_equal(scratch_read(s, "wg1.conf"), "x");
	assert_int_equal(file_replace("/nonexistent/wg0.conf", "x", 1, NULL), -ENOENT);
	/* what is in the way of the temporary file: a dead one's, links to others' files, a pipe */
	scratch_write(s, "wg1.conf.wgq-new", "half", 0644);
	assert_int_equal(file_replace(scratch_path(s, "wg1.conf"), "y", 1, NULL), 0);
	assert_int_equal(symlink("wg0.conf", scratch_path(s, "wg1.conf.wgq-new")), 0);
	assert_int_equal(file_replace(scratch_path(s, "wg1.conf"), "z", 1, NULL), 0);
	snprintf(other, sizeof(other), "%s/wg0.conf", s->folder);
	assert_int_equal(link(other, scratch_path(s, "wg1.conf.wgq-new")), 0);
	assert_int_equal(file_replace(scratch_path(s, "wg1.conf"), "z", 1, NULL), 0);
	assert_int_equal(mkfifo(scratch_path(s, "wg1.conf.wgq-new"), 0600), 0);
	assert_int_equal(file_replace(scratch_path(s, "wg1.conf"), "z", 1, NULL), 0);
	assert_string_equal(scratch_read(s, "wg1.conf"), "z");
	assert_string_equal(scratch_read(s, "wg0.conf"), "new\n");
	scratch_write(s, "wg1.conf.wgq-new", "half", 0600);
	file_clean(scratch_path(s, "wg1.conf"));
	/* no temporary file stays: the folder has just these two */
	assert_int_equal(unlink(scratch_path(s, "wg0.conf")), 0);
	assert_int_equal(unlink(scratch_path(s, "wg1.conf")), 0);
	assert_int_equal(rmdir(s->folder), 0);
}

/* Two texts, replaced in turn by a child that is killed at any moment: always one or the other. */
static void test_replace_killed(void **state)
{
	enum { N = 200000, ROUNDS = 40 };
	struct scratch *s = *state;
	_cleanup_free_ char *a = mem_calloc(N, 1), *b = mem_calloc(N / 2, 1);
	char path[PATH_MAX];

	memset(a, 'a', N);
	memset(b, 'b', N / 2);
	snprintf(path, sizeof(path), "%s/wg0.conf", s->folder);
	assert_int_equal(file_replace(path, a, N, NULL), 0);
	for (unsigned int i = 0; i < ROUNDS; i++) {
		_cleanup_buf_ struct buf text = {0};
		pid_t child = fork();

		if (child == 0)
			for (;;) {
				file_replace(path, b, N / 2, NULL);
				file_replace(path, a, N, NULL);
			}
		usleep(500 + i * 137);
		kill(child, SIGKILL);
		waitpid(child, NULL, 0);
		assert_int_equal(file_read(path, &text, NULL), 0);
		size_t n = text.data[0] == 'a' ? N : N / 2;
		assert_int_equal(text.len, n);
		assert_memory_equal(text.data, text.data[0] == 'a' ? a : b, n);
	}
}

static void test_replace_mounted(void **state)
{
	struct scratch *s = *state;
	char from[PATH_MAX];

	if (unshare(CLONE_NEWNS) < 0 || mount("none", "/", "none", MS_REC | MS_PRIVATE, NULL) < 0)
		scratch_skip("mount namespace");
	snprintf(from, sizeof(from), "%s", scratch_write(s, "host.conf", "long old text\n", 0600));
	scratch_write(s, "in/wg0.conf", "", 0600);
	assert_int_equal(mount(from, s->path, "none", MS_BIND, NULL), 0);
	assert_int_equal(file_replace(s->path, "new\n", 4, NULL), 0);
	assert_string_equal(scratch_read(s, "host.conf"), "new\n");

	/* the same in a read-only folder */
	assert_int_equal(umount2(scratch_path(s, "in/wg0.conf"), MNT_DETACH), 0);
	scratch_path(s, "in");
	assert_int_equal(mount(s->path, s->path, "none", MS_BIND, NULL), 0);
	assert_int_equal(mount(from, scratch_path(s, "in/wg0.conf"), "none", MS_BIND, NULL), 0);
	scratch_path(s, "in");
	assert_int_equal(mount(NULL, s->path, "none", MS_BIND | MS_REMOUNT | MS_RDONLY, NULL), 0);
	assert_int_equal(file_replace(scratch_path(s, "in/wg0.conf"), "newer\n", 6, NULL), 0);
	assert_string_equal(scratch_read(s, "host.conf"), "newer\n");
	umount2(scratch_path(s, "in/wg0.conf"), MNT_DETACH);
	umount2(scratch_path(s, "in"), MNT_DETACH);
}

#define CASE(f) cmocka_unit_test_setup_teardown(f, setup, teardown)

int main(void)
{
	const struct CMUnitTest tests[] = {
		CASE(test_ifname),         CASE(test_find),
		CASE(test_no_folder),      CASE(test_world),
		CASE(test_not_a_file),     cmocka_unit_test_setup(test_replace, setup),
		CASE(test_replace_killed), CASE(test_replace_mounted),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}

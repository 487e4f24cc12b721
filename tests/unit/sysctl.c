// SPDX-License-Identifier: GPL-2.0-or-later
// Kernel settings, in a network namespace of our own.
#include "wgq/sys/host/sysctl.h"

#include <errno.h>
#include <sched.h>
#include <sys/mount.h>

#include "scratch.h"

static void test_get(void **state)
{
	_cleanup_diag_ struct diag d = {0};
	long value = -1;

	(void)state;
	assert_int_equal(sysctl_get("kernel/pid_max", &value, &d), 0);
	assert_true(value > 0);
	assert_int_equal(sysctl_get("net/ipv4/conf/no.such/rp_filter", &value, &d), -ENOENT);
	assert_int_equal(diag_errors(&d), 0);
	assert_int_equal(sysctl_get("kernel/ostype", &value, &d), -EINVAL);
	assert_int_equal(diag_errors(&d), 1);
}

static void need(int r, const char *what)
{
	if (r < 0)
		scratch_skip(what);
}

static void test_set(void **state)
{
	_cleanup_diag_ struct diag d = {0};
	const char *name = "net/ipv4/conf/all/src_valid_mark";
	long value = -1;

	(void)state;
	need(unshare(CLONE_NEWNET), "network namespace");
	assert_int_equal(sysctl_set(name, 1, &d), 0);
	assert_int_equal(sysctl_get(name, &value, &d), 0);
	assert_int_equal(value, 1);
	assert_int_equal(sysctl_set("net/ipv4/conf/no.such/x", 1, &d), -ENOENT);
	assert_string_equal(d.at[0].message, "cannot set net.ipv4.conf.no/such.x to 1");
}

static void test_read_only(void **state)
{
	_cleanup_diag_ struct diag d = {0};

	(void)state;
	need(unshare(CLONE_NEWNS), "mount namespace");
	need(mount("none", "/", "none", MS_REC | MS_PRIVATE, NULL), "private mounts");
	need(mount("/proc/sys", "/proc/sys", "none", MS_BIND, NULL), "bind mount");
	need(mount(NULL, "/proc/sys", "none", MS_BIND | MS_REMOUNT | MS_RDONLY, NULL), "remount");
	assert_int_equal(sysctl_set("net/ipv4/conf/all/src_valid_mark", 1, &d), -EROFS);
	assert_non_null(
		strstr(d.at[0].hint, "docker run --sysctl net.ipv4.conf.all.src_valid_mark=1"));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_get),
		cmocka_unit_test(test_set),
		cmocka_unit_test(test_read_only),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}

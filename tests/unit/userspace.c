// SPDX-License-Identifier: GPL-2.0-or-later
// Starting and ending a userspace WireGuard; this program, called with an interface's name, is a
// fake one. In a mount namespace of its own, with an empty /run.
#include "wgq/sys/process/userspace.h"

#include <errno.h>
#include <sched.h>
#include <signal.h>
#include <sys/mount.h>
#include <sys/socket.h>
#include <sys/un.h>

#include "scratch.h"

static const struct sockaddr_un address = {.sun_family = AF_UNIX,
					   .sun_path = "/var/run/wireguard/wg0.sock"};

static int listen_there(void)
{
	int fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);

	mkdir("/var/run/wireguard", 0700);
	if (bind(fd, (const struct sockaddr *)&address, sizeof(address)) < 0)
		_exit(98); /* as wireguard-go, it does not take over a socket that is there */
	listen(fd, 1);
	return fd;
}

/* Goes into the background as the real ones do. */
static int fake(const char *how)
{
	char byte;

	if (strcmp(how, "fail") == 0)
		return 3;
	if (strcmp(how, "silent") == 0)
		return 0;
	if (read(STDIN_FILENO, &byte, 1) != 0)
		return 97;
	if (fork() > 0)
		return 0;
	usleep(100000);
	listen_there();
	sleep(1); /* then the link is deleted */
	unlink(address.sun_path);
	return 0;
}

static int start(const char *how, struct diag *d)
{
	setenv("FAKE", how, 1);
	return userspace_start("/proc/self/exe", "wg0", d);
}

static void test_start(void **state)
{
	_cleanup_diag_ struct diag d = {0};

	(void)state;
	/* with a socket that a dead one has left */
	close(listen_there());
	assert_int_equal(start("serve", &d), 0);
	assert_int_equal(diag_errors(&d), 0);
	userspace_wait_gone("wg0");
	assert_int_equal(access(address.sun_path, F_OK), -1);
}

static void test_failures(void **state)
{
	_cleanup_diag_ struct diag d = {0};

	(void)state;
	assert_int_equal(start("fail", &d), -EIO);
	assert_non_null(strstr(d.at[0].message, "failed with exit status 3"));
	assert_int_equal(userspace_start("no-such-program", "wg0", &d), -ENOENT);
	assert_int_equal(start("silent", &d), -ETIMEDOUT);
	assert_int_equal(diag_errors(&d), 3);
}

static void test_stale(void **state)
{
	(void)state;
	close(listen_there());
	userspace_wait_gone("wg0");
	assert_int_equal(access(address.sun_path, F_OK), -1);
	/* what is not a socket is not ours */
	close(open(address.sun_path, O_CREAT | O_WRONLY | O_CLOEXEC, 0600));
	userspace_wait_gone("wg0");
	assert_int_equal(unlink(address.sun_path), 0);
}

static void test_program(void **state)
{
	(void)state;
	setenv("WG_QUICK_USERSPACE_IMPLEMENTATION", "", 1);
	assert_string_equal(userspace_program(), "wireguard-go");
	setenv("WG_QUICK_USERSPACE_IMPLEMENTATION", "boringtun-cli", 1);
	assert_string_equal(userspace_program(), "boringtun-cli");
}

int main(int argc, char *argv[])
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_program),
		cmocka_unit_test(test_start),
		cmocka_unit_test(test_failures),
		cmocka_unit_test(test_stale),
	};

	if (argc == 2 && strcmp(argv[1], "wg0") == 0)
		return fake(getenv("FAKE"));
	if (getenv("MESON_EXE_WRAPPER")) {
		puts("skipped: an emulator does not start itself by /proc/self/exe");
		return 77;
	}
	if (unshare(CLONE_NEWNS) < 0 || mount("none", "/", "none", MS_REC | MS_PRIVATE, NULL) < 0 ||
	    mount("tmpfs", "/run", "tmpfs", 0, NULL) < 0) {
		printf("skipped: no mount namespace: %s\n", strerror(errno));
		return getenv("WGQ_MUST_WORK") ? 1 : 77;
	}
	return cmocka_run_group_tests(tests, NULL, NULL);
}

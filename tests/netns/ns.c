// SPDX-License-Identifier: GPL-2.0-or-later
// Namespaces and commands for the tests on the real kernel.
#include "ns.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <errno.h>
#include <fcntl.h>
#include <sched.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mount.h>
#include <sys/wait.h>
#include <unistd.h>

#include "wgq/base/buf.h"
#include "wgq/base/mem.h"
#include "wgq/kernel/netlink/netlink.h"

/* What meson takes for "skipped". */
enum { SKIPPED = 77 };

static bool must_work(void)
{
	const char *value = getenv("WGQ_MUST_WORK");

	return value && strcmp(value, "1") == 0;
}

int ns_need_root(void)
{
	if (geteuid() == 0)
		return 0;
	fprintf(stderr, "skipped: this needs root\n");
	return must_work() ? 1 : SKIPPED;
}

void ns_skip(const char *reason)
{
	if (must_work())
		fail_msg("%s, and WGQ_MUST_WORK is set", reason);
	print_message("skipped: %s\n", reason);
	skip();
}

void ns_fresh_network(void)
{
	netlink_release_shared();
	if (unshare(CLONE_NEWNET) < 0)
		fail_msg("cannot make a network namespace: %s", strerror(errno));
	ns_run("ip link set lo up");
}

void ns_private_run(void)
{
	static bool done;

	if (done)
		return;
	if (unshare(CLONE_NEWNS) < 0 || mount(NULL, "/", NULL, MS_REC | MS_PRIVATE, NULL) < 0 ||
	    mount("tmpfs", "/run", "tmpfs", 0, "mode=755") < 0)
		fail_msg("cannot make a mount namespace: %s", strerror(errno));
	done = true;
}

/* In the child: a shell that writes both streams to a pipe. */
static void become_shell(const char *command, int out)
{
	dup2(out, STDOUT_FILENO);
	dup2(out, STDERR_FILENO);
	execl("/bin/sh", "sh", "-c", command, (char *)NULL);
	_exit(127);
}

static void read_all(int fd, struct buf *ret)
{
	char chunk[4096];
	ssize_t got;

	while ((got = read(fd, chunk, sizeof(chunk))) > 0)
		buf_mem(ret, chunk, (size_t)got);
}

__attribute__((format(printf, 2, 0))) static int run(struct buf *ret_output, const char *format,
						     va_list args)
{
	_cleanup_buf_ struct buf command = {0};
	int pipes[2], status = 0;

	buf_addv(&command, format, args);
	if (pipe2(pipes, O_CLOEXEC) < 0)
		fail_msg("pipe: %s", strerror(errno));
	fflush(NULL);
	pid_t child = fork();
	if (child == 0)
		become_shell(buf_text(&command), pipes[1]);
	close(pipes[1]);
	read_all(pipes[0], ret_output);
	close(pipes[0]);
	if (child < 0 || waitpid(child, &status, 0) != child)
		fail_msg("cannot run: %s", buf_text(&command));
	return WIFEXITED(status) ? WEXITSTATUS(status) : 128 + WTERMSIG(status);
}

char *ns_output(const char *format, ...)
{
	struct buf output = {0};
	va_list args;

	va_start(args, format);
	run(&output, format, args);
	va_end(args);
	return buf_steal(&output);
}

void ns_run(const char *format, ...)
{
	_cleanup_buf_ struct buf output = {0};
	va_list args;

	va_start(args, format);
	int status = run(&output, format, args);
	va_end(args);
	if (status != 0)
		fail_msg("status %d of: %s\n%s", status, format, buf_text(&output));
}

int ns_status(const char *format, ...)
{
	_cleanup_buf_ struct buf output = {0};
	va_list args;

	va_start(args, format);
	int status = run(&output, format, args);
	va_end(args);
	return status;
}

bool ns_has(const char *program)
{
	return ns_status("command -v %s", program) == 0;
}

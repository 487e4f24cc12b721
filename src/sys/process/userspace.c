// SPDX-License-Identifier: GPL-2.0-or-later
// Starts and ends a userspace WireGuard.
#include "wgq/sys/process/userspace.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <unistd.h>

#include "wgq/base/mem.h"
#include "wgq/net/wg.h"
#include "wgq/sys/file/io.h"
#include "wgq/sys/process/proc.h"

/* It is there when the program has gone into the background; wireguard-go takes some 20 ms. */
enum { WAIT_START_MS = 5000, WAIT_OTHER_MS = 2000, WAIT_END_MS = 20000, WAIT_STEP_MS = 10 };

enum socket_state { SOCKET_ABSENT, SOCKET_STALE, SOCKET_SERVED };

const char *userspace_program(void)
{
	const char *program = getenv("WG_QUICK_USERSPACE_IMPLEMENTATION");

	return program && *program ? program : "wireguard-go";
}

bool userspace_kernel_has_wireguard(void)
{
	return access("/sys/module/wireguard", F_OK) == 0;
}

static void socket_address(const char *ifname, struct sockaddr_un *ret)
{
	*ret = (struct sockaddr_un){.sun_family = AF_UNIX};
	snprintf(ret->sun_path, sizeof(ret->sun_path), WG_SOCKET_FOLDER "/%s" WG_SOCKET_SUFFIX,
		 ifname);
}

static enum socket_state socket_look(const struct sockaddr_un *address)
{
	struct stat st;

	if (lstat(address->sun_path, &st) < 0 || !S_ISSOCK(st.st_mode))
		return SOCKET_ABSENT;

	_cleanup_fd_ int fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
	if (fd < 0)
		return SOCKET_SERVED;
	/* A full queue (EAGAIN) is a server too; only a refusal says that there is none. */
	if (connect(fd, (const struct sockaddr *)address, sizeof(*address)) < 0 &&
	    errno == ECONNREFUSED)
		return SOCKET_STALE;
	return SOCKET_SERVED;
}

bool userspace_answers(const char *ifname)
{
	struct sockaddr_un address;

	socket_address(ifname, &address);
	return socket_look(&address) == SOCKET_SERVED;
}

static void wait_gone(const char *ifname, unsigned int most_ms)
{
	struct sockaddr_un address;

	socket_address(ifname, &address);
	for (unsigned int waited = 0; waited < most_ms && userspace_answers(ifname);
	     waited += WAIT_STEP_MS)
		io_sleep_ms(WAIT_STEP_MS);
	/* wg(8) does the same (ipc-uapi-unix.h). */
	if (socket_look(&address) == SOCKET_STALE)
		unlink(address.sun_path);
}

void userspace_wait_gone(const char *ifname)
{
	wait_gone(ifname, WAIT_END_MS);
}

static int start_failed(const char *program, const char *ifname, int status, struct diag *d)
{
	if (status == PROC_NOT_FOUND) {
		diag_refuse(d, ENOENT, "there is no program `%s'", program);
		diag_hint(d, "install it, or name another in WG_QUICK_USERSPACE_IMPLEMENTATION");
		return -ENOENT;
	}
	if (status == PROC_CANNOT_EXECUTE)
		return diag_refuse(d, EACCES, "`%s' cannot be executed", program);
	if (status > PROC_KILLED)
		diag_refuse(d, EIO, "`%s %s' was killed by signal %d", program, ifname,
			    status - PROC_KILLED);
	else
		diag_refuse(d, EIO, "`%s %s' failed with exit status %d", program, ifname, status);
	diag_status(d, status);
	return -EIO;
}

int userspace_start(const char *program, const char *ifname, struct diag *d)
{
	const char *const argv[] = {program, ifname, NULL};
	_cleanup_buf_ struct buf said = {0};
	/* The banner of wireguard-go says nothing that is needed. With LOG_LEVEL its daemon writes
	 * there as well.
	 */
	const struct proc_files files = {
		.input = "", .ret_err = getenv("LOG_LEVEL") ? NULL : &said, .hold_err = true};
	struct sockaddr_un address;
	int status;

	/* That of a link which was deleted just now may not have ended yet. */
	wait_gone(ifname, WAIT_OTHER_MS);
	socket_address(ifname, &address);
	/* Some implementations take a socket over from the process that serves it. */
	if (userspace_answers(ifname)) {
		diag_refuse(d, EADDRINUSE, "%s is in use, although there is no interface %s here",
			    address.sun_path, ifname);
		diag_hint(d,
			  "it serves another network namespace, or an interface that was renamed: "
			  "choose another name, or give this namespace a /run of its own");
		return -EADDRINUSE;
	}
	int r = proc_run_files(argv, &files, &status, d);
	/* What it has made is gone with it. */
	if (r < 0)
		return r == -ETIMEDOUT ? -EIO : r;
	if (status != 0) {
		io_write_all(STDERR_FILENO, buf_text(&said), said.len);
		return start_failed(program, ifname, status, d);
	}

	for (unsigned int waited = 0; !userspace_answers(ifname);) {
		if (waited >= WAIT_START_MS) {
			diag_refuse(d, ETIMEDOUT, "`%s %s' was started, but %s does not answer",
				    program, ifname, address.sun_path);
			return -ETIMEDOUT;
		}
		io_sleep_ms(WAIT_STEP_MS);
		waited += WAIT_STEP_MS;
	}
	return 0;
}

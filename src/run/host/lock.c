// SPDX-License-Identifier: GPL-2.0-or-later
// The lock between wgq processes.
//
// Theory of operation
//
// Two wgq at once could find the same routing table free, or the same place for their rules. So a
// flock(2) on /run/wgq.lock is held from a look until the steps that were planned from it are
// taken. There is one for all interfaces, since they share tables and rules. The kernel releases it
// when the process ends, in whatever way. diff and save hold it while they look, so that they see
// no tunnel half changed. status, why, check and dry runs do without it, and wg-quick does not know
// it.
//
// It is not held while a hook, resolvconf or iptables runs, or systemd-resolved is asked: a hook
// may call wgq, and a program that hangs must not keep every tunnel waiting (host_leave()).
// cmd/session.c says what is believed afterwards. It is held while a userspace WireGuard starts,
// which makes link and socket by itself: nobody must take these for left over.
//
// A flock(2) that waits would miss a signal that comes just before the call, so it is tried every
// 10 ms. After a second the user is told who holds it. A signal ends the wait. If it came before
// the wait began, the lock is for an undo: then the wait ends after 5 seconds, and the undo goes on
// without the lock.
//
// To open the file for reading is enough, so root can let a group have the lock. Where /run is
// missing or read-only, there is no lock; if the file cannot be opened for lack of permission or
// space, a warning says so. What is left is the kernel's own exclusion: of two that create the same
// object, one fails.
#include "wgq/run/host/lock.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <sys/sysmacros.h>

#include "wgq/base/mem.h"
#include "wgq/sys/file/file.h"
#include "wgq/sys/file/io.h"

static const char path[] = "/run/wgq.lock";

/* A flock(2) that waits would miss a signal that comes just before the call. */
enum { TRY_INTERVAL_MS = 10, SAY_TRIES = 100, UNDO_TRIES = 500 };

enum { COMMAND_MAX = 100 };

/* Whose it is by /proc/locks (fs/locks.c, lock_get_status()); 0: not known, as of a process in
 * another PID namespace. */
static int holder_of(int fd)
{
	FILE *locks = fopen("/proc/locks", "re");
	unsigned int major_number, minor_number;
	unsigned long inode;
	int pid, found = 0;
	struct stat st;
	char line[256];

	while (locks && fstat(fd, &st) == 0 && !found && fgets(line, sizeof(line), locks))
		if (sscanf(line, "%*u: FLOCK %*s WRITE %d %x:%x:%lu", &pid, &major_number,
			   &minor_number, &inode) == 4 &&
		    inode == st.st_ino && makedev(major_number, minor_number) == st.st_dev)
			found = pid;
	if (locks)
		fclose(locks);
	return found;
}

/* Such as "`wgq up wg0' (process 1234)". */
static void name_holder(int fd, struct buf *ret)
{
	_cleanup_buf_ struct buf file = {0}, command = {0};
	int pid = holder_of(fd);

	buf_addf(&file, "/proc/%d/cmdline", pid);
	if (!pid || buf_status(&file) < 0) {
		buf_str(ret, "another process");
		return;
	}
	file_read(buf_text(&file), &command, NULL);
	if (command.len > 0)
		command.len--;
	for (size_t i = 0; i < command.len; i++)
		if (command.data[i] == '\0')
			command.data[i] = ' ';
	if (command.len > 0)
		buf_addf(ret, "`%.*s' (process %d)", COMMAND_MAX, buf_text(&command), pid);
	else
		buf_addf(ret, "process %d", pid);
}

static void say_who(int fd, void (*say)(const char *line))
{
	_cleanup_buf_ struct buf line = {0};

	buf_str(&line, "[!] Waiting for ");
	name_holder(fd, &line);
	buf_addf(&line, ", which has locked %s", path);
	if (say && buf_status(&line) == 0)
		say(buf_text(&line));
}

/* Without it the kernel's own exclusion is left: what two make at once, one of them cannot make. */
static int do_without(int error, struct diag *d)
{
	if (error == ENOENT || error == EROFS)
		return 0;
	diag_warn(d, "cannot open %s: %s: another wgq may change the host at the same time", path,
		  strerror(error));
	if (error == EACCES)
		diag_hint(d,
			  "run it as root; or let a group read the file: chgrp GROUP %s && "
			  "chmod g+r %s",
			  path, path);
	return 0;
}

int lock_take(const volatile sig_atomic_t *stop, void (*say)(const char *line), int *ret_fd,
	      struct diag *d)
{
	/* A signal from before is obeyed already: the undo wants the lock. */
	bool undoing = stop && *stop;
	_cleanup_fd_ int fd = open(path, O_RDONLY | O_CREAT | O_CLOEXEC | O_NOFOLLOW, 0600);
	_cleanup_buf_ struct buf holder = {0};

	*ret_fd = -1;
	if (fd < 0 && (errno == ENOENT || errno == EROFS || errno == EACCES || errno == ENOSPC ||
		       errno == EDQUOT))
		return do_without(errno, d);
	if (fd < 0)
		return diag_fail(d, errno, "cannot open %s", path);
	for (int tries = 0; flock(fd, LOCK_EX | LOCK_NB) < 0; tries++) {
		if (errno != EWOULDBLOCK && errno != EINTR)
			return diag_fail(d, errno, "cannot lock %s", path);
		if (stop && *stop && (!undoing || tries == UNDO_TRIES)) {
			name_holder(fd, &holder);
			return diag_refuse(d, EINTR, "stopped while waiting for %s",
					   buf_text(&holder));
		}
		if (tries == SAY_TRIES)
			say_who(fd, say);
		io_sleep_ms(TRY_INTERVAL_MS);
	}
	*ret_fd = steal_fd(fd);
	return 0;
}

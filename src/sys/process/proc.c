// SPDX-License-Identifier: GPL-2.0-or-later
// Runs other programs and waits for them.
#include "wgq/sys/process/proc.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <spawn.h>
#include <stdlib.h>
#include <string.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include "proc_internal.h"
#include "wgq/base/mem.h"
#include "wgq/sys/clock.h"
#include "wgq/sys/file/io.h"

/* How often we look whether a program has ended, where the kernel does not tell us: a daemon that
 * it started may keep the pipe of its standard error open. */
enum { LOOK_INTERVAL_MS = 50, WAIT_TRIES = 3 };
/* What a helper that is to end may take to clean up. */
enum { TERMINATE_MS = 500 };

/* Our ends and the child's of what is not simply inherited; -1: inherited. Input and output are
 * files in memory rather than pipes: nobody waits for anybody, however large the text. */
struct wiring {
	int input, output;
	int err_read, err_write;
};

static void wiring_release(struct wiring *w)
{
	fd_close_at(&w->input);
	fd_close_at(&w->output);
	fd_close_at(&w->err_read);
	fd_close_at(&w->err_write);
}

/* The same file at a descriptor above 2, so that wiring one standard file never overwrites what
 * is to become another. Takes fd. */
static int above_standard(int fd)
{
	if (fd < 0 || fd > STDERR_FILENO)
		return fd;
	int moved = fcntl(fd, F_DUPFD_CLOEXEC, STDERR_FILENO + 1);
	int error = errno;

	close(fd);
	errno = error;
	return moved;
}

static int memory_file(const char *text)
{
	_cleanup_fd_ int fd = above_standard(memfd_create("wgq", MFD_CLOEXEC | MFD_NOEXEC_SEAL));

	/* Kernels before 6.3 do not know the flag; with vm.memfd_noexec=2 later ones demand it. */
	if (fd < 0 && errno == EINVAL)
		fd = above_standard(memfd_create("wgq", MFD_CLOEXEC));
	if (fd < 0)
		return -errno;

	int r = io_write_all(fd, text, strlen(text));
	if (r < 0)
		return r;
	return lseek(fd, 0, SEEK_SET) < 0 ? -errno : steal_fd(fd);
}

static int wiring_init(struct wiring *w, const struct proc_files *files, bool helper)
{
	if (files->input || helper) {
		w->input = memory_file(files->input ? files->input : "");
		if (w->input < 0)
			return w->input;
	}
	if (files->ret_out) {
		w->output = memory_file("");
		if (w->output < 0)
			return w->output;
	}
	if (files->ret_err) {
		int ends[2];

		if (pipe2(ends, O_CLOEXEC) < 0)
			return -errno;
		w->err_read = above_standard(ends[0]);
		w->err_write = above_standard(ends[1]);
		if (w->err_read < 0 || w->err_write < 0 ||
		    fcntl(w->err_read, F_SETFL, O_NONBLOCK) < 0)
			return -errno;
	}
	return 0;
}

static int spawn_actions(posix_spawn_file_actions_t *actions, const struct wiring *w)
{
	int error = 0;

	if (w->input >= 0)
		error = posix_spawn_file_actions_adddup2(actions, w->input, STDIN_FILENO);
	if (!error && w->output >= 0)
		error = posix_spawn_file_actions_adddup2(actions, w->output, STDOUT_FILENO);
	if (!error && w->err_write >= 0)
		error = posix_spawn_file_actions_adddup2(actions, w->err_write, STDERR_FILENO);
	return error;
}

/* What main() ignores is our own business. What was ignored before us stays so, as with bash: nohup
 * means what hooks leave running, too. */
static int spawn_attributes(posix_spawnattr_t *attributes, bool own_group)
{
	short flags = POSIX_SPAWN_SETSIGDEF | POSIX_SPAWN_SETSIGMASK;
	sigset_t ours, none;
	int error;

	sigemptyset(&ours);
	sigaddset(&ours, SIGPIPE);
	sigaddset(&ours, SIGXFSZ);
	sigemptyset(&none);
	error = posix_spawnattr_setsigdefault(attributes, &ours);
	if (!error)
		error = posix_spawnattr_setsigmask(attributes, &none);
	if (!error && own_group) {
		flags |= POSIX_SPAWN_SETPGROUP;
		error = posix_spawnattr_setpgroup(attributes, 0);
	}
	if (!error)
		error = posix_spawnattr_setflags(attributes, flags);
	return error;
}

/* posix_spawn() rather than fork(): with a million routes in memory, copying the page tables
 * would take longer than most hooks. Returns an errno. */
static int spawn(const char *const argv[], const struct wiring *w, char *const environment[],
		 bool own_group, pid_t *ret)
{
	posix_spawn_file_actions_t actions;
	posix_spawnattr_t attributes;
	int error = posix_spawn_file_actions_init(&actions);

	if (error)
		return error;
	error = posix_spawnattr_init(&attributes);
	if (error) {
		posix_spawn_file_actions_destroy(&actions);
		return error;
	}

	error = spawn_actions(&actions, w);
	if (!error)
		error = spawn_attributes(&attributes, own_group);
	if (!error)
		error = posix_spawnp(ret, argv[0], &actions, &attributes, (char *const *)argv,
				     environment);
	posix_spawnattr_destroy(&attributes);
	posix_spawn_file_actions_destroy(&actions);
	return error;
}

/* Whether the child has ended; options as waitpid()'s. */
static bool reap(pid_t pid, int options, int *ret_status)
{
	int status = 0;
	pid_t ended = -1;

	/* What else may be wrong, as a filter that lets us not wait, passes or does not. */
	for (int tries = 0; tries < WAIT_TRIES; tries += errno != EINTR) {
		ended = waitpid(pid, &status, options);
		if (ended >= 0)
			break;
	}
	if (ended == 0)
		return false;
	if (ended < 0)
		*ret_status = PROC_NOT_FOUND;
	else
		*ret_status =
			WIFSIGNALED(status) ? PROC_KILLED + WTERMSIG(status) : WEXITSTATUS(status);
	return true;
}

/* Reads what is there; false at the end of the file. */
static bool take_err(int fd, const struct proc_files *files)
{
	struct buf *kept = files->ret_err;
	char chunk[4096];

	for (;;) {
		ssize_t n = read(fd, chunk, sizeof(chunk));
		if (n < 0 && errno == EINTR)
			continue;
		if (n < 0)
			return errno == EAGAIN;
		if (n == 0)
			return false;
		if (!files->hold_err)
			io_write_all(STDERR_FILENO, chunk, (size_t)n);
		if (kept->len < PROC_KEEP_MAX) {
			size_t room = PROC_KEEP_MAX - kept->len;

			buf_mem(kept, chunk, (size_t)n < room ? (size_t)n : room);
		}
	}
}

/* Until it has ended, or its time is over: then false. err is its standard error; -1: not ours. */
static bool wait_for(pid_t pid, int err, const struct proc_files *files, unsigned int limit,
		     int *ret_status)
{
	/* Before Linux 5.3, and under some filters, we look again and again. */
	_cleanup_fd_ int ended = (int)syscall(SYS_pidfd_open, pid, 0);
	struct pollfd events[] = {{.fd = err, .events = POLLIN}, {.fd = ended, .events = POLLIN}};
	int64_t deadline = clock_ns() / CLOCK_MS + limit;

	for (;;) {
		bool signalled = poll(events, 2, LOOK_INTERVAL_MS) < 0 && errno == EINTR;
		bool has_ended = reap(pid, WNOHANG, ret_status);
		int64_t now = clock_ns() / CLOCK_MS;

		if (events[0].fd >= 0 && !take_err(events[0].fd, files))
			events[0].fd = -1;
		if (has_ended)
			return true;
		if (signalled && now + PROC_STOPPED_MS < deadline)
			deadline = now + PROC_STOPPED_MS;
		if (now >= deadline)
			return false;
	}
}

/* With all that it has started and that has stayed in its group. */
static int end_helper(pid_t pid, const char *name, int err, const struct proc_files *files,
		      struct diag *d)
{
	int status;

	kill(-pid, SIGTERM);
	bool ended = wait_for(pid, err, files, TERMINATE_MS, &status);
	kill(-pid, SIGKILL);
	if (!ended)
		reap(pid, 0, &status);
	diag_refuse(d, ETIMEDOUT, "%s did not end, and was killed", name);
	diag_hint(d, "run it by hand to see what it waits for");
	return -ETIMEDOUT;
}

int proc_run_in(const char *const argv[], const struct proc_files *files, char *const environment[],
		unsigned int limit, int *ret_status, struct diag *d)
{
	_cleanup_(wiring_release) struct wiring w = {-1, -1, -1, -1};
	int hangs = 0;
	pid_t pid;

	proc_seal();
	int r = wiring_init(&w, files, limit);
	if (r < 0)
		return diag_fail(d, -r, "cannot prepare files for %s", argv[0]);

	int error = spawn(argv, &w, environment, limit, &pid);
	/* Also said of a folder of PATH that we may not enter. */
	if (error == EACCES && !strchr(argv[0], '/') && !proc_exists(argv[0]))
		error = ENOENT;
	if (error == ENOENT || error == ENOTDIR) {
		*ret_status = PROC_NOT_FOUND;
		return 0;
	}
	if (error == EACCES || error == ENOEXEC || error == ELOOP) {
		*ret_status = PROC_CANNOT_EXECUTE;
		return 0;
	}
	if (error)
		return diag_fail(d, error, "cannot start %s", argv[0]);

	fd_close_at(&w.err_write);
	if (!limit)
		reap(pid, 0, ret_status);
	else if (!wait_for(pid, w.err_read, files, limit, ret_status))
		hangs = end_helper(pid, argv[0], w.err_read, files, d);

	if (files->ret_out)
		r = lseek(w.output, 0, SEEK_SET) < 0
			    ? -errno
			    : io_read_all(w.output, 0, PROC_OUT_MAX, files->ret_out);
	if (hangs < 0)
		return hangs;
	return r < 0 ? diag_fail(d, -r, "cannot read the output of %s", argv[0]) : 0;
}

int proc_run_files(const char *const argv[], const struct proc_files *files, int *ret_status,
		   struct diag *d)
{
	static const struct proc_variable none[] = {{NULL, NULL}};
	_cleanup_(proc_environment_free) char **environment = proc_environment(none);

	if (!environment)
		return diag_no_memory(d);
	return proc_run_in(argv, files, environment, PROC_HELPER_MS, ret_status, d);
}

int proc_run(const char *const argv[], const char *input, int *ret_status, struct diag *d)
{
	return proc_run_files(argv, &(struct proc_files){.input = input}, ret_status, d);
}

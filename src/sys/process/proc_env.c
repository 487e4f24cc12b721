// SPDX-License-Identifier: GPL-2.0-or-later
// What a child finds: its environment, no foreign descriptors, and where programs are.
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "proc_internal.h"
#include "wgq/base/buf.h"
#include "wgq/base/mem.h"

/* linux/close_range.h has them since 5.9 and 5.11 */
#ifndef SYS_close_range
#define SYS_close_range 436
#endif
#ifndef CLOSE_RANGE_CLOEXEC
#define CLOSE_RANGE_CLOEXEC 4U
#endif

/* Where there is neither the system call nor /proc. */
enum { DESCRIPTORS_TO_TRY = 1024 };

/* What the C library searches when PATH is not set (confstr(3), _CS_PATH). */
#define DEFAULT_PATH "/bin:/usr/bin"

static bool names_same(const char *entry, const char *name)
{
	size_t n = strlen(name);

	return strncmp(entry, name, n) == 0 && entry[n] == '=';
}

static bool is_replaced(const char *entry, const struct proc_variable *added)
{
	if (names_same(entry, "LC_ALL"))
		return true;
	for (; added->name; added++)
		if (names_same(entry, added->name))
			return true;
	return false;
}

static char *entry_new(const char *name, const char *value)
{
	_cleanup_buf_ struct buf entry = {0};

	buf_addf(&entry, "%s=%s", name, value);
	return buf_steal(&entry);
}

char **proc_environment(const struct proc_variable *added)
{
	size_t have = 0, more = 0, n = 0;

	while (environ && environ[have])
		have++;
	while (added[more].name)
		more++;

	_cleanup_(proc_environment_free) char **result =
		mem_calloc(have + more + 2, sizeof(char *));
	if (!result)
		return NULL;
	for (size_t i = 0; i < have; i++) {
		if (is_replaced(environ[i], added))
			continue;
		result[n] = mem_strndup(environ[i], strlen(environ[i]));
		if (!result[n++])
			return NULL;
	}
	for (size_t i = 0; i < more; i++) {
		result[n] = entry_new(added[i].name, added[i].value);
		if (!result[n++])
			return NULL;
	}
	result[n] = entry_new("LC_ALL", "C");
	return result[n] ? steal(result) : NULL;
}

void proc_environment_free(char ***environment)
{
	for (char **entry = *environment; entry && *entry; entry++)
		free(*entry);
	free(*environment);
	*environment = NULL;
}

static void close_on_exec(int fd)
{
	int flags = fcntl(fd, F_GETFD);

	if (flags >= 0 && !(flags & FD_CLOEXEC))
		fcntl(fd, F_SETFD, flags | FD_CLOEXEC);
}

void proc_seal(void)
{
	struct sigaction child;

	/* `wgq run' as process 1 has a handler of its own. */
	if (sigaction(SIGCHLD, NULL, &child) == 0 && child.sa_handler == SIG_IGN)
		signal(SIGCHLD, SIG_DFL);
	if (syscall(SYS_close_range, STDERR_FILENO + 1, ~0U, CLOSE_RANGE_CLOEXEC) == 0)
		return;

	DIR *listed = opendir("/proc/self/fd");
	if (!listed) {
		for (int fd = STDERR_FILENO + 1; fd < DESCRIPTORS_TO_TRY; fd++)
			close_on_exec(fd);
		return;
	}
	for (struct dirent *entry = readdir(listed); entry; entry = readdir(listed)) {
		int fd = atoi(entry->d_name);

		if (fd > STDERR_FILENO)
			close_on_exec(fd);
	}
	closedir(listed);
}

static bool is_program(const char *path)
{
	struct stat st;

	/* What cannot be looked at counts: whoever starts it hears why it does not start. */
	if (stat(path, &st) < 0 || access(path, X_OK) < 0)
		return errno == EIO || errno == ENOMEM || errno == EPERM || errno == ESTALE;
	return S_ISREG(st.st_mode);
}

char *proc_find(const char *name)
{
	const char *path = getenv("PATH");

	if (!*name)
		return NULL;
	if (strchr(name, '/'))
		return is_program(name) ? mem_strndup(name, strlen(name)) : NULL;

	for (const char *at = path ? path : DEFAULT_PATH;; at++) {
		_cleanup_buf_ struct buf tried = {0};
		size_t n = strcspn(at, ":");

		/* An empty element is the current folder. */
		buf_mem(&tried, at, n);
		buf_addf(&tried, "%s%s", n ? "/" : "./", name);
		if (buf_status(&tried) == 0 && is_program(tried.data))
			return buf_steal(&tried);
		at += n;
		if (!*at)
			return NULL;
	}
}

bool proc_exists(const char *name)
{
	_cleanup_free_ char *path = proc_find(name);

	return path != NULL;
}

bool proc_exists_for_root(const char *name)
{
	static const char *const folders[] = {"/usr/local/sbin", "/usr/sbin", "/sbin"};

	if (proc_exists(name))
		return true;
	for (size_t i = 0; !strchr(name, '/') && i < sizeof(folders) / sizeof(folders[0]); i++) {
		_cleanup_buf_ struct buf path = {0};

		buf_addf(&path, "%s/%s", folders[i], name);
		if (buf_status(&path) == 0 && proc_exists(buf_text(&path)))
			return true;
	}
	return false;
}

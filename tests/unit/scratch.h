/* SPDX-License-Identifier: GPL-2.0-or-later */
/* A folder for one test: fake files and fake programs. */
#pragma once

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include <setjmp.h>
#include <stdarg.h>
#include <stdint.h>

#include <cmocka.h>

struct scratch {
	char folder[64];
	char path[PATH_MAX]; /* of the last scratch_path() */
};

static inline void scratch_init(struct scratch *s)
{
	snprintf(s->folder, sizeof(s->folder), "/tmp/wgq-test-XXXXXX");
	assert_non_null(mkdtemp(s->folder));
}

/* Below the folder; its own folders are made. Valid until the next call. */
static inline const char *scratch_path(struct scratch *s, const char *name)
{
	snprintf(s->path, sizeof(s->path), "%s/%s", s->folder, name);
	for (char *at = s->path + strlen(s->folder) + 1; (at = strchr(at, '/')); at++) {
		*at = '\0';
		mkdir(s->path, 0755);
		*at = '/';
	}
	return s->path;
}

static inline const char *scratch_write(struct scratch *s, const char *name, const char *text,
					mode_t mode)
{
	const char *path = scratch_path(s, name);
	int fd = open(path, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0600);

	assert_true(fd >= 0);
	assert_int_equal(write(fd, text, strlen(text)), (ssize_t)strlen(text));
	assert_int_equal(fchmod(fd, mode), 0);
	close(fd);
	return path;
}

/* "" when there is no such file. Static memory. */
static inline const char *scratch_read(struct scratch *s, const char *name)
{
	static char text[65536];
	int fd = open(scratch_path(s, name), O_RDONLY | O_CLOEXEC);
	ssize_t n = fd < 0 ? 0 : read(fd, text, sizeof(text) - 1);

	text[n > 0 ? n : 0] = '\0';
	if (fd >= 0)
		close(fd);
	return text;
}

static inline void scratch_release(struct scratch *s)
{
	pid_t child = fork();

	if (child == 0) {
		execl("/bin/rm", "rm", "-rf", "--", s->folder, (char *)NULL);
		_exit(127);
	}
	waitpid(child, NULL, 0);
}

/* What this host cannot do. WGQ_MUST_WORK=1: it has to. */
static inline void scratch_skip(const char *what)
{
	if (getenv("WGQ_MUST_WORK"))
		fail_msg("%s: %s", what, strerror(errno));
	print_message("skipped: no %s: %s\n", what, strerror(errno));
	skip();
}

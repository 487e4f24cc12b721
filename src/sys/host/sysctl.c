// SPDX-License-Identifier: GPL-2.0-or-later
// Reads and sets numbers below /proc/sys.
#include "wgq/sys/host/sysctl.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "wgq/base/buf.h"
#include "wgq/base/mem.h"
#include "wgq/sys/file/io.h"

#define SYSCTL_FOLDER "/proc/sys/"

/* A number has at most 20 digits; a longer text is not one. */
enum { NUMBER_TEXT_MAX = 64 };

static int sysctl_open(const char *name, int flags)
{
	char path[PATH_MAX];
	int n = snprintf(path, sizeof(path), SYSCTL_FOLDER "%s", name);

	if (n < 0 || (size_t)n >= sizeof(path))
		return -ENAMETOOLONG;
	int fd = open(path, flags | O_CLOEXEC);
	return fd < 0 ? -errno : fd;
}

int sysctl_get(const char *name, long *ret, struct diag *d)
{
	_cleanup_fd_ int fd = sysctl_open(name, O_RDONLY);
	char text[NUMBER_TEXT_MAX + 1] = "", *end;
	ssize_t n;

	if (fd == -ENOENT)
		return -ENOENT;
	if (fd < 0)
		return diag_fail(d, -fd, "cannot read the setting %s", name);
	/* The kernel gives the whole of it at once. */
	do
		n = read(fd, text, NUMBER_TEXT_MAX);
	while (n < 0 && errno == EINTR);
	if (n < 0)
		return diag_fail(d, errno, "cannot read the setting %s", name);

	errno = 0;
	long value = strtol(text, &end, 10);
	if (errno || end == text || end[strspn(end, " \t\n")])
		return diag_refuse(d, EINVAL, "the setting %s is not a number", name);
	*ret = value;
	return 0;
}

static int cannot_set(const char *name, long value, int error, struct diag *d)
{
	_cleanup_buf_ struct buf shown = {0};

	buf_sysctl_name(&shown, name);
	diag_fail(d, error, "cannot set %s to %ld", buf_text(&shown), value);
	if (error == EROFS)
		diag_hint(d,
			  "/proc/sys is read-only, as in a container: set it from outside, e.g. "
			  "docker run --sysctl %s=%ld",
			  buf_text(&shown), value);
	else if (error == ENOENT && access(SYSCTL_FOLDER, F_OK) < 0)
		diag_hint(d, "/proc is not mounted");
	return -error;
}

int sysctl_set(const char *name, long value, struct diag *d)
{
	_cleanup_fd_ int fd = sysctl_open(name, O_WRONLY);
	char text[NUMBER_TEXT_MAX];

	if (fd < 0)
		return cannot_set(name, value, -fd, d);

	/* One write(): the kernel takes each for a whole value. */
	int n = snprintf(text, sizeof(text), "%ld\n", value);
	int r = io_write_all(fd, text, (size_t)n);
	return r < 0 ? cannot_set(name, value, -r, d) : 0;
}

// SPDX-License-Identifier: GPL-2.0-or-later
// Reads a file whole, and replaces one so that no crash leaves half of it.
#include "wgq/sys/file.h"

#include <errno.h>
#include <fcntl.h>
#include <libgen.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "wgq/base/mem.h"
#include "wgq/sys/io.h"

static const char *kind_name(mode_t mode)
{
	if (S_ISDIR(mode))
		return "a directory";
	if (S_ISFIFO(mode))
		return "a named pipe";
	return "a device";
}

static int cannot_read(int error, const char *shown, struct diag *d)
{
	diag_fail(d, error, "cannot read `%s'", shown);
	if ((error == EACCES || error == EPERM) && geteuid() != 0)
		diag_hint(d, "only root may read it: use sudo");
	return -error;
}

static int too_large(const char *shown, struct diag *d)
{
	diag_refuse(d, EFBIG, "`%s' is larger than %d MiB", shown, FILE_SIZE_MAX >> 20);
	diag_hint(d, "this is not a configuration: a million peers take a quarter of that");
	return -EFBIG;
}

int file_read_at(int folder, const char *name, const char *shown, struct stat *ret_st,
		 struct buf *ret_text, struct diag *d)
{
	/* O_NONBLOCK: a FIFO without a writer, or a modem, would make open() wait. */
	_cleanup_fd_ int fd = openat(folder, name, O_RDONLY | O_CLOEXEC | O_NONBLOCK | O_NOCTTY);

	/* ENXIO is open()'s word for a socket. */
	if (fd < 0 && errno == ENXIO)
		return diag_refuse(d, EINVAL, "`%s' is a socket, not a file", shown);
	if (fd < 0 || fstat(fd, ret_st) < 0)
		return cannot_read(errno, shown, d);
	if (!S_ISREG(ret_st->st_mode))
		return diag_refuse(d, S_ISDIR(ret_st->st_mode) ? EISDIR : EINVAL,
				   "`%s' is %s, not a file", shown, kind_name(ret_st->st_mode));
	if (ret_st->st_size > FILE_SIZE_MAX)
		return too_large(shown, d);

	/* The size may be wrong, as of files in /proc, or change: what counts is what is read. */
	ret_text->secret = true;
	int r = io_read_all(fd, FILE_SIZE_MAX, ret_text);
	if (r == -EFBIG)
		return too_large(shown, d);
	if (r == -ENOMEM)
		return diag_no_memory(d);
	return r < 0 ? cannot_read(-r, shown, d) : 0;
}

int file_read(const char *path, struct buf *ret_text, struct diag *d)
{
	struct stat st;

	return file_read_at(AT_FDCWD, path, path, &st, ret_text, d);
}

/* What a replacement consists of. */
struct replacement {
	const char *path, *text;
	size_t n;
	char *folder;    /* of path */
	char *temporary; /* its path; NULL: there is none on the disk */
};

static void replacement_release(struct replacement *r)
{
	if (r->temporary)
		unlink(r->temporary);
	free(r->temporary);
	free(r->folder);
}

static int replacement_init(struct replacement *r, const char *path)
{
	_cleanup_free_ char *copy = mem_strndup(path, strlen(path));
	const char *folder = copy ? dirname(copy) : NULL;

	r->folder = folder ? mem_strndup(folder, strlen(folder)) : NULL;
	return r->folder ? 0 : -ENOMEM;
}

/* The new text in a file of its own beside the old one, safe on the disk. mkostemp() makes it
 * 0600, whatever the umask. */
static int write_temporary(struct replacement *r)
{
	_cleanup_buf_ struct buf name = {0};

	buf_addf(&name, "%s.XXXXXX", r->path);
	if (buf_status(&name) < 0)
		return -ENOMEM;

	_cleanup_fd_ int fd = mkostemp(name.data, O_CLOEXEC);
	if (fd < 0)
		return -errno;
	r->temporary = buf_steal(&name);

	int error = io_write_all(fd, r->text, r->n);
	if (error < 0)
		return error;
	return fsync(fd) < 0 ? -errno : 0;
}

/* Longer first, shorter after: a crash leaves a mixture, but never a hole. */
static int write_in_place(const struct replacement *r)
{
	_cleanup_fd_ int fd = open(r->path, O_WRONLY | O_CLOEXEC | O_NONBLOCK | O_NOCTTY);

	if (fd < 0)
		return -errno;
	int error = io_write_all(fd, r->text, r->n);
	if (error < 0)
		return error;
	if (ftruncate(fd, (off_t)r->n) < 0)
		return -errno;
	return fsync(fd) < 0 ? -errno : 0;
}

/* The rename itself is on the disk once its folder is. */
static int sync_folder(const char *folder)
{
	_cleanup_fd_ int fd = open(folder, O_RDONLY | O_DIRECTORY | O_CLOEXEC);

	if (fd < 0)
		return -errno;
	/* EINVAL: a file system without it. */
	return fsync(fd) < 0 && errno != EINVAL ? -errno : 0;
}

int file_create(const char *path, const char *text, size_t n, struct diag *d)
{
	_cleanup_(replacement_release) struct replacement r = {.path = path, .text = text, .n = n};
	int error = replacement_init(&r, path);

	if (error < 0)
		return diag_no_memory(d);
	error = write_temporary(&r);
	if (error < 0)
		return diag_fail(d, -error, "cannot write a file in `%s'", r.folder);
	/* Unlike rename(), link() replaces nothing. */
	if (link(r.temporary, path) < 0)
		return diag_fail(d, errno, "cannot make `%s'", path);
	error = sync_folder(r.folder);
	return error < 0 ? diag_fail(d, -error, "cannot sync the folder of `%s'", path) : 0;
}

static int in_place_failed(struct replacement *r, int error, struct diag *d)
{
	diag_fail(d, error, "cannot write `%s'", r->path);
	if (r->temporary) {
		diag_note(d, "the new text is in `%s'", r->temporary);
		free(steal(r->temporary)); /* forgotten, not removed */
	}
	return -error;
}

int file_replace(const char *path, const char *text, size_t n, struct diag *d)
{
	_cleanup_(replacement_release) struct replacement r = {.path = path, .text = text, .n = n};
	int error = replacement_init(&r, path);

	if (error < 0)
		return diag_no_memory(d);
	error = write_temporary(&r);
	if (error < 0 && error != -EROFS)
		return diag_fail(d, -error, "cannot write a file beside `%s'", path);

	if (error == 0 && rename(r.temporary, path) == 0) {
		free(steal(r.temporary)); /* it is the file now */
		error = sync_folder(r.folder);
		if (error < 0)
			return diag_fail(d, -error, "cannot sync the folder of `%s'", path);
		return 0;
	}
	if (error == 0 && errno != EBUSY)
		return diag_fail(d, errno, "cannot replace `%s'", path);

	/* EROFS or EBUSY: a single file mounted into a container. */
	error = write_in_place(&r);
	return error < 0 ? in_place_failed(&r, -error, d) : 0;
}

// SPDX-License-Identifier: GPL-2.0-or-later
// Reads a file whole, and replaces one so that no crash leaves half of it.
#include "wgq/sys/file/file.h"

#include <errno.h>
#include <fcntl.h>
#include <libgen.h>
#include <linux/limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <sys/xattr.h>
#include <unistd.h>

#include "wgq/base/mem.h"
#include "wgq/sys/file/io.h"
#include "wgq/sys/privilege.h"

#define TEMPORARY_SUFFIX ".wgq-new"
enum {
	TEMPORARY_FLAGS = O_RDWR | O_CLOEXEC | O_NOFOLLOW | O_NONBLOCK | O_NOCTTY,
	CLAIM_TRIES = 100,
};

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
	privilege_hint(error, d);
	return -error;
}

static int cannot_write(int error, const char *where, const char *shown, struct diag *d)
{
	diag_fail(d, error, "cannot write a file %s `%s'", where, shown);
	privilege_hint(error, d);
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
	int r = io_read_all(fd, (size_t)ret_st->st_size, FILE_SIZE_MAX, ret_text);
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
	int fd;          /* of the temporary file, which is locked; -1: none */
	int folder_fd;   /* or -errno */
};

static void replacement_release(struct replacement *it)
{
	if (it->temporary)
		unlink(it->temporary);
	free(it->temporary);
	free(it->folder);
	fd_close_at(&it->fd);
	fd_close_at(&it->folder_fd);
}

static int replacement_init(struct replacement *it, const char *path)
{
	_cleanup_free_ char *copy = mem_strndup(path, strlen(path));
	const char *folder = copy ? dirname(copy) : NULL;

	it->fd = it->folder_fd = -1;
	it->folder = folder ? mem_strndup(folder, strlen(folder)) : NULL;
	if (!it->folder)
		return -ENOMEM;
	it->folder_fd = open(it->folder, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	if (it->folder_fd < 0)
		it->folder_fd = -errno;
	return 0;
}

static char *temporary_name(const char *path)
{
	_cleanup_buf_ struct buf name = {0};

	buf_addf(&name, "%s" TEMPORARY_SUFFIX, path);
	return buf_status(&name) < 0 ? NULL : buf_steal(&name);
}

/* Whether the open file is ours alone: 1, 0 or -errno. Its name may have become another file, or a
 * link to a file that must not be written. */
static int claim(int fd, const char *name)
{
	struct stat st, named;

	/* A file system may have no locks: two at once then may be in each other's way. */
	if (flock(fd, LOCK_EX) < 0 && errno == EINTR)
		return -EINTR;
	if (fstat(fd, &st) < 0)
		return -errno;
	if (lstat(name, &named) < 0)
		return errno == ENOENT ? 0 : -errno;
	if (st.st_dev != named.st_dev || st.st_ino != named.st_ino)
		return 0;
	if (!S_ISREG(st.st_mode) || st.st_nlink != 1 || st.st_uid != geteuid())
		return unlink(name) < 0 ? -errno : 0;
	return fchmod(fd, 0600) < 0 || ftruncate(fd, 0) < 0 ? -errno : 1;
}

/* Its name is known, so that the next process takes over what a killed one has left; a process that
 * holds the lock is still at work. */
static int open_temporary(const char *name)
{
	for (int tries = 0; tries < CLAIM_TRIES; tries++) {
		_cleanup_fd_ int fd = open(name, TEMPORARY_FLAGS | O_CREAT, 0600);

		/* A symbolic link, a socket. */
		if (fd < 0 && (errno == ELOOP || errno == ENXIO) && unlink(name) == 0)
			continue;
		if (fd < 0)
			return -errno;
		int r = claim(fd, name);
		if (r < 0) {
			/* Perhaps it is new. */
			if (flock(fd, LOCK_EX | LOCK_NB) == 0)
				unlink(name);
			return r;
		}
		if (r > 0) {
			int claimed = fd;

			fd = -1;
			return claimed;
		}
	}
	return -EBUSY;
}

static int sync_whole(int fd)
{
	int r;

	do
		r = fsync(fd);
	while (r < 0 && errno == EINTR);
	return r < 0 ? -errno : 0;
}

/* ACLs, labels and what else there is; a file system, or a right that we lack, may forbid some. */
static void copy_attributes(int from, int to)
{
	_cleanup_free_ char *names = mem_calloc(XATTR_LIST_MAX, 1);
	_cleanup_free_ char *value = mem_calloc(XATTR_SIZE_MAX, 1);
	ssize_t length = names && value ? flistxattr(from, names, XATTR_LIST_MAX) : 0;

	for (const char *name = names; length > 0 && name < names + length;
	     name += strlen(name) + 1) {
		/* Hashes of the former text, which the kernel keeps itself. */
		bool is_hash =
			strcmp(name, "security.ima") == 0 || strcmp(name, "security.evm") == 0;
		ssize_t n = is_hash ? -1 : fgetxattr(from, name, value, XATTR_SIZE_MAX);

		if (n >= 0)
			fsetxattr(to, name, value, (size_t)n, 0);
	}
}

/* Who may do what with the file stays its owner's business, but what all could read becomes
 * private. Until all is set, it is. */
static int copy_access(const struct replacement *it, struct diag *d)
{
	_cleanup_fd_ int from = open(it->path, O_RDONLY | O_CLOEXEC | O_NONBLOCK | O_NOCTTY);
	struct stat st;

	if (from < 0 && errno == ENOENT)
		return 0;
	if (from < 0 || fstat(from, &st) < 0)
		return -errno;
	if (fchown(it->fd, st.st_uid, st.st_gid) < 0) {
		diag_warn(d, "cannot keep the owner and group of `%s': %s", it->path,
			  strerror(errno));
		return 0;
	}
	if (st.st_mode & S_IRWXO)
		return 0;
	copy_attributes(from, it->fd);
	return fchmod(it->fd, st.st_mode & (S_IRWXU | S_IRWXG)) < 0 ? -errno : 0;
}

/* The new text in a file of its own beside the old one, safe on the disk. */
static int write_temporary(struct replacement *it, bool replaces, struct diag *d)
{
	_cleanup_free_ char *name = temporary_name(it->path);

	if (!name)
		return -ENOMEM;
	it->fd = open_temporary(name);
	if (it->fd < 0)
		return it->fd;
	it->temporary = steal(name);

	int r = io_write_all(it->fd, it->text, it->n);
	if (r == 0 && replaces)
		r = copy_access(it, d);
	return r < 0 ? r : sync_whole(it->fd);
}

/* Longer first, shorter after: a crash leaves a mixture, but never a hole. */
static int write_in_place(const struct replacement *it)
{
	_cleanup_fd_ int fd = open(it->path, O_WRONLY | O_CLOEXEC | O_NONBLOCK | O_NOCTTY);

	if (fd < 0)
		return -errno;
	int r = io_write_all(fd, it->text, it->n);
	if (r < 0)
		return r;
	if (ftruncate(fd, (off_t)it->n) < 0)
		return -errno;
	return sync_whole(fd);
}

/* The rename itself is on the disk once its folder is. What is saved stays saved, however: a reader
 * finds it. EINVAL: a file system without it. */
static void sync_folder(const struct replacement *it, struct diag *d)
{
	int r = it->folder_fd < 0 ? it->folder_fd : sync_whole(it->folder_fd);

	if (r < 0 && r != -EINVAL)
		diag_warn(d, "`%s' is written, but may be lost if the power fails now: %s",
			  it->path, strerror(-r));
}

int file_create(const char *path, const char *text, size_t n, struct diag *d)
{
	_cleanup_(replacement_release) struct replacement it = {.path = path, .text = text, .n = n};
	int r = replacement_init(&it, path);

	if (r < 0)
		return diag_no_memory(d);
	r = write_temporary(&it, false, d);
	if (r < 0)
		return cannot_write(-r, "in", it.folder, d);
	/* Unlike rename(), link() replaces nothing. */
	if (link(it.temporary, path) < 0)
		return diag_fail(d, errno, "cannot make `%s'", path);
	sync_folder(&it, d);
	return 0;
}

void file_clean(const char *path)
{
	_cleanup_free_ char *name = temporary_name(path);
	_cleanup_fd_ int fd = name ? open(name, TEMPORARY_FLAGS) : -1;

	if (fd >= 0 && flock(fd, LOCK_EX | LOCK_NB) == 0 && claim(fd, name) > 0)
		unlink(name);
}

static int in_place_failed(struct replacement *it, int error, struct diag *d)
{
	diag_fail(d, error, "cannot write `%s'", it->path);
	if (it->temporary) {
		diag_note(d, "the new text is in `%s'", it->temporary);
		free(steal(it->temporary)); /* forgotten, not removed */
	}
	return -error;
}

/* The new text in the place of the old one; `temporary` is how writing it beside has ended. */
static int put_in_place(struct replacement *it, int temporary, struct diag *d)
{
	if (temporary == 0 && rename(it->temporary, it->path) == 0) {
		free(steal(it->temporary)); /* it is the file now */
		sync_folder(it, d);
		return 0;
	}
	if (temporary == 0 && errno != EBUSY)
		return diag_fail(d, errno, "cannot replace `%s'", it->path);

	/* EROFS or EBUSY: a single file mounted into a container. */
	int r = write_in_place(it);
	return r < 0 ? in_place_failed(it, -r, d) : 0;
}

/* The progress of replacing several files. */
struct step {
	struct replacement it;
	int temporary;
};

static int take_step(const struct file_change *change, struct step *step, struct diag *d)
{
	struct replacement *it = &step->it;

	if (change->text && change->before)
		return put_in_place(it, step->temporary, d);
	if (change->text && step->temporary < 0)
		return cannot_write(-step->temporary, "in", it->folder, d);
	/* Unlike rename(), link() replaces nothing. */
	if (change->text && link(it->temporary, it->path) < 0)
		return diag_fail(d, errno, "cannot make `%s'", it->path);
	if (!change->text && unlink(it->path) < 0)
		return diag_fail(d, errno, "cannot delete `%s'", it->path);
	sync_folder(it, d);
	return 0;
}

static void take_back(const struct file_change *change, struct diag *d)
{
	if (!change->before && unlink(change->path) < 0)
		diag_fail(d, errno, "cannot delete `%s' again", change->path);
	else if (change->before && change->text)
		file_replace(change->path, change->before, change->before_n, d);
	else if (change->before)
		file_create(change->path, change->before, change->before_n, d);
}

static int replace_steps(const struct file_change *changes, struct step *steps, size_t count,
			 struct diag *d)
{
	size_t done = 0;
	int r = 0;

	for (size_t i = 0; i < count; i++) {
		struct replacement *it = &steps[i].it;

		it->path = changes[i].path;
		it->text = changes[i].text;
		it->n = changes[i].n;
		r = replacement_init(it, it->path);
		if (r < 0)
			return diag_no_memory(d);
		if (!it->text)
			continue;
		steps[i].temporary = write_temporary(it, changes[i].before, d);
		if (steps[i].temporary < 0 && steps[i].temporary != -EROFS)
			return cannot_write(-steps[i].temporary, "beside", it->path, d);
	}
	while (done < count && r == 0) {
		r = take_step(&changes[done], &steps[done], d);
		done += r == 0;
	}
	while (r < 0 && done-- > 0)
		take_back(&changes[done], d);
	return r;
}

int file_replace_all(const struct file_change *changes, size_t count, struct diag *d)
{
	struct step *steps = mem_calloc(count, sizeof(*steps));
	int r = 0;

	if (!steps)
		return diag_no_memory(d);
	for (size_t i = 0; i < count; i++)
		steps[i].it.fd = steps[i].it.folder_fd = -1;
	r = replace_steps(changes, steps, count, d);
	for (size_t i = 0; i < count; i++)
		replacement_release(&steps[i].it);
	free(steps);
	return r;
}

int file_replace(const char *path, const char *text, size_t n, struct diag *d)
{
	_cleanup_(replacement_release) struct replacement it = {.path = path, .text = text, .n = n};
	int r = replacement_init(&it, path);

	if (r < 0)
		return diag_no_memory(d);
	r = write_temporary(&it, true, d);
	if (r < 0 && r != -EROFS)
		return cannot_write(-r, "beside", path, d);
	return put_in_place(&it, r, d);
}

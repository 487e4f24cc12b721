// SPDX-License-Identifier: GPL-2.0-or-later
// Reads a configuration with its drop-ins.
//
// Theory of operation
//
// What is read has been there at one moment. Mostly that is the moment at which reading begins: no
// file and no folder has changed since, by its ctime, up to when it is read. What changes after
// that is not read. But a clock may have been set back, and a change may be as young as the clock
// is coarse. So where anything looks younger, it is the moment at which reading ends: all is looked
// at again, and must be the same.
#include "wgq/sys/file/config_text.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

#include "wgq/base/mem.h"
#include "wgq/base/vec.h"
#include "wgq/sys/file/file.h"
#include "wgq/sys/privilege.h"

#define NAME_SUFFIX ".conf"

enum { TRIES_MAX = 5, SIZE_USUAL = 256 };

struct entry {
	char *name;
	bool is_link;   /* or may be one */
	struct stat st; /* of the file that was read; st_ino 0: none was */
};

/* The folder with the drop-ins. */
struct folder {
	DIR *stream;      /* NULL: there is none */
	struct buf shown; /* its path, as messages show it; behind it, a file's name */
	struct buf real;  /* the same, links resolved */
	struct stat st;
	VEC(struct entry);
};

void config_text_folder(const char *file, struct buf *ret_path)
{
	buf_addf(ret_path, "%s.d", file);
}

static void folder_release(struct folder *folder)
{
	if (folder->stream)
		closedir(folder->stream);
	buf_release(&folder->shown);
	buf_release(&folder->real);
	vec_each(entry, folder)
		free(entry->name);
	vec_release(folder);
}

static int cannot_read_folder(struct folder *folder, int error, struct diag *d)
{
	const char *path = buf_text(&folder->shown);

	if (error == ENOTDIR) {
		diag_refuse(d, EINVAL, "`%s' is not a folder", path);
		diag_hint(d, "drop-ins are files in it; move it, or make it a folder");
		return -EINVAL;
	}
	diag_fail(d, error, "cannot read the drop-ins in `%s'", path);
	privilege_hint(error, d);
	return -EINVAL;
}

/* 0 also where there is none. */
static int folder_open(const struct config_path *path, struct folder *folder, struct diag *d)
{
	const char *const beside[] = {path->given, path->real};
	int fd = -1;

	for (size_t i = 0; i < 2 && fd < 0; i++) {
		if (i && strcmp(path->given, path->real) == 0)
			break;
		buf_clear(&folder->shown);
		config_text_folder(beside[i], &folder->shown);
		if (buf_status(&folder->shown) < 0)
			return diag_no_memory(d);
		fd = open(buf_text(&folder->shown), O_RDONLY | O_DIRECTORY | O_CLOEXEC);
		if (fd < 0 && errno != ENOENT)
			return cannot_read_folder(folder, errno, d);
	}
	if (fd < 0)
		return 0;
	folder->stream = fdopendir(fd);
	if (!folder->stream) {
		close(fd);
		return diag_no_memory(d);
	}
	return fstat(fd, &folder->st) < 0 ? cannot_read_folder(folder, errno, d) : 0;
}

static bool is_drop_in(const char *name)
{
	size_t n = strlen(name), suffix = strlen(NAME_SUFFIX);

	return name[0] != '.' && n > suffix && strcmp(name + n - suffix, NAME_SUFFIX) == 0;
}

static int compare_names(const void *a, const void *b)
{
	const struct entry *x = a, *y = b;

	return strcmp(x->name, y->name);
}

static int folder_list(struct folder *folder, struct diag *d)
{
	struct dirent *found;

	while (errno = 0, (found = readdir(folder->stream))) {
		if (!is_drop_in(found->d_name))
			continue;
		struct entry *entry = vec_push(folder);
		if (!entry)
			return diag_no_memory(d);
		entry->name = mem_strndup(found->d_name, strlen(found->d_name));
		entry->is_link = found->d_type == DT_LNK || found->d_type == DT_UNKNOWN;
		if (!entry->name)
			return diag_no_memory(d);
	}
	if (errno)
		return cannot_read_folder(folder, errno, d);
	if (folder->len)
		qsort(folder->at, folder->len, sizeof(*folder->at), compare_names);
	return 0;
}

static bool leads_nowhere(const struct folder *folder, const struct entry *entry)
{
	struct stat st;

	return fstatat(dirfd(folder->stream), entry->name, &st, 0) < 0 && errno == ENOENT &&
	       fstatat(dirfd(folder->stream), entry->name, &st, AT_SYMLINK_NOFOLLOW) == 0;
}

/* Appends the name of a file to that of the folder, in place of the last one. */
static const char *name_in(struct buf *folder, size_t len, const char *name)
{
	buf_cut(folder, len);
	buf_str(folder, name);
	return buf_text(folder);
}

static int add_drop_in(struct folder *folder, size_t shown, size_t real, struct entry *entry,
		       struct config_text *ret, struct diag *d)
{
	const char *path = name_in(&folder->shown, shown, entry->name);
	const char *plain = name_in(&folder->real, real, entry->name);
	size_t before = ret->text.len;

	buf_str(&ret->text, SOURCES_BETWEEN);
	if (buf_status(&folder->shown) < 0 || buf_status(&folder->real) < 0 ||
	    buf_status(&ret->text) < 0)
		return diag_no_memory(d);
	if (entry->is_link && leads_nowhere(folder, entry)) {
		diag_refuse(d, EINVAL, "`%s' is a link to a file that does not exist", path);
		buf_cut(&ret->text, before);
		return -EINVAL;
	}
	int r = file_read_at(dirfd(folder->stream), entry->name, path, &entry->st, &ret->text, d);
	if (r == -ENOMEM)
		return r;
	if (r < 0) {
		entry->st.st_ino = 0;
		buf_cut(&ret->text, before);
		return -EINVAL;
	}
	_cleanup_free_ char *target = entry->is_link ? realpath(path, NULL) : NULL;
	r = sources_add(&ret->files, path, target ? target : plain, buf_text(&ret->text),
			ret->text.len);
	if (r == -EFBIG || ret->text.len > FILE_SIZE_MAX)
		return diag_refuse(d, EFBIG, "`%s' and its drop-ins are larger than %d MiB",
				   ret->files.at[0].path, FILE_SIZE_MAX >> 20);
	if (r < 0)
		return diag_no_memory(d);
	if (!entry->is_link) {
		struct source *file = vec_last(&ret->files);

		file->mode = entry->st.st_mode;
		file->uid = entry->st.st_uid;
		file->gid = entry->st.st_gid;
	}
	return 0;
}

/* All that cannot be read is told at once. */
static int add_drop_ins(struct folder *folder, struct config_text *ret, struct diag *d)
{
	_cleanup_free_ char *real = realpath(buf_text(&folder->shown), NULL);
	int result = 0;

	if (!real)
		return cannot_read_folder(folder, errno, d);
	buf_addf(&folder->real, "%s/", real);
	buf_char(&folder->shown, '/');
	/* Room for all at once, if they are as short as most. */
	buf_space(&ret->text, folder->len * SIZE_USUAL);
	const size_t shown_len = folder->shown.len, real_len = folder->real.len;
	vec_each(entry, folder) {
		int r = add_drop_in(folder, shown_len, real_len, entry, ret, d);

		if (r < 0 && r != -EINVAL)
			return r;
		result = r < 0 ? r : result;
	}
	return result;
}

static bool is_same(const struct stat *a, const struct stat *b)
{
	return a->st_dev == b->st_dev && a->st_ino == b->st_ino && a->st_size == b->st_size &&
	       a->st_mtim.tv_sec == b->st_mtim.tv_sec && a->st_mtim.tv_nsec == b->st_mtim.tv_nsec;
}

static bool is_younger(const struct stat *st, const struct timespec *than)
{
	return st->st_ctim.tv_sec > than->tv_sec ||
	       (st->st_ctim.tv_sec == than->tv_sec && st->st_ctim.tv_nsec >= than->tv_nsec);
}

/* Something may have changed since reading began. */
static bool is_any_younger(const struct stat *file, const struct folder *folder,
			   const struct timespec *than)
{
	struct stat now;

	if (is_younger(file, than) || is_younger(&folder->st, than) ||
	    fstat(dirfd(folder->stream), &now) < 0 || !is_same(&now, &folder->st))
		return true;
	vec_each(entry, folder)
		if (entry->st.st_ino && is_younger(&entry->st, than))
			return true;
	return false;
}

static bool has_changed(const struct config_path *path, const struct stat *file,
			const struct folder *folder)
{
	struct stat now;
	int fd = dirfd(folder->stream);

	if (stat(path->real, &now) < 0 || !is_same(&now, file) || fstat(fd, &now) < 0 ||
	    !is_same(&now, &folder->st))
		return true;
	vec_each(entry, folder)
		if (entry->st.st_ino &&
		    (fstatat(fd, entry->name, &now, 0) < 0 || !is_same(&now, &entry->st)))
			return true;
	return false;
}

/* *ret_changed: it is not of one moment. */
static int read_once(struct config_path *path, struct config_text *ret, bool *ret_changed,
		     struct diag *d)
{
	_cleanup_(folder_release) struct folder folder = {0};
	struct timespec start;
	struct stat file;

	*ret_changed = false;
	/* The clock of the timestamps. */
	clock_gettime(CLOCK_REALTIME_COARSE, &start);
	int r = config_path_read(path, &file, &ret->text, d);
	if (r < 0)
		return r;
	if (sources_add(&ret->files, path->given, path->real, buf_text(&ret->text), ret->text.len) <
	    0)
		return diag_no_memory(d);
	r = folder_open(path, &folder, d);
	if (r < 0 || !folder.stream)
		return r;
	r = folder_list(&folder, d);
	if (r == 0)
		r = add_drop_ins(&folder, ret, d);
	*ret_changed = is_any_younger(&file, &folder, &start) && has_changed(path, &file, &folder);
	return r;
}

int config_text_read(struct config_path *path, struct config_text *ret, struct diag *d)
{
	for (int tries = 0; tries < TRIES_MAX; tries++) {
		_cleanup_diag_ struct diag said = {0};
		bool changed;

		config_text_release(ret);
		ret->text.secret = true;
		int r = read_once(path, ret, &changed, &said);
		if (changed && r != -ENOMEM)
			continue;
		diag_move(d, &said);
		return r;
	}
	diag_refuse(d, EAGAIN, "`%s' or its drop-ins change while they are read", path->given);
	diag_hint(d, "try again when they are complete");
	return -EAGAIN;
}

int config_text_find_folder(const struct config_path *path, struct buf *ret_shown,
			    struct buf *ret_real, struct diag *d)
{
	_cleanup_(folder_release) struct folder folder = {0};
	int r = folder_open(path, &folder, d);

	if (r < 0 || !folder.stream)
		return r;
	_cleanup_free_ char *real = realpath(buf_text(&folder.shown), NULL);
	if (!real)
		return cannot_read_folder(&folder, errno, d);
	buf_addf(ret_shown, "%s/", buf_text(&folder.shown));
	buf_addf(ret_real, "%s/", real);
	return buf_status(ret_shown) < 0 || buf_status(ret_real) < 0 ? diag_no_memory(d) : 0;
}

// SPDX-License-Identifier: GPL-2.0-or-later
// Files that others may change: inotify(7).
#include "wgq/sys/event/files.h"

#include <errno.h>
#include <limits.h>
#include <stdlib.h>
#include <string.h>
#include <sys/inotify.h>
#include <sys/stat.h>
#include <unistd.h>

#include "wgq/base/buf.h"
#include "wgq/base/mem.h"
#include "wgq/base/vec.h"

enum { CHANGES = IN_CLOSE_WRITE | IN_CREATE | IN_DELETE | IN_MOVED_FROM | IN_MOVED_TO | IN_ATTRIB };

struct watched {
	int folder; /* inotify's number */
	char *path; /* of the folder; owned, as the name */
	char *name; /* in it; NULL: everything */
	uint32_t whose;
};

struct files {
	int fd;
	VEC(struct watched);
};

int files_open(struct files **ret, struct diag *d)
{
	_cleanup_files_ struct files *f = mem_calloc(1, sizeof(*f));

	if (!f)
		return diag_no_memory(d);
	f->fd = inotify_init1(IN_CLOEXEC | IN_NONBLOCK);
	if (f->fd < 0)
		return diag_fail(d, errno, "cannot watch files");
	*ret = steal(f);
	return 0;
}

void files_free_at(struct files **files)
{
	struct files *f = *files;

	if (!f)
		return;
	vec_each(watched, f) {
		free(watched->name);
		free(watched->path);
	}
	vec_release(f);
	fd_close_at(&f->fd);
	free(f);
	*files = NULL;
}

int files_fd(const struct files *f)
{
	return f->fd;
}

static bool is_there(const struct files *f, int folder, const char *name, uint32_t whose)
{
	return vec_find(watched, f,
			watched->folder == folder && watched->whose == whose &&
				(name && watched->name ? strcmp(watched->name, name) == 0
						       : name == watched->name));
}

/* What is watched already keeps its number: what is queued is not lost. */
static int add(struct files *f, const char *folder, const char *name, uint32_t whose)
{
	int number = inotify_add_watch(f->fd, folder, CHANGES | IN_ONLYDIR);
	struct watched *watched;

	if (number < 0)
		return errno == ENOENT || errno == ENOTDIR ? 0 : -errno;
	if (is_there(f, number, name, whose))
		return 0;
	bool is_new = !vec_find(other, f, other->folder == number);
	watched = vec_push(f);
	if (!watched)
		return -ENOMEM;
	*watched = (struct watched){
		.folder = number,
		.path = mem_strndup(folder, strlen(folder)),
		.name = name ? mem_strndup(name, strlen(name)) : NULL,
		.whose = whose,
	};
	if (!watched->path || (name && !watched->name)) {
		free(watched->path);
		free(watched->name);
		f->len--;
		return -ENOMEM;
	}
	return is_new;
}

/* As many as the kernel follows (MAXSYMLINKS). */
enum { LINKS_MAX = 40 };

/* A link on the way: the path goes on by what it says. name begins the part of it that is the
 * link's name, rest what follows. */
static void follow(struct buf *path, size_t name, size_t rest, const char *target)
{
	_cleanup_buf_ struct buf way = {0};

	if (target[0] != '/')
		buf_mem(&way, path->data, name);
	buf_str(&way, target);
	buf_str(&way, path->data + rest);
	buf_clear(path);
	buf_str(path, buf_text(&way));
}

/* Of each link on the way, and of what is there at its end, or is not there, the name in its
 * folder. */
int files_add(struct files *f, const char *path, uint32_t whose)
{
	_cleanup_buf_ struct buf way = {0};
	size_t at = 0;
	int links = 0, grew = 0;

	buf_str(&way, path);
	while (buf_status(&way) == 0 && links < LINKS_MAX) {
		_cleanup_buf_ struct buf folder = {0}, name = {0}, upto = {0};
		size_t begin = at + strspn(way.data + at, "/");
		size_t end = begin + strcspn(way.data + begin, "/");
		char target[PATH_MAX];
		struct stat st;

		if (end == begin)
			break;
		buf_mem(&folder, begin ? way.data : ".", begin ? begin : 1);
		buf_mem(&name, way.data + begin, end - begin);
		buf_mem(&upto, way.data, end);
		if (buf_status(&folder) < 0 || buf_status(&name) < 0 || buf_status(&upto) < 0)
			return -ENOMEM;
		bool is_missing = lstat(buf_text(&upto), &st) < 0;
		bool is_link = !is_missing && S_ISLNK(st.st_mode);
		bool is_last = !way.data[end + strspn(way.data + end, "/")];
		if (is_missing || is_link || is_last) {
			int r = add(f, buf_text(&folder), buf_text(&name), whose);
			if (r < 0)
				return r;
			grew |= r;
		}
		if (is_missing)
			break;
		at = end;
		if (!is_link)
			continue;
		ssize_t n = readlink(buf_text(&upto), target, sizeof(target) - 1);
		if (n < 0)
			break;
		target[n] = '\0';
		follow(&way, begin, end, target);
		at = target[0] == '/' ? 0 : begin;
		links++;
	}
	return buf_status(&way) < 0 ? -ENOMEM : grew;
}

int files_add_folder(struct files *f, const char *path, uint32_t whose)
{
	int r = files_add(f, path, whose);
	int grew = r < 0 ? r : add(f, path, NULL, whose);

	return grew < 0 ? grew : grew | r;
}

/* Its folder is gone, and with it inotify's number. */
static void forget(struct files *f, int folder)
{
	for (size_t i = 0; i < f->len;) {
		if (f->at[i].folder != folder) {
			i++;
			continue;
		}
		free(f->at[i].name);
		free(f->at[i].path);
		f->at[i] = f->at[--f->len];
	}
}

/* A new file is written to before it is closed, which is told as well. But a link is whole. */
static bool is_begun(const struct watched *watched, const struct inotify_event *event,
		     const char *name)
{
	_cleanup_buf_ struct buf path = {0};
	struct stat st;

	if (!(event->mask & IN_CREATE) || event->mask & IN_ISDIR)
		return false;
	buf_addf(&path, "%s/%s", watched->path, name);
	return buf_status(&path) == 0 && lstat(buf_text(&path), &st) == 0 && S_ISREG(st.st_mode) &&
	       st.st_nlink == 1;
}

/* changed() may add. */
static void tell(struct files *f, const struct inotify_event *event, const char *name,
		 void (*changed)(void *context, uint32_t whose), void *context)
{
	bool lost = event->mask & IN_Q_OVERFLOW;

	for (size_t i = f->len; i-- > 0;) {
		const struct watched *watched = &f->at[i];

		if (lost || (watched->folder == event->wd &&
			     (!watched->name || strcmp(watched->name, name) == 0) &&
			     !is_begun(watched, event, name)))
			changed(context, watched->whose);
	}
}

void files_read(struct files *f, void (*changed)(void *context, uint32_t whose), void *context)
{
	_Alignas(struct inotify_event) char bytes[sizeof(struct inotify_event) + NAME_MAX + 1];

	for (;;) {
		ssize_t got = read(f->fd, bytes, sizeof(bytes));

		if (got < 0 && errno == EINTR)
			continue;
		if (got <= 0)
			return;
		for (char *at = bytes; at < bytes + got;) {
			struct inotify_event *event = (struct inotify_event *)(void *)at;

			tell(f, event, event->len ? event->name : "", changed, context);
			if (event->mask & IN_IGNORED)
				forget(f, event->wd);
			at += sizeof(*event) + event->len;
		}
	}
}

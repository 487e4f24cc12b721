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
	return 0;
}

int files_add_folder(struct files *f, const char *path, uint32_t whose)
{
	return add(f, path, NULL, whose);
}

int files_add(struct files *f, const char *path, uint32_t whose)
{
	const char *slash = strrchr(path, '/');
	_cleanup_free_ char *folder = NULL;

	if (!slash)
		return add(f, ".", path, whose);
	folder = mem_strndup(path, slash == path ? 1 : (size_t)(slash - path));
	return folder ? add(f, folder, slash + 1, whose) : -ENOMEM;
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

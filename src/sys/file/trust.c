// SPDX-License-Identifier: GPL-2.0-or-later
// Who may read or change a file, by its mode and owner and those of all folders on the way.
#include "wgq/sys/file/trust.h"

#include <errno.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "wgq/base/buf.h"

enum { LINKS_MAX = 40 }; /* as the kernel (MAXSYMLINKS) */

/* The way to a file: what has been walked, and what is left of it. */
struct walk {
	struct buf done, rest;
	unsigned links;
	struct trust *trust;
};

static void suspect(struct walk *w, const char *remedy, const char *by, const id_t *who)
{
	struct trust *trust = w->trust;

	if (trust->path)
		return;
	trust->path = mem_strndup(buf_text(&w->done), w->done.len);
	trust->remedy = remedy;
	if (who)
		snprintf(trust->by, sizeof(trust->by), "%s %u", by, (unsigned)*who);
	else
		snprintf(trust->by, sizeof(trust->by), "%s", by);
}

static void judge(struct walk *w, const struct stat *st)
{
	bool folder = S_ISDIR(st->st_mode), link = S_ISLNK(st->st_mode);
	bool shared = link || (folder && st->st_mode & S_ISVTX);

	if (st->st_uid != 0 && st->st_uid != geteuid())
		suspect(w, "chown root", "user", &st->st_uid);
	else if (st->st_mode & S_IWOTH && !shared)
		suspect(w, "chmod go-w", "every user", NULL);
	else if (st->st_mode & S_IWGRP && !shared)
		suspect(w, "chmod go-w", "group", &st->st_gid);
	if (!link)
		w->trust->readable &= (st->st_mode & (folder ? S_IXOTH : S_IROTH)) != 0;
}

/* Takes the next name off the rest; "" at its end. */
static int next_name(struct walk *w, char ret[NAME_MAX + 1])
{
	const char *at = buf_text(&w->rest) + strspn(buf_text(&w->rest), "/");
	size_t n = strcspn(at, "/");
	struct buf rest = {0};

	if (n > NAME_MAX)
		return -ENAMETOOLONG;
	memcpy(ret, at, n);
	ret[n] = '\0';
	buf_str(&rest, at + n);
	buf_release(&w->rest);
	w->rest = rest;
	return buf_status(&rest);
}

static void leave_folder(struct walk *w)
{
	const char *slash = w->done.len ? strrchr(w->done.data, '/') : NULL;
	size_t n = slash ? (size_t)(slash - w->done.data) : 0;

	if (w->done.len)
		w->done.data[n] = '\0';
	w->done.len = n;
}

/* What is done ends with a link: goes on where it leads. */
static int follow(struct walk *w)
{
	_cleanup_buf_ struct buf rest = {0};
	char target[PATH_MAX];
	ssize_t n = readlink(w->done.data, target, sizeof(target) - 1);

	if (n < 0)
		return -errno;
	if (++w->links > LINKS_MAX)
		return -ELOOP;
	target[n] = '\0';
	buf_addf(&rest, "%s%s", target, buf_text(&w->rest));
	leave_folder(w);
	if (target[0] == '/')
		buf_clear(&w->done);
	buf_clear(&w->rest);
	buf_str(&w->rest, buf_text(&rest));
	return buf_status(&rest);
}

static int step(struct walk *w, const char *name)
{
	struct stat st;

	if (strcmp(name, ".") == 0)
		return 0;
	if (strcmp(name, "..") == 0) {
		leave_folder(w);
		return 0;
	}
	buf_addf(&w->done, "/%s", name);
	if (buf_status(&w->done) < 0)
		return -ENOMEM;
	if (lstat(w->done.data, &st) < 0)
		return -errno;
	judge(w, &st);
	return S_ISLNK(st.st_mode) ? follow(w) : 0;
}

static int begin(struct walk *w, const char *path)
{
	_cleanup_free_ char *here = path[0] == '/' ? NULL : realpath(".", NULL);
	struct stat st;

	if (path[0] != '/' && !here)
		return -errno;
	buf_addf(&w->rest, "%s/%s", here ? here : "", path);
	if (buf_status(&w->rest) < 0)
		return -ENOMEM;
	if (stat("/", &st) < 0)
		return -errno;
	judge(w, &st);
	return 0;
}

int trust_look(const char *path, struct trust *ret)
{
	struct walk w = {.trust = ret};
	char name[NAME_MAX + 1];

	*ret = (struct trust){.readable = true};
	int r = begin(&w, path);
	while (r == 0) {
		r = next_name(&w, name);
		if (r < 0 || !name[0])
			break;
		r = step(&w, name);
	}
	if (r < 0) {
		trust_release(ret);
		ret->readable = false;
	}
	buf_release(&w.done);
	buf_release(&w.rest);
	return r;
}

/* Of a file in a folder that was walked: the way there is the same. */
static void look_in(const struct trust *folder, const struct source *file, struct trust *ret)
{
	const struct stat st = {.st_mode = file->mode, .st_uid = file->uid, .st_gid = file->gid};
	struct walk w = {.trust = ret};

	*ret = *folder;
	ret->path = folder->path ? mem_strndup(folder->path, strlen(folder->path)) : NULL;
	buf_str(&w.done, file->path);
	judge(&w, &st);
	buf_release(&w.done);
}

void trust_look_all(const struct sources *files, struct trust *ret)
{
	_cleanup_trust_ struct trust folder = {0};
	const char *first = files->len > 1 ? files->at[1].path : NULL;
	const char *slash = first ? strrchr(first, '/') : NULL;
	_cleanup_free_ char *path = slash ? mem_strndup(first, (size_t)(slash - first)) : NULL;

	if (path)
		trust_look(path, &folder);
	for (size_t i = 0; i < files->len; i++) {
		if (i && path && files->at[i].mode)
			look_in(&folder, &files->at[i], &ret[i]);
		else
			trust_look(files->at[i].path, &ret[i]);
	}
}

void trust_release(struct trust *trust)
{
	free(trust->path);
	trust->path = NULL;
}

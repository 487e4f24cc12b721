/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Files that others may change: inotify(7). A file is watched by its name in its folder, since
 * editors and package managers put a new file in its place; a folder, with all that is in it. So is
 * what leads there: each link on the way, and where a folder is missing, its name. */
#pragma once

#include <stdbool.h>
#include <stdint.h>

#include "wgq/base/diag.h"

struct files;

int files_open(struct files **ret, struct diag *d);
void files_free_at(struct files **files); /* for _cleanup_() */
int files_fd(const struct files *f);

/* Watches a file or a folder for somebody, who is known by a number; what is watched already stays
 * so. Add it again after each change: it may be in another place. 1: a folder was not watched
 * before, so what was read before may be old; 0; or -errno. */
int files_add(struct files *f, const char *path, uint32_t whose);
int files_add_folder(struct files *f, const char *path, uint32_t whose);

/* Of all that has happened since: calls changed() for each change, and for everybody where some was
 * lost. */
void files_read(struct files *f, void (*changed)(void *context, uint32_t whose), void *context);

#define _cleanup_files_ _cleanup_(files_free_at)

/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Files, read whole and replaced whole.
 *
 * In come paths; out goes text, or a new file. cmd/config.c reads configurations through this
 * room, run/host replaces them for `wgq save`, and `wgq init` creates them. sys reads small files
 * of the system.
 *
 *	file.c			reads, replaces and creates files
 *	config_path.c		from what the user typed to a file and an interface
 *	config_text.c		a configuration with its drop-ins
 *	key_file.c		keys in files of their own
 *	trust.c			who else may read or change a file
 *	io.c			read(2) and write(2) to the end */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <sys/stat.h>

#include "wgq/base/buf.h"
#include "wgq/base/diag.h"

/* Reads a regular file whole, at most FILE_SIZE_MAX bytes; links are followed. ret_text is marked
 * secret. Whatever is not a regular file is refused and never waited for. */
enum { FILE_SIZE_MAX = 1 << 30 };
int file_read(const char *path, struct buf *ret_text, struct diag *d);
/* The same for a name in an open folder; messages call it `shown`. *ret_st: of what was read. */
int file_read_at(int folder, const char *name, const char *shown, struct stat *ret_st,
		 struct buf *ret_text, struct diag *d);

/* Replaces a file by new text. Owner, group, mode, ACL and extended attributes stay, but a file
 * that others could read gets mode 0600; an owner that cannot be kept is a warning, and then, too.
 * A temporary file in the same folder, fsync of file and folder, rename. A reader, or a crash at
 * any moment, finds the old or the new text whole. path has its links resolved, as
 * config_path.real. Two at once do it one after the other. A folder that cannot be synced is a
 * warning: the file is what it should be.
 *
 * The temporary file is PATH.wgq-new, 0600 until the whole text is there. What a kill leaves of it
 * is taken over by the next replacement, or deleted by file_clean().
 *
 * A file that is a mount point cannot be renamed over, nor one in a read-only folder. It is
 * written in place and keeps its mode; a crash then may leave part of the text there, but the
 * whole of it beside, in the temporary file, where the folder is writable. */
int file_replace(const char *path, const char *text, size_t n, struct diag *d);

/* Several files at once: none is touched before the new texts of all are on the disk. Should one
 * of them then not take its place, those before it get their old text again. A file without a text
 * before is made, as by file_create(); one without a new text is deleted. */
struct file_change {
	const char *path, *text, *before; /* the texts: or NULL */
	size_t n, before_n;
};
int file_replace_all(const struct file_change *changes, size_t count, struct diag *d);

/* Deletes the temporary file of a replacement that did not come to its end; never one that somebody
 * is writing to. */
void file_clean(const char *path);

/* Makes a new file, mode 0600, of which nobody ever sees a part. -EEXIST: there is something of
 * that name, which stays as it is. */
int file_create(const char *path, const char *text, size_t n, struct diag *d);

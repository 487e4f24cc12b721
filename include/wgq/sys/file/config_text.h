/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The text of a configuration: its file, and the drop-ins beside it.
 *
 * Drop-ins of wg0.conf are the files wg0.conf.d/NAME.conf, in the order of their bytes, without
 * those that begin with a dot. The folder is looked for beside the name as it is given, then beside
 * the file that it leads to; the first that exists is used. */
#pragma once

#include "wgq/base/diag.h"
#include "wgq/base/sources.h"
#include "wgq/sys/file/config_path.h"

/* Appends the path of the folder beside a file. */
void config_text_folder(const char *file, struct buf *ret_path);

/* Reads all of it at one moment: what changes meanwhile is read again, at last in vain (-EAGAIN).
 * ret has to be zeroed, and is marked secret. Sets path->world_accessible.
 *
 * Of drop-ins that cannot be read, or that are no files, each is an error, and -EINVAL is returned
 * with all the others in ret: nothing is brought up from a part, but what is up can be taken
 * down. */
int config_text_read(struct config_path *path, struct config_text *ret, struct diag *d);

/* The folder of drop-ins, each with a slash behind it: as messages show it, and with links
 * resolved. Nothing is added where there is none. */
int config_text_find_folder(const struct config_path *path, struct buf *ret_shown,
			    struct buf *ret_real, struct diag *d);

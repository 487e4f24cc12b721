/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Keys in files of their own. */
#pragma once

#include "wgq/base/diag.h"
#include "wgq/net/key.h"

/* The path of a key's file. A relative name is looked for in $CREDENTIALS_DIRECTORY, where systemd
 * puts what LoadCredential= names, and then in the folder of each configuration named. NULL: no
 * memory. */
char *key_file_find(const char *name, const char *const configs[], size_t count);

/* Reads the one line of base64 that the file consists of. What it has instead is never shown:
 * -EINVAL. */
int key_file_read(const char *path, struct key *ret, struct diag *d);

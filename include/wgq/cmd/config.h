/* SPDX-License-Identifier: GPL-2.0-or-later */
/* A configuration, with its drop-ins, from its name to its values. */
#pragma once

#include "wgq/base/diag.h"
#include "wgq/base/sources.h"
#include "wgq/cmd/options.h"
#include "wgq/conf/conf.h"
#include "wgq/sys/file/config_path.h"

struct config {
	struct config_path path;
	struct config_text text; /* released once it is parsed ... */
	bool keeps_text;         /* ... unless the caller has set this before */
	/* Set before by who needs no keys and no allowed IPs: key files are not read, and what
	 * follows from keys is left out. */
	bool without_keys;
	struct conf conf;
};

/* Finds, reads, warns (not without options), parses and reads the key files. ret has to be zeroed.
 * On -EINVAL from the parser ret still holds what could be read. */
int config_load(const struct options *options, const char *argument, struct config *ret,
		struct diag *d);
/* What config_load() does once it has the text. Peers that have expired are left out. */
int config_parse(struct config *config, struct diag *d);
/* Reads the key files into conf, which then has their paths in place of the names. 0; -ENOENT: a
 * relative name is not found, but may be known to systemd; or -errno. */
int config_read_keys(struct config *config, struct diag *d);
/* Finds and reads only. */
int config_load_text(const char *argument, struct config *ret, struct diag *d);
/* Of others who may read or change one of the files; as wg-quick by its rule and in its words. */
void config_warn(const struct options *options, const struct config *config, struct diag *d);
/* The same as config_load() for ifname's configuration from standard input, FILE_SIZE_MAX bytes at
 * most. Messages call it <stdin>; path.real is /dev/stdin, which has been read to its end. */
int config_load_stdin(const char *ifname, struct config *ret, struct diag *d);
/* Deletes what a save of its files that was killed has left. */
void config_clean(const struct config *config);
void config_release(struct config *config);

#define _cleanup_config_ _cleanup_(config_release)

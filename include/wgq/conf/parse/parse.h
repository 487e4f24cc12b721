/* SPDX-License-Identifier: GPL-2.0-or-later */
/* From text to values: the wg-quick dialect, which is wg-quick's own keys (linux.bash:50-74) and
 * those of wg(8) (config.c), each by its own program's rules.
 *
 * In comes the text of a file and its drop-ins; out go a struct conf and every error at once.
 * cmd/config.c calls conf_parse_files() for most verbs; conf/save reads back what it wrote.
 *
 *	line.c				one line, as wg-quick cuts it
 *	scan.c				lines with their sections, keys and values, by libinih
 *	parse.c, keys.c			which key in which section
 *	quick_keys.c			the values of wg-quick's own keys
 *	wg_keys.c, wg_ports.c		the values of wg(8)'s keys
 *	own_keys.c			the values of wgq's own keys
 *	merge.c				a peer that several files are about
 *	values.c			numbers, lists and names, which all of them have
 *	advice.c, foreign.c, odd.c	what a wrong line may have been meant as
 *	mixed_keys.c			a private key in the place of a public one, and the like
 *	report.c			errors, and what of a line they may show */
#pragma once

#include <stddef.h>

#include "wgq/base/diag.h"
#include "wgq/conf/conf.h"

/* Parses a text of one or more files: the configuration, and its drop-ins. All errors are reported,
 * each with its place and what to write instead; lines that hold a private or preshared key are not
 * quoted. Returns 0, or -EINVAL when there was any error: ret then still holds what could be read,
 * for verbs that can do with it. ret has to be zeroed; files and ifname are copied.
 *
 * A drop-in counts as if it stood behind the files before it, but that a list with nothing after
 * its = is emptied, and that a [Peer] whose key a file before has is the same peer: what it sets is
 * replaced, and its lists are added to. */
int conf_parse_files(const struct sources *files, const char *ifname, const char *text,
		     struct conf *ret, struct diag *d);
/* The same, but each [Peer] of the text stays a peer of its own, as for two of one key in one file.
 * WireGuard makes one of them, for conf/save to find what stands where. */
int conf_parse_apart(const struct sources *files, const char *ifname, const char *text,
		     struct conf *ret, struct diag *d);
/* The same for one file. */
int conf_parse(const char *file, const char *ifname, const char *text, size_t n, struct conf *ret,
	       struct diag *d);

/* Whether SaveConfig is right, which alone wg-quick judges when it only reads a file
 * (linux.bash:69). 0, or -EINVAL with the errors added. */
int conf_parse_save_config(const char *file, const char *text, size_t n, struct diag *d);

/* Whose key it is, which says who else knows it and by whose grammar it is read. */
enum conf_key_owner {
	KEY_OF_WG_QUICK, /* which keeps it to itself */
	KEY_OF_WG,       /* wg(8), which wg-quick hands it to */
	KEY_OF_WGQ,      /* ours: the others refuse the file */
};

/* The rows are CONF_KEYS in keys.h. The last has no name. */
struct conf_key {
	const char *name;
	const char *section; /* "Interface" or "Peer" */
	enum conf_key_owner owner;
	bool is_list; /* a further line adds to it, and does not replace it */
};
const struct conf_key *conf_keys(void);

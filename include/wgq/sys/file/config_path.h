/* SPDX-License-Identifier: GPL-2.0-or-later */
/* From what the user typed to a configuration: its file, and the interface that it is of.
 * config_text.h reads it. */
#pragma once

#include <net/if.h>
#include <stdbool.h>
#include <stddef.h>
#include <sys/stat.h>

#include "wgq/base/buf.h"
#include "wgq/base/diag.h"
#include "wgq/base/vec.h"

/* Where a configuration is and what it configures. */
struct config_path {
	char *given; /* as the user wrote it, or /etc/wireguard/NAME.conf */
	char *real;  /* links resolved: what is read and, by save, written */
	char ifname[IFNAMSIZ];
	bool world_accessible; /* set by config_path_read() */
};

/* wg-quick's rule (linux.bash:42-48): an interface name stands for /etc/wireguard/NAME.conf, all
 * else is a path that ends in NAME.conf. NAME is the link's own name, not its target's. -ENOENT
 * when there is no such file, -EINVAL when its name is not one of an interface. */
int config_path_find(const char *argument, struct config_path *ret, struct diag *d);
/* The same with another folder than /etc/wireguard. */
int config_path_find_in(const char *folder, const char *argument, struct config_path *ret,
			struct diag *d);
/* Of a configuration that is yet to be written, by the same rule. Makes the folder
 * /etc/wireguard, for root only, where it is needed and missing. ret->real is the path
 * as given. */
int config_path_new(const char *argument, struct config_path *ret, struct diag *d);
void config_path_release(struct config_path *path);

/* The names of the configurations in /etc/wireguard, sorted; none where this user sees none. */
struct config_name_vec {
	VEC(char *); /* owned */
};
void config_path_names(struct config_name_vec *ret);
void config_names_release(struct config_name_vec *names);
/* Appends them to a text: "home, office". */
void config_path_list(struct buf *ret);

/* Whether argument is an interface name by wg-quick's rule: [a-zA-Z0-9_=+.-]{1,15}. */
bool config_path_is_ifname(const char *argument, size_t n);

/* Whether a link can have it, too: the kernel refuses a few such names. */
bool config_path_kernel_allows(const char *name, size_t n);

/* Reads path->real as file_read() does, and sets path->world_accessible: whether file and folder
 * both let others in (linux.bash:47). The file looked at is the one that is read, even where
 * somebody swaps files meanwhile; *ret_st is of that one. */
int config_path_read(struct config_path *path, struct stat *ret_st, struct buf *ret_text,
		     struct diag *d);

#define _cleanup_config_path_ _cleanup_(config_path_release)

/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The text protocol of userspace WireGuard (www.wireguard.com/xplatform), without its socket. Pure
 * but for the names of interfaces in scopes, which become numbers. */
#pragma once

#include <stdbool.h>
#include <stddef.h>

#include "wgq/base/buf.h"
#include "wgq/net/wg.h"

/* How far the writing of a `set` operation has come, which does what wg_netlink_set() does with the
 * device, in which no allowed IP is to be removed: see removal.h. Borrows it. */
struct uapi_set {
	const struct wg_device *device;
	size_t peer, allowed_ip; /* the next to go out */
	bool begun, ended;
};

/* Appends the next part, some 64 KiB; false: all is said. The text holds keys: ret_text->secret has
 * to be set. */
bool uapi_set_next(struct uapi_set *set, struct buf *ret_text);

/* An answer in the making; begin zeroed, with device set, which becomes what it says. NULL: only
 * the errno is wanted, as of a `set`. */
struct uapi_reply {
	struct wg_device *device;
	bool passes;     /* over the peer whose lines are being read */
	bool done;       /* the empty line was read */
	bool has_errno;  /* which has to come before that line */
	int error;       /* what errno= says, positive; 0: done */
	char line[1024]; /* the beginning of the line that is being read; it may be a key */
	size_t line_len;
};

/* Takes the next bytes of the answer; what comes after its end is passed over. Keys that are not
 * known, and protocol_version, mean nothing to wgq. 0, -ENOMEM, or -EPROTO where it is not the
 * protocol; *reply->device holds a part then, for wg_device_release(). */
int uapi_reply_add(struct uapi_reply *reply, const char *bytes, size_t n);

/* Wipes the line. */
void uapi_reply_release(struct uapi_reply *reply);

#define _cleanup_uapi_reply_ _cleanup_(uapi_reply_release)

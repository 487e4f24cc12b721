/* SPDX-License-Identifier: GPL-2.0-or-later */
/* From values to text. `wgq save` keeps the text of the file, and puts in the values that the
 * running tunnel has now.
 *
 * In come the text, what conf_parse_apart() made of it, and the running device; out goes the new
 * text. Each value stays in the file that it is in; a new peer goes to the end of the first one.
 * cmd/save.c calls this, also for `wgq down` where SaveConfig is set.
 *
 * A line whose value still means what is running stays as it is, to the byte: saving an unchanged
 * tunnel gives the identical text. Of other lines only the value is replaced. A peer that is gone
 * is deleted with the comments that are about it, and a new one is added. Other comments, blank
 * lines, order, spelling, hooks, DNS, Table and SaveConfig are never changed.
 *
 *	layout.c, match.c	where the text has its keys, and which [Peer] is which running peer
 *	save.c			the values of [Interface], and the whole
 *	peers.c, peer.c		the peers, and the keys of one
 *	allowed.c		which allowed IPs have moved
 *	edit.c			changes to the text, made in one pass
 *	peer_edit.c		one peer put in, taken out, renamed, disabled
 *	write.c			what `wgq strip` prints
 *	networkmanager.c	what `wgq export` prints
 *	starter.c		the files that `wgq init` writes */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "wgq/base/buf.h"
#include "wgq/base/diag.h"
#include "wgq/conf/conf.h"

/* The running tunnel. Borrowed, all of it. */
struct save_state {
	const struct wg_device *device;
	const struct link_addr_vec *addrs;
	uint32_t mtu;
	bool automatic_fwmark; /* wgq or wg-quick has chosen it: it is not written */
	bool endpoints;        /* those that the file does not have are saved as well */
	bool userspace; /* the kernel gives a tun device a link-local address, not to be saved */
	bool has_ipv6;  /* false: the link cannot have IPv6 addresses, so the file's stay */
	/* if_indextoname(3), for the scope of a link-local endpoint; NULL: by number. */
	char *(*scope_name)(unsigned int index, char *ret);
};

/* conf is what conf_parse_apart() made of the text, without an error, and what resolve_again()
 * found for its endpoints: one without an address could not be looked up, and its name stays. A
 * name whose addresses the peer has left is replaced by the peer's address and kept as a comment; a
 * warning says so.
 *
 * What is not in the text, and not recorded either: a listening port (it may be random), an
 * automatic fwmark, and keys that the hooks set; an endpoint only if asked for, for a peer without
 * one in the file comes from anywhere. A new peer's is said in a warning.
 *
 * The new text is read back before it is returned; should it not say what is running, that is an
 * error (-EPROTO). ret has to be zeroed; it has the same files as the text. */
int conf_save(const struct config_text *text, const struct conf *conf, const struct save_state *now,
	      struct config_text *ret, struct diag *d);

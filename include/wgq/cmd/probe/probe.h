/* SPDX-License-Identifier: GPL-2.0-or-later */
/* wgq probe: asks every peer of an interface at each of its endpoints, by each way out of this
 * host, whether it answers. Changes nothing here; sys/probe/probe.h says what the peers notice.
 *
 * In come the options; out go a table or JSON, and the exit status. cmd/verbs.c has verb_probe() in
 * its table, and `wgq check --probe` calls probe_check().
 *
 *	probe.c		the verb
 *	look.c		what there is to be asked: peers, endpoints, ways
 *	names.c		their names
 *	ask.c		asks
 *	text.c, json.c	draws for people, and for programs */
#pragma once

#include <net/if.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "wgq/base/buf.h"
#include "wgq/base/diag.h"
#include "wgq/cmd/config.h"
#include "wgq/cmd/options.h"
#include "wgq/conf/names/peer_names.h"
#include "wgq/net/wg.h"
#include "wgq/run/look/device.h"
#include "wgq/run/look/uplinks.h"
#include "wgq/sys/probe/probe.h"

/* One endpoint of a peer, by one way. */
struct probe_row {
	size_t peer;       /* of the device's */
	char *endpoint;    /* HOST:PORT of the file; NULL: only the interface has it. Owned */
	union endpoint to; /* sa_family 0: the name could not be looked up, result says nothing */
	struct uplink by;
	bool is_used; /* by the kernel, as far as it tells: the endpoint, by the routes' way */
	bool is_sent; /* else result is what kept it from being asked */
	struct probe_event result;
};

struct probe_rows {
	char ifname[IFNAMSIZ];
	enum device_server server; /* DEVICE_NONE: the interface is down */
	uint32_t link;             /* its index; 0: down */
	bool is_up;
	struct wg_device wg; /* what serves it says; of one that is down what the file says */
	struct config config;
	bool has_conf;
	struct peer_names names;
	int64_t now;
	VEC(struct probe_row); /* in the order of the peers */
};

/* Everything of the interface or file that the argument names; peer: a name, a key, or the
 * beginning of one that is no other's; NULL: all. *ret has to be zeroed. */
int probe_look(const char *argument, const char *peer, struct probe_rows *ret, struct diag *d);
/* The same for a file that has been read, which is moved into *ret: with its own keys and peers,
 * not those of the interface. */
int probe_look_config(struct config *config, struct probe_rows *ret, struct diag *d);
/* Fills in the results. What has to be waited for is said. */
int probe_ask(struct probe_rows *rows, struct diag *d);
void probe_rows_release(struct probe_rows *rows);

/* The best result of the peer whose rows begin here, up to those of the next. */
const struct probe_row *probe_best(const struct probe_rows *rows, size_t first, size_t *ret_next);

/* "silent", "refused", ...: what schemas and tables call a result, and what it means: NULL: it
 * needs no words. */
const char *probe_result_name(const struct probe_row *row);
const char *probe_result_meaning(const struct probe_row *row);

/* Appends the table, and the JSON of packaging/schema/probe.schema.json. */
void probe_text(const struct probe_rows *rows, struct buf *out);
void probe_json(const struct probe_rows *rows, struct buf *out);

#define _cleanup_probe_rows_ _cleanup_(probe_rows_release)

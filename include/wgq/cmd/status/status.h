/* SPDX-License-Identifier: GPL-2.0-or-later */
/* wgq status: looks at interfaces, and draws what it saw. It takes no lock and changes nothing.
 *
 * In come the options; out goes a struct status for each interface, then text, JSON or
 * OpenMetrics, and the exit status. cmd/verbs.c has verb_status() in its table.
 *
 *	status.c		the verb
 *	look.c			collects what is shown
 *	keeper.c		asks the wgq run that looks after an interface
 *	order.c			sorts the peers, and computes their rates
 *	text.c, peers.c, draw.c	draws for people: interfaces, peers, and what both share
 *	json.c			draws for programs
 *	openmetrics.c		draws for Prometheus
 *	watch.c			--watch: looks and draws again and again */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/types.h>

#include "wgq/base/buf.h"
#include "wgq/base/diag.h"
#include "wgq/cmd/config.h"
#include "wgq/cmd/options.h"
#include "wgq/cmd/terminal/term.h"
#include "wgq/conf/names/peer_names.h"
#include "wgq/net/snap.h"
#include "wgq/plan/health/finding.h"
#include "wgq/plan/health/health.h"
#include "wgq/plan/want/want.h"

/* What changed of a peer since it was looked at before. */
struct status_rate {
	uint64_t rx, tx;
	int64_t sent_at; /* when it was last seen to have been sent something; 0: never */
};

/* The `wgq run` that looks after the interface, as root may see it. */
struct status_keeper {
	pid_t process; /* 0: there is none */
	bool silent;   /* it does not answer: it is stopped, or runs a hook */
	char *state;   /* what is wrong; NULL: all is well. Owned, as is the next */
	char *last;    /* its last decision; NULL: none */
	int64_t last_at;
	long lag; /* of allowed IPs behind routes, last: milliseconds; -1: not known */
};

struct status {
	char ifname[IFNAMSIZ];
	char *argument;  /* what the user called it, else its name; owned */
	bool lacks_file; /* there is none of its name */
	bool has_conf;   /* of a file without mistakes */
	struct config config;
	struct snap snap;
	struct status_keeper keeper;
	struct endpoint_vec
		pins;     /* that wgq run has made (net/pin.h), or left when it was killed */
	struct want want; /* of the configuration; conf NULL: there is none, or no interface */
	struct around around;
	struct peer_names names;
	struct wg_peer_pointers blocks; /* the peers of the configuration, by key */
	struct finding_vec findings;
	struct diag unseen; /* as warnings: what could not be looked at, and why */
	int64_t now;        /* seconds since the epoch */
	/* The rest is by the device's peers. */
	size_t *order;             /* the newest handshake first */
	struct finding **first_of; /* a peer's first finding, the others follow it; NULL: none */
	struct status_rate *rates; /* NULL: it was not looked at before */
	double seconds;            /* since then */
	size_t *followed;          /* how many routes make prefixes the peer's */
	double clock;              /* of now, by a clock that is never set */
};

struct status_vec {
	VEC(struct status);
};

/* What the options name, or every WireGuard interface. before is what this returned last, or empty.
 * ret has to be zeroed. -ENODEV, with the error added: there is no such interface. */
int status_look(const struct options *options, const struct status_vec *before,
		struct status_vec *ret, struct diag *d);
void statuses_release(struct status_vec *statuses);

/* How it is drawn. */
struct status_view {
	const struct term *term;
	bool all;     /* every peer and every allowed IP */
	bool verbose; /* each peer as a paragraph, however many there are */
	bool rates;
	bool headless; /* without the first line of the interface */
};

/* Appends the text for people. */
void status_text(const struct status_vec *statuses, const struct status_view *view,
		 struct buf *out);
/* The line that tells of an interface whether it is up, how many of its peers are on line, and how
 * many problems there are. */
void status_head(const struct status *s, const struct status_view *view, struct buf *out);
/* Appends the JSON that packaging/schema/status.schema.json describes. */
void status_json(const struct status_vec *statuses, struct buf *out);

/* Appends OpenMetrics, with the metrics that METRICS in wgq(8) lists. */
void status_openmetrics(const struct status_vec *statuses, struct buf *out);

/* The exit status that says how they are. */
enum { STATUS_WRONG = 3, STATUS_UNSEEN = 4 };
int status_verdict(const struct status_vec *statuses);

/* Draws them every second until it is told to stop; returns an exit status. */
int watch_run(const struct options *options, struct diag *d);

void status_ask_keeper(const char *ifname, struct status_keeper *ret);
void status_keeper_release(struct status_keeper *keeper);

/* For the files of status. _order and _rates fill in the fields that are by peer; peers come in no
 * fixed order, so those of before are found by their keys. */
int status_order(struct status *s, struct diag *d);
int status_count_followed(struct status *s, struct diag *d);
int status_rates(struct status *s, const struct status *before, struct diag *d);
void status_finding(const struct status *s, const struct status_view *view, size_t indent,
		    const struct finding *finding, const char *of, struct buf *out);
void status_field(const struct status_view *view, size_t indent, const char *label,
		  enum style style, const char *value, struct buf *out);
void status_peers(const struct status *s, const struct status_view *view, struct buf *out);
/* The endpoint of the file where it is another one than the peer's; NULL: there is none, or it is a
 * name, which is not looked up. */
const union endpoint *status_other_endpoint(const struct status *s, const struct wg_peer *peer);
/* Printable: its name, else its key. */
void status_peer_name(const struct status *s, const struct wg_peer *peer, struct buf *out);

#define _cleanup_statuses_ _cleanup_(statuses_release)

/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The command line. */
#pragma once

#include <stdbool.h>
#include <stdint.h>

#include "wgq/net/addr.h"
#include "wgq/run/host/host.h"

/* Exit statuses, but for those of status, diff and check. */
enum {
	STATUS_OK = 0,
	STATUS_FAILED = 1,
	STATUS_USAGE = 2,
	STATUS_IP_REFUSED = 2, /* as wg-quick, which passes on that of a hook as well */
	STATUS_HOOK = 10,      /* one failed; systemd has names for 2 to 7, 3 and 4 are status's */
	STATUS_SIGNAL = 128,   /* plus the signal's number */
};

/* What a verb may be told; -q, -v, --help go with all. */
enum {
	OPTION_DRY_RUN = 1 << 0,
	OPTION_DNS = 1 << 1,
	OPTION_FIREWALL = 1 << 2,
	OPTION_USERSPACE = 1 << 3,
	OPTION_REPLACE = 1 << 4,
	OPTION_IF_EXISTS = 1 << 5,
	OPTION_ALL = 1 << 6,
	OPTION_JSON = 1 << 7,
	OPTION_WATCH = 1 << 8,
	OPTION_FROM = 1 << 9,
	OPTION_MARK = 1 << 10,
	OPTION_RUN_HOOKS = 1 << 11,
	OPTION_ENDPOINT = 1 << 12,
	OPTION_QR = 1 << 13,
	OPTION_ENDPOINTS = 1 << 14,
	OPTION_ENSURE = 1 << 15,
	OPTION_LEAVE = 1 << 16,
	OPTION_PROBE = 1 << 17,
	OPTION_ADDRESS_FROM_KEY = 1 << 18,
	OPTION_WG_QUICK = 1 << 19,
	OPTION_PEER_NEW = 1 << 20, /* those of a new peer's values */
	OPTION_OUTPUT = 1 << 21,
	OPTION_EXPIRED = 1 << 22,
	OPTION_FORGET = 1 << 23,
	OPTION_OFF = 1 << 24,
	OPTION_GUARD = 1 << 25,
	OPTION_OPENMETRICS = 1 << 26,
	OPTION_LOSSY = 1 << 27,
};

/* Of a new peer, as typed; NULL: not given. */
struct peer_options {
	const char *public_key, *address, *allowed_ips, *keepalive, *mtu, *expires;
	const char *first; /* the name of one that was given */
};

struct options {
	const struct verb *verb; /* verbs.h */
	const char *action;      /* of `wgq peer'; NULL: of none */
	char **args;             /* what the verb works on; borrowed from argv, ends with NULL */
	int arg_count;
	unsigned given; /* OPTION_... */
	bool quiet, verbose;
	bool keeps;       /* for `wgq run`, which need not tell itself */
	bool as_wg_quick; /* called by that name: its words and exit statuses */
	struct choices choices;
	struct addr from;     /* OPTION_FROM */
	uint32_t mark;        /* OPTION_MARK */
	const char *dns;      /* OPTION_DNS, as typed */
	const char *endpoint; /* OPTION_ENDPOINT; NULL: not given */
	struct peer_options peer;
	const char *output, *qr; /* OPTION_OUTPUT; OPTION_QR: the file, NULL: the terminal */
};

/* Parses argv, which it permutes. Returns -1 to go on with the verb, else the exit status to end
 * with: help and version were shown, or what is wrong was said. */
int options_parse(int argc, char **argv, struct options *ret);

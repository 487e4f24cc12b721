/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Asks whether a WireGuard peer answers at an address, by a path: with a real handshake initiation,
 * made with the keys of this host's own device and sent from its own UDP port. Sessions go on; what
 * a probe does to the peer is said at PROBE_POKE.
 *
 *	struct prober *prober;
 *	prober_open(&prober, &(struct prober_device){...}, d);	one for each device
 *	wait for prober_fd(prober) to be readable, with whatever else the caller waits for
 *	prober_send(prober, &probe);				any number, at any time
 *	while (prober_read(prober, &event)) ...			when the fd is readable
 *
 * Nothing blocks. A probe is up to `asks` initiations and ends with one event that has a verdict.
 * Until then prober_read() may give events PROBE_POKE of it. A prober has one raw socket for each
 * family, whatever the number of probes.
 *
 * In come values from cmd/probe.c and `wgq run`; out go packets and events. Needs CAP_NET_ADMIN and
 * CAP_NET_RAW.
 *
 *	prober.c		a prober: its descriptors, its clock
 *	probing.c		the table of probes under way, and their verdicts
 *	ask.c, answer.c		what is sent, and what comes back
 *	socket.c		raw sockets: packets out, packets and ICMP errors in
 *	packet.c		UDP and what is in it, as bytes; pure
 *	handshake.c		Noise_IKpsk2 up to the response; pure but for libcrypto
 *	crypto.c		libcrypto, loaded when it is first needed
 *	no_crypto.c		in builds without libcrypto */
#pragma once

#include <stdbool.h>
#include <stdint.h>

#include "wgq/base/diag.h"
#include "wgq/net/addr.h"
#include "wgq/net/wg.h"

struct prober;

/* The device that the probes speak for. When one of these changes, close the prober and open
 * another. */
struct prober_device {
	const struct key *private_key; /* copied into locked memory */
	uint16_t port;                 /* its UDP port */
	uint32_t mark;                 /* its fwmark */
	/* Nobody serves the device now: the prober occupies the port, so that the kernel does not
	 * refuse the answers. Where the port is 0 or taken, another one. */
	bool is_down;
};

/* -EOPNOTSUPP: without libcrypto; -EPERM: a capability is missing. */
int prober_open(struct prober **ret, const struct prober_device *device, struct diag *d);
void prober_free_at(struct prober **prober); /* for _cleanup_() */

/* Readable when prober_read() has something to do; the same until the prober is closed. */
int prober_fd(const struct prober *prober);

/* Two initiations to a peer have to arrive at least 20 ms
 * apart and in the order in which they were sent, else it ignores the second. So probes of one peer
 * by different paths are sent PROBE_APART_MS apart, and each asks again after at least 1 s. */
enum { PROBE_APART_MS = 250, PROBE_AGAIN_MS = 1000, PROBE_ASKS = 3 };

struct probe {
	uint64_t tag; /* the caller's own: the events have it */
	const struct key *public_key;
	const struct key *preshared_key; /* all zero: none. Both are copied */
	union endpoint to;
	struct addr from; /* an address of this host, of the same family */
	uint32_t link;    /* leaves by this link; 0: by the one that the routes say */
	/* The peer's latest handshake, seconds since the epoch, 0: never. The initiation is stamped
	 * a second back, unless the handshake is younger than that, so that the kernel's own next
	 * one always counts as newer. */
	int64_t last_handshake;
	unsigned asks;        /* at most PROBE_ASKS, which 0 stands for */
	uint32_t delay_ms;    /* until the first */
	uint32_t interval_ms; /* between two; 0: PROBE_AGAIN_MS. The last waits as long */
};

enum probe_verdict {
	/* No verdict yet. An ask has left PROBE_POKE_MS ago, or was answered: the peer may now send
	 * to where it came from. If that is another path than the session's, and the session is not
	 * to move there, call device_poke() (run/look/device.h), which puts the peer back. Comes
	 * once for each ask, before the verdict. */
	PROBE_POKE,

	PROBE_ANSWERED,   /* our keys and the peer's, by this path there and back */
	PROBE_ELSEWHERE,  /* each answer came to another address of ours: the way there works */
	PROBE_BUSY,       /* a cookie: something answers there, under load; ask again later */
	PROBE_OTHER_KEYS, /* it knows our key, but the preshared key differs, or the peer's key */
	PROBE_SILENT,     /* port blocked, no way back, or the keys do not match */

	PROBE_REFUSED,     /* ICMP: nothing listens there */
	PROBE_UNREACHABLE, /* ICMP: error has what a router or host said */
	PROBE_NOT_SENT, /* this host could not send: error, such as ENETUNREACH, EPERM (firewall) */
	PROBE_CLOCK_BACK, /* not sent: the clock was set back, so the peer would ignore it */
};
enum { PROBE_POKE_MS = 50 };

struct probe_event {
	uint64_t tag;
	enum probe_verdict verdict;
	int error;         /* positive errno; 0: none */
	uint32_t asks;     /* that were sent */
	int64_t us;        /* from the ask to its answer; of verdicts with an answer */
	struct addr other; /* PROBE_ELSEWHERE: where the answer came to */
};

/* What goes wrong with the sending is an event. 0, -EBUSY: more than 10,000 probes are under way,
 * or -errno: there is no socket. */
int prober_send(struct prober *prober, const struct probe *probe);
/* Without an event. */
void prober_cancel(struct prober *prober, uint64_t tag);

/* The next event; false: there is none now. Call it until then. */
bool prober_read(struct prober *prober, struct probe_event *ret);

/* How many probes have no verdict yet. */
size_t prober_count(const struct prober *prober);

#define _cleanup_prober_ _cleanup_(prober_free_at)

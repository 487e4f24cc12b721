/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Asks for the addresses of names while a loop does other things, outside of a tunnel: nothing here
 * blocks, and nothing calls back.
 *
 *	asker_open()		one for each interface
 *	asker_set_servers()	whom to ask: what dns_outside() has found; again when that changes
 *	asker_ask()		a question, under a number of the caller's
 *	asker_fd()		a descriptor for the caller's epoll: readable when there is work
 *	asker_step()		does the work
 *	asker_take()		an answer; to be called after asker_ask() and asker_step(), until it
 *				has none
 *
 * Every question is answered within some seconds, also when no server answers. While none is open
 * the descriptor is silent. `wgq run` and `wgq probe` are the callers; when run asks is
 * plan/reach's business.
 *
 * The library is c-ares, loaded by asker_open(). /etc/hosts comes first. Then the servers are asked
 * in their order, by UDP, and by TCP what does not fit. Each socket has the mark of the device, so
 * in a full tunnel the questions go where the encrypted packets go, as the tunnel's rule is for
 * packets without the mark.
 *
 * Without c-ares getaddrinfo(3) is called in threads. It asks the servers of the host, through the
 * tunnel, and tells no TTL.
 *
 *	asker.c				ports, addresses; and whom to give a question
 *	question.c			a question, and its answer as it comes together
 *	cares.c, channel.c, sockets.c	by c-ares; cares_load.c loads it
 *	threads.c			by getaddrinfo(3) */
#pragma once

#include <stdbool.h>
#include <stdint.h>

#include "wgq/base/diag.h"
#include "wgq/net/wg.h"
#include "wgq/sys/dns/outside.h"

struct asker;

/* 0 or -errno. Where there is no c-ares it adds a warning, and works. */
int asker_open(struct asker **ret, struct diag *d);
/* Drops what is open. */
void asker_free_at(struct asker **asker);

#define _cleanup_asker_ _cleanup_(asker_free_at)

/* mark: the device's; 0: none. What is open is asked again, of these servers. Copies them. With
 * none every name that is not in /etc/hosts fails for now. 0 or -errno; then the former ones stay.
 */
int asker_set_servers(struct asker *asker, uint32_t mark, const struct dns_outside *servers,
		      struct diag *d);

/* For EPOLLIN. */
int asker_fd(const struct asker *asker);

enum ask_families { ASK_IPV4 = 1, ASK_IPV6 = 2, ASK_BOTH = ASK_IPV4 | ASK_IPV6 };

/* The port may be a UDP service; several questions may have one number. 0 or -ENOMEM. */
int asker_ask(struct asker *asker, uint64_t id, const char *host, const char *port,
	      enum ask_families families);

void asker_step(struct asker *asker);

enum ask_outcome {
	ASK_FOUND,      /* at least one address */
	ASK_NO_NAME,    /* NXDOMAIN: a server says that there is no such name */
	ASK_NO_ADDRESS, /* there is the name, but no address of these families */
	ASK_FAILED,     /* for now: no server, no answer, or one that does not help */
	ASK_WRONG,      /* for good: no name at all, or no such service */
};

enum { ASK_TTL_UNKNOWN = 0 };

struct ask_answer {
	uint64_t id;
	enum ask_outcome outcome;
	const char *reason;            /* why nothing was found, for people; static */
	struct endpoint_vec endpoints; /* IPv6 first, in the server's order; each once */
	uint32_t ttl;                  /* seconds, the least of all, or ASK_TTL_UNKNOWN */
	uint8_t failed;                /* ASK_IPV4, ASK_IPV6: of these nothing is known for now, so
					* an address that is missing here may be valid still */
};

/* 0 or -EAGAIN: there is none for now. */
int asker_take(struct asker *asker, struct ask_answer *ret);
void ask_answer_release(struct ask_answer *answer);

#define _cleanup_answer_ _cleanup_(ask_answer_release)

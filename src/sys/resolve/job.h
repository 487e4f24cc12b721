/* SPDX-License-Identifier: GPL-2.0-or-later */
/* One look-up of a host and port by getaddrinfo(3). Which thread it belongs to is resolve_pool.h's
 * business. */
#pragma once

#include <netdb.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "wgq/net/wg.h"
#include "wgq/sys/resolve/resolve.h"

enum resolve_state {
	JOB_WAITING,  /* for its next attempt, at `due` */
	JOB_READY,    /* in the queue for the threads */
	JOB_RUNNING,  /* in a thread's hands */
	JOB_ANSWERED, /* in the queue for the caller */
	JOB_DONE,
	JOB_FAILED,
};

struct resolve_job {
	enum resolve_state state;
	char *host, *port;
	char *shown; /* host:port, or [host]:port */
	union endpoint endpoint;
	union endpoint preferred; /* taken where it is among those found; family 0: none is */
	int error;                /* of the last attempt: EAI_..., 0: none */
	int saved_errno;          /* for EAI_SYSTEM */
	bool no_address;          /* an answer, but neither IPv4 nor IPv6 */
	int retries;              /* left; -1: no end */
	uint32_t delay;           /* microseconds before the next attempt */
	uint64_t due;             /* CLOCK_MONOTONIC, microseconds; 0: the first attempt */
	struct resolve_job *next;
};

/* Copies the names. 0 or -ENOMEM; to be released in both cases. */
int resolve_job_init(struct resolve_job *job, const struct conf_endpoint *endpoint, int retries);
void resolve_job_release(struct resolve_job *job);

/* Asks options->lookup once, with these ai_flags, and fills in what came of it. */
void resolve_job_attempt(struct resolve_job *job, const struct resolve_options *options, int flags);
/* Whether another attempt would end in the same error. */
bool resolve_job_is_final(const struct resolve_job *job);

/* An error of getaddrinfo(3) in words; saved_errno: for EAI_SYSTEM. */
const char *resolve_reason(int error, int saved_errno);

/* The first address; false: neither IPv4 nor IPv6. */
bool resolve_take(const struct addrinfo *found, union endpoint *ret);

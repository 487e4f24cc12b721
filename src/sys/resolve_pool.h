/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The threads behind resolve.c.
 *
 * getaddrinfo(3) blocks and cannot be interrupted, so each look-up that needs the network has a
 * thread. Threads make one attempt at a time and know nothing of retries: the caller's thread
 * takes the answers, decides, and hands jobs out again. Whoever leaves last frees the pool. */
#pragma once

#include <netdb.h>
#include <pthread.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "wgq/net/wg.h"
#include "wgq/sys/resolve.h"

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

struct resolve_queue {
	struct resolve_job *first, *last;
	size_t len;
};

struct resolve_pool {
	pthread_mutex_t lock; /* over all that is below */
	pthread_cond_t work;  /* a job is ready, or the pool is closed */
	pthread_cond_t news;  /* a job is answered */
	bool closed;
	size_t users; /* the caller and the threads */
	size_t idle;  /* threads that wait for work */
	struct resolve_queue ready, answered;

	struct resolve_job *jobs;
	size_t job_count;
	size_t open;       /* neither done nor failed */
	bool failed;       /* a job has failed for good: no more retries */
	uint64_t deadline; /* for all of it, CLOCK_MONOTONIC, microseconds; 0: none */
	struct resolve_options options;
};

/* Copies what it needs. NULL: no memory. */
struct resolve_pool *resolve_pool_new(const struct conf_endpoint_vec *endpoints,
				      const struct resolve_options *options, int retries);

/* Until every job is done or failed: 0. -EINTR: told to stop. -ETIMEDOUT: the deadline has come.
 * The jobs that are not done then belong to the threads. */
int resolve_pool_run(struct resolve_pool *pool);
void resolve_pool_set_deadline(struct resolve_pool *pool, uint32_t ms);
void resolve_pool_unref(struct resolve_pool *pool);

/* The first address; false: neither IPv4 nor IPv6. */
bool resolve_take(const struct addrinfo *found, union endpoint *ret);

/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The threads behind resolve.c.
 *
 * getaddrinfo(3) blocks and cannot be interrupted, so each look-up that needs the network has a
 * thread. Threads make one attempt at a time and know nothing of retries: the caller's thread
 * takes the answers, decides, and hands jobs out again. Whoever leaves last frees the pool. */
#pragma once

#include <pthread.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "job.h"

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

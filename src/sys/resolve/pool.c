// SPDX-License-Identifier: GPL-2.0-or-later
// Looks up many hosts at once, again and again where it may help.
#include "pool.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "wgq/base/buf.h"
#include "wgq/base/mem.h"
#include "wgq/sys/clock.h"
#include "wgq/sys/resolve/detached.h"

/* Enough that 500 names take the time of the slowest. A thread has a socket at most, so these stay
 * below the usual limit of 1024 descriptors. */
enum { THREADS_MAX = 512 };

/* How often the caller's thread looks at stop() and at the clock. */
enum { TICK = 100000 };

static uint64_t now(void)
{
	return (uint64_t)(clock_ns() / CLOCK_US);
}

static void queue_push(struct resolve_queue *queue, struct resolve_job *job)
{
	queue->len++;
	job->next = NULL;
	if (queue->last)
		queue->last->next = job;
	else
		queue->first = job;
	queue->last = job;
}

static struct resolve_job *queue_pop(struct resolve_queue *queue)
{
	struct resolve_job *job = queue->first;

	if (job) {
		queue->len--;
		queue->first = job->next;
		if (!queue->first)
			queue->last = NULL;
	}
	return job;
}

static void *thread_main(void *context)
{
	struct resolve_pool *pool = context;

	pthread_mutex_lock(&pool->lock);
	for (;;) {
		struct resolve_job *job = pool->closed ? NULL : queue_pop(&pool->ready);

		if (pool->closed)
			break;
		if (!job) {
			pool->idle++;
			pthread_cond_wait(&pool->work, &pool->lock);
			pool->idle--;
			continue;
		}
		job->state = JOB_RUNNING;
		pthread_mutex_unlock(&pool->lock);
		resolve_job_attempt(job, &pool->options, 0);
		pthread_mutex_lock(&pool->lock);
		job->state = JOB_ANSWERED;
		queue_push(&pool->answered, job);
		pthread_cond_signal(&pool->news);
	}
	pthread_mutex_unlock(&pool->lock);
	resolve_pool_unref(pool);
	return NULL;
}

static void job_done(struct resolve_pool *pool, struct resolve_job *job)
{
	bool failed = job->error || job->no_address;

	job->state = failed ? JOB_FAILED : JOB_DONE;
	pool->failed |= failed;
	pool->open--;
}

static void job_ready(struct resolve_pool *pool, struct resolve_job *job)
{
	job->state = JOB_READY;
	queue_push(&pool->ready, job);
	pthread_cond_signal(&pool->work);
	if (pool->ready.len <= pool->idle || pool->users > THREADS_MAX)
		return;
	/* If no more threads can be started, the existing ones do it; without any it fails. */
	if (detached_start(thread_main, pool) == 0) {
		pool->users++;
	} else if (pool->users == 1) {
		queue_pop(&pool->ready);
		job->error = EAI_SYSTEM;
		job->saved_errno = EAGAIN;
		job_done(pool, job);
	}
}

static void say_again(const struct resolve_pool *pool, const struct resolve_job *job)
{
	_cleanup_buf_ struct buf line = {0};

	if (!pool->options.say)
		return;
	buf_addf(&line, "%s: `%s'. Trying again in %.2f seconds...",
		 resolve_reason(job->error, job->saved_errno), job->shown, job->delay / 1000000.0);
	pool->options.say(buf_text(&line));
}

static void job_answered(struct resolve_pool *pool, struct resolve_job *job)
{
	if (!job->error || resolve_job_is_final(job) || job->retries == 0 || pool->failed) {
		job_done(pool, job);
		return;
	}
	if (job->retries > 0)
		job->retries--;
	say_again(pool, job);
	job->state = JOB_WAITING;
	job->due = now() + job->delay;
	job->delay = resolve_next_delay(job->delay);
}

/* Jobs whose time has come go to the threads. Once one has failed for good, nobody waits for
 * another attempt; the first (due 0) each one gets. */
static void wake_waiting(struct resolve_pool *pool)
{
	uint64_t time = now();

	for (struct resolve_job *job = pool->jobs; job < pool->jobs + pool->job_count; job++) {
		if (job->state != JOB_WAITING)
			continue;
		if (pool->failed && job->due > 0)
			job_done(pool, job);
		else if (job->due <= time)
			job_ready(pool, job);
	}
}

static void wait_for_news(struct resolve_pool *pool)
{
	uint64_t until = now() + TICK;
	struct timespec time = {
		.tv_sec = (time_t)(until / 1000000),
		.tv_nsec = (long)(until % 1000000) * 1000,
	};

	pthread_cond_timedwait(&pool->news, &pool->lock, &time);
}

/* What is numeric needs no thread and no network. A host with a colon can only be that. */
static void try_numeric(struct resolve_pool *pool, struct resolve_job *job)
{
	if (job->endpoint.any.sa_family) {
		job_done(pool, job);
		return;
	}
	resolve_job_attempt(job, &pool->options, AI_NUMERICHOST);
	if (job->error == EAI_NONAME && !strchr(job->host, ':'))
		job->due = 0; /* at once, by a thread */
	else
		job_done(pool, job);
}

void resolve_pool_set_deadline(struct resolve_pool *pool, uint32_t ms)
{
	pool->deadline = now() + (uint64_t)ms * 1000;
}

int resolve_pool_run(struct resolve_pool *pool)
{
	uint64_t looked = 0;
	int r = 0;

	for (size_t i = 0; i < pool->job_count; i++)
		try_numeric(pool, &pool->jobs[i]);

	pthread_mutex_lock(&pool->lock);
	while (pool->open > 0) {
		struct resolve_job *job;

		if (pool->options.stop && pool->options.stop()) {
			r = -EINTR;
			break;
		}
		if (pool->deadline && now() >= pool->deadline) {
			r = -ETIMEDOUT;
			break;
		}
		while ((job = queue_pop(&pool->answered)))
			job_answered(pool, job);
		/* A thousand answers are no reason to look at all jobs a thousand times. */
		if (now() - looked >= TICK) {
			wake_waiting(pool);
			looked = now();
		}
		if (pool->open > 0 && !pool->answered.first)
			wait_for_news(pool);
	}
	pool->closed = true;
	pthread_cond_broadcast(&pool->work);
	pthread_mutex_unlock(&pool->lock);
	return r;
}

/* Waiting by the monotonic clock: the time of day jumps when the network comes up. */
static void pool_init_sync(struct resolve_pool *pool)
{
	pthread_condattr_t monotonic;

	pthread_condattr_init(&monotonic);
	pthread_condattr_setclock(&monotonic, CLOCK_MONOTONIC);
	pthread_mutex_init(&pool->lock, NULL);
	pthread_cond_init(&pool->work, &monotonic);
	pthread_cond_init(&pool->news, &monotonic);
	pthread_condattr_destroy(&monotonic);
}

struct resolve_pool *resolve_pool_new(const struct conf_endpoint_vec *endpoints,
				      const struct resolve_options *options, int retries)
{
	struct resolve_pool *pool = mem_calloc(1, sizeof(*pool));

	if (!pool)
		return NULL;
	pool_init_sync(pool);
	pool->users = 1;
	if (options)
		pool->options = *options;
	if (!pool->options.lookup)
		pool->options.lookup = getaddrinfo;
	pool->jobs = mem_calloc(endpoints->len, sizeof(*pool->jobs));
	if (!pool->jobs)
		goto fail;
	pool->job_count = endpoints->len;
	for (size_t i = 0; i < endpoints->len; i++)
		if (resolve_job_init(&pool->jobs[i], &endpoints->at[i], retries) < 0)
			goto fail;
	pool->open = pool->job_count;
	return pool;

fail:
	resolve_pool_unref(pool);
	return NULL;
}

static void pool_free(struct resolve_pool *pool)
{
	for (size_t i = 0; i < pool->job_count; i++)
		resolve_job_release(&pool->jobs[i]);
	free(pool->jobs);
	pthread_mutex_destroy(&pool->lock);
	pthread_cond_destroy(&pool->work);
	pthread_cond_destroy(&pool->news);
	free(pool);
}

void resolve_pool_unref(struct resolve_pool *pool)
{
	pthread_mutex_lock(&pool->lock);
	bool last = --pool->users == 0;
	pthread_mutex_unlock(&pool->lock);
	if (last)
		pool_free(pool);
}

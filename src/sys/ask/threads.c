// SPDX-License-Identifier: GPL-2.0-or-later
// Questions by getaddrinfo(3), in threads, where there is no c-ares.
#include "threads.h"

#include <errno.h>
#include <netdb.h>
#include <pthread.h>
#include <stdlib.h>
#include <sys/eventfd.h>
#include <unistd.h>

#include "wgq/base/mem.h"
#include "wgq/sys/resolve/detached.h"

enum { THREADS_MAX = 64 };

/* Whoever leaves last frees it. */
struct threads {
	struct questions *done; /* the caller's */
	int event;              /* readable: something is answered */
	pthread_mutex_t lock;   /* over all that is below */
	bool closed;
	size_t users; /* the caller and the threads */
	struct questions waiting, answered;
};

static void unref(struct threads *t)
{
	pthread_mutex_lock(&t->lock);
	bool last = --t->users == 0;
	pthread_mutex_unlock(&t->lock);
	if (!last)
		return;
	questions_release(&t->waiting);
	questions_release(&t->answered);
	fd_close_at(&t->event);
	pthread_mutex_destroy(&t->lock);
	free(t);
}

/* glibc's wiki (NameResolver) has which errors are final. */
static void look_up(struct question *q)
{
	static const int families[] = {
		[ASK_IPV4] = AF_INET, [ASK_IPV6] = AF_INET6, [ASK_BOTH] = AF_UNSPEC};
	const struct addrinfo hints = {.ai_family = families[q->families],
				       .ai_socktype = SOCK_DGRAM};
	struct addrinfo *found = NULL;
	int error = getaddrinfo(q->host, NULL, &hints, &found);
	enum ask_outcome outcome = error == EAI_NONAME   ? ASK_NO_NAME
				   : error == EAI_NODATA ? ASK_NO_ADDRESS
							 : ASK_FAILED;

	for (const struct addrinfo *at = found; at; at = at->ai_next)
		question_add(q, at->ai_addr, ASK_TTL_UNKNOWN);
	if (found)
		freeaddrinfo(found);
	question_done(q, q->families, error ? outcome : ASK_FOUND,
		      error ? gai_strerror(error) : NULL);
}

/* Takes questions until none waits. */
static void *thread_main(void *context)
{
	struct threads *t = context;
	struct question *q;

	pthread_mutex_lock(&t->lock);
	while (!t->closed && (q = questions_pop(&t->waiting))) {
		pthread_mutex_unlock(&t->lock);
		look_up(q);
		pthread_mutex_lock(&t->lock);
		questions_push(&t->answered, q);
		eventfd_write(t->event, 1);
	}
	pthread_mutex_unlock(&t->lock);
	unref(t);
	return NULL;
}

void threads_ask(struct threads *t, struct question *q)
{
	pthread_mutex_lock(&t->lock);
	questions_push(&t->waiting, q);
	/* Those that run take it in the end, if there are any. */
	if (t->users <= THREADS_MAX && detached_start(thread_main, t) == 0) {
		t->users++;
	} else if (t->users == 1) {
		while ((q = questions_pop(&t->waiting))) {
			question_done(q, q->families, ASK_FAILED, "no thread can be started");
			questions_push(t->done, q);
		}
	}
	pthread_mutex_unlock(&t->lock);
}

void threads_step(struct threads *t)
{
	eventfd_t ignored;

	eventfd_read(t->event, &ignored);
	pthread_mutex_lock(&t->lock);
	for (struct question *q; (q = questions_pop(&t->answered));)
		questions_push(t->done, q);
	pthread_mutex_unlock(&t->lock);
}

int threads_fd(const struct threads *t)
{
	return t->event;
}

int threads_open(struct questions *done, struct threads **ret, struct diag *d)
{
	struct threads *t = mem_calloc(1, sizeof(*t));

	if (!t)
		return diag_no_memory(d);
	t->event = eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK);
	if (t->event < 0) {
		free(t);
		return diag_fail(d, errno, "cannot ask for names");
	}
	pthread_mutex_init(&t->lock, NULL);
	t->done = done;
	t->users = 1;
	*ret = t;
	return 0;
}

void threads_free(struct threads *t)
{
	if (!t)
		return;
	pthread_mutex_lock(&t->lock);
	t->closed = true;
	pthread_mutex_unlock(&t->lock);
	unref(t);
}

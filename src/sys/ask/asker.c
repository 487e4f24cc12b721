// SPDX-License-Identifier: GPL-2.0-or-later
// Questions for addresses: by c-ares, or by getaddrinfo(3) in threads.
#include "wgq/sys/ask/asker.h"

#include <errno.h>
#include <netdb.h>
#include <stdlib.h>
#include <string.h>

#include "cares.h"
#include "question.h"
#include "threads.h"
#include "wgq/base/mem.h"

/* One of the two answers. */
struct asker {
	struct cares *cares;
	struct threads *threads;
	struct questions done;
};

int asker_open(struct asker **ret, struct diag *d)
{
	_cleanup_diag_ struct diag why_not = {0};
	_cleanup_asker_ struct asker *asker = mem_calloc(1, sizeof(*asker));
	int r;

	*ret = NULL;
	if (!asker)
		return diag_no_memory(d);
	r = cares_open(&asker->done, &asker->cares, &why_not);
	if (r == -EOPNOTSUPP) {
		r = threads_open(&asker->done, &asker->threads, d);
		diag_warn(d, "the names of endpoints are looked up through the tunnel: if it is "
			     "dead, they may not be found");
		if (why_not.len && why_not.at[0].message)
			diag_note(d, "%s", why_not.at[0].message);
		diag_hint(d, "install the library c-ares");
	} else {
		diag_move(d, &why_not);
	}
	if (r == 0)
		*ret = steal(asker);
	return r;
}

void asker_free_at(struct asker **asker)
{
	struct asker *a = *asker;

	if (!a)
		return;
	cares_free(a->cares);
	threads_free(a->threads);
	questions_release(&a->done);
	free(a);
	*asker = NULL;
}

int asker_set_servers(struct asker *asker, uint32_t mark, const struct dns_outside *servers,
		      struct diag *d)
{
	return asker->cares ? cares_set_servers(asker->cares, mark, servers, d) : 0;
}

int asker_fd(const struct asker *asker)
{
	return asker->cares ? cares_fd(asker->cares) : threads_fd(asker->threads);
}

/* A number, or a UDP service, for which no server is asked. */
static int find_port(const char *port, uint16_t *ret)
{
	const struct addrinfo hints = {
		.ai_family = AF_INET,
		.ai_socktype = SOCK_DGRAM,
		.ai_flags = AI_PASSIVE,
	};
	struct addrinfo *found;
	union endpoint any = {0};

	if (getaddrinfo(NULL, port, &hints, &found))
		return -ENOENT;
	memcpy(&any.in, found->ai_addr, sizeof(any.in));
	freeaddrinfo(found);
	*ret = endpoint_port(&any);
	return 0;
}

/* An address, with its scope, is known without a question. */
static void take_address(struct question *q)
{
	const struct addrinfo hints = {.ai_socktype = SOCK_DGRAM, .ai_flags = AI_NUMERICHOST};
	struct addrinfo *found;

	if (getaddrinfo(q->host, NULL, &hints, &found) == 0) {
		question_add(q, found->ai_addr, ASK_TTL_UNKNOWN);
		freeaddrinfo(found);
		question_done(q, q->families, ASK_NO_ADDRESS, "it is of the other family");
	} else if (strchr(q->host, ':')) {
		question_done(q, q->families, ASK_FAILED, "there is no such interface");
	}
}

int asker_ask(struct asker *asker, uint64_t id, const char *host, const char *port,
	      enum ask_families families)
{
	struct question *q = question_new(id, host, (uint8_t)families);

	if (!q)
		return -ENOMEM;
	if (find_port(port, &q->port) == 0)
		take_address(q);
	else
		question_done(q, q->families, ASK_WRONG, "there is no such UDP service");
	if (!q->open)
		questions_push(&asker->done, q);
	else if (asker->cares)
		cares_ask(asker->cares, q);
	else
		threads_ask(asker->threads, q);
	return 0;
}

void asker_step(struct asker *asker)
{
	if (asker->cares)
		cares_step(asker->cares);
	else
		threads_step(asker->threads);
}

int asker_take(struct asker *asker, struct ask_answer *ret)
{
	struct question *q = questions_pop(&asker->done);

	if (!q)
		return -EAGAIN;
	*ret = q->answer;
	q->answer = (struct ask_answer){0};
	question_free(q);
	return 0;
}

// SPDX-License-Identifier: GPL-2.0-or-later
// A question that is open, and its answer as it comes together.
#include "question.h"

#include <stdlib.h>
#include <string.h>

#include "wgq/base/mem.h"

struct question *question_new(uint64_t id, const char *host, uint8_t families)
{
	struct question *q = mem_calloc(1, sizeof(*q));

	if (!q)
		return NULL;
	q->host = mem_strndup(host, strlen(host));
	if (!q->host) {
		free(q);
		return NULL;
	}
	q->answer.id = id;
	q->families = families;
	question_reset(q);
	return q;
}

void question_reset(struct question *q)
{
	ask_answer_release(&q->answer);
	q->answer = (struct ask_answer){.id = q->answer.id};
	q->open = q->families;
}

void question_free(struct question *q)
{
	if (!q)
		return;
	ask_answer_release(&q->answer);
	free(q->host);
	free(q);
}

void ask_answer_release(struct ask_answer *answer)
{
	vec_release(&answer->endpoints);
}

void question_add(struct question *q, const struct sockaddr *address, uint32_t ttl)
{
	const struct sockaddr_in6 *in6 = (const struct sockaddr_in6 *)(const void *)address;
	const struct addr addr = addr_of_socket(address);
	uint8_t family = addr.family == AF_INET ? ASK_IPV4 : ASK_IPV6;
	uint32_t scope = addr.family == AF_INET6 ? in6->sin6_scope_id : 0;
	const union endpoint e = endpoint_make(&addr, q->port, scope);
	struct endpoint_vec *all = &q->answer.endpoints;
	union endpoint *last;
	size_t at = 0;

	if (!addr.family || !(q->families & family))
		return;
	vec_each(known, all)
		if (endpoint_equal(known, &e))
			return;
	last = vec_push(all);
	if (!last) {
		q->answer.failed |= family;
		return;
	}
	/* IPv6 first. */
	while (at < all->len - 1 && (all->at[at].any.sa_family == AF_INET6 || family == ASK_IPV4))
		at++;
	memmove(all->at + at + 1, all->at + at, (all->len - 1 - at) * sizeof(e));
	all->at[at] = e;
	if (all->len == 1 || ttl < q->answer.ttl)
		q->answer.ttl = ttl;
}

/* If neither family has an address, the reason that says more is used. */
static bool tells_more(enum ask_outcome outcome, enum ask_outcome than)
{
	static const uint8_t ranks[] = {
		[ASK_NO_NAME] = 0, [ASK_NO_ADDRESS] = 1, [ASK_FAILED] = 2,
		[ASK_WRONG] = 3,   [ASK_FOUND] = 4,
	};

	return ranks[outcome] > ranks[than];
}

void question_done(struct question *q, uint8_t families, enum ask_outcome outcome,
		   const char *reason)
{
	struct ask_answer *answer = &q->answer;
	bool first = q->open == q->families;

	q->open &= (uint8_t)~families;
	if (outcome == ASK_FAILED)
		answer->failed |= families;
	if (answer->endpoints.len) {
		answer->outcome = ASK_FOUND;
		answer->reason = NULL;
	} else if (first || tells_more(outcome, answer->outcome)) {
		answer->outcome = outcome;
		answer->reason = reason;
	}
}

void questions_push(struct questions *queue, struct question *q)
{
	q->next = NULL;
	if (queue->last)
		queue->last->next = q;
	else
		queue->first = q;
	queue->last = q;
}

struct question *questions_pop(struct questions *queue)
{
	struct question *q = queue->first;

	if (q) {
		queue->first = q->next;
		if (!queue->first)
			queue->last = NULL;
	}
	return q;
}

void questions_release(struct questions *queue)
{
	for (struct question *q; (q = questions_pop(queue));)
		question_free(q);
}

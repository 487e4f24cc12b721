/* SPDX-License-Identifier: GPL-2.0-or-later */
/* A question that is open, until both families are answered. asker.c makes it, cares.c or threads.c
 * answer it. */
#pragma once

#include <netdb.h>
#include <stddef.h>

#include "wgq/sys/ask/asker.h"

struct question {
	struct ask_answer answer;
	char *host;
	uint16_t port;
	uint8_t families, open; /* asked for; not answered yet: ASK_IPV4, ASK_IPV6 */
	struct question *next;
};

/* First in, first out; zeroed: empty. */
struct questions {
	struct question *first, *last;
};

/* NULL: no memory. */
struct question *question_new(uint64_t id, const char *host, uint8_t families);
void question_free(struct question *q);

/* Forgets the answers so far. */
void question_reset(struct question *q);

/* An address, which gets the question's port. A family that it does not ask for is passed over. */
void question_add(struct question *q, const struct sockaddr *address, uint32_t ttl);
/* What came of families; reason: static. With the last one the answer is complete. */
void question_done(struct question *q, uint8_t families, enum ask_outcome outcome,
		   const char *reason);

void questions_push(struct questions *queue, struct question *q);
struct question *questions_pop(struct questions *queue);
void questions_release(struct questions *queue);

/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Questions by c-ares, with sockets of our own. no_cares.c takes its place in builds without it. */
#pragma once

#include "question.h"

struct cares;

/* Answered questions go to *done. -EOPNOTSUPP: there is no c-ares; the reason is added. */
int cares_open(struct questions *done, struct cares **ret, struct diag *d);
/* Frees the questions that are open. */
void cares_free(struct cares *c);

int cares_set_servers(struct cares *c, uint32_t mark, const struct dns_outside *servers,
		      struct diag *d);
int cares_fd(const struct cares *c);
/* Takes the question. */
void cares_ask(struct cares *c, struct question *q);
void cares_step(struct cares *c);

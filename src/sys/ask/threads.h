/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Questions by getaddrinfo(3), which blocks and cannot be interrupted: each has a thread. */
#pragma once

#include "question.h"

struct threads;

/* Answered questions go to *done. */
int threads_open(struct questions *done, struct threads **ret, struct diag *d);
/* Threads that are still inside of getaddrinfo(3) end by themselves, and free what is left. */
void threads_free(struct threads *t);

int threads_fd(const struct threads *t);
/* Takes the question. */
void threads_ask(struct threads *t, struct question *q);
void threads_step(struct threads *t);

/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What the tests on the real kernel share: namespaces of their own, and other people's commands.
 * What fails in here fails the test. */
#pragma once

#include <stdbool.h>
#include <sys/types.h>

/* For main(): 0 where the process is root, else the exit status that says so. A skip is a failure
 * where WGQ_MUST_WORK=1. */
int ns_need_root(void);
/* The same for a reason found in a test, which ends there. */
void ns_skip(const char *reason);

/* Moves this process into a network namespace of its own, with lo up. The one before goes. */
void ns_fresh_network(void);
/* And into a mount namespace with an empty /run, once. */
void ns_private_run(void);

/* Runs a shell command and returns what it wrote to stdout and stderr; malloc()ed. */
char *ns_output(const char *format, ...) __attribute__((format(printf, 1, 2)));
/* The same where only success counts. */
void ns_run(const char *format, ...) __attribute__((format(printf, 1, 2)));
/* Its exit status. */
int ns_status(const char *format, ...) __attribute__((format(printf, 1, 2)));

/* Whether a program is in PATH. */
bool ns_has(const char *program);

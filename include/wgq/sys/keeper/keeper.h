/* SPDX-License-Identifier: GPL-2.0-or-later */
/* How wgq processes find the `wgq run` that looks after an interface, and talk to it.
 *
 * It listens at /run/wgq/INTERFACE@NAMESPACE, where NAMESPACE is the number of the network
 * namespace; the folder is for root only. One socket each, so that whoever asks about an interface
 * needs to know no more than its name; a socket that nobody listens at is what a killed process has
 * left. Packets (SOCK_SEQPACKET) are words:
 *
 *	hold	Whoever connects is about to change the interface: leave it alone until the
 *		connection ends, however it does.
 *	leave	It was taken down on purpose: do not look after it any more.
 *	tell	The answer is a line for each thing to be told, `WORD VALUE`.
 *
 * Nobody waits for an answer to the first two: a hook that `wgq run` itself has started may send
 * them. Whoever sends `hold' takes the lock after it, and `wgq run' reads what was sent when it has
 * the lock: so it always knows.
 *
 * cmd/session.c sends hold, cmd/down.c leave, cmd/status tell; cmd/run listens. */
#pragma once

#include <stdbool.h>
#include <sys/types.h>

#include "wgq/base/buf.h"
#include "wgq/base/diag.h"

enum keeper_word { KEEPER_NONE, KEEPER_HOLD, KEEPER_LEAVE, KEEPER_TELL };

/* Listens for an interface. -EADDRINUSE: another process does. -EROFS, -EACCES and the like: there
 * can be no such socket here; the error says so. Called under the lock of run/host. */
int keeper_listen(const char *ifname, int *ret_fd, struct diag *d);
/* Closes it, too. */
void keeper_unlisten(const char *ifname, int fd);
/* The next connection, -EAGAIN: there is none now. */
int keeper_accept(int fd);
/* The next word of a connection; -EAGAIN: none yet; -EPIPE: it has ended. */
int keeper_read(int fd, enum keeper_word *ret);
void keeper_answer(int fd, const struct buf *lines);

/* Connects to who looks after the interface, and sends a word; *ret_pid: its process. -ENOENT:
 * nobody does. */
int keeper_send(const char *ifname, enum keeper_word word, int *ret_fd, pid_t *ret_pid);
/* Another word on the same connection. */
int keeper_send_more(int fd, enum keeper_word word);
/* What `tell` is answered with; -ETIMEDOUT: it does not answer, as one that is stopped. */
int keeper_ask(const char *ifname, pid_t *ret_pid, struct buf *ret);

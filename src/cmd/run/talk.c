// SPDX-License-Identifier: GPL-2.0-or-later
// wgq run: what other wgq processes say, each by a connection of its own.
#include <errno.h>
#include <stdlib.h>
#include <syslog.h>
#include <unistd.h>

#include "wgq/base/mem.h"
#include "wgq/cmd/run/follow.h"
#include "wgq/cmd/run/reach.h"
#include "wgq/cmd/run/run.h"
#include "wgq/sys/keeper/keeper.h"

struct talk {
	struct talk *next;
	struct keep *keep;
	struct loop_source source;
	bool holds;
};

/* What was held off is looked at now. */
static void end(struct talk *talk)
{
	struct keep *k = talk->keep;
	struct runner *runner = k->runner;
	int fd = talk->source.fd;

	for (struct talk **at = &runner->talks; *at; at = &(*at)->next)
		if (*at == talk) {
			*at = talk->next;
			break;
		}
	loop_remove(runner->loop, &talk->source);
	close(fd);
	k->holds -= talk->holds;
	if (talk->holds)
		keep_event(k);
	free(talk);
}

static void obey(struct talk *talk, enum keeper_word word)
{
	_cleanup_buf_ struct buf lines = {0};
	struct keep *k = talk->keep;

	switch (word) {
	case KEEPER_HOLD:
		k->holds += !talk->holds;
		talk->holds = true;
		loop_timer_cancel(k->runner->loop, &k->look);
		peers_stop(k);
		follower_stop(k);
		break;
	case KEEPER_LEAVE:
		keep_let_go(k, "wgq down took it down");
		break;
	case KEEPER_TELL:
		say_state(k, &lines);
		follower_tell(k, &lines);
		buf_str(&lines, "end\n");
		keeper_answer(talk->source.fd, &lines);
		break;
	case KEEPER_NONE:
		break;
	}
}

static void listen_to(struct talk *talk)
{
	enum keeper_word word;
	int r;

	while ((r = keeper_read(talk->source.fd, &word)) == 0)
		obey(talk, word);
	if (r != -EAGAIN)
		end(talk);
}

static void on_word(void *context, uint32_t events)
{
	(void)events;
	listen_to(context);
}

static void accept_all(struct keep *k)
{
	int fd;

	while (k->listener.fd >= 0 && (fd = keeper_accept(k->listener.fd)) != -EAGAIN) {
		struct talk *talk = fd >= 0 ? mem_calloc(1, sizeof(*talk)) : NULL;

		if (fd == -EPERM)
			continue;
		if (!talk) {
			if (fd >= 0)
				close(fd);
			/* A connection that is not accepted would wake the loop again and again. */
			fd = k->listener.fd;
			loop_remove(k->runner->loop, &k->listener);
			keeper_unlisten(k->ifname, fd);
			say(k, LOG_WARNING, "failed", "other wgq processes can no longer reach it");
			return;
		}
		*talk = (struct talk){.next = k->runner->talks,
				      .keep = k,
				      .source = {.ready = on_word, .context = talk}};
		k->runner->talks = talk;
		if (loop_add(k->runner->loop, &talk->source, fd, EPOLLIN) < 0) {
			talk->source.fd = fd;
			end(talk);
		}
	}
}

void talk_read(struct runner *runner)
{
	for (size_t i = 0; i < runner->count; i++)
		accept_all(&runner->keeps[i]);
	for (struct talk *talk = runner->talks, *next; talk; talk = next) {
		next = talk->next;
		listen_to(talk);
	}
}

static void on_connection(void *context, uint32_t events)
{
	(void)events;
	accept_all(context);
}

int talk_listen(struct keep *k, struct diag *d)
{
	int fd, r = keeper_listen(k->ifname, &fd, d);

	k->listener = (struct loop_source){.ready = on_connection, .context = k, .fd = -1};
	if (r == -EADDRINUSE)
		return r;
	/* A container may have no writable /run. */
	if (r < 0) {
		diag_demote(d);
		return 0;
	}
	r = loop_add(k->runner->loop, &k->listener, fd, EPOLLIN);
	if (r == 0)
		return 0;
	keeper_unlisten(k->ifname, fd);
	return diag_fail(d, -r, "cannot listen for other wgq processes");
}

void talk_close(struct keep *k)
{
	int fd = k->listener.fd;

	for (struct talk *talk = k->runner->talks, *next; talk; talk = next) {
		next = talk->next;
		if (talk->keep == k)
			end(talk);
	}
	if (k->listener.ready)
		loop_remove(k->runner->loop, &k->listener);
	if (k->listener.ready)
		keeper_unlisten(k->ifname, fd);
}

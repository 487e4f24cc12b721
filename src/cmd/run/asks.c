// SPDX-License-Identifier: GPL-2.0-or-later
// wgq run: the names of endpoints, asked for outside of the tunnel.
#include <errno.h>
#include <string.h>
#include <syslog.h>

#include "peers.h"
#include "wgq/base/mem.h"
#include "wgq/cmd/run/reach.h"
#include "wgq/cmd/show.h"

/* The number of a question: the peer's, and the entry's. */
enum { ENTRY_BITS = 16 };

/* An address that is asked for and not told stays valid where a family failed. */
static void take_answer(struct peer *peer, struct entry *entry, struct ask_answer *answer)
{
	entry->is_open = false;
	peer->asked--;
	if (answer->outcome == ASK_FOUND) {
		peer->found++;
		vec_release(&entry->addrs);
		entry->addrs = answer->endpoints;
		answer->endpoints = (struct endpoint_vec){0};
		if (answer->ttl != ASK_TTL_UNKNOWN && (!peer->ttl || answer->ttl < peer->ttl))
			peer->ttl = answer->ttl;
	} else {
		peer->failed++;
	}
}

static void say_failure(struct peers *p, const struct peer *peer, const struct entry *entry,
			const struct ask_answer *answer)
{
	_cleanup_buf_ struct buf host = {0};

	buf_printable(&host, entry->host, strlen(entry->host));
	/* Once, until it is found again. */
	if (answer->outcome != ASK_FOUND && !entry->addrs.len && !peer->reach.n)
		say(p->keep, LOG_NOTICE, "name",
		    "the endpoint's name %s is not known: %s: it is asked again", buf_text(&host),
		    answer->reason ? answer->reason : "no answer");
}

static void take_answers(struct peers *p)
{
	struct ask_answer answer = {0};

	while (asker_take(p->asker, &answer)) {
		struct peer *peer = peers_find(p, (uint32_t)(answer.id >> ENTRY_BITS));
		size_t index = answer.id & ((1 << ENTRY_BITS) - 1);

		if (peer && index < peer->entries.len && peer->entries.at[index].is_open) {
			struct entry *entry = &peer->entries.at[index];

			say_failure(p, peer, entry, &answer);
			take_answer(peer, entry, &answer);
			if (!peer->asked) {
				peer_find_paths(p, peer);
				reach_take_names(&peer->reach, !peer->failed, peer->ttl,
						 peers_now());
			}
		}
		ask_answer_release(&answer);
		answer = (struct ask_answer){0};
	}
}

static void on_asker(void *context, uint32_t events)
{
	struct peers *p = context;

	(void)events;
	asker_step(p->asker);
	take_answers(p);
	peers_soon(p);
}

static int set_servers(struct peers *p)
{
	_cleanup_outside_ struct dns_outside outside = {0};
	int r = dns_outside(p->keep->ifname, &p->keep->config.conf, &outside, NULL);

	return r == 0 ? asker_set_servers(p->asker, p->mark, &outside, NULL) : r;
}

static int open_asker(struct peers *p)
{
	_cleanup_diag_ struct diag d = {0};

	if (p->asker)
		return 0;
	int r = asker_open(&p->asker, &d);
	show_diag(&d);
	if (r < 0)
		return r;
	p->asker_source = (struct loop_source){.ready = on_asker, .context = p};
	r = loop_add(p->keep->runner->loop, &p->asker_source, asker_fd(p->asker), EPOLLIN);
	if (r == 0)
		r = set_servers(p);
	if (r < 0)
		asks_close(p);
	return r;
}

void asks_close(struct peers *p)
{
	if (p->asker)
		loop_remove(p->keep->runner->loop, &p->asker_source);
	asker_free_at(&p->asker);
}

void peer_ask_names(struct peers *p, struct peer *peer)
{
	int r = open_asker(p);

	if (peer->asked)
		return;
	peer->found = peer->failed = peer->ttl = 0;
	for (size_t i = 0; r == 0 && i < peer->entries.len; i++) {
		struct entry *entry = &peer->entries.at[i];

		if (!entry->host)
			continue;
		r = asker_ask(p->asker, (uint64_t)peer->number << ENTRY_BITS | i, entry->host,
			      entry->port, ASK_BOTH);
		entry->is_open = r == 0;
		peer->asked += r == 0;
	}
	if (!peer->asked)
		reach_take_names(&peer->reach, false, 0, peers_now());
	else
		take_answers(p);
}

void peers_resolver_changed(struct keep *k)
{
	if (k->peers && k->peers->asker)
		set_servers(k->peers);
}

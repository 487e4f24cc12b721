// SPDX-License-Identifier: GPL-2.0-or-later
// wgq run: the names of endpoints, asked for outside of the tunnel.
#include <errno.h>
#include <string.h>
#include <syslog.h>

#include "peers.h"
#include "wgq/base/mem.h"
#include "wgq/cmd/run/reach.h"
#include "wgq/cmd/show.h"
#include "wgq/net/nat64.h"

/* The number of a question is the peer's, and below it the entry's. */
enum { ENTRY_BITS = 32 };
#define NAT64_ID UINT64_MAX

/* Where one family failed for now, its addresses of before stay valid. */
static int keep_failed(const struct entry *entry, struct ask_answer *answer)
{
	vec_each(old, &entry->addrs) {
		uint8_t family = old->any.sa_family == AF_INET ? ASK_IPV4 : ASK_IPV6;
		union endpoint *copy =
			answer->failed & family ? vec_push(&answer->endpoints) : NULL;

		if (answer->failed & family && !copy)
			return -ENOMEM;
		if (copy)
			*copy = *old;
	}
	return 0;
}

static void take_answer(struct peer *peer, struct entry *entry, struct ask_answer *answer)
{
	entry->is_open = false;
	peer->asked--;
	if (answer->outcome != ASK_FOUND || keep_failed(entry, answer) < 0) {
		peer->failed++;
		return;
	}
	peer->found++;
	entry->is_missed = false;
	vec_release(&entry->addrs);
	entry->addrs = answer->endpoints;
	answer->endpoints = (struct endpoint_vec){0};
	if (answer->ttl != ASK_TTL_UNKNOWN && (!peer->ttl || answer->ttl < peer->ttl))
		peer->ttl = answer->ttl;
}

/* Once, until it is found again. */
static void say_failure(struct peers *p, struct entry *entry, const struct ask_answer *answer)
{
	_cleanup_buf_ struct buf host = {0};

	if (answer->outcome == ASK_FOUND || entry->is_missed)
		return;
	entry->is_missed = true;
	buf_printable(&host, entry->host, strlen(entry->host));
	say(p->keep, LOG_NOTICE, "name", "%s is not found: %s; %s", buf_text(&host), answer->reason,
	    entry->addrs.len ? "its former addresses stay in use"
			     : "the peer waits, and the name is asked again");
}

static void take_of_peer(struct peers *p, struct ask_answer *answer)
{
	struct peer *peer = peers_find(p, (uint32_t)(answer->id >> ENTRY_BITS));
	size_t index = (uint32_t)answer->id;

	if (!peer || index >= peer->entries.len || !peer->entries.at[index].is_open)
		return;
	say_failure(p, &peer->entries.at[index], answer);
	take_answer(peer, &peer->entries.at[index], answer);
	if (peer->asked)
		return;
	peer->waits = false;
	peer_find_paths(p, peer);
	reach_take_names(&peer->reach, !peer->failed, peer->ttl, peers_now());
	peer->wake_at = 0;
}

static void take_nat64(struct peers *p, const struct ask_answer *answer)
{
	struct addr_vec records = {0};

	vec_each(endpoint, &answer->endpoints) {
		struct addr *record = vec_push(&records);

		if (record)
			*record = endpoint_addr(endpoint);
	}
	p->prefixes.len = 0;
	if (nat64_discover(records.at, records.len, &p->prefixes) == 0 && p->prefixes.len)
		vec_each(peer, p)
			peer_find_paths(p, peer);
	vec_release(&records);
}

static void take_answers(struct peers *p)
{
	struct ask_answer answer = {0};

	while (asker_take(p->asker, &answer) == 0) {
		if (answer.id == NAT64_ID)
			take_nat64(p, &answer);
		else
			take_of_peer(p, &answer);
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

/* Whom to ask now, if that is not what it was. */
static int set_servers(struct peers *p)
{
	_cleanup_outside_ struct dns_outside now = {0};
	int r = dns_outside(p->keep->ifname, &p->keep->config.conf, &now, NULL);

	if (r < 0 ||
	    (p->has_servers && p->asker_mark == p->mark && dns_outside_equal(&now, &p->outside)))
		return r;
	r = asker_set_servers(p->asker, p->mark, &now, NULL);
	if (r < 0)
		return r;
	dns_outside_release(&p->outside);
	p->outside = now;
	now = (struct dns_outside){0};
	p->has_servers = true;
	p->asker_mark = p->mark;
	/* Others may know of a NAT64. */
	if (p->nat64 != NAT64_UNKNOWN)
		p->nat64 = NAT64_WANTED;
	return 0;
}

static int open_asker(struct peers *p)
{
	_cleanup_diag_ struct diag d = {0};

	if (p->asker)
		return p->asker_mark == p->mark ? 0 : set_servers(p);
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
	dns_outside_release(&p->outside);
	p->has_servers = false;
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
	if (peer->asked) {
		take_answers(p);
		return;
	}
	peer->waits = false;
	peer_find_paths(p, peer);
	reach_take_names(&peer->reach, false, 0, peers_now());
}

void peers_ask_nat64(struct peers *p)
{
	if (p->nat64 != NAT64_WANTED || open_asker(p) < 0 ||
	    asker_ask(p->asker, NAT64_ID, NAT64_NAME, "1", ASK_IPV6) < 0)
		return;
	p->nat64 = NAT64_ASKED;
	take_answers(p);
}

void peers_resolver_changed(struct keep *k)
{
	struct peers *p = k->peers;

	if (!p || !p->asker)
		return;
	set_servers(p);
	/* It may be that only /etc/hosts has changed. */
	vec_each(peer, p)
		if (peer->reach.has_names && !peer->reach.n) {
			reach_take_change(&peer->reach, false, peers_now());
			peer->wake_at = 0;
		}
	peers_soon(p);
}

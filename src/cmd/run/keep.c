// SPDX-License-Identifier: GPL-2.0-or-later
// wgq run: keeps one interface as its file says.
#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <syslog.h>
#include <time.h>

#include "wgq/base/hash.h"
#include "wgq/cmd/run/follow.h"
#include "wgq/cmd/run/reach.h"
#include "wgq/cmd/run/run.h"
#include "wgq/cmd/show.h"
#include "wgq/cmd/verbs.h"
#include "wgq/plan/text/change.h"

/* A look that fails is repeated, at distances that grow. */
enum { RETRY_MS = 1000, RETRY_MOST_MS = 60000 };

static const char the_interface[] = "the interface itself";

static void look_later(struct keep *k, uint64_t at)
{
	if (!k->look.is_set || k->look.at > at)
		loop_timer_set(k->runner->loop, &k->look, at);
}

static void on_step(void *context, const struct op *op, bool undoing)
{
	const struct session *s = context;

	if (s->options->verbose || undoing)
		show_step(op, &s->context, undoing);
}

static void remember_endpoints(struct keep *k, const struct snap *snap)
{
	k->endpoints.len = 0;
	vec_each(peer, &snap->wg.peers) {
		struct addr *addr = peer->has_endpoint ? vec_push(&k->endpoints) : NULL;

		if (addr)
			*addr = endpoint_addr(&peer->endpoint);
	}
}

/* Whether all that is to be done is what somebody keeps undoing. Then it waits; but where one thing
 * is new, all is done, since steps depend on each other. */
static bool is_fought(struct keep *k, const struct change_vec *changes)
{
	uint64_t now = loop_now(), next = UINT64_MAX;

	vec_each(change, changes) {
		_cleanup_buf_ struct buf thing = {0};

		change_name(change, &thing);
		uint64_t until = buf_status(&thing) < 0
					 ? 0
					 : fight_pauses_until(&k->fight, buf_text(&thing), now);
		if (!until)
			return false;
		next = until < next ? until : next;
	}
	if (changes->len)
		look_later(k, next);
	return changes->len;
}

static void note_repair(struct keep *k, const char *thing)
{
	uint64_t pause = fight_repaired(&k->fight, thing, loop_now());

	if (pause)
		say(k, LOG_WARNING, "paused",
		    "something keeps changing %s: it is left alone for %llu s", thing,
		    (unsigned long long)pause / 1000);
}

static bool only_mtu(const struct change_vec *changes, uint32_t mtu)
{
	const struct change *first = changes->at;

	return changes->len == 1 && first->group == CHANGE_INTERFACE && mtu &&
	       strcmp(first->object, "mtu") == 0 && strtoul(first->from, NULL, 10) == mtu;
}

/* Of what a reload is about to do. */
static bool approve(void *context, const struct snap *snap, const struct reload *reload,
		    struct diag *d)
{
	struct keep *k = context;
	struct change_vec changes = {0};
	static const struct peer_names no_names;
	bool go = reload->plan.len > 0;

	/* What is worth a warning was warned of when the file was read. */
	if (!k->is_news)
		diag_truncate(d, 0);
	k->is_up = true;
	k->index = snap->link.index;
	remember_endpoints(k, snap);
	peers_look(k, snap);
	if (go && change_list(&reload->plan, &no_names, &changes, d) == 0 && !k->is_news)
		go = !is_fought(k, &changes);
	buf_release(&k->deed);
	if (go && changes.len) {
		buf_addf(&k->deed, "%s: ",
			 k->is_news                   ? "the file has changed"
			 : only_mtu(&changes, k->mtu) ? "the way to the peers has changed"
						      : "put right what others changed");
		say_changes(&changes, &k->deed);
	}
	buf_release(&k->things);
	if (go && !k->is_news)
		vec_each(change, &changes) {
			change_name(change, &k->things);
			buf_char(&k->things, '\n');
		}
	follower_look(k, snap, go);
	k->mtu = reload->want.mtu;
	changes_release(&changes);
	return go;
}

static void note_repairs(struct keep *k)
{
	_cleanup_free_ char *things = buf_steal(&k->things);

	for (char *rest = things, *thing; (thing = strsep(&rest, "\n")) && *thing;)
		note_repair(k, thing);
}

static int reload(struct keep *k, struct session *s, struct diag *d)
{
	bool was_up = k->is_up;

	s->approve = approve;
	s->approve_context = k;
	int r = reload_run(s, d);
	if (r < 0)
		return r;
	k->was_up |= !was_up && !k->brought_up;
	if (!was_up)
		say(k, LOG_INFO, "kept", "it is up, and is kept as %s says", s->conf->path);
	if (k->deed.len)
		say(k, k->is_news ? LOG_INFO : LOG_NOTICE, k->is_news ? "loaded" : "repaired", "%s",
		    buf_text(&k->deed));
	/* Of its new endpoints the kernel tells only from the next look on (watch_concern()). */
	if (k->deed.len)
		keep_event(k);
	note_repairs(k);
	return 0;
}

static int bring_up(struct keep *k, struct session *s, struct diag *d)
{
	bool again = k->is_up;
	uint64_t until = again ? fight_pauses_until(&k->fight, the_interface, loop_now()) : 0;

	k->index = 0;
	if (until) {
		look_later(k, until);
		return 0;
	}
	k->is_up = false;
	if (again && !k->failures)
		say(k, LOG_NOTICE, "gone", "the interface is gone: bringing it up again");
	int r = up_run(s, d);
	if (r < 0) {
		k->is_up = again;
		return r;
	}
	k->is_up = true;
	k->brought_up = !k->was_up;
	say(k, LOG_INFO, "up", "up, as %s says", s->conf->path);
	if (again)
		note_repair(k, the_interface);
	/* What its links and endpoints are. */
	keep_event(k);
	return 0;
}

/* Whoever is about to change it has said so before it took the lock, which we have. */
static int keep_it(struct keep *k, struct diag *d)
{
	_cleanup_session_ struct session s = {0};
	_cleanup_snap_ struct snap snap = {0};
	const struct observe_query query = {.ifname = k->ifname};
	int r = session_open(&s, &k->options, &k->config, d);

	if (r < 0)
		return r;
	s.reporter = (struct txn_reporter){.step = on_step, .context = &s};
	r = session_lock(&s, d);
	talk_read(k->runner);
	if (r < 0 || k->holds || k->is_let_go)
		return r;
	r = world_observe(s.world, &query, &snap, d);
	if (r == 0)
		r = snap.link.index ? reload(k, &s, d) : bring_up(k, &s, d);
	/* It went while we looked: then there is an event of that. */
	if (r == -ENODEV && k->is_up) {
		diag_truncate(d, 0);
		keep_event(k);
		return 0;
	}
	return r;
}

/* The same complaint is made once. */
static void complain(struct keep *k, uint32_t *sum_before, const char *event, const char *what,
		     struct diag *d)
{
	_cleanup_buf_ struct buf text = {0};
	uint32_t sum = HASH_START;

	diag_format(d, 0, "wgq", 0, 0, &text);
	for (size_t i = 0; i < text.len; i++)
		sum = hash_add(sum, (unsigned char)text.data[i]);
	if (sum == *sum_before) {
		diag_truncate(d, 0);
		return;
	}
	*sum_before = sum;
	show_diag(d);
	say(k, LOG_ERR, event, "%s", what);
}

static void retry(struct keep *k)
{
	uint64_t delay = RETRY_MS;

	for (unsigned i = 0; i < k->failures && delay < RETRY_MOST_MS; i++)
		delay *= 2;
	k->failures++;
	look_later(k, loop_now() + (delay < RETRY_MOST_MS ? delay : RETRY_MOST_MS));
}

static void on_look(void *context)
{
	struct keep *k = context;
	_cleanup_diag_ struct diag d = {0};
	int r = 0;

	k->first_event = 0;
	if (k->has_changed) {
		if (load_file(k, &d) < 0)
			complain(k, &k->mistake, "mistake",
				 "the file is not loaded: what was loaded before stays", &d);
		else
			k->mistake = 0;
	}
	follower_settle(k);
	if (k->has_config)
		r = keep_it(k, &d);
	if (session_signal() || k->holds || k->is_let_go)
		return;
	if (r < 0) {
		complain(k, &k->complaint, "failed", "it is not as its file says; trying again",
			 &d);
		retry(k);
	} else {
		show_diag(&d);
		if (k->failures)
			say(k, LOG_NOTICE, "recovered", "it is as its file says again");
		k->failures = 0;
		k->complaint = 0;
		k->is_news = false;
	}
	watch_concern(k->runner);
	if (k->follower)
		watch_follow(k->runner);
	peers_go(k);
	follower_go(k);
	say_status(k->runner);
}

/* A link that is not up yet, and has no key: another wgq is bringing it up, whose hooks may take a
 * while, or was killed when it did. That one has left it for us. */
enum { UNFINISHED_TRIES = 50, UNFINISHED_PAUSE_MS = 200 };

static int begin_unfinished(struct keep *k, size_t said, struct diag *d)
{
	const struct timespec pause = {.tv_nsec = UNFINISHED_PAUSE_MS * 1000000L};
	int r = -EINPROGRESS;

	for (int i = 0; r == -EINPROGRESS && i < UNFINISHED_TRIES && !session_signal(); i++) {
		diag_truncate(d, said);
		nanosleep(&pause, NULL);
		r = keep_it(k, d);
	}
	if (r != -EINPROGRESS || session_signal())
		return r;
	_cleanup_session_ struct session s = {0};
	diag_truncate(d, said);
	k->options.given |= OPTION_REPLACE;
	r = session_open(&s, &k->options, &k->config, d);
	s.reporter = (struct txn_reporter){.step = on_step, .context = &s};
	if (r == 0)
		r = bring_up(k, &s, d);
	k->options.given &= ~(unsigned)OPTION_REPLACE;
	return r;
}

int keep_begin(struct keep *k, struct diag *d)
{
	k->look = (struct loop_timer){.due = on_look, .context = k};
	size_t said = d->len;
	int r = keep_it(k, d);
	if (r == -EINPROGRESS)
		r = begin_unfinished(k, said, d);
	k->is_news = false;
	if (r == 0)
		keep_event(k);
	else
		retry(k);
	return r;
}

int keep_end(struct keep *k, struct diag *d)
{
	bool stays = !k->brought_up || (k->runner->options->given & OPTION_LEAVE);
	bool forgets = k->follower && (k->runner->options->given & OPTION_FORGET);
	_cleanup_session_ struct session s = {0};

	if (k->is_let_go || (stays && !forgets))
		return 0;
	if (stays)
		k->options.given |= OPTION_FORGET;
	int r = session_open(&s, &k->options, &k->config, d);
	if (r < 0)
		return r;
	s.reporter = (struct txn_reporter){.step = on_step, .context = &s};
	r = stays ? reload_run(&s, d) : down_run(&s, d);
	if (r == -ENODEV) {
		diag_truncate(d, 0);
		r = 0;
	}
	if (r == 0)
		say(k, LOG_INFO, "down", stays ? "what followed routes was removed" : "down");
	return r;
}

void keep_release(struct keep *k)
{
	peers_free(k);
	follower_free(k);
	config_release(&k->config);
	vec_release(&k->endpoints);
	fight_release(&k->fight);
	buf_release(&k->deed);
	buf_release(&k->things);
	buf_release(&k->last);
}

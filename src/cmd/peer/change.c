// SPDX-License-Identifier: GPL-2.0-or-later
// wgq peer: changes the file and the running interface together.
//
// Theory of operation
//
// Under the lock the file is read, its new text is made and read back, and reload plans what the
// interface needs to be as the new text says. The new file is one more step of the transaction, so
// one undo takes back both. It comes first where a peer comes, and last where one goes. After a
// kill in between, the file has a peer that the interface lacks, in both cases: the next call loads
// it, and says so. Nothing else can be half done.
//
// Peers that only the interface has would be removed by a reload. Somebody has set them, and did
// not ask for that: so the change is refused. But a peer that is to go has to go, whatever others
// do: then it alone is taken from the interface, in place of a reload. Peers of the file that have
// expired are nobody's: they go with any change.
//
// The lock is given away while names of endpoints are looked up and name servers are asked for.
// Whoever changes the file then is noticed before anything is changed (ESTALE), and all begins
// again.
#include <errno.h>
#include <net/if.h>
#include <time.h>

#include "wgq/base/mem.h"
#include "wgq/cmd/peer/peer.h"
#include "wgq/cmd/show.h"
#include "wgq/cmd/verbs.h"
#include "wgq/sys/file/config_text.h"

enum { TRIES = 64 };

static bool is_about(const struct peer_change *c, const struct key *key)
{
	if (c->is_whole)
		return true;
	vec_each(own, &c->keys)
		if (key_equal(own, key))
			return true;
	vec_each(expired, &c->expired)
		if (key_equal(expired, key))
			return true;
	return false;
}

/* Those that are asked for go all the same. */
static int tell_unsaved(const struct peer_change *c, const struct wg_peer *peer, size_t count,
			struct diag *d)
{
	_cleanup_buf_ struct buf key = {0};

	key_add(&peer->public_key, &key);
	if (count > 1)
		buf_addf(&key, " and %zu more", count - 1);
	if (c->interface_first)
		diag_warn(d, "%s has peers that %s has not: %s: nothing else of it is loaded",
			  c->next.path.ifname, c->next.path.given, buf_text(&key));
	else
		diag_refuse(d, EBUSY, "%s has peers that %s has not: %s", c->next.path.ifname,
			    c->next.path.given, buf_text(&key));
	diag_hint(d, "wgq save %s puts them into the file; wgq reload %s removes them",
		  c->options->args[0], c->options->args[0]);
	return c->interface_first ? 0 : -EBUSY;
}

/* Of what a reload would remove that which the change is about. */
static int remove_own(struct peer_change *c, const struct peers_change *all, struct diag *d)
{
	size_t count = all->removed.peers.len;

	/* No key is left behind by a list that grows. */
	if (!vec_reserve(&c->removed.peers, count) || !vec_reserve(&c->restored.peers, count))
		return diag_no_memory(d);
	for (size_t i = 0; i < count; i++) {
		if (!is_about(c, &all->removed.peers.at[i].public_key))
			continue;
		*vec_push(&c->removed.peers) = all->removed.peers.at[i];
		*vec_push(&c->restored.peers) = all->restored.peers.at[i];
	}
	if (c->removed.peers.len) {
		struct op *op = plan_add(&c->removal, OP_WG_CHANGE, 0);

		op->change.forth = &c->removed;
		op->change.back = &c->restored;
	}
	int r = plan_check(&c->removal, d);
	return r == 0 ? session_apply(&c->session, &c->removal, d) : r;
}

/* Others that the file has and the interface lacked. */
static void tell_mended(const struct peer_change *c, const struct reload *reload)
{
	_cleanup_buf_ struct buf line = {0};
	size_t count = 0;

	vec_each(peer, &reload->peers.forth.peers)
		count += !peer->update_only && !is_about(c, &peer->public_key);
	if (!count)
		return;
	buf_addf(&line, "%s lacked %zu of the peers of %s: loaded as well", c->next.path.ifname,
		 count, c->next.path.given);
	show_line(buf_text(&line));
}

/* What was planned is from a file that is still the same. */
static int check_unchanged(const struct peer_change *c, struct diag *d)
{
	_cleanup_config_text_ struct config_text now = {0};
	struct config_path path = c->next.path;
	int r = config_text_read(&path, &now, d);

	if (r == 0 && !config_text_is_same(&now, &c->before))
		r = diag_refuse(d, ESTALE, "`%s' keeps changing", path.given);
	return r;
}

static bool approve(void *context, const struct snap *snap, const struct reload *reload,
		    struct diag *d)
{
	struct peer_change *c = context;
	const struct wg_peer *unsaved = NULL;
	size_t count = 0;

	(void)snap;
	vec_each(peer, &reload->peers.removed.peers)
		if (!is_about(c, &peer->public_key) && count++ == 0)
			unsaved = peer;
	/* Somebody else may have added it, to the file as well. */
	if (unsaved || c->interface_first)
		c->failed = check_unchanged(c, d);
	if (unsaved && c->failed == 0)
		c->failed = tell_unsaved(c, unsaved, count, d);
	if (unsaved && c->failed == 0) {
		c->failed = remove_own(c, &reload->peers, d);
		return false;
	}
	if (c->failed == 0)
		tell_mended(c, reload);
	if (c->failed == 0 && !c->interface_first)
		c->failed = session_apply(&c->session, &c->save, d);
	return c->failed == 0;
}

static int finish(void *context, struct diag *d)
{
	struct peer_change *c = context;
	int r = c->failed;

	if (r == 0 && c->interface_first)
		r = session_apply(&c->session, &c->save, d);
	/* Whoever reads what is written may take any time. */
	if (r == 0)
		session_unlock(&c->session);
	return r == 0 && c->done ? c->done(c, d) : r;
}

static int apply_to_file(struct peer_change *c, struct diag *d)
{
	struct session *s = &c->session;
	int r = session_apply(s, &c->save, d);

	c->failed = 0;
	if (r == 0) {
		session_unlock(s);
		r = c->done ? c->done(c, d) : 0;
	}
	if (r < 0)
		session_undo(s, d);
	session_unlock(s);
	return r;
}

/* As config_parse() leaves them out, or one more: it looked at the clock before. */
static int note_expired(struct peer_change *c, const struct roster *roster, struct diag *d)
{
	int64_t now = time(NULL);

	vec_each(peer, roster) {
		if (peer->is_disabled || !peer->expires || peer->expires > now)
			continue;
		struct key *key = vec_push(&c->expired);

		if (!key)
			return diag_no_memory(d);
		*key = peer->peer->public_key;
	}
	return 0;
}

static int edit(struct peer_change *c, struct diag *d)
{
	_cleanup_roster_ struct roster roster = {0};
	int r = config_text_read(&c->next.path, &c->before, d);

	if (r == 0 && !c->is_whole)
		r = roster_read(&c->before, c->next.path.ifname, &roster, d);
	if (r == 0)
		r = c->edit(c, &roster, &c->next.text, d);
	if (r == 0)
		r = config_parse(&c->next, d);
	if (r == 0)
		r = note_expired(c, &roster, d);
	return r == 0 && c->prepare ? c->prepare(c, d) : r;
}

static int change(struct peer_change *c, struct diag *d)
{
	const struct observe_query query = {.ifname = c->next.path.ifname};
	_cleanup_snap_ struct snap snap = {0};
	struct session *s = &c->session;
	int r = session_lock(s, d);

	if (r == 0)
		r = edit(c, d);
	if (r == 0)
		r = world_observe(s->world, &query, &snap, d);
	if (r < 0)
		return r;
	struct op *op = plan_add(&c->save, OP_SAVE, 0);
	op->save.name = c->next.path.given;
	op->save.before = &c->before;
	op->save.text = &c->next.text;
	op->save.is_edit = true;
	r = plan_check(&c->save, d);
	if (r == 0 && config_text_is_same(&c->before, &c->next.text))
		c->save.len = 0;
	if (r == 0 && !snap.link.index)
		return apply_to_file(c, d);
	if (r == 0 && c->next.conf.endpoints.len) {
		session_unlock(s);
		r = session_resolve_running(s, &c->next.conf, d);
	}
	s->approve = approve;
	s->finish = finish;
	s->approve_context = c;
	return r == 0 ? reload_run(s, d) : r;
}

static void forget(struct peer_change *c)
{
	config_text_release(&c->before);
	config_text_release(&c->next.text);
	conf_release(&c->next.conf);
	plan_release(&c->save);
	plan_release(&c->removal);
	if (c->restored.peers.len)
		mem_wipe(c->restored.peers.at,
			 c->restored.peers.len * sizeof(*c->restored.peers.at));
	vec_release(&c->removed.peers);
	vec_release(&c->restored.peers);
	c->keys.len = c->expired.len = 0;
	c->failed = 0;
}

int peer_change_run(struct peer_change *c, struct diag *d)
{
	int r = config_path_find(c->options->args[0], &c->next.path, d);
	bool again;

	if (r == 0)
		r = session_open(&c->session, c->options, &c->next, d);
	for (int tries = 0; r == 0; tries++) {
		size_t said = d->len;

		r = change(c, d);
		again = r == -ESTALE && tries < TRIES && !c->session.txn.inverses.len;
		if (!again)
			break;
		diag_truncate(d, said);
		session_unlock(&c->session);
		forget(c);
		txn_forgive(&c->session.txn);
		r = 0;
	}
	int status = session_status(&c->session, r);
	session_close(&c->session);
	forget(c);
	vec_release(&c->keys);
	vec_release(&c->expired);
	config_path_release(&c->next.path);
	return status;
}

// SPDX-License-Identifier: GPL-2.0-or-later
// All peers of a configuration, by name.
#include "wgq/conf/names/roster.h"

#include <errno.h>
#include <string.h>

#include "wgq/base/spelling.h"
#include "wgq/conf/names/disabled.h"
#include "wgq/conf/parse/parse.h"

static int add_peers(struct roster *roster, const struct conf *conf, bool is_disabled)
{
	const struct conf_expiry *expiry = conf->expiries.at;
	const struct conf_expiry *end = expiry + conf->expiries.len;

	for (size_t i = 0; i < conf->wg.peers.len; i++) {
		const struct wg_peer *peer = &conf->wg.peers.at[i];
		struct roster_peer *added = vec_push(roster);

		if (!added)
			return -ENOMEM;
		*added = (struct roster_peer){
			.peer = peer,
			.name = peer_names_find(&roster->names, &peer->public_key),
			.is_disabled = is_disabled,
		};
		if (expiry < end && expiry->peer == i)
			added->expires = expiry++->time;
	}
	return 0;
}

static int compare_lines(const void *a, const void *b)
{
	const struct roster_peer *x = a, *y = b;

	return (x->peer->line > y->peer->line) - (x->peer->line < y->peer->line);
}

int roster_read(const struct config_text *text, const char *ifname, struct roster *ret,
		struct diag *d)
{
	_cleanup_config_text_ struct config_text view = {0};
	_cleanup_diag_ struct diag mistakes = {0};
	int r = conf_parse_files(&text->files, ifname, buf_text(&text->text), &ret->conf, d);

	if (r == 0)
		r = peer_names_read(buf_text(&text->text), text->text.len, &ret->names, d);
	if (r == 0)
		r = disabled_view(text, &view, d);
	/* What is wrong in it shows when it is enabled. */
	if (r == 0 && conf_parse_files(&view.files, ifname, buf_text(&view.text), &ret->disabled,
				       &mistakes) == -ENOMEM)
		r = diag_no_memory(d);
	if (r < 0)
		return r;
	if (add_peers(ret, &ret->conf, false) < 0 || add_peers(ret, &ret->disabled, true) < 0)
		return diag_no_memory(d);
	if (ret->len)
		qsort(ret->at, ret->len, sizeof(*ret->at), compare_lines);
	return 0;
}

static int refuse_unknown(const struct roster *roster, const char *word, struct diag *d)
{
	enum { NEAR = 2 };
	const char *meant = NULL;

	diag_refuse(d, ENOENT, "%s has no peer `%s'", roster->conf.path, word);
	vec_each(peer, roster)
		if (peer->name && !meant &&
		    spelling_distance(word, strlen(word), peer->name, strlen(peer->name)) <= NEAR)
			meant = peer->name;
	if (meant)
		diag_hint(d, "is it `%s'?", meant);
	else
		diag_hint(d, "wgq peer list %s shows all", roster->conf.ifname);
	return -ENOENT;
}

const struct roster_peer *roster_of_key(const struct roster *roster, const struct key *key)
{
	vec_each(peer, roster)
		if (key_equal(&peer->peer->public_key, key))
			return peer;
	return NULL;
}

int roster_find(const struct roster *roster, const char *word, const struct roster_peer **ret,
		struct diag *d)
{
	struct key key;

	*ret = NULL;
	if (key_from_base64(word, strlen(word), &key) == 0) {
		*ret = roster_of_key(roster, &key);
		return *ret ? 0 : refuse_unknown(roster, word, d);
	}
	vec_each(peer, roster) {
		if (!peer->name || strcmp(peer->name, word) != 0)
			continue;
		if (*ret && !key_equal(&(*ret)->peer->public_key, &peer->peer->public_key)) {
			diag_refuse(d, ENOTUNIQ, "%s has several peers `%s'", roster->conf.path,
				    word);
			diag_hint(d, "give the public key of the one: wgq peer list %s",
				  roster->conf.ifname);
			return -ENOTUNIQ;
		}
		*ret = peer;
	}
	return *ret ? 0 : refuse_unknown(roster, word, d);
}

void roster_release(struct roster *roster)
{
	conf_release(&roster->conf);
	conf_release(&roster->disabled);
	peer_names_release(&roster->names);
	vec_release(roster);
}

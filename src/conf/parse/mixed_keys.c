// SPDX-License-Identifier: GPL-2.0-or-later
// Keys that stand in the place of others: a private or a public one is no secret between two peers,
// and a private one is nobody else's.
#include <stdlib.h>

#include "wgq/base/mem.h"
#include "wgq/conf/parse/keys.h"

/* About a line with a key that was read before. */
static void go_back(struct parser *p, struct scan_line *line, uint32_t number)
{
	*line = (struct scan_line){.number = number, .text = {"", 0}};
	p->line = line;
	p->facts = (struct line_facts){.line = number, .secret = true};
}

static void refuse_own_private(struct parser *p)
{
	const struct key *own = &p->conf->wg.private_key;
	struct scan_line line;

	if (!p->conf->wg.has_private_key || key_is_zero(own))
		return;
	vec_each(peer, &p->conf->wg.peers) {
		if (!key_same_private(&peer->public_key, own))
			continue;
		go_back(p, &line, peer->public_key_line);
		parse_error(p, line.text,
			    "write the public key of the other side; if this one was given to "
			    "anybody, it is compromised: make another with wg genkey",
			    "this is the private key of the interface, not a public key");
	}
}

/* Whose key it is; NULL: nobody's. */
static const char *owner_of(const struct wg_device *wg, const struct wg_peer_pointers *sorted,
			    const struct key *own_public, const struct key *key)
{
	if (wg->has_private_key && key_same_private(key, &wg->private_key))
		return "the private key of the interface";
	if (wg->has_private_key && key_equal(key, own_public))
		return "the public key of the interface";
	return wg_peers_find(sorted, key) ? "the public key of a peer" : NULL;
}

static int warn_of_preshared(struct parser *p)
{
	const struct wg_device *wg = &p->conf->wg;
	struct wg_peer_pointers sorted = {0};
	struct key own_public = {0};
	struct scan_line line;
	size_t count = 0;

	vec_each(peer, &wg->peers)
		count += peer->has_preshared_key;
	if (!count)
		return 0;
	if (wg_peers_sort(&wg->peers, 0, &sorted) < 0)
		return diag_no_memory(p->d);
	if (wg->has_private_key)
		key_public(&wg->private_key, &own_public);
	vec_each(peer, &wg->peers) {
		const char *owner =
			peer->has_preshared_key && !key_is_zero(&peer->preshared_key)
				? owner_of(wg, &sorted, &own_public, &peer->preshared_key)
				: NULL;

		if (!owner)
			continue;
		go_back(p, &line, peer->preshared_key_line);
		parse_warning(p, line.text, "mixed-keys",
			      "make one with wg genpsk, for this peer alone",
			      "the preshared key is %s", owner);
	}
	vec_release(&sorted);
	return 0;
}

int mixed_keys(struct parser *p)
{
	refuse_own_private(p);
	return warn_of_preshared(p);
}

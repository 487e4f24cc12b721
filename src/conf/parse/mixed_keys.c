// SPDX-License-Identifier: GPL-2.0-or-later
// Keys that stand in the place of others: a private or a public one is no secret between two peers,
// a private one is nobody else's, and one that is read from a file is not also in the
// configuration.
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

/* Whose key it is; NULL: not known. */
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

/* A key and the name of a file with a key; line 0: one of the two is not given. */
static void refuse_both(struct parser *p, uint32_t key_line, uint32_t file_line, const char *key)
{
	_cleanup_buf_ struct buf former = {0};
	uint32_t later = key_line > file_line ? key_line : file_line;
	struct scan_line line;

	if (!key_line || !file_line)
		return;
	go_back(p, &line, later);
	sources_name_line(&p->conf->sources, key_line + file_line - later, later, &former);
	parse_error(p, line.text, "delete one of the two", "%s%s is given in %s already", key,
		    later == key_line ? "File" : "", buf_text(&former));
}

static void refuse_keys_and_files(struct parser *p)
{
	const struct conf *conf = p->conf;

	refuse_both(p, conf->private_key_line, conf->private_key_file.line, "PrivateKey");
	vec_each(file, &conf->preshared_key_files)
		refuse_both(p, conf->wg.peers.at[file->peer].preshared_key_line, file->line,
			    "PresharedKey");
}

int mixed_keys(struct parser *p)
{
	refuse_own_private(p);
	refuse_keys_and_files(p);
	return warn_of_preshared(p);
}

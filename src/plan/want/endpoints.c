// SPDX-License-Identifier: GPL-2.0-or-later
// Edited or roamed: notes of endpoints.
#include "wgq/plan/want/endpoints.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "wgq/base/buf.h"
#include "wgq/base/hash.h"

/* The upper byte tells a note from what others may have written there. */
enum { NOTE_MARK = 0x57000000, SUM_MASK = 0x00ffffff };
/* All ways to explain a note are tried. */
enum { DOUBTS_MAX = 16 };

/* A name is the same in any case. */
static uint32_t hash(uint32_t hash, const char *text, size_t n)
{
	for (size_t i = 0; i < n; i++) {
		bool is_upper = text[i] >= 'A' && text[i] <= 'Z';

		hash = hash_add(hash, (unsigned char)(text[i] | (is_upper ? 0x20 : 0)));
	}
	return hash;
}

static uint32_t sum(const struct key *key, const char *text, size_t n)
{
	char key_text[KEY_BASE64_LEN + 1];

	key_to_base64(key, key_text);
	uint32_t all = hash(hash(HASH_START, key_text, KEY_BASE64_LEN), text, n);
	return (all ^ all >> 24) & SUM_MASK;
}

uint32_t endpoints_sum_running(const struct wg_peer *peer)
{
	_cleanup_buf_ struct buf text = {0};

	endpoint_format(&peer->endpoint, &text);
	return peer->has_endpoint ? sum(&peer->public_key, buf_text(&text), text.len) : 0;
}

static int compare(const void *a, const void *b)
{
	const struct endpoint_sum *x = a, *y = b;

	return key_compare(&x->key, &y->key);
}

/* A file may have several sections for one peer. */
static void join(struct endpoint_sums *sums)
{
	size_t kept = 0;

	if (sums->len)
		qsort(sums->at, sums->len, sizeof(sums->at[0]), compare);
	vec_each(item, sums) {
		if (kept && key_equal(&sums->at[kept - 1].key, &item->key))
			sums->at[kept - 1].sum ^= item->sum;
		else
			sums->at[kept++] = *item;
	}
	sums->len = kept;
}

int endpoints_sum(const struct conf *conf, struct endpoint_sums *ret)
{
	size_t named = 0;

	for (size_t i = 0; i < conf->wg.peers.len; i++) {
		const struct wg_peer *peer = &conf->wg.peers.at[i];
		_cleanup_buf_ struct buf text = {0};

		if (named < conf->endpoints.len && conf->endpoints.at[named].peer == i) {
			const struct conf_endpoint *name = &conf->endpoints.at[named++];

			buf_addf(&text, "%s:%s", name->host, name->port);
		} else if (peer->has_endpoint) {
			endpoint_format(&peer->endpoint, &text);
		} else {
			continue;
		}
		struct endpoint_sum *added = vec_push(ret);
		if (!added || buf_status(&text) < 0)
			return -ENOMEM;
		added->key = peer->public_key;
		added->sum = sum(&peer->public_key, buf_text(&text), text.len);
	}
	join(ret);
	return 0;
}

uint32_t endpoints_sum_of(const struct endpoint_sums *sums, const struct key *key)
{
	const struct endpoint_sum wanted = {.key = *key};
	const struct endpoint_sum *found =
		sums->len ? bsearch(&wanted, sums->at, sums->len, sizeof(sums->at[0]), compare)
			  : NULL;

	return found ? found->sum : 0;
}

uint32_t endpoints_note(const struct endpoint_sums *sums)
{
	uint32_t all = 0;

	vec_each(item, sums)
		all ^= item->sum;
	return NOTE_MARK | all;
}

bool endpoints_is_note(uint32_t value)
{
	return (value & ~(uint32_t)SUM_MASK) == NOTE_MARK;
}

bool endpoints_can_note(uint32_t value)
{
	return !value || endpoints_is_note(value);
}

/* Those whose differences, and no others, make the whole one: in all such sets are the edited
 * peers, in none of them those that have roamed. */
static bool explain(uint32_t whole, struct endpoint_doubt *doubts, size_t count)
{
	uint32_t in_all = UINT32_MAX, in_any = 0;
	bool found = false;

	for (uint32_t set = 0; set < 1u << count; set++) {
		uint32_t rest = whole;

		for (size_t i = 0; i < count; i++)
			rest ^= set >> i & 1 ? doubts[i].difference : 0;
		if (rest)
			continue;
		found = true;
		in_all &= set;
		in_any |= set;
	}
	for (size_t i = 0; found && i < count; i++)
		doubts[i].change = in_all >> i & 1      ? ENDPOINT_EDITED
				   : !(in_any >> i & 1) ? ENDPOINT_ROAMED
							: ENDPOINT_UNKNOWN;
	return found;
}

void endpoints_judge(uint32_t note, uint32_t now, struct endpoint_doubt *doubts, size_t count)
{
	uint32_t whole = note ^ now;

	if (!endpoints_is_note(note))
		return;
	if (count <= DOUBTS_MAX && explain(whole, doubts, count))
		return;
	for (size_t i = 0; !whole && i < count; i++)
		doubts[i].change = ENDPOINT_ROAMED;
	/* The former endpoint was a name; there is one peer only whose it can have been. */
	if (whole && count == 1)
		doubts[0].change = ENDPOINT_EDITED;
}

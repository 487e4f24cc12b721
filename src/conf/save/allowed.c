// SPDX-License-Identifier: GPL-2.0-or-later
// Which allowed IPs of a configuration no longer are where it puts them.
//
// WireGuard gives a prefix to the last peer that asks for it. So a file may name one twice and the
// tunnel run exactly as it says. Each prefix is judged by its own: who has it after the file was
// applied, who has it now; only where the two differ the file's lists are touched.
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "internal.h"
#include "wgq/base/mem.h"

/* An allowed IP of the file. */
struct entry {
	struct prefix prefix;
	bool remove;
	uint32_t section; /* by peer of the file */
	uint32_t item;    /* its place among all of the file */
};

/* An allowed IP of the device. */
struct holding {
	struct prefix prefix;
	uint32_t peer;
};

static int compare_entries(const void *a, const void *b)
{
	const struct entry *x = a, *y = b;
	int order = prefix_compare(&x->prefix, &y->prefix);

	return order ? order : x->item < y->item ? -1 : 1;
}

static int compare_holdings(const void *a, const void *b)
{
	const struct holding *x = a, *y = b;

	return prefix_compare(&x->prefix, &y->prefix);
}

static int compare_moved(const void *a, const void *b)
{
	const struct save_moved *x = a, *y = b;

	if (x->peer != y->peer)
		return x->peer < y->peer ? -1 : 1;
	return prefix_compare(&x->prefix, &y->prefix);
}

struct ledger {
	const struct save_match *match;
	struct entry *entries; /* by prefix, then in the file's order */
	size_t entry_count;
	struct holding *holdings; /* by prefix */
	size_t holding_count;
	struct save_allowed *ret;
};

static size_t count_allowed_ips(const struct wg_device *device)
{
	size_t n = 0;

	vec_each(peer, &device->peers)
		n += peer->allowed_ips.len;
	return n;
}

/* Those of removed peers go with them. */
static void fill_entries(struct ledger *l, const struct wg_device *wanted)
{
	uint32_t item = 0;

	for (uint32_t i = 0; i < wanted->peers.len; i++) {
		vec_each(ip, &wanted->peers.at[i].allowed_ips) {
			struct entry *entry = &l->entries[l->entry_count];

			*entry = (struct entry){ip->prefix, ip->remove, i, item++};
			prefix_mask(&entry->prefix);
			l->entry_count += l->match->device_of[i] != NO_PEER;
		}
	}
	qsort(l->entries, l->entry_count, sizeof(*l->entries), compare_entries);
}

/* Who has the prefix of these entries once the file is applied. */
static uint32_t owner_by_file(const struct ledger *l, const struct entry *entries, size_t n)
{
	const struct entry *owned = NULL;

	for (size_t i = 0; i < n; i++) {
		uint32_t peer = l->match->device_of[entries[i].section];

		if (!entries[i].remove)
			owned = &entries[i];
		else if (owned && l->match->device_of[owned->section] == peer)
			owned = NULL;
	}
	if (!owned || l->match->void_ips[owned->section])
		return NO_PEER;
	return l->match->device_of[owned->section];
}

static int add_moved(struct ledger *l, const struct prefix *prefix, uint32_t peer)
{
	if (l->match->last_of[peer] == NO_PEER)
		return 0; /* a new peer is written whole */
	struct save_moved *moved = vec_push(&l->ret->added);
	if (!moved)
		return -ENOMEM;
	*moved = (struct save_moved){*prefix, peer};
	return 0;
}

/* The prefix of these entries is the owner's now: all that says otherwise goes. */
static int judge(struct ledger *l, const struct entry *entries, size_t n, uint32_t owner)
{
	bool said = false;

	if (owner_by_file(l, entries, n) == owner)
		return 0;
	for (size_t i = 0; i < n; i++) {
		bool owners = l->match->device_of[entries[i].section] == owner;

		if (entries[i].remove ? owners : !owners)
			l->ret->drop[entries[i].item] = true;
		else if (!entries[i].remove && !l->match->void_ips[entries[i].section])
			said = true;
	}
	return said || owner == NO_PEER ? 0 : add_moved(l, &entries[0].prefix, owner);
}

/* Walks through both by prefix. */
static int judge_all(struct ledger *l)
{
	const struct entry *entry = l->entries, *entries_end = entry + l->entry_count;
	const struct holding *holding = l->holdings, *holdings_end = holding + l->holding_count;
	int r = 0;

	while (r == 0 && (entry < entries_end || holding < holdings_end)) {
		const struct entry *next = entry;
		int order = entry == entries_end ? 1
			    : holding == holdings_end
				    ? -1
				    : prefix_compare(&entry->prefix, &holding->prefix);
		if (order > 0) {
			r = add_moved(l, &holding->prefix, holding->peer);
			holding++;
			continue;
		}
		while (next < entries_end && prefix_equal(&next->prefix, &entry->prefix))
			next++;
		r = judge(l, entry, (size_t)(next - entry), order == 0 ? holding->peer : NO_PEER);
		entry = next;
		holding += order == 0;
	}
	return r;
}

int save_allowed_find(const struct conf *conf, const struct wg_device *device,
		      const struct save_match *match, struct save_allowed *ret, struct diag *d)
{
	size_t entries = count_allowed_ips(&conf->wg), holdings = count_allowed_ips(device);
	/* Each entry is written before it is counted: one more. */
	_cleanup_free_ struct entry *entries_at = mem_calloc(entries + 1, sizeof(*entries_at));
	_cleanup_free_ struct holding *holdings_at = mem_calloc(holdings, sizeof(*holdings_at));
	struct ledger l = {
		.match = match, .entries = entries_at, .holdings = holdings_at, .ret = ret};

	ret->drop = mem_calloc(entries, sizeof(*ret->drop));
	if (!entries_at || !holdings_at || !ret->drop)
		return diag_no_memory(d);
	fill_entries(&l, &conf->wg);
	for (uint32_t i = 0; i < device->peers.len; i++)
		vec_each(ip, &device->peers.at[i].allowed_ips)
			l.holdings[l.holding_count++] = (struct holding){ip->prefix, i};
	qsort(l.holdings, l.holding_count, sizeof(*l.holdings), compare_holdings);
	if (judge_all(&l) < 0)
		return diag_no_memory(d);
	if (ret->added.len)
		qsort(ret->added.at, ret->added.len, sizeof(*ret->added.at), compare_moved);
	return 0;
}

void save_allowed_release(struct save_allowed *allowed)
{
	free(allowed->drop);
	vec_release(&allowed->added);
}

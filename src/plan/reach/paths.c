// SPDX-License-Identifier: GPL-2.0-or-later
// What is known of each path of a peer.
#include "paths.h"

#define SECONDS(n) ((n)*REACH_SECOND)

/* Routine probes of one path; what it takes to be returned to. */
#define PAUSE_MIN SECONDS(15)
#define PAUSE_MAX SECONDS(120)
#define HOLD_MIN  SECONDS(30)
#define HOLD_MAX  SECONDS(480)
enum { PROOF_ANSWERS = 3, PROOF_MISS_OF = 8 };

struct reach_path *path_by_id(const struct reach *reach, uint32_t id)
{
	for (size_t i = 0; id && i < reach->n; i++)
		if (reach->paths[i].id == id)
			return &reach->paths[i];
	return NULL;
}

struct reach_path *path_to(const struct reach *reach, const union endpoint *to)
{
	struct reach_path *found = NULL;

	for (size_t i = 0; i < reach->n; i++) {
		struct reach_path *path = &reach->paths[i];

		if (endpoint_equal(&path->way.to, to) && (!found || path->routed))
			found = path;
	}
	return found;
}

static bool is_same_way(const struct reach_way *a, const struct reach_way *b)
{
	return a->link == b->link && endpoint_equal(&a->to, &b->to) &&
	       addr_compare(&a->source, &b->source) == 0;
}

void paths_inherit(struct reach *reach, const struct reach_path *former, size_t former_n)
{
	for (size_t i = 0; i < reach->n; i++) {
		struct reach_path *path = &reach->paths[i];
		size_t at = 0;

		while (at < former_n && !is_same_way(&former[at].way, &path->way))
			at++;
		if (at < former_n) {
			bool routed = path->routed;

			*path = former[at];
			path->routed = routed;
		} else {
			path->id = ++reach->last_id;
			path->pause = PAUSE_MIN;
			path->hold = HOLD_MIN;
		}
	}
}

bool paths_are_multihomed(const struct reach *reach)
{
	for (size_t i = 1; i < reach->n; i++)
		if (reach->paths[i].way.link != reach->paths[0].way.link)
			return true;
	return false;
}

void path_note_ask(struct reach_path *path, uint64_t now)
{
	if (path->asked > path->answered) {
		if (++path->misses * PROOF_MISS_OF > path->answers)
			path->answers = path->misses = 0;
		path->pause = path->pause * 2 < PAUSE_MAX ? path->pause * 2 : PAUSE_MAX;
	}
	path->asked = now;
	path->asks++;
}

void path_forget_ask(struct reach_path *path)
{
	path->asked = path->answered;
}

void path_note_answer(struct reach_path *path, uint64_t now)
{
	if (path->answered >= path->asked)
		return;
	if (!path->answers++)
		path->since = now;
	path->answered = now;
	path->pause = PAUSE_MIN;
}

void path_note_death(struct reach_path *path, uint64_t now)
{
	path->answers = path->misses = 0;
	path->left = now;
	if (now - path->used < 2 * path->hold)
		path->hold = path->hold * 2 < HOLD_MAX ? path->hold * 2 : HOLD_MAX;
	else
		path->hold = path->hold / 2 > HOLD_MIN ? path->hold / 2 : HOLD_MIN;
}

bool path_is_proven(const struct reach_path *path, uint64_t now)
{
	return path->answers >= PROOF_ANSWERS && now - path->since >= path->hold;
}

struct reach_path *paths_next_trial(const struct reach *reach, size_t n, uint64_t *ret_at)
{
	struct reach_path *found = NULL;

	for (size_t i = 0; i < n && i < reach->n; i++) {
		struct reach_path *path = &reach->paths[i];
		uint64_t at = path->asked ? path->asked + path->pause : 0;

		if (!found || at < *ret_at) {
			found = path;
			*ret_at = at;
		}
	}
	return found;
}

void paths_try_soon(struct reach *reach)
{
	for (size_t i = 0; i < reach->n; i++)
		reach->paths[i].pause = PAUSE_MIN;
}

/* On SEARCH: the peer is heard, so the endpoint in use is not what is wrong. */
static bool comes_later(const struct reach *reach, const struct reach_path *path)
{
	return reach->masked && !endpoint_equal(&path->way.to, &reach->endpoint);
}

static bool is_asked_before(const struct reach *reach, const struct reach_path *a,
			    const struct reach_path *b)
{
	if (a->asks >= SEARCH_ROUNDS && b->asks >= SEARCH_ROUNDS)
		return a->asked < b->asked;
	if (a->asks != b->asks)
		return a->asks < b->asks;
	return comes_later(reach, b) && !comes_later(reach, a);
}

struct reach_path *paths_next_ask(const struct reach *reach)
{
	struct reach_path *found = NULL;

	for (size_t i = 0; i < reach->n; i++)
		if (!found || is_asked_before(reach, &reach->paths[i], found))
			found = &reach->paths[i];
	return found;
}

struct reach_path *paths_best_answer(const struct reach *reach, uint64_t now, bool *ret_waits)
{
	*ret_waits = false;
	for (size_t i = 0; i < 2 * reach->n; i++) {
		struct reach_path *path = &reach->paths[i % reach->n];

		if (comes_later(reach, path) != (i >= reach->n))
			continue;
		if (path->answered >= reach->since)
			return path;
		if (path->asked >= reach->since && now - path->asked < REACH_SECOND)
			*ret_waits = true;
	}
	return NULL;
}

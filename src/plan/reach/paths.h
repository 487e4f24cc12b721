/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The paths of a peer: what is known of each, and which is the next to be asked or used. */
#pragma once

#include "wgq/plan/reach/reach.h"

enum { SEARCH_ROUNDS = 3 };

/* NULL: there is none. */
struct reach_path *path_by_id(const struct reach *reach, uint32_t id);
/* To this endpoint, if possible by the routes; NULL: there is none. */
struct reach_path *path_to(const struct reach *reach, const union endpoint *to);

/* Gives each path its number and what is known of it from the former list. */
void paths_inherit(struct reach *reach, const struct reach_path *former, size_t former_n);
/* Whether packets to the peer can leave by different links. */
bool paths_are_multihomed(const struct reach *reach);

void path_note_ask(struct reach_path *path, uint64_t now);
/* It says nothing of the path. */
void path_forget_ask(struct reach_path *path);
void path_note_answer(struct reach_path *path, uint64_t now);
/* It was used until now, and is dead: the sooner that came, the longer it has to answer before it
 * is returned to. */
void path_note_death(struct reach_path *path, uint64_t now);
/* Whether it has answered often and long enough to be returned to. */
bool path_is_proven(const struct reach_path *path, uint64_t now);

/* The first `n` paths are better than the current one: the one to try next, and when. NULL: there
 * is none. */
struct reach_path *paths_next_trial(const struct reach *reach, size_t n, uint64_t *ret_at);
/* Does not wait longer with any of them because it was silent. */
void paths_try_soon(struct reach *reach);
/* On SEARCH: the one to ask next; after the rounds one after the other. NULL: there is none. */
struct reach_path *paths_next_ask(const struct reach *reach);
/* On SEARCH: the best that has answered; *ret_waits: the answer of a better one may be on its way.
 * NULL: none has. */
struct reach_path *paths_best_answer(const struct reach *reach, uint64_t now, bool *ret_waits);

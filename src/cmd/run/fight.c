// SPDX-License-Identifier: GPL-2.0-or-later
// What somebody keeps undoing.
#include "wgq/cmd/run/fight.h"

#include <string.h>

#include "wgq/base/mem.h"

/* Of more things at once, those are forgotten that were not repaired for the longest time. */
enum { THINGS_MAX = 256 };

static struct fight_thing *find(const struct fight *f, const char *name)
{
	return vec_find(thing, f, strcmp(thing->name, name) == 0);
}

uint64_t fight_pauses_until(const struct fight *f, const char *name, uint64_t now)
{
	const struct fight_thing *thing = find(f, name);

	return thing && thing->until > now ? thing->until : 0;
}

static void drop_oldest(struct fight *f)
{
	struct fight_thing *oldest = f->at;

	vec_each(thing, f)
		if (thing->repairs[0] < oldest->repairs[0])
			oldest = thing;
	free(oldest->name);
	*oldest = f->at[--f->len];
}

static struct fight_thing *add(struct fight *f, const char *name)
{
	_cleanup_free_ char *copy = mem_strndup(name, strlen(name));
	struct fight_thing *thing;

	if (!copy)
		return NULL;
	if (f->len == THINGS_MAX)
		drop_oldest(f);
	thing = vec_push(f);
	if (thing)
		thing->name = steal(copy);
	return thing;
}

uint64_t fight_repaired(struct fight *f, const char *name, uint64_t now)
{
	struct fight_thing *thing = find(f, name);
	uint64_t pause = 0;

	if (!thing)
		thing = add(f, name);
	/* Without memory it is always repaired. */
	if (!thing)
		return 0;
	memmove(thing->repairs + 1, thing->repairs, sizeof(thing->repairs) - sizeof(now));
	thing->repairs[0] = now;
	if (thing->pause && now - thing->until > thing->pause) {
		memset(thing->repairs + 1, 0, sizeof(thing->repairs) - sizeof(now));
		thing->pause = 0;
	}
	if (thing->pause)
		pause = 2 * thing->pause;
	else if (thing->repairs[FIGHT_REPAIRS - 1] &&
		 now - thing->repairs[FIGHT_REPAIRS - 1] <= FIGHT_WITHIN_MS)
		pause = FIGHT_PAUSE_MS;
	if (!pause)
		return 0;
	thing->pause = pause < FIGHT_LONGEST_MS ? pause : FIGHT_LONGEST_MS;
	thing->until = now + thing->pause;
	return thing->pause;
}

void fight_release(struct fight *f)
{
	vec_each(thing, f)
		free(thing->name);
	vec_release(f);
}

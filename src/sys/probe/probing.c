// SPDX-License-Identifier: GPL-2.0-or-later
// The table of probes under way, and their verdicts.
#include "probing.h"

#include "wgq/base/mem.h"
#include "wgq/sys/clock.h"

int64_t probing_now_us(void)
{
	return clock_ns() / CLOCK_US;
}

struct probing *probing_find(struct prober *p, uint32_t index, struct ask **ret)
{
	uint32_t place = p->asks_of[index >> 16];

	if (!place)
		return NULL;
	struct probing *probing = &p->probes[(place - 1) / ASKS_MAX];
	*ret = &probing->asks[(place - 1) % ASKS_MAX];
	return (*ret)->handshake.index == index ? probing : NULL;
}

void probing_end(struct prober *p, size_t at)
{
	struct probing *last = &p->probes[--p->count], *gone = &p->probes[at];

	for (uint32_t i = 0; i < gone->asks_sent; i++)
		p->asks_of[gone->asks[i].handshake.index >> 16] = 0;
	if (gone != last) {
		*gone = *last;
		for (uint32_t i = 0; i < gone->asks_sent; i++)
			p->asks_of[gone->asks[i].handshake.index >> 16] =
				(uint32_t)(at * ASKS_MAX + i + 1);
	}
	mem_wipe(last, sizeof(*last));
}

/* A PROBE_POKE that is still to come comes first. */
void probing_conclude(struct prober *p, struct probing *probing, struct probe_event *ret)
{
	size_t at = (size_t)(probing - p->probes);

	*ret = probing->best;
	ret->asks = probing->asks_sent;
	if (probing->poke_us == PROBING_NEVER) {
		probing_end(p, at);
		return;
	}
	ret->verdict = PROBE_POKE;
	probing->poke_us = PROBING_NEVER;
	probing->next_us = 0;
	probing->asks_max = probing->asks_sent;
	p->scanned = at < p->scanned ? at : p->scanned;
}

bool probing_take(struct prober *p, struct probing *probing, const struct probe_event *found,
		  struct probe_event *ret)
{
	if (found->verdict < probing->best.verdict || probing->best.verdict == PROBE_SILENT)
		probing->best = *found;
	probing->best.tag = probing->tag;
	switch (found->verdict) {
	case PROBE_ANSWERED:
	case PROBE_BUSY:
	case PROBE_OTHER_KEYS:
	case PROBE_REFUSED:
	case PROBE_NOT_SENT:
	case PROBE_CLOCK_BACK:
		probing_conclude(p, probing, ret);
		return true;
	case PROBE_POKE:
	case PROBE_ELSEWHERE:
	case PROBE_SILENT:
	case PROBE_UNREACHABLE:
		return false;
	}
	return false;
}

// SPDX-License-Identifier: GPL-2.0-or-later
// The real world, as the one interface to it.
#include "wgq/run/host/host.h"

#include <stdlib.h>

#include "wgq/base/mem.h"
#include "wgq/sys/privilege.h"

#include "internal.h"

static void host_unlock(void *self)
{
	struct host *h = self;

	fd_close_at(&h->lock_fd);
}

static const struct world_ops host_ops = {
	.prepare = host_prepare,
	.observe = host_observe,
	.exec = host_exec,
	.lock = host_lock,
	.unlock = host_unlock,
};

int host_open(const struct host_options *options, struct host **ret, struct diag *d)
{
	_cleanup_(host_free_at) struct host *h = mem_calloc(1, sizeof(*h));

	if (!h)
		return diag_no_memory(d);
	h->options = *options;
	h->lock_fd = -1;
	h->world = (struct world){.ops = &host_ops, .self = h};
	int r = rtnetlink_open(&h->rtnetlink, d);
	if (r < 0) {
		privilege_hint(-r, d);
		return r;
	}
	*ret = steal(h);
	return 0;
}

struct world *host_world(struct host *host)
{
	return &host->world;
}

void host_free_at(struct host **host)
{
	if (!*host)
		return;
	fd_close_at(&(*host)->lock_fd);
	vec_release(&(*host)->added);
	iptables_found_release(&(*host)->iptables);
	rtnetlink_free((*host)->rtnetlink);
	free(*host);
	*host = NULL;
}

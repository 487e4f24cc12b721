// SPDX-License-Identifier: GPL-2.0-or-later
// The real world: which link is meant, and the lock between processes.
#include <errno.h>
#include <string.h>

#include "wgq/base/mem.h"

#include "internal.h"

int host_refresh_link(struct host *h, const char *ifname, struct diag *d)
{
	enum device_server server = DEVICE_NONE;
	struct link link;
	int r = rtnetlink_link_get(h->rtnetlink, ifname, &link, d);

	/* Under an alternative name (ip-link(8), altname) it is another configuration's. */
	if (r == 0 && strcmp(link.name, ifname) == 0)
		r = device_server_of(&link, &server, d);
	/* What was known before serves an undo. */
	if (r < 0)
		return r;
	h->link = link;
	h->server = server;
	return 0;
}

int host_is_another(const struct host *h, struct diag *d)
{
	diag_refuse(d, ESTALE, "`%s' is now another interface", h->options.ifname);
	diag_note(d, "another program deleted that one and made this one");
	return -ESTALE;
}

int host_lock(void *self, struct diag *d)
{
	struct host *h = self;

	if (h->lock_fd >= 0 || h->lockless)
		return 0;
	int r = lock_take(h->options.stop, h->options.say, &h->lock_fd, d);
	h->lockless = r == 0 && h->lock_fd < 0;
	return r;
}

bool host_leave(struct host *h)
{
	bool held = h->lock_fd >= 0;

	fd_close_at(&h->lock_fd);
	return held;
}

/* A signal that ends the wait is noticed after the step, as any other is. */
void host_return(struct host *h, bool held)
{
	if (held)
		host_lock(h, NULL);
}

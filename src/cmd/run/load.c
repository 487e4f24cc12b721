// SPDX-License-Identifier: GPL-2.0-or-later
// wgq run: the file of an interface.
#include <errno.h>
#include <string.h>
#include <time.h>

#include "wgq/base/mem.h"
#include "wgq/cmd/run/follow.h"
#include "wgq/cmd/run/reach.h"
#include "wgq/cmd/run/run.h"
#include "wgq/cmd/show.h"
#include "wgq/conf/expire.h"
#include "wgq/sys/resolve/resolve.h"

/* The clock may be set meanwhile, so it is read again every hour. */
enum { EXPIRY_LOOK_SECONDS = 3600 };

static void on_expiry(void *context);

static void await_expiry(struct keep *k)
{
	int64_t next = conf_next_expiry(&k->config.conf), left = next - time(NULL);

	k->expiry.due = on_expiry;
	k->expiry.context = k;
	if (left < 1)
		left = 1;
	if (left > EXPIRY_LOOK_SECONDS)
		left = EXPIRY_LOOK_SECONDS;
	if (next && !k->is_let_go)
		loop_timer_set(k->runner->loop, &k->expiry, loop_now() + 1000 * (uint64_t)left);
	else
		loop_timer_cancel(k->runner->loop, &k->expiry);
}

/* What follows from another configuration. */
static int take_up(struct keep *k, struct diag *d)
{
	await_expiry(k);
	k->is_news = true;
	follower_free(k);
	if (peers_load(k) < 0)
		return diag_no_memory(d);
	k->ways_changed = true;
	return 0;
}

/* Taken out of what is loaded: the file may be gone by now, or have a mistake. */
static void on_expiry(void *context)
{
	struct keep *k = context;
	_cleanup_diag_ struct diag d = {0};
	size_t before = k->config.conf.expired;

	if (conf_drop_expired(&k->config.conf, time(NULL), &d) == 0 &&
	    k->config.conf.expired == before)
		await_expiry(k);
	else if (take_up(k, &d) == 0)
		keep_event(k);
	show_diag(&d);
}

/* Somebody who keeps moving the files elsewhere is not followed for ever. */
enum { READS_MAX = 4 };

/* Which files there are is known when they are read. What is watched only then is read again: it
 * may have changed in between. */
static int read_watched(struct keep *k, struct config *ret, struct diag *d)
{
	size_t said = d->len;
	int r, reads = 0;

	do {
		config_release(ret);
		*ret = (struct config){0};
		diag_truncate(d, said);
		r = config_load(&k->options, k->args[0], ret, d);
	} while (watch_files(k, ret) && ++reads < READS_MAX);
	return r;
}

int load_file(struct keep *k, struct diag *d)
{
	_cleanup_config_ struct config fresh = {0};

	/* The file may be gone, and come again in a folder that has come again. */
	if (k->has_config)
		watch_files(k, &k->config);
	int r = read_watched(k, &fresh, d);
	k->has_changed = false;
	if (fresh.path.ifname[0] && !k->has_config)
		memcpy(k->ifname, fresh.path.ifname, sizeof(k->ifname));
	if (r == 0)
		r = resolve_now(&fresh.conf, d);
	if (r < 0)
		return r;
	config_release(&k->config);
	k->config = fresh;
	fresh = (struct config){0};
	k->has_config = true;
	return take_up(k, d);
}

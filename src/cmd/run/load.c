// SPDX-License-Identifier: GPL-2.0-or-later
// wgq run: the file of an interface.
#include <errno.h>
#include <string.h>

#include "wgq/base/mem.h"
#include "wgq/cmd/run/reach.h"
#include "wgq/cmd/run/run.h"
#include "wgq/sys/resolve/resolve.h"

int load_file(struct keep *k, struct diag *d)
{
	_cleanup_config_ struct config fresh = {0};

	/* A folder that has come is watched before it is read. */
	if (k->has_config)
		watch_files(k);
	int r = config_load(&k->options, k->args[0], &fresh, d);

	k->has_changed = false;
	if (fresh.path.ifname[0] && !k->has_config)
		memcpy(k->ifname, fresh.path.ifname, sizeof(k->ifname));
	if (r == 0)
		r = resolve_now(&fresh.conf, d);
	if (r < 0) {
		watch_files(k);
		return r;
	}
	config_release(&k->config);
	k->config = fresh;
	fresh = (struct config){0};
	watch_files(k);
	k->has_config = true;
	k->is_news = true;
	if (peers_load(k) < 0)
		return diag_no_memory(d);
	k->ways_changed = true;
	return 0;
}

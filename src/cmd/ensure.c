// SPDX-License-Identifier: GPL-2.0-or-later
// wgq up --ensure: up if it is down, else reload.
#include <errno.h>

#include "wgq/base/json.h"
#include "wgq/cmd/session.h"
#include "wgq/cmd/show.h"
#include "wgq/cmd/verbs.h"

enum { ENSURE_JSON_VERSION = 1 };

/* It may come or go between the look and the lock; more often than that is for somebody to see to.
 */
enum { TRIES = 3 };

static int is_there(struct session *s, bool *ret, struct diag *d)
{
	const struct observe_query query = {.ifname = s->ifname};
	_cleanup_snap_ struct snap snap = {0};
	int r = world_observe(s->world, &query, &snap, d);

	*ret = snap.link.index;
	return r;
}

static int try(struct session *s, struct conf *conf, bool reload, struct diag *d)
{
	int r = reload ? session_resolve_running(s, conf, d) : session_resolve(conf, d);

	if (r < 0)
		return r;
	return reload ? reload_run(s, d) : up_run(s, d);
}

static int tell(const struct session *s, bool reloaded, struct diag *d)
{
	_cleanup_buf_ struct buf text = {0};
	struct json j = {.out = &text, .one_line = true};

	json_object(&j, NULL);
	json_unsigned(&j, "version", ENSURE_JSON_VERSION);
	json_string(&j, "interface", s->ifname);
	json_string(&j, "verb", reloaded ? "reload" : "up");
	json_bool(&j, "changed", s->txn.taken > 0);
	json_end(&j);
	return show_output(&text, d);
}

int ensure_run(struct session *s, struct conf *conf, struct diag *d)
{
	bool reload = false, moved;
	int r, tries = 0;

	do {
		size_t said = d->len;

		r = is_there(s, &reload, d);
		if (r == 0)
			r = try(s, conf, reload, d);
		/* Not what a step has failed by. */
		moved = r == (reload ? -ENODEV : -EEXIST) && !s->txn.has_failed;
		if (moved && ++tries < TRIES)
			diag_truncate(d, said);
	} while (moved && tries < TRIES);
	if (r == 0 && !s->dry_run && (s->options->given & OPTION_JSON))
		r = tell(s, reload, d);
	return r;
}

// SPDX-License-Identifier: GPL-2.0-or-later
// wgq up --replace: what is up goes, and comes back if its successor fails.
#include <errno.h>

#include "wgq/cmd/session.h"
#include "wgq/cmd/verbs.h"
#include "wgq/plan/reload/former.h"
#include "wgq/plan/reload/reload.h"
#include "wgq/sys/resolve/udp.h"

int replace_leftovers(struct session *s, struct diag *d)
{
	size_t said = d->len;
	int r = down_leftovers(s, d);

	if (r == -ENODEV) {
		diag_truncate(d, said);
		r = 0;
	}
	if (r == 0)
		txn_keep(&s->txn);
	return r;
}

static int check_port(const struct conf *conf, const struct snap *snap, struct diag *d)
{
	uint16_t port = conf->wg.listen_port;

	if (!port || port == snap->wg.listen_port || udp_port_is_free(port))
		return 0;
	diag_refuse(d, EADDRINUSE, "ListenPort %u is taken", port);
	sources_note_asked(&conf->sources, conf->listen_port_line, d);
	diag_hint(d, "`ss -lunp sport = :%u' shows by which program, `wgq status' by which tunnel",
		  port);
	return -EADDRINUSE;
}

/* What cannot be planned for the interface that is there cannot be for a new one. That plan is made
 * when the interface is new, and warns. */
static int rehearse(struct session *s, struct diag *d)
{
	_cleanup_snap_ struct snap snap = {0};
	_cleanup_reload_ struct reload trial = {0};
	_cleanup_diag_ struct diag said = {0};
	int r = reload_compare(s, &snap, &trial, &said);

	if (r == 0)
		r = check_port(s->conf, &snap, &said);
	if (r < 0)
		diag_move(d, &said);
	return r;
}

int replace_take_down(struct session *s, struct snap *snap, struct former *former, struct diag *d)
{
	size_t said = d->len;
	/* A script may be made by anybody, who need not see all. */
	int r = s->dry_run ? 0 : rehearse(s, d);

	if (r == 0)
		r = session_hooks(s, HOOK_PRE_DOWN, d);
	if (r == 0)
		r = session_lock(s, d);
	if (r == 0)
		r = reload_observe(s, snap, d);
	/* PreDown may have deleted it. */
	if (r == -ENODEV) {
		diag_truncate(d, said);
		return replace_leftovers(s, d);
	}
	if (r == 0)
		r = former_plan(s->conf, snap, &s->means, former, d);
	if (r == 0)
		r = session_apply(s, &former->plan, d);
	if (r == 0)
		r = session_hooks(s, HOOK_POST_DOWN, d);
	return r;
}

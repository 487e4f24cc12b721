// SPDX-License-Identifier: GPL-2.0-or-later
// The choice of the tunnel's MTU.
#include "wgq/plan/want/mtu.h"

uint32_t mtu_hold(uint32_t chosen, uint32_t needed, struct diag *d)
{
	if (chosen >= needed)
		return chosen;
	diag_warn(d,
		  "the MTU is %u, the least that %s needs, where the way to the peers has room for "
		  "%u: encrypted packets may be fragmented",
		  needed, needed == IPV6_MTU_MIN ? "IPv6" : "IPv4", chosen);
	return needed;
}

uint32_t mtu_choose(const struct conf *conf, const struct snap *snap, uint32_t needed,
		    struct diag *d)
{
	uint32_t outer = snap->path_mtu;

	if (conf->mtu_line)
		return conf->mtu;
	snap_needs(snap, LOOK_MTU);
	if (!outer)
		outer = snap->default_mtu;
	if (!outer)
		outer = MTU_FALLBACK;
	if (needed && outer < WG_OVERHEAD_IPV6)
		return mtu_hold(0, needed, d);
	/* A path that leaves no room wraps in the shell as well; the kernel refuses either. */
	return mtu_hold(outer - WG_OVERHEAD_IPV6, needed, d);
}

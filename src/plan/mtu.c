// SPDX-License-Identifier: GPL-2.0-or-later
// The choice of the tunnel's MTU.
#include "wgq/plan/mtu.h"

uint32_t mtu_choose(const struct conf *conf, const struct snap *snap)
{
	uint32_t outer = snap->path_mtu;

	if (conf->mtu_line)
		return conf->mtu;
	if (!outer)
		outer = snap->default_mtu;
	if (!outer)
		outer = MTU_FALLBACK;
	/* A path that leaves no room wraps in the shell as well; the kernel refuses either. */
	return outer - WG_OVERHEAD_IPV6;
}

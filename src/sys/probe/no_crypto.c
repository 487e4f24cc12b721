// SPDX-License-Identifier: GPL-2.0-or-later
// In the place of this room's other files where this program is built without libcrypto.
#include <errno.h>

#include "wgq/sys/probe/probe.h"

int prober_open(struct prober **ret, const struct prober_device *device, struct diag *d)
{
	(void)device;
	*ret = NULL;
	return diag_refuse(d, EOPNOTSUPP, "wgq was built without libcrypto, so it cannot probe");
}

void prober_free_at(struct prober **prober)
{
	(void)prober;
}

int prober_fd(const struct prober *prober)
{
	(void)prober;
	return -1;
}

int prober_send(struct prober *prober, const struct probe *probe)
{
	(void)prober;
	(void)probe;
	return -EOPNOTSUPP;
}

void prober_cancel(struct prober *prober, uint64_t tag)
{
	(void)prober;
	(void)tag;
}

bool prober_read(struct prober *prober, struct probe_event *ret)
{
	(void)prober;
	(void)ret;
	return false;
}

size_t prober_count(const struct prober *prober)
{
	(void)prober;
	return 0;
}

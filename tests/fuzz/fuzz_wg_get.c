// SPDX-License-Identifier: GPL-2.0-or-later
// Fuzzes what reads the kernel's WireGuard devices: a row of messages, as a dump has them.
#include "wgq/kernel/wg/get.h"

#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "messages.h"
#include "wgq/base/mem.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void check(const struct wg_device *device)
{
	vec_each(peer, &device->peers) {
		if (peer->has_endpoint && !endpoint_size(&peer->endpoint))
			abort();
		vec_each(ip, &peer->allowed_ips)
			if (ip->prefix.len > addr_bits(&ip->prefix.addr))
				abort();
	}
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	_cleanup_wg_device_ struct wg_device device = {0};
	struct nlmsghdr *next;
	int r = 0;

	while (r == 0 && (next = message_next(&data, &size))) {
		_cleanup_free_ struct nlmsghdr *message = next;

		r = wg_get_message(message, &device);
	}
	check(&device);
	return 0;
}

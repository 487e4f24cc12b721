// SPDX-License-Identifier: GPL-2.0-or-later
// Fuzzes what reads the answers of userspace WireGuard; what is read can be written and read again.
#include "wgq/kernel/wg/uapi_text.h"

#include <stdint.h>
#include <stdlib.h>

#include "wgq/base/mem.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void read_again(const struct wg_device *device)
{
	static const char end[] = "errno=0\n\n";
	_cleanup_wg_device_ struct wg_device copy = {0};
	_cleanup_buf_ struct buf text = {.secret = true};
	struct uapi_reply reply = {.device = &copy};

	struct uapi_set set = {.device = device};
	while (uapi_set_next(&set, &text))
		;
	if (buf_status(&text) < 0)
		return;
	/* Without the empty line at its end. */
	if (uapi_reply_add(&reply, text.data, text.len - 1) < 0 ||
	    uapi_reply_add(&reply, end, sizeof(end) - 1) < 0)
		abort();
	if (!reply.done || copy.peers.len != device->peers.len)
		abort();
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	_cleanup_wg_device_ struct wg_device device = {0};
	struct uapi_reply reply = {.device = &device};

	if (uapi_reply_add(&reply, (const char *)data, size) == 0)
		read_again(&device);
	return 0;
}

/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What a configuration does not say by itself: keys in files of their own, and addresses that
 * follow from keys. */
#pragma once

#include "wgq/conf/conf.h"

/* AddressFromKey: appends to the addresses the ones that the own key has, and to the allowed IPs of
 * each peer those of its key, but for what is there already. Without the own key, since its file
 * was not read, only the latter. An address that two keys have is an error, -EINVAL. */
int conf_derive(struct conf *conf, struct diag *d);

/* Of what runs, leaves out what the configuration has by conf_derive() or from key files, so that
 * it is not saved. conf is as conf_parse() has made it. 0 or -ENOMEM. */
int conf_forget_derived(const struct conf *conf, struct wg_device *device,
			struct link_addr_vec *addrs);

/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What changes of the nftables of tunnels. */
#pragma once

#include <linux/netlink.h>
#include <net/if.h>
#include <stdbool.h>

#include "wgq/kernel/netlink/notices.h"

/* Transactions of one message that is about another table are not queued: a container runtime's
 * wake nobody. */
int nft_notices_open(struct notices *n);

/* Pure, for complete messages with any content: the interface whose table it is about. False: it is
 * about none. */
bool nft_notice_parse(const struct nlmsghdr *message, char ret_ifname[IFNAMSIZ]);

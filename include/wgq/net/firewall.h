/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The firewall of a full tunnel as text: what wg-quick gives to nft(8) or, where there is no nft,
 * to iptables-restore(8) (linux.bash:228-249). */
#pragma once

#include "wgq/base/buf.h"
#include "wgq/net/spec.h"

/* For `nft -f`, both families. */
void firewall_nft_text(const struct firewall *fw, struct buf *ret_text);
/* The lines that delete it, to stand before those of another one in the same transaction. */
void firewall_nft_removal(const struct firewall *fw, struct buf *ret_text);

/* For `iptables-restore -n` or `ip6tables-restore -n`, the rules of one family (AF_INET, AF_INET6).
 */
void firewall_iptables_text(const struct firewall *fw, uint8_t family, struct buf *ret_text);

/* What marks the rules of an interface, as it stands in them. */
void firewall_iptables_marker(const char *ifname, struct buf *ret_text);

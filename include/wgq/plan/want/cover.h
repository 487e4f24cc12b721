/* SPDX-License-Identifier: GPL-2.0-or-later */
/* A set of prefixes, asked for what covers one. */
#pragma once

#include <stdbool.h>
#include <stdint.h>

#include "wgq/base/diag.h"
#include "wgq/net/prefix_set.h"
#include "wgq/net/snap.h"
#include "wgq/net/spec.h"

struct cover {
	struct prefix_set prefixes;
	struct {
		uint8_t at[129];
		unsigned int count;
	} lengths[2]; /* those that there are, upward, by family (IPv6: 1) */
};

/* The prefixes that routes of table main lead into the interface already: those observed, and those
 * that the kernel adds for the interface's addresses. `ip route show dev IFACE match PREFIX`, which
 * wg-quick asks for every allowed IP, as a look-up. */
int cover_make(const struct snap *snap, const struct link_addr_vec *wanted, struct cover *ret,
	       struct diag *d);
bool cover_has(const struct cover *cover, const struct prefix *p);
void cover_release(struct cover *cover);

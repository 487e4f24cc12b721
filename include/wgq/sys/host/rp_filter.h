/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Reverse path filtering of IPv4 (Documentation/networking/ip-sysctl.rst, rp_filter). */
#pragma once

#include <stdbool.h>

/* Whether any interface filters strictly (1), so that marked packets need src_valid_mark: the
 * greater of its own setting and that of `all` counts. What cannot be read counts as strict. */
bool rp_filter_is_strict(void);

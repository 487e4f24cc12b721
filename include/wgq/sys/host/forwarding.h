/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Whether this host forwards packets. */
#pragma once

#include "wgq/base/diag.h"
#include "wgq/net/forwarding.h"

/* All but what is of the tunnel itself. ret has to be zeroed. 0 or -ENOMEM, with the error added.
 */
int forwarding_look(const char *tunnel, struct forwarding *ret, struct diag *d);

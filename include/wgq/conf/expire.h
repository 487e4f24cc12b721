/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Peers whose time is over. */
#pragma once

#include "wgq/conf/conf.h"

/* Leaves out the peers whose Expires has come, as if the file did not have them, and warns of each.
 * 0 or -ENOMEM, with the error added. */
int conf_drop_expired(struct conf *conf, int64_t now, struct diag *d);
/* When the next one will; 0: none has a date. */
int64_t conf_next_expiry(const struct conf *conf);

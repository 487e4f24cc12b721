/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What a new peer is given, for init and peer. */
#pragma once

#include <stdint.h>

#include "wgq/base/buf.h"
#include "wgq/base/diag.h"
#include "wgq/cmd/options.h"

/* HOST:PORT by which peers reach this host: as given, else the address that we use towards the
 * Internet, of which a warning says what may be wrong with it. *port is the one that is listened
 * on; where another is given it becomes that. Nothing is added where this host has no way out. */
int handout_endpoint(const char *given, uint16_t *port, struct buf *ret_text, struct diag *d);
/* Adds the QR code of a text where it is asked for; on a terminal it comes unasked, where it fits
 * and can be drawn. */
int handout_qr(const struct options *options, const struct buf *text, struct buf *out,
	       struct diag *d);

/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Errors and warnings for programs. */
#pragma once

#include "wgq/base/buf.h"
#include "wgq/base/diag.h"

/* Each item as one line of JSON (packaging/schema/error.schema.json). */
void diag_json(const struct diag *d, struct buf *ret_text);

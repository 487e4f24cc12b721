/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Random bytes fit for keys. */
#pragma once

#include <stddef.h>

#include "wgq/base/diag.h"

/* From the kernel's generator, by getrandom(2); waits until that is seeded, at boot. */
int random_fill(void *at, size_t n, struct diag *d);

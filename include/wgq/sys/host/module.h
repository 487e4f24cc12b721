/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The kernel's WireGuard module, where it is missing. */
#pragma once

/* What to do when the kernel could not load it, as part of a hint: see why that fails, install it,
 * or ask the host of a container. */
const char *module_advice(void);

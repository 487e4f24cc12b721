// SPDX-License-Identifier: GPL-2.0-or-later
// wgq init.
#include "wgq/cmd/verbs.h"

int verb_init(const struct options *options)
{
	(void)options;
	return STATUS_FAILED;
}

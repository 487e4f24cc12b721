// SPDX-License-Identifier: GPL-2.0-or-later
// wgq diff.
#include "wgq/cmd/verbs.h"

int verb_diff(const struct options *options)
{
	(void)options;
	return STATUS_FAILED;
}

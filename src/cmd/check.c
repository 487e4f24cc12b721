// SPDX-License-Identifier: GPL-2.0-or-later
// wgq check.
#include "wgq/cmd/verbs.h"

int verb_check(const struct options *options)
{
	(void)options;
	return STATUS_FAILED;
}

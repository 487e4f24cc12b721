// SPDX-License-Identifier: GPL-2.0-or-later
// wgq why.
#include "wgq/cmd/verbs.h"

int verb_why(const struct options *options)
{
	(void)options;
	return STATUS_FAILED;
}

// SPDX-License-Identifier: GPL-2.0-or-later
// wgq status.
#include "wgq/cmd/verbs.h"

int verb_status(const struct options *options)
{
	(void)options;
	return STATUS_FAILED;
}

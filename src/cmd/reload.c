// SPDX-License-Identifier: GPL-2.0-or-later
// wgq reload.
#include "wgq/cmd/verbs.h"

int verb_reload(const struct options *options)
{
	(void)options;
	return STATUS_FAILED;
}

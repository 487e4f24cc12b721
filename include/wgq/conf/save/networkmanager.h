/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Configurations as keyfiles of NetworkManager (nm-settings-keyfile(5)). */
#pragma once

#include "wgq/base/buf.h"
#include "wgq/base/diag.h"
#include "wgq/conf/conf.h"

/* The text of a keyfile. What it cannot say is left out: a warning for each goes to lost, with its
 * line. -EINVAL, with an error for each: without it NetworkManager would refuse the file, or send
 * what is for the tunnel past it. */
int conf_export_networkmanager(const struct conf *conf, struct buf *ret_text, struct diag *lost,
			       struct diag *d);

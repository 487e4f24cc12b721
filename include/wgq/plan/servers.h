/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Name servers and search domains: what the host has of an interface, beside what a file asks for.
 */
#pragma once

#include <stdbool.h>

#include "wgq/base/buf.h"
#include "wgq/conf/conf.h"

/* Each line of the text as an element. 0 or -ENOMEM; the caller releases ret either way. */
int servers_split(const struct buf *lines, struct conf_text_vec *ret);

typedef bool servers_same(const char *a, const char *b);
/* Addresses by their value, whatever their spelling; domains without regard to case and to a dot at
 * the end. */
servers_same servers_same_address, servers_same_domain;

/* Whether two lists have the same elements in the same order, but for `~.`: an interface is also
 * given it because it is a full tunnel, and that is not told apart. */
bool servers_equal(const struct conf_text_vec *a, const struct conf_text_vec *b,
		   servers_same *same);

/* The elements of wanted that the host's lines have not, but for `~.`, with commas between. 0 or
 * -ENOMEM. */
int servers_missing(const struct conf_text_vec *wanted, const struct buf *lines, servers_same *same,
		    struct buf *ret_text);

/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Something that is wrong with an interface or one of its peers, or worth knowing, as data: its
 * kind says what it is and what to do, its detail which one it is. */
#pragma once

#include <stdbool.h>
#include <stddef.h>

#include "wgq/base/buf.h"
#include "wgq/base/vec.h"
#include "wgq/net/blocker.h"

enum finding_kind {
#define KIND(constant, ...) constant,
#include "wgq/plan/health/finding_kinds.def"
#undef KIND
	FINDING_KINDS
};

enum { FINDING_NO_PEER = -1 };

struct finding {
	enum finding_kind kind;
	long peer;    /* its place in the device's list; FINDING_NO_PEER: of the interface */
	char *detail; /* "" where the kind says all; printable */
};

struct finding_vec {
	VEC(struct finding);
};

/* Stable names for scripts, as "rule-missing". */
const char *finding_name(enum finding_kind kind);
/* One sentence without capital and full stop. */
const char *finding_text(enum finding_kind kind);
/* Wrong: the interface does not do what it is there for. Else it is worth knowing only. */
bool finding_is_wrong(enum finding_kind kind);
/* What to do about it, for an interface and its configuration: a name or a path, as wgq takes it.
 */
void finding_remedy(enum finding_kind kind, const char *ifname, const char *file,
		    struct buf *ret_text);

/* Adds one, and takes the text of detail. 0 or -ENOMEM, with no error added. */
int finding_add(struct finding_vec *findings, enum finding_kind kind, long peer,
		struct buf *detail);
void findings_release(struct finding_vec *findings);

#define _cleanup_findings_ _cleanup_(findings_release)

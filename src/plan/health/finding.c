// SPDX-License-Identifier: GPL-2.0-or-later
// A list of what is wrong with an interface.
#include "wgq/plan/health/finding.h"

#include <errno.h>

#include "wgq/base/mem.h"

static const struct {
	const char *name;
	bool wrong;
	const char *text, *remedy;
} kinds[FINDING_KINDS] = {
#define KIND(constant, ...) [constant] = {__VA_ARGS__},
#include "wgq/plan/health/finding_kinds.def"
#undef KIND
};

const char *finding_name(enum finding_kind kind)
{
	return kinds[kind].name;
}

const char *finding_text(enum finding_kind kind)
{
	return kinds[kind].text;
}

bool finding_is_wrong(enum finding_kind kind)
{
	return kinds[kind].wrong;
}

void finding_remedy(enum finding_kind kind, const char *ifname, const char *file,
		    struct buf *ret_text)
{
	for (const char *at = kinds[kind].remedy; *at; at++) {
		if (at[0] != '%')
			buf_char(ret_text, *at);
		else if (*++at == 'i')
			buf_shell_word(ret_text, ifname);
		else
			buf_shell_word(ret_text, file);
	}
}

int finding_add(struct finding_vec *findings, enum finding_kind kind, long peer, struct buf *detail)
{
	char *text = detail && detail->len ? buf_steal(detail) : mem_strndup("", 0);
	struct finding *finding = text ? vec_push(findings) : NULL;

	if (!finding) {
		free(text);
		return -ENOMEM;
	}
	finding->kind = kind;
	finding->peer = peer;
	finding->detail = text;
	return 0;
}

void findings_release(struct finding_vec *findings)
{
	vec_each(finding, findings)
		free(finding->detail);
	vec_release(findings);
}

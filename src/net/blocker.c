// SPDX-License-Identifier: GPL-2.0-or-later
// The words for firewalls that drop what is forwarded.
#include "wgq/net/blocker.h"

#include <string.h>

#define BLOCKER_WORDS(id, name, text, remedy) {text, remedy},
static const struct {
	const char *text, *remedy;
} words[BLOCKER_KINDS] = {BLOCKERS(BLOCKER_WORDS)};

const char *blocker_text(enum blocker_kind kind)
{
	return words[kind].text;
}

void blocker_remedy(enum blocker_kind kind, const char *ifname, struct buf *ret_text)
{
	for (const char *at = words[kind].remedy, *end; *at; at = end + (*end ? 2 : 0)) {
		end = strstr(at, "%i");
		end = end ? end : at + strlen(at);
		buf_mem(ret_text, at, (size_t)(end - at));
		if (*end)
			buf_shell_word(ret_text, ifname);
	}
}

// SPDX-License-Identifier: GPL-2.0-or-later
// A list of changes.
#include "wgq/plan/text/change.h"

#include <errno.h>
#include <string.h>

#include "wgq/base/mem.h"

const char *change_group_name(enum change_group group)
{
	switch (group) {
	case CHANGE_INTERFACE:
		return "interface";
	case CHANGE_PEER:
		return "peer";
	case CHANGE_ADDRESS:
		return "address";
	case CHANGE_ROUTE:
		return "route";
	case CHANGE_RULE:
		return "rule";
	case CHANGE_SETTING:
		return "setting";
	case CHANGE_FIREWALL:
		return "firewall";
	case CHANGE_DNS:
		return "dns";
	case CHANGE_GROUPS:
		break;
	}
	return "";
}

void change_name(const struct change *change, struct buf *out)
{
	buf_str(out, change_group_name(change->group));
	if (change->peer) {
		buf_char(out, ' ');
		key_add(change->peer, out);
	}
	if (change->object[0]) {
		buf_char(out, ' ');
		buf_printable(out, change->object, strlen(change->object));
	}
}

static char *copy(const char *text)
{
	return mem_strndup(text, strlen(text));
}

int change_add(struct change_vec *changes, enum change_group group, enum change_sign sign,
	       const char *object, const char *from, const char *to, uint32_t line)
{
	struct change *change = vec_push(changes);

	if (!change)
		return -ENOMEM;
	*change = (struct change){.group = group,
				  .sign = sign,
				  .object = copy(object),
				  .from = copy(from),
				  .to = copy(to),
				  .line = line};
	return change->object && change->from && change->to ? 0 : -ENOMEM;
}

int change_add_number(struct change_vec *changes, const char *object, uint32_t from, uint32_t to,
		      uint32_t line)
{
	char from_text[16], to_text[16];

	snprintf(from_text, sizeof(from_text), "%u", from);
	snprintf(to_text, sizeof(to_text), "%u", to);
	return change_add(changes, CHANGE_INTERFACE, CHANGE_ALTER, object, from_text, to_text,
			  line);
}

void changes_release(struct change_vec *changes)
{
	vec_each(change, changes) {
		free(change->object);
		free(change->from);
		free(change->to);
	}
	vec_release(changes);
}

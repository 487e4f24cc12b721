// SPDX-License-Identifier: GPL-2.0-or-later
// wgq status: the wgq run that looks after an interface, and what it has decided.
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "wgq/base/mem.h"
#include "wgq/cmd/status/status.h"
#include "wgq/sys/keeper/keeper.h"

/* A line is a word and a value. What is not known is passed over. */
static void take_line(struct status_keeper *keeper, const char *line, size_t n)
{
	static const char at[] = "at ", lag[] = "lag ", state[] = "state ", last[] = "last ";
	const size_t at_len = strlen(at), state_len = strlen(state), last_len = strlen(last);

	if (n > at_len && memcmp(line, at, at_len) == 0)
		keeper->last_at = strtoll(line + at_len, NULL, 10);
	else if (n > strlen(lag) && memcmp(line, lag, strlen(lag)) == 0)
		keeper->lag = strtol(line + strlen(lag), NULL, 10);
	else if (n > state_len && memcmp(line, state, state_len) == 0 && !keeper->state)
		keeper->state = mem_strndup(line + state_len, n - state_len);
	else if (n > last_len && memcmp(line, last, last_len) == 0 && !keeper->last)
		keeper->last = mem_strndup(line + last_len, n - last_len);
}

void status_ask_keeper(const char *ifname, struct status_keeper *ret)
{
	_cleanup_buf_ struct buf lines = {0};
	int r = keeper_ask(ifname, &ret->process, &lines);

	ret->lag = -1;
	ret->silent = r == -ETIMEDOUT;
	if (r < 0 && !ret->silent)
		ret->process = 0;
	for (const char *line = buf_text(&lines); *line;) {
		size_t n = strcspn(line, "\n");

		take_line(ret, line, n);
		line += n + (line[n] == '\n');
	}
}

void status_keeper_release(struct status_keeper *keeper)
{
	free(keeper->state);
	free(keeper->last);
}

// SPDX-License-Identifier: GPL-2.0-or-later
// In the place of cares.c where this program is built without c-ares.
#include <errno.h>

#include "cares.h"

int cares_open(struct questions *done, struct cares **ret, struct diag *d)
{
	(void)done;
	*ret = NULL;
	return diag_refuse(d, EOPNOTSUPP, "wgq was built without c-ares");
}

/* What follows is called only with what cares_open() has returned. */

void cares_free(struct cares *c)
{
	(void)c;
}

int cares_set_servers(struct cares *c, uint32_t mark, const struct dns_outside *servers,
		      struct diag *d)
{
	(void)c;
	(void)mark;
	(void)servers;
	return diag_refuse(d, EOPNOTSUPP, "wgq was built without c-ares");
}

int cares_fd(const struct cares *c)
{
	(void)c;
	return -1;
}

void cares_ask(struct cares *c, struct question *q)
{
	(void)c;
	question_free(q);
}

void cares_step(struct cares *c)
{
	(void)c;
}

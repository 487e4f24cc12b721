/* SPDX-License-Identifier: GPL-2.0-or-later */
/* A channel of c-ares, as its manuals call it: servers, and the questions that they are asked. */
#pragma once

#include "sockets.h"

struct channel_calls {
	ares_sock_state_cb state; /* which sockets it waits for, with context */
	void *context;
	struct sockets *sockets; /* of the servers */
};

/* For servers, asked in their order, with search domains; NULL: for /etc/hosts. 0 or -errno. */
int channel_open(const struct channel_calls *calls, const struct dns_outside *servers,
		 ares_channel *ret, struct diag *d);

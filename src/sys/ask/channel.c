// SPDX-License-Identifier: GPL-2.0-or-later
// A channel of c-ares, with all that it would otherwise read from /etc/resolv.conf.
#include "channel.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "wgq/base/mem.h"

/* What comes after the first timeout is still taken until the last one, 3 s after the question. */
enum { TIMEOUT_MS = 1000, TRIES = 2 };
/* No answer of this size is cut to pieces on its way (DNS flag day 2020). */
enum { EDNS_SIZE = 1232 };

struct text_vec {
	VEC(char *);
};

static int set_servers(ares_channel channel, const struct dns_server_vec *servers, struct diag *d)
{
	_cleanup_free_ struct ares_addr_port_node *nodes =
		mem_calloc(servers->len + 1, sizeof(*nodes));

	if (!nodes)
		return diag_no_memory(d);
	for (size_t i = 0; i < servers->len; i++) {
		const struct dns_server *server = &servers->at[i];

		nodes[i] = (struct ares_addr_port_node){
			.next = i + 1 < servers->len ? &nodes[i + 1] : NULL,
			.family = server->addr.family,
			.udp_port = server->port,
			.tcp_port = server->port,
		};
		memcpy(&nodes[i].addr, server->addr.bytes, addr_bits(&server->addr) / 8);
	}
	int status = cares.set_servers_ports(channel, servers->len ? nodes : NULL);
	return status == ARES_SUCCESS ? 0 : diag_no_memory(d);
}

/* The lines of a text, which is cut to pieces. */
static int split(char *text, struct text_vec *ret)
{
	for (char *line; text && (line = strsep(&text, "\n"));) {
		char **domain = *line ? vec_push(ret) : NULL;

		if (*line && !domain)
			return -ENOMEM;
		if (*line)
			*domain = line;
	}
	return 0;
}

static int init(const struct channel_calls *calls, const struct text_vec *domains, char lookup,
		ares_channel *ret, struct diag *d)
{
	char lookups[] = {lookup, '\0'};
	struct ares_options options = {
		.flags = ARES_FLAG_EDNS,
		.timeout = TIMEOUT_MS,
		.tries = TRIES,
		.ndots = 1,
		.lookups = lookups,
		.domains = domains->at,
		.ndomains = (int)domains->len,
		.ednspsz = EDNS_SIZE,
		.sock_state_cb = calls->state,
		.sock_state_cb_data = calls->context,
	};
	int status = cares.init_options(ret, &options,
					ARES_OPT_FLAGS | ARES_OPT_TIMEOUTMS | ARES_OPT_TRIES |
						ARES_OPT_NDOTS | ARES_OPT_LOOKUPS |
						ARES_OPT_DOMAINS | ARES_OPT_EDNSPSZ |
						ARES_OPT_SOCK_STATE_CB | ARES_OPT_NOROTATE);

	if (status == ARES_ENOMEM)
		return diag_no_memory(d);
	if (status != ARES_SUCCESS)
		return diag_refuse(d, EIO, "c-ares cannot be initialised (error %d)", status);
	cares.set_socket_functions(*ret, &sockets_functions, calls->sockets);
	return 0;
}

int channel_open(const struct channel_calls *calls, const struct dns_outside *servers,
		 ares_channel *ret, struct diag *d)
{
	_cleanup_buf_ struct buf search = {0};
	struct text_vec domains = {0};
	int r;

	if (servers)
		buf_str(&search, buf_text(&servers->search));
	r = buf_status(&search) < 0 || split(search.data, &domains) < 0 ? diag_no_memory(d) : 0;
	if (r == 0)
		r = init(calls, &domains, servers ? 'b' : 'f', ret, d);
	if (r == 0 && servers)
		r = set_servers(*ret, &servers->servers, d);
	vec_release(&domains);
	return r;
}

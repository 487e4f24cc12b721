// SPDX-License-Identifier: GPL-2.0-or-later
// wgq probe: looks up the names of endpoints.
#include "names.h"

#include <errno.h>
#include <poll.h>

#include "wgq/base/mem.h"
#include "wgq/sys/ask/asker.h"
#include "wgq/sys/dns/outside.h"

static int add(const struct conf_endpoint_vec *endpoints, size_t peer, struct probe_names *ret)
{
	vec_each(endpoint, endpoints) {
		struct probe_name *name;

		if (endpoint->number.any.sa_family || (peer != SIZE_MAX && endpoint->peer != peer))
			continue;
		name = vec_push(ret);
		if (!name)
			return -ENOMEM;
		name->of = endpoint;
	}
	return 0;
}

static void take(struct probe_name *name, struct ask_answer *answer, struct diag *d)
{
	if (answer->outcome != ASK_FOUND)
		diag_warn(d, "cannot look up `%s': %s", name->of->host, answer->reason);
	name->addresses = answer->endpoints;
	answer->endpoints = (struct endpoint_vec){0};
}

static int ask_all(struct asker *asker, struct probe_names *names, struct diag *d)
{
	size_t open = names->len;

	for (size_t i = 0; i < names->len; i++)
		if (asker_ask(asker, i, names->at[i].of->host, names->at[i].of->port, ASK_BOTH) < 0)
			return diag_no_memory(d);
	for (;;) {
		struct pollfd fd = {.fd = asker_fd(asker), .events = POLLIN};
		struct ask_answer answer = {0};

		while (asker_take(asker, &answer) == 0) {
			take(&names->at[answer.id], &answer, d);
			ask_answer_release(&answer);
			open--;
		}
		if (!open)
			return 0;
		if (poll(&fd, 1, -1) < 0 && errno != EINTR)
			return diag_fail(d, errno, "cannot wait for name servers");
		asker_step(asker);
	}
}

int probe_names_ask(const struct conf *conf, size_t peer, uint32_t mark, struct probe_names *ret,
		    struct diag *d)
{
	_cleanup_outside_ struct dns_outside servers = {0};
	_cleanup_asker_ struct asker *asker = NULL;
	int r = 0;

	if (add(&conf->endpoints, peer, ret) < 0 || add(&conf->fallback_endpoints, peer, ret) < 0)
		return diag_no_memory(d);
	if (!ret->len)
		return 0;
	r = asker_open(&asker, d);
	if (r == 0)
		r = dns_outside(conf->ifname, conf, &servers, d);
	if (r == 0)
		r = asker_set_servers(asker, mark, &servers, d);
	return r == 0 ? ask_all(asker, ret, d) : r;
}

const struct endpoint_vec *probe_names_find(const struct probe_names *names,
					    const struct conf_endpoint *of)
{
	vec_each(name, names)
		if (name->of == of)
			return name->addresses.len ? &name->addresses : NULL;
	return NULL;
}

void probe_names_release(struct probe_names *names)
{
	vec_each(name, names)
		vec_release(&name->addresses);
	vec_release(names);
}

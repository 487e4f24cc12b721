// SPDX-License-Identifier: GPL-2.0-or-later
// Looks up the names of a file's endpoints, and waits.
#include "wgq/sys/ask/names.h"

#include <errno.h>
#include <poll.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "wgq/base/buf.h"
#include "wgq/base/mem.h"
#include "wgq/sys/clock.h"
#include "wgq/sys/dns/outside.h"
#include "wgq/sys/resolve/resolve.h"

enum { TICK_MS = 100 };

static int add(const struct conf_endpoint_vec *endpoints, size_t peer, struct asked_names *ret)
{
	vec_each(endpoint, endpoints) {
		struct asked_name *name;

		if (endpoint->number.any.sa_family || (peer != SIZE_MAX && endpoint->peer != peer))
			continue;
		name = vec_push(ret);
		if (!name)
			return -ENOMEM;
		name->of = endpoint;
	}
	return 0;
}

/* All questions, until each is answered. */
static int ask_all(struct asker *asker, bool (*stop)(void), struct asked_names *names,
		   struct diag *d)
{
	size_t open = names->len;

	for (size_t i = 0; i < names->len; i++)
		if (asker_ask(asker, i, names->at[i].of->host, names->at[i].of->port, ASK_BOTH) < 0)
			return diag_no_memory(d);
	for (;;) {
		struct pollfd fd = {.fd = asker_fd(asker), .events = POLLIN};
		struct ask_answer answer = {0};

		while (asker_take(asker, &answer) == 0) {
			names->at[answer.id].answer = answer;
			open--;
		}
		if (!open)
			return 0;
		if (poll(&fd, 1, stop ? TICK_MS : -1) < 0 && errno != EINTR)
			return diag_fail(d, errno, "cannot wait for name servers");
		if (stop && stop())
			return diag_refuse(d, EINTR, "interrupted while names were looked up");
		asker_step(asker);
	}
}

static int ask(const struct conf *conf, uint32_t mark, bool (*stop)(void),
	       struct asked_names *names, struct diag *d)
{
	_cleanup_outside_ struct dns_outside servers = {0};
	_cleanup_asker_ struct asker *asker = NULL;
	int r = asker_open(&asker, d);

	if (r == 0)
		r = dns_outside(conf->ifname, conf, &servers, d);
	if (r == 0)
		r = asker_set_servers(asker, mark, &servers, d);
	return r == 0 ? ask_all(asker, stop, names, d) : r;
}

int asked_names_ask(const struct conf *conf, size_t peer, uint32_t mark, struct asked_names *ret,
		    struct diag *d)
{
	if (add(&conf->endpoints, peer, ret) < 0 || add(&conf->fallback_endpoints, peer, ret) < 0)
		return diag_no_memory(d);
	return ret->len ? ask(conf, mark, NULL, ret, d) : 0;
}

const struct endpoint_vec *asked_names_find(const struct asked_names *names,
					    const struct conf_endpoint *of)
{
	vec_each(name, names)
		if (name->of == of)
			return name->answer.endpoints.len ? &name->answer.endpoints : NULL;
	return NULL;
}

void asked_names_release(struct asked_names *names)
{
	vec_each(name, names)
		ask_answer_release(&name->answer);
	vec_release(names);
}

/* ---- names that become addresses ---- */

/* Whether a packet with the mark could be sent there; none is. */
static bool has_way(const union endpoint *to, uint32_t mark)
{
	_cleanup_fd_ int fd = socket(to->any.sa_family, SOCK_DGRAM | SOCK_CLOEXEC, 0);

	return fd >= 0 && setsockopt(fd, SOL_SOCKET, SO_MARK, &mark, sizeof(mark)) == 0 &&
	       connect(fd, &to->any, sizeof(*to)) == 0;
}

static const union endpoint *choose(const struct endpoint_vec *found, uint32_t mark,
				    const struct wg_peer *running)
{
	vec_each(endpoint, found)
		if (running && running->has_endpoint &&
		    endpoint_equal(endpoint, &running->endpoint))
			return endpoint;
	vec_each(endpoint, found)
		if (has_way(endpoint, mark))
			return endpoint;
	return found->at;
}

static bool is_final(const struct asked_name *name)
{
	return name->answer.outcome != ASK_FOUND && name->answer.outcome != ASK_FAILED;
}

/* One attempt at each. *ret_open: how many of them have no address. */
static int settle(struct conf *conf, const struct wg_peer_pointers *running, uint32_t mark,
		  const struct resolve_options *options, struct asked_names *names,
		  size_t *ret_open, struct diag *d)
{
	int r = add(&conf->endpoints, SIZE_MAX, names) < 0
			? diag_no_memory(d)
			: ask(conf, mark, options->stop, names, d);

	*ret_open = 0;
	vec_each(name, names) {
		const struct endpoint_vec *found = &name->answer.endpoints;
		struct conf_endpoint *of = &conf->endpoints.at[name->of - conf->endpoints.at];
		const struct key *key = &conf->wg.peers.at[of->peer].public_key;

		if (found->len)
			of->number =
				*choose(found, mark, running ? wg_peers_find(running, key) : NULL);
		else
			++*ret_open;
	}
	return r;
}

static int refuse(const struct conf *conf, const struct asked_names *names, struct diag *d)
{
	vec_each(name, names) {
		const struct place at = conf_place(conf, name->of->line);

		if (name->answer.outcome != ASK_FOUND)
			diag_fail_at(
				d, &at,
				"with KillSwitch, name servers outside of the tunnel are asked",
				"cannot look up `%s': %s", name->of->host, name->answer.reason);
	}
	return -EINVAL;
}

/* Until the next attempt, or until it is told to stop: then that one ends at once. */
static void wait_for_another(const struct resolve_options *options, const struct asked_names *names,
			     uint32_t delay)
{
	const int64_t due = clock_ns() + (int64_t)delay * CLOCK_US;

	vec_each(name, names) {
		_cleanup_buf_ struct buf line = {0};

		if (name->answer.outcome == ASK_FOUND)
			continue;
		buf_addf(&line, "%s: `%s:%s'. Trying again in %.2f seconds...", name->answer.reason,
			 name->of->host, name->of->port, delay / 1000000.0);
		options->say(buf_text(&line));
	}
	while (!options->stop() && clock_ns() < due)
		usleep(TICK_MS * 1000);
}

static int settle_all(struct conf *conf, const struct wg_peer_pointers *running, uint32_t mark,
		      int retries, const struct resolve_options *options, struct diag *d)
{
	for (uint32_t delay = RESOLVE_FIRST_DELAY;; delay = resolve_next_delay(delay)) {
		_cleanup_asked_names_ struct asked_names names = {0};
		_cleanup_diag_ struct diag again = {0};
		bool final = false;
		size_t open;
		int r = settle(conf, running, mark, options, &names, &open, &again);

		vec_each(name, &names)
			final |= is_final(name);
		if (r < 0 || !open || running || final || retries == 0) {
			diag_move(d, &again);
			return r == 0 && open && !running ? refuse(conf, &names, d) : r;
		}
		if (retries > 0)
			retries--;
		wait_for_another(options, &names, delay);
	}
}

int asked_names_settle(struct conf *conf, const struct wg_device *running,
		       const struct resolve_options *options, struct diag *d)
{
	/* The rules that are there now let the mark of what runs pass. */
	uint32_t mark = running && running->fwmark ? running->fwmark : conf->wg.fwmark;
	struct wg_peer_pointers sorted = {0};
	int retries = 0;
	int r = conf->endpoints.len ? resolve_retries(&retries, d) : 0;

	if (r == 0 && running && wg_peers_sort(&running->peers, 0, &sorted) < 0)
		r = diag_no_memory(d);
	if (r == 0 && conf->endpoints.len)
		r = settle_all(conf, running ? &sorted : NULL, mark, retries, options, d);
	vec_release(&sorted);
	return r;
}

// SPDX-License-Identifier: GPL-2.0-or-later
// Resolves the names of a configuration, and reports each one that cannot be.
#include "wgq/sys/resolve/resolve.h"

#include <arpa/inet.h>
#include <errno.h>
#include <limits.h>
#include <stdlib.h>
#include <string.h>

#include "pool.h"
#include "wgq/base/mem.h"
#include "wgq/sys/host/table.h"

enum { DEFAULT_RETRIES = 15, WITHOUT_END = -1 };

int resolve_retries(int *ret, struct diag *d)
{
	const char *text = getenv("WG_ENDPOINT_RESOLUTION_RETRIES");
	char *end;

	*ret = DEFAULT_RETRIES;
	if (!text)
		return 0;
	if (strcmp(text, "infinity") == 0) {
		*ret = WITHOUT_END;
		return 0;
	}
	errno = 0;
	unsigned long retries = strtoul(text, &end, 10);
	if (*end || retries > INT_MAX) {
		diag_refuse(d, EINVAL, "Unable to parse WG_ENDPOINT_RESOLUTION_RETRIES: `%s'",
			    text);
		diag_hint(d, "a number of further attempts, or the word infinity");
		return -EINVAL;
	}
	*ret = (int)retries;
	return 0;
}

static int resolve_table(struct conf *conf, struct diag *d)
{
	const struct place at = conf_place(conf, conf->table_line);

	if (hooks_name_tables(&conf->effects, table_lookup) < 0)
		return diag_no_memory(d);
	if (conf->table_kind != TABLE_NAME)
		return 0;
	int r = table_lookup(conf->table_name, &conf->table, NULL);
	if (r == -ENOMEM)
		return diag_no_memory(d);
	if (r < 0)
		return diag_fail_at(d, &at, "give a number, or name one in /etc/iproute2/rt_tables",
				    "there is no routing table of this name: `%s'",
				    conf->table_name);
	conf->table_kind = TABLE_NUMBER;
	return 0;
}

/* A UDP service (config.c:39-75), known without the network. */
static int resolve_listen_port(struct conf *conf, struct diag *d)
{
	const struct addrinfo hints = {
		.ai_family = AF_UNSPEC,
		.ai_socktype = SOCK_DGRAM,
		.ai_protocol = IPPROTO_UDP,
		.ai_flags = AI_PASSIVE,
	};
	const struct place at = conf_place(conf, conf->listen_port.line);
	struct addrinfo *found;
	union endpoint any;

	if (!conf->listen_port.text)
		return 0;
	int error = getaddrinfo(NULL, conf->listen_port.text, &hints, &found);
	if (error)
		return diag_fail_at(d, &at, "give the number, or a UDP service of /etc/services",
				    "%s: `%s'", resolve_reason(error, errno),
				    conf->listen_port.text);

	bool usable = resolve_take(found, &any);
	freeaddrinfo(found);
	if (!usable)
		return diag_fail_at(d, &at, NULL, "Neither IPv4 nor IPv6 address found: `%s'",
				    conf->listen_port.text);
	conf->wg.listen_port = endpoint_port(&any);
	conf->wg.has_listen_port = true;
	return 0;
}

static bool has_endpoint(const struct conf *conf)
{
	if (conf->endpoints.len)
		return true;
	vec_each(peer, &conf->wg.peers)
		if (peer->has_endpoint)
			return true;
	return false;
}

static const char *endpoint_hint(const struct resolve_job *job)
{
	if (job->error == EAI_SERVICE)
		return "the port is a number or a UDP service of /etc/services";
	if (job->error == EAI_NONAME && strchr(job->host, '%'))
		return "after % comes an interface of this host";
	if (job->error == EAI_AGAIN)
		return "no name server answered: is the network up, and is there one in "
		       "/etc/resolv.conf?";
	return NULL;
}

/* Takes over what was found, or reports that nothing was. */
static int take(struct conf *conf, const struct conf_endpoint *named, const struct resolve_job *job,
		struct diag *d)
{
	const struct place at = conf_place(conf, named->line);

	if (job->error || job->no_address)
		return diag_fail_at(d, &at, endpoint_hint(job), "%s: `%s'",
				    job->no_address ? "Neither IPv4 nor IPv6 address found"
						    : resolve_reason(job->error, job->saved_errno),
				    job->shown);
	if (named->peer < conf->wg.peers.len) {
		struct wg_peer *peer = &conf->wg.peers.at[named->peer];

		peer->endpoint = job->endpoint;
		peer->has_endpoint = true;
	}
	return 0;
}

/* In the file's order. */
static int collect(struct conf *conf, struct resolve_pool *pool, struct diag *d)
{
	int r = 0;

	for (size_t i = 0; i < conf->endpoints.len; i++)
		if (take(conf, &conf->endpoints.at[i], &pool->jobs[i], d) < 0)
			r = -EINVAL;
	return r;
}

static int resolve_endpoints(struct conf *conf, const struct resolve_options *options,
			     struct diag *d)
{
	int retries = DEFAULT_RETRIES;

	/* wg(8) looks at it for every endpoint, also a numeric one. */
	int r = has_endpoint(conf) ? resolve_retries(&retries, d) : 0;
	if (r < 0 || !conf->endpoints.len)
		return r;

	struct resolve_pool *pool = resolve_pool_new(&conf->endpoints, options, retries);
	if (!pool)
		return diag_no_memory(d);
	r = resolve_pool_run(pool);
	if (r == -EINTR)
		diag_refuse(d, EINTR, "interrupted while names were looked up");
	else
		r = collect(conf, pool, d);
	resolve_pool_unref(pool);
	return r;
}

/* So that a name counts for the address that its peer has, if it is one of several. */
static void prefer_running(struct resolve_pool *pool, const struct conf *conf,
			   const struct wg_peer_pointers *running)
{
	for (size_t i = 0; i < conf->endpoints.len; i++) {
		const struct wg_peer *named = &conf->wg.peers.at[conf->endpoints.at[i].peer];
		const struct wg_peer *peer = wg_peers_find(running, &named->public_key);

		if (peer && peer->has_endpoint)
			pool->jobs[i].preferred = peer->endpoint;
	}
}

/* The other jobs may still be a thread's. */
static void collect_found(struct conf *conf, struct resolve_pool *pool)
{
	pthread_mutex_lock(&pool->lock);
	for (size_t i = 0; i < conf->endpoints.len; i++) {
		struct wg_peer *peer = &conf->wg.peers.at[conf->endpoints.at[i].peer];

		if (pool->jobs[i].state != JOB_DONE)
			continue;
		peer->endpoint = pool->jobs[i].endpoint;
		peer->has_endpoint = true;
	}
	pthread_mutex_unlock(&pool->lock);
}

/* running: sorted. */
static int look_again(struct conf *conf, const struct wg_peer_pointers *running,
		      const struct resolve_options *options, struct diag *d)
{
	resolve_listen_port(conf, NULL);
	if (!conf->endpoints.len)
		return 0;

	struct resolve_pool *pool = resolve_pool_new(&conf->endpoints, options, 0);
	if (!pool)
		return diag_no_memory(d);
	prefer_running(pool, conf, running);
	resolve_pool_set_deadline(pool, RESOLVE_AGAIN_MS);
	int r = resolve_pool_run(pool);
	if (r == -EINTR)
		diag_refuse(d, EINTR, "interrupted while names were looked up");
	else
		collect_found(conf, pool);
	resolve_pool_unref(pool);
	return r == -EINTR ? r : 0;
}

int resolve_again(struct conf *conf, const struct wg_device *running,
		  const struct resolve_options *options, struct diag *d)
{
	struct wg_peer_pointers sorted = {0};
	int r = wg_peers_sort(&running->peers, 0, &sorted);

	r = r == 0 ? look_again(conf, &sorted, options, d) : diag_no_memory(d);
	vec_release(&sorted);
	return r;
}

/* A peer without an address keeps the one that it runs with. */
static int require_endpoints(const struct conf *conf, const struct wg_peer_pointers *running,
			     struct diag *d)
{
	int r = 0;

	vec_each(named, &conf->endpoints) {
		const struct wg_peer *peer = &conf->wg.peers.at[named->peer];
		const struct wg_peer *now = wg_peers_find(running, &peer->public_key);
		const struct place at = conf_place(conf, named->line);

		if (peer->has_endpoint)
			continue;
		if (now && now->has_endpoint)
			diag_warn_at(d, &at, NULL,
				     "`%s' cannot be looked up now: the peer keeps the endpoint "
				     "that it has",
				     named->host);
		else
			r = diag_fail_at(d, &at, NULL, "it cannot be looked up: `%s'", named->host);
	}
	return r;
}

int resolve_running(struct conf *conf, const struct wg_device *running,
		    const struct resolve_options *options, struct diag *d)
{
	struct wg_peer_pointers sorted = {0};
	int r = resolve_table(conf, d);

	if (r == 0 && wg_peers_sort(&running->peers, 0, &sorted) < 0)
		r = diag_no_memory(d);
	if (r == 0)
		r = look_again(conf, &sorted, options, d);
	if (r == 0)
		r = require_endpoints(conf, &sorted, d);
	vec_release(&sorted);
	return r;
}

int resolve(struct conf *conf, const struct resolve_options *options, struct diag *d)
{
	int table = resolve_table(conf, d);
	int port = resolve_listen_port(conf, d);
	/* Nobody waits for the network to learn of a mistake that is known already. */
	if (table < 0 || port < 0)
		return table < 0 ? table : port;
	return resolve_endpoints(conf, options, d);
}

/* A host that is no address may become one: so may that of an interface that is not there yet. */
static int take_number(struct conf *conf, const struct conf_endpoint *named, struct diag *d)
{
	const struct resolve_options numbers = {.lookup = getaddrinfo};
	struct resolve_job job = {0};
	int r = resolve_job_init(&job, named, 0);

	if (r < 0) {
		diag_no_memory(d);
	} else {
		resolve_job_attempt(&job, &numbers, AI_NUMERICHOST);
		r = job.error == EAI_NONAME ? 0 : take(conf, named, &job, d);
	}
	resolve_job_release(&job);
	return r;
}

int resolve_now(struct conf *conf, struct diag *d)
{
	int table = resolve_table(conf, d);
	int port = resolve_listen_port(conf, d);
	int r = table < 0 ? table : port;

	vec_each(named, &conf->endpoints) {
		int failed = take_number(conf, named, d);

		r = r < 0 ? r : failed;
	}
	return r;
}

// SPDX-License-Identifier: GPL-2.0-or-later
// One look-up of a host: what is asked, one attempt, and what came of it.
#include "job.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "wgq/base/buf.h"
#include "wgq/base/mem.h"

/* wg(8)'s hints (config.c:205-209). */
static const struct addrinfo udp = {
	.ai_family = AF_UNSPEC,
	.ai_socktype = SOCK_DGRAM,
	.ai_protocol = IPPROTO_UDP,
};

int resolve_job_init(struct resolve_job *job, const struct conf_endpoint *endpoint, int retries)
{
	_cleanup_buf_ struct buf shown = {0};

	buf_addf(&shown, strchr(endpoint->host, ':') ? "[%s]:%s" : "%s:%s", endpoint->host,
		 endpoint->port);
	job->shown = buf_steal(&shown);
	job->host = mem_strndup(endpoint->host, strlen(endpoint->host));
	job->port = mem_strndup(endpoint->port, strlen(endpoint->port));
	job->endpoint = endpoint->number;
	job->state = JOB_WAITING;
	job->retries = retries;
	job->delay = RESOLVE_FIRST_DELAY;
	return job->shown && job->host && job->port ? 0 : -ENOMEM;
}

void resolve_job_release(struct resolve_job *job)
{
	free(job->host);
	free(job->port);
	free(job->shown);
}

bool resolve_take(const struct addrinfo *found, union endpoint *ret)
{
	bool ip = found->ai_family == AF_INET && found->ai_addrlen == sizeof(ret->in);
	bool ip6 = found->ai_family == AF_INET6 && found->ai_addrlen == sizeof(ret->in6);

	if (ip || ip6)
		memcpy(ret, found->ai_addr, found->ai_addrlen);
	return ip || ip6;
}

/* The preferred one, if the name still has it; else the first. */
static bool take(const struct addrinfo *found, const union endpoint *preferred, union endpoint *ret)
{
	if (!preferred->any.sa_family)
		return resolve_take(found, ret);
	for (const struct addrinfo *f = found; f; f = f->ai_next) {
		union endpoint e = {0};

		if (resolve_take(f, &e) && endpoint_equal(&e, preferred)) {
			*ret = e;
			return true;
		}
	}
	return resolve_take(found, ret);
}

void resolve_job_attempt(struct resolve_job *job, const struct resolve_options *options, int flags)
{
	struct addrinfo hints = udp;
	struct addrinfo *found = NULL;

	hints.ai_flags = flags;
	job->error = options->lookup(job->host, job->port, &hints, &found);
	job->saved_errno = errno;
	if (job->error)
		return;
	job->no_address = !found || !take(found, &job->preferred, &job->endpoint);
	freeaddrinfo(found);
}

/* By glibc's wiki (NameResolver) the first three are final, and wg(8) takes them so. A service
 * that is not in /etc/services will not be there a second later either. */
bool resolve_job_is_final(const struct resolve_job *job)
{
	return job->error == EAI_NONAME || job->error == EAI_FAIL || job->error == EAI_NODATA ||
	       job->error == EAI_SERVICE;
}

const char *resolve_reason(int error, int saved_errno)
{
	return error == EAI_SYSTEM ? strerror(saved_errno) : gai_strerror(error);
}

uint32_t resolve_next_delay(uint32_t delay)
{
	uint32_t next = delay / 5 * 6;

	return next < RESOLVE_LAST_DELAY ? next : RESOLVE_LAST_DELAY;
}

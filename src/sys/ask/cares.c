// SPDX-License-Identifier: GPL-2.0-or-later
// Questions by c-ares.
//
// Theory of operation
//
// c-ares says which of its sockets it waits for; they are in an epoll of our own, with a timer, and
// that one descriptor is the caller's.
//
// A channel cannot get other servers while a question is open (1.18), nor other search domains at
// all. So other servers are another channel, and what is open is asked again there.
//
// ares_timeout() is not used: its struct timeval has another size where c-ares has 32 bits of time.
// While a question is open the timer lets c-ares look at its clock ten times a second.
#include "cares.h"

#include <errno.h>
#include <limits.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/socket.h>
#include <sys/timerfd.h>
#include <unistd.h>

#include "channel.h"
#include "wgq/base/mem.h"

enum { TICK_MS = 100 };
enum { EVENTS = 64 };

struct cares {
	struct questions *done;
	struct questions open;
	ares_channel files, servers; /* /etc/hosts, and DNS; NULL: not yet */
	bool closing;                /* a channel: what it says now does not count */
	int epoll, timer;
	struct sockets sockets;
};

/* One family of a question. */
struct part {
	struct cares *cares;
	struct question *question;
	uint8_t family;
};

/* It waits for the socket to be readable or writable; for neither: it closes it. */
static void on_state(void *context, ares_socket_t fd, int readable, int writable)
{
	const struct cares *c = context;
	struct epoll_event event = {
		.events = (readable ? EPOLLIN : 0U) | (writable ? EPOLLOUT : 0U),
		.data.fd = fd,
	};

	if (!event.events)
		epoll_ctl(c->epoll, EPOLL_CTL_DEL, fd, NULL);
	else if (epoll_ctl(c->epoll, EPOLL_CTL_MOD, fd, &event) < 0)
		epoll_ctl(c->epoll, EPOLL_CTL_ADD, fd, &event);
}

/* Questions and answers. */

static const char no_address[] = "the name has no address";

static enum ask_outcome outcome_of(int status, const char **ret_reason)
{
	switch (status) {
	case ARES_SUCCESS:
		return ASK_FOUND;
	case ARES_ENOTFOUND:
		*ret_reason = "there is no such name";
		return ASK_NO_NAME;
	case ARES_ENODATA:
		*ret_reason = no_address;
		return ASK_NO_ADDRESS;
	case ARES_EBADNAME:
		*ret_reason = "this cannot be a name";
		return ASK_WRONG;
	case ARES_ETIMEOUT:
		*ret_reason = "no name server answers";
		return ASK_FAILED;
	case ARES_ESERVFAIL:
		*ret_reason = "the name server fails to find out (SERVFAIL)";
		return ASK_FAILED;
	case ARES_EREFUSED:
		*ret_reason = "the name server refuses to answer";
		return ASK_FAILED;
	case ARES_ECONNREFUSED:
		*ret_reason = "no name server can be reached";
		return ASK_FAILED;
	case ARES_ENOMEM:
		*ret_reason = "out of memory";
		return ASK_FAILED;
	default:
		*ret_reason = "the name server's answer is not valid";
		return ASK_FAILED;
	}
}

/* ttl: what the records have; -1: they have none. */
static void add_all(struct question *q, const struct ares_addrinfo *found, bool has_ttl)
{
	int ttl = INT_MAX;

	for (const struct ares_addrinfo_cname *at = found->cnames; at; at = at->next)
		ttl = at->ttl < ttl ? at->ttl : ttl;
	for (const struct ares_addrinfo_node *at = found->nodes; at; at = at->ai_next)
		ttl = at->ai_ttl < ttl ? at->ai_ttl : ttl;
	for (const struct ares_addrinfo_node *at = found->nodes; at; at = at->ai_next)
		question_add(q, at->ai_addr,
			     !has_ttl  ? ASK_TTL_UNKNOWN
			     : ttl > 0 ? (uint32_t)ttl
				       : 1);
}

static void on_answer(void *context, int status, int timeouts, struct ares_addrinfo *found)
{
	_cleanup_free_ struct part *part = context;
	const char *reason = NULL;

	(void)timeouts;
	if (!part->cares->closing) {
		enum ask_outcome outcome = outcome_of(status, &reason);

		if (found)
			add_all(part->question, found, true);
		question_done(part->question, part->family, outcome, reason);
	}
	if (found)
		cares.freeaddrinfo(found);
}

/* The files answer before ares_getaddrinfo() returns. */
static void on_entry(void *context, int status, int timeouts, struct ares_addrinfo *found)
{
	struct question *q = context;

	(void)timeouts;
	if (status == ARES_SUCCESS && found) {
		add_all(q, found, false);
		question_done(q, q->families, ASK_NO_ADDRESS, no_address);
	}
	if (found)
		cares.freeaddrinfo(found);
}

static void ask_servers(struct cares *c, struct question *q, uint8_t family)
{
	const struct ares_addrinfo_hints hints = {
		.ai_family = family == ASK_IPV4 ? AF_INET : AF_INET6,
		.ai_socktype = SOCK_DGRAM,
		.ai_flags = ARES_AI_NOSORT,
	};
	struct part *part = mem_calloc(1, sizeof(*part));

	if (!part) {
		question_done(q, family, ASK_FAILED, "out of memory");
		return;
	}
	*part = (struct part){.cares = c, .question = q, .family = family};
	cares.getaddrinfo(c->servers, q->host, NULL, &hints, on_answer, part);
}

static void begin(struct cares *c, struct question *q)
{
	const struct ares_addrinfo_hints any = {.ai_socktype = SOCK_DGRAM,
						.ai_flags = ARES_AI_NOSORT};

	cares.getaddrinfo(c->files, q->host, NULL, &any, on_entry, q);
	if (q->open && !c->sockets.servers.len)
		question_done(q, q->open, ASK_FAILED, "no name server is known");
	for (uint8_t family = ASK_IPV4; family <= ASK_IPV6; family = (uint8_t)(family << 1))
		if (q->open & family)
			ask_servers(c, q, family);
}

/* Sorts out what is answered, and lets the timer run while anything is not. */
static void collect(struct cares *c)
{
	struct questions all = c->open;

	c->open = (struct questions){0};
	for (struct question *q; (q = questions_pop(&all));)
		questions_push(q->open ? &c->open : c->done, q);

	const struct timespec pause = {.tv_nsec = c->open.first ? TICK_MS * 1000000L : 0};
	const struct itimerspec timer = {.it_value = pause, .it_interval = pause};
	timerfd_settime(c->timer, 0, &timer, NULL);
}

void cares_ask(struct cares *c, struct question *q)
{
	questions_push(&c->open, q);
	begin(c, q);
	collect(c);
}

void cares_step(struct cares *c)
{
	struct epoll_event events[EVENTS];
	int n = epoll_wait(c->epoll, events, EVENTS, 0);
	uint64_t ticks;

	for (int i = 0; i < n; i++) {
		int fd = events[i].data.fd;
		bool is_timer = fd == c->timer;

		if (is_timer && read(c->timer, &ticks, sizeof(ticks)) < 0)
			continue;
		if (c->servers)
			cares.process_fd(
				c->servers,
				!is_timer && events[i].events & ~(uint32_t)EPOLLOUT
					? fd
					: ARES_SOCKET_BAD,
				!is_timer && events[i].events & EPOLLOUT ? fd : ARES_SOCKET_BAD);
	}
	collect(c);
}

int cares_fd(const struct cares *c)
{
	return c->epoll;
}

static struct channel_calls calls_of(struct cares *c)
{
	return (struct channel_calls){.state = on_state, .context = c, .sockets = &c->sockets};
}

static void channel_close(struct cares *c, ares_channel *channel)
{
	c->closing = true;
	if (*channel)
		cares.destroy(*channel);
	*channel = NULL;
	c->closing = false;
}

int cares_set_servers(struct cares *c, uint32_t mark, const struct dns_outside *outside,
		      struct diag *d)
{
	const struct channel_calls calls = calls_of(c);
	struct dns_server_vec copy = {0};
	ares_channel channel = NULL;
	struct questions open = c->open;
	int r = channel_open(&calls, outside, &channel, d);

	if (r == 0 && outside->servers.len) {
		if (vec_reserve(&copy, outside->servers.len))
			memcpy(copy.at, outside->servers.at,
			       outside->servers.len * sizeof(*copy.at));
		else
			r = diag_no_memory(d);
		copy.len = outside->servers.len;
	}
	if (r < 0) {
		channel_close(c, &channel);
		return r;
	}
	channel_close(c, &c->servers);
	vec_release(&c->sockets.servers);
	c->servers = channel;
	c->sockets.servers = copy;
	c->sockets.mark = mark;
	c->open = (struct questions){0};
	for (struct question *q; (q = questions_pop(&open));) {
		question_reset(q);
		cares_ask(c, q);
	}
	return 0;
}

int cares_open(struct questions *done, struct cares **ret, struct diag *d)
{
	struct epoll_event event = {.events = EPOLLIN};
	int r = cares_load(d);

	*ret = NULL;
	if (r < 0)
		return r;
	struct cares *c = mem_calloc(1, sizeof(*c));
	if (!c)
		return diag_no_memory(d);
	const struct channel_calls calls = calls_of(c);
	c->done = done;
	c->epoll = epoll_create1(EPOLL_CLOEXEC);
	c->timer = timerfd_create(CLOCK_MONOTONIC, TFD_CLOEXEC | TFD_NONBLOCK);
	event.data.fd = c->timer;
	if (c->epoll < 0 || c->timer < 0 ||
	    epoll_ctl(c->epoll, EPOLL_CTL_ADD, c->timer, &event) < 0)
		r = diag_fail(d, errno, "cannot ask for names");
	if (r == 0)
		r = channel_open(&calls, NULL, &c->files, d);
	if (r == 0)
		*ret = c;
	else
		cares_free(c);
	return r;
}

void cares_free(struct cares *c)
{
	if (!c)
		return;
	channel_close(c, &c->servers);
	channel_close(c, &c->files);
	questions_release(&c->open);
	vec_release(&c->sockets.servers);
	fd_close_at(&c->timer);
	fd_close_at(&c->epoll);
	free(c);
}

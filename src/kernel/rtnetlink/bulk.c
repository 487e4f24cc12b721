// SPDX-License-Identifier: GPL-2.0-or-later
// Any number of routes: added, IPv4 and IPv6 side by side, or deleted; all or none.
#include <errno.h>
#include <linux/rtnetlink.h>
#include <pthread.h>
#include <signal.h>
#include <stdatomic.h>
#include <string.h>
#include <sys/socket.h>

#include "batch.h"

/* Fewer routes are added before a second thread has begun. */
enum { PARALLEL_MIN = 4096 };

/* What the lanes of one call share. */
struct bulk {
	struct rtnetlink_routes routes;
	/* The first place whose route is known to be refused; count: none. No lane goes beyond it,
	 * and each goes up to it, so that in the end it is the first of all. */
	atomic_size_t refused;
	atomic_bool stopped;
	pthread_mutex_t lock; /* of done */
	size_t done;
};

/* Adds the routes of a family over a socket of its own. */
struct lane {
	struct bulk *bulk;
	struct rtnetlink *rt;
	uint8_t family; /* AF_UNSPEC: both */
	size_t next;    /* the lane's routes before this place were sent, and none behind */
	size_t refused; /* the place where the lane ended; count: nowhere */
	struct ack ack; /* why */
	int leftover;   /* -errno: what was done to some of its routes could not be taken back */
};

/* Fills the batch with the lane's routes from lane->next up to limit. */
static void lane_fill(struct lane *lane, int type, size_t limit, struct rtnetlink_batch *b)
{
	const struct rtnetlink_routes *routes = &lane->bulk->routes;

	rtnetlink_batch_start(b, lane->rt);
	for (; lane->next < limit && b->count < lane->rt->batch; lane->next++) {
		uint8_t family = routes->at[lane->next].prefix.addr.family;

		if (lane->family == AF_UNSPEC || lane->family == family)
			rtnetlink_batch_add(b, lane->rt, type, routes, lane->next);
	}
}

/* The kernel goes on behind a message that it refuses: deletes what it added from there on. Where
 * the answers were lost, that is all that it is not known to have refused. */
static void lane_refuse(struct lane *lane, const struct rtnetlink_batch *sent, size_t index)
{
	struct rtnetlink_batch b;
	struct ack ack;
	size_t unused, first = lane->bulk->refused;

	lane->refused = lane->next = sent->at[index];
	while (lane->refused < first &&
	       !atomic_compare_exchange_weak(&lane->bulk->refused, &first, lane->refused))
		;
	if (lane->bulk->routes.leaves)
		return;
	rtnetlink_batch_start(&b, lane->rt);
	for (size_t i = index; i < sent->count; i++)
		if (!sent->failed[i])
			rtnetlink_batch_add(&b, lane->rt, RTM_DELROUTE, &lane->bulk->routes,
					    sent->at[i]);
	if (b.count)
		lane->leftover = rtnetlink_batch_insist(&b, lane->rt, &unused, &ack);
}

/* Calls the watcher; true: go on. */
static bool lane_report(struct lane *lane, size_t added)
{
	struct bulk *bulk = lane->bulk;
	const struct rtnetlink_routes *routes = &bulk->routes;

	pthread_mutex_lock(&bulk->lock);
	bulk->done += added;
	if (routes->watch && !routes->watch(routes->watch_context, bulk->done, routes->count))
		bulk->stopped = true;
	pthread_mutex_unlock(&bulk->lock);
	return !bulk->stopped;
}

static void *lane_run(void *at)
{
	struct lane *lane = at;
	struct rtnetlink_batch b;
	size_t index;

	do {
		lane_fill(lane, RTM_NEWROUTE, lane->bulk->refused, &b);
		/* A barrier may be left of a wgq that was killed. */
		bool may_be_there = lane->bulk->routes.group.lead == ROUTE_BARRIER ||
				    lane->bulk->routes.put_back;
		if (b.count &&
		    rtnetlink_batch_send(&b, lane->rt, may_be_there, &index, &lane->ack) < 0) {
			lane_refuse(lane, &b, index);
			break;
		}
	} while (b.count && lane_report(lane, b.count));
	return NULL;
}

/* What it had done before it learnt that the other one, or it itself, had failed; type is that of
 * the messages that undo it. */
static void lane_take_back(struct lane *lane, int type)
{
	struct rtnetlink_batch b;
	struct ack ack;
	size_t limit = lane->next, unused;

	lane->next = 0;
	do {
		lane_fill(lane, type, limit, &b);
		int r = b.count ? rtnetlink_batch_insist(&b, lane->rt, &unused, &ack) : 0;
		if (r < 0)
			lane->leftover = r;
	} while (b.count);
}

/* Signals stay with the first thread, where waits are ended by them. */
static bool thread_start(pthread_t *ret, struct lane *lane)
{
	sigset_t all, before;

	sigfillset(&all);
	pthread_sigmask(SIG_SETMASK, &all, &before);
	int error = pthread_create(ret, NULL, lane_run, lane);
	pthread_sigmask(SIG_SETMASK, &before, NULL);
	return error == 0;
}

/* One lane, or two where that is worth it and there is a second socket. */
static void lanes_run(struct lane lanes[2])
{
	const struct rtnetlink_routes *routes = &lanes[0].bulk->routes;
	size_t ipv6 = 0;
	pthread_t thread;
	bool two = false;

	for (size_t i = 0; i < routes->count; i++)
		ipv6 += routes->at[i].prefix.addr.family == AF_INET6;
	if (ipv6 >= PARALLEL_MIN && routes->count - ipv6 >= PARALLEL_MIN &&
	    rtnetlink_open_own(&lanes[1].rt, NULL) == 0) {
		lanes[0].family = AF_INET;
		lanes[1].family = AF_INET6;
		two = thread_start(&thread, &lanes[1]);
		if (!two)
			lanes[0].family = AF_UNSPEC;
	}
	lane_run(&lanes[0]);
	if (two)
		pthread_join(thread, NULL);
}

static int route_fail(struct diag *d, const struct ack *ack, int type, const struct route *route)
{
	char text[PREFIX_TEXT_MAX];

	prefix_format(&route->prefix, text);
	return ack_fail(d, ack, "%s route %s", type == RTM_NEWROUTE ? "add" : "delete", text);
}

/* None is left; the error is about the first that the kernel refused. */
static int bulk_fail(struct bulk *bulk, struct lane lanes[2], struct diag *d)
{
	const struct rtnetlink_routes *routes = &bulk->routes;
	const struct lane *first = &lanes[lanes[1].refused < lanes[0].refused];
	int r;

	if (bulk->refused < routes->count)
		r = route_fail(d, &first->ack, RTM_NEWROUTE, &routes->at[bulk->refused]);
	else
		r = diag_refuse(d, EINTR, "stopped after %zu of %zu routes", bulk->done,
				routes->count);
	for (size_t i = 0; i < 2; i++) {
		if (lanes[i].next && !routes->leaves)
			lane_take_back(&lanes[i], RTM_DELROUTE);
		if (lanes[i].leftover)
			diag_note(d, "some of the routes before cannot be deleted: %s",
				  strerror(-lanes[i].leftover));
	}
	return r;
}

int rtnetlink_route_add(struct rtnetlink *rt, const struct rtnetlink_routes *routes,
			size_t *ret_refused, struct diag *d)
{
	const size_t n = routes->count;
	struct bulk bulk = {
		.routes = *routes,
		.refused = n,
		.lock = PTHREAD_MUTEX_INITIALIZER,
	};
	struct lane lanes[2] = {{.bulk = &bulk, .rt = rt, .refused = n},
				{.bulk = &bulk, .refused = n}};

	lanes_run(lanes);
	*ret_refused = bulk.refused;
	int r = bulk.refused < n || bulk.stopped ? bulk_fail(&bulk, lanes, d) : 0;
	rtnetlink_free(lanes[1].rt);
	return r;
}

int rtnetlink_route_del(struct rtnetlink *rt, const struct rtnetlink_routes *routes, struct diag *d)
{
	struct bulk bulk = {.routes = *routes};
	struct lane lane = {.bulk = &bulk, .rt = rt};
	struct rtnetlink_batch b;
	struct ack ack;
	size_t failed;

	bulk.routes.put_back = true;
	do {
		lane_fill(&lane, RTM_DELROUTE, routes->count, &b);
		if (b.count && rtnetlink_batch_insist(&b, rt, &failed, &ack) < 0) {
			int r = route_fail(d, &ack, RTM_DELROUTE, &routes->at[b.at[failed]]);

			if (!routes->leaves)
				lane_take_back(&lane, RTM_NEWROUTE);
			if (lane.leftover)
				diag_note(d, "some of the routes before cannot be added again: %s",
					  strerror(-lane.leftover));
			return r;
		}
	} while (b.count);
	return 0;
}

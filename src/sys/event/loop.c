// SPDX-License-Identifier: GPL-2.0-or-later
// The loop of `wgq run`: descriptors, timers, signals, jumps of the clock.
//
// Theory of operation
//
// One epoll(7) holds all descriptors. It is asked for one event at a time: a callback may remove
// any source, and an event that was fetched before would then be of a source that is gone.
//
// All timers share one timerfd, which is armed for the earliest. It counts CLOCK_BOOTTIME: a timer
// that was due while the host was suspended is due when it wakes. Another timerfd is armed for a
// time that never comes, and is cancelled by the kernel when the clock is set, which includes the
// end of a suspension (timerfd_create(2), TFD_TIMER_CANCEL_ON_SET).
//
// Signals are blocked but while a callback runs and while we wait: a step that takes long is to
// notice a signal as it does in all other verbs, by a flag that a handler has set. epoll_pwait(2)
// lets them in at the same moment in which it begins to wait, so none is missed between the look at
// the flag and the wait.
#include "wgq/sys/event/loop.h"

#include <errno.h>
#include <signal.h>
#include <stdlib.h>
#include <sys/timerfd.h>
#include <time.h>
#include <unistd.h>

#include "wgq/base/mem.h"

struct loop {
	struct loop_calls calls;
	int epoll;
	struct loop_source timers, clock;
	struct loop_timer *first; /* in no order: there are few */
	uint64_t armed;           /* the time that the timerfd is set to; 0: none */
};

static void on_clock(void *context, uint32_t events);

uint64_t loop_now(void)
{
	struct timespec now;

	clock_gettime(CLOCK_BOOTTIME, &now);
	return (uint64_t)now.tv_sec * 1000 + (uint64_t)now.tv_nsec / 1000000;
}

/* The last second that the kernel can count to (KTIME_SEC_MAX) is far beyond this. */
static int watch_clock(struct loop *l)
{
	const struct itimerspec never = {.it_value.tv_sec = INT32_MAX};

	return timerfd_settime(l->clock.fd, TFD_TIMER_ABSTIME | TFD_TIMER_CANCEL_ON_SET, &never,
			       NULL);
}

/* That a timer is due is seen by the time, not by what is read. */
static void drain(int fd)
{
	uint64_t expirations;

	(void)!read(fd, &expirations, sizeof(expirations));
}

static void on_timers(void *context, uint32_t events)
{
	struct loop *l = context;

	(void)events;
	drain(l->timers.fd);
	l->armed = 0;
}

static void on_clock(void *context, uint32_t events)
{
	struct loop *l = context;

	(void)events;
	drain(l->clock.fd);
	watch_clock(l);
	l->calls.jumped(l->calls.context);
}

static int add_timerfd(struct loop *l, struct loop_source *source, int clock)
{
	int fd = timerfd_create(clock, TFD_CLOEXEC | TFD_NONBLOCK);
	int r = fd < 0 ? -errno : loop_add(l, source, fd, EPOLLIN);

	if (r < 0 && fd >= 0)
		close(fd);
	return r;
}

int loop_open(const struct loop_calls *calls, struct loop **ret, struct diag *d)
{
	_cleanup_loop_ struct loop *l = mem_calloc(1, sizeof(*l));

	if (!l)
		return diag_no_memory(d);
	l->calls = *calls;
	l->timers = (struct loop_source){.ready = on_timers, .context = l, .fd = -1};
	l->clock = (struct loop_source){.ready = on_clock, .context = l, .fd = -1};
	l->epoll = epoll_create1(EPOLL_CLOEXEC);
	int r = l->epoll < 0 ? -errno : 0;
	if (r == 0)
		r = add_timerfd(l, &l->timers, CLOCK_BOOTTIME);
	if (r == 0)
		r = add_timerfd(l, &l->clock, CLOCK_REALTIME);
	if (r == 0 && watch_clock(l) < 0)
		r = -errno;
	if (r < 0)
		return diag_fail(d, -r, "cannot prepare to wait for events");
	*ret = steal(l);
	return 0;
}

void loop_free_at(struct loop **loop)
{
	struct loop *l = *loop;

	if (!l)
		return;
	fd_close_at(&l->timers.fd);
	fd_close_at(&l->clock.fd);
	fd_close_at(&l->epoll);
	free(l);
	*loop = NULL;
}

static int control(struct loop *l, int what, struct loop_source *source, uint32_t events)
{
	struct epoll_event event = {.events = events, .data.ptr = source};

	return epoll_ctl(l->epoll, what, source->fd, &event) < 0 ? -errno : 0;
}

int loop_add(struct loop *l, struct loop_source *source, int fd, uint32_t events)
{
	source->fd = fd;
	int r = control(l, EPOLL_CTL_ADD, source, events);
	if (r < 0)
		source->fd = -1;
	return r;
}

int loop_change(struct loop *l, struct loop_source *source, uint32_t events)
{
	return control(l, EPOLL_CTL_MOD, source, events);
}

void loop_remove(struct loop *l, struct loop_source *source)
{
	if (source->fd >= 0)
		control(l, EPOLL_CTL_DEL, source, 0);
	source->fd = -1;
}

void loop_timer_set(struct loop *l, struct loop_timer *timer, uint64_t at)
{
	timer->at = at;
	if (timer->is_set)
		return;
	timer->is_set = true;
	timer->next = l->first;
	l->first = timer;
}

void loop_timer_cancel(struct loop *l, struct loop_timer *timer)
{
	if (!timer->is_set)
		return;
	for (struct loop_timer **at = &l->first; *at; at = &(*at)->next)
		if (*at == timer) {
			*at = timer->next;
			break;
		}
	timer->is_set = false;
}

static struct loop_timer *earliest(const struct loop *l)
{
	struct loop_timer *found = l->first;

	for (struct loop_timer *timer = l->first; timer; timer = timer->next)
		if (timer->at < found->at)
			found = timer;
	return found;
}

/* Time 0 would disarm it. */
static int arm(struct loop *l, uint64_t at)
{
	const struct itimerspec when = {.it_value = {.tv_sec = (time_t)(at / 1000),
						     .tv_nsec = (long)(at % 1000) * 1000000}};

	if (at == l->armed)
		return 0;
	if (timerfd_settime(l->timers.fd, TFD_TIMER_ABSTIME, &when, NULL) < 0)
		return -errno;
	l->armed = at;
	return 0;
}

static int wait_for_event(struct loop *l)
{
	struct epoll_event event;
	sigset_t all, before;
	int found = 0, error = 0;

	sigfillset(&all);
	sigprocmask(SIG_BLOCK, &all, &before);
	if (!l->calls.signalled(l->calls.context)) {
		found = epoll_pwait(l->epoll, &event, 1, -1, &before);
		error = found < 0 ? errno : 0;
	}
	sigprocmask(SIG_SETMASK, &before, NULL);
	if (found == 1) {
		struct loop_source *source = event.data.ptr;

		source->ready(source->context, event.events);
	}
	return error == EINTR ? 0 : -error;
}

int loop_turn(struct loop *l, struct diag *d)
{
	struct loop_timer *timer = earliest(l);
	int r = 0;

	if (timer && timer->at <= loop_now()) {
		loop_timer_cancel(l, timer);
		timer->due(timer->context);
		return 0;
	}
	r = arm(l, timer ? timer->at : 0);
	if (r == 0)
		r = wait_for_event(l);
	return r < 0 ? diag_fail(d, -r, "cannot wait for events") : 0;
}

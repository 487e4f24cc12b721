// SPDX-License-Identifier: GPL-2.0-or-later
// A prober: its descriptors, its clock, and what is due when.
//
// Theory of operation
//
// One epoll descriptor stands for a raw socket of each family and a timer. prober_read() takes in
// what they have and returns at the first event: packets, then ICMP errors, then what is due by the
// clock. The timer is set only once there is nothing left to do. The sockets are open only while
// there are probes: the kernel shows them each UDP packet that comes to this host.
//
// A probe is a row of asks, each a handshake of its own with its own receiver index, so that a late
// answer to the first one counts as well. The low 16 bits of all indices of a prober are its tag,
// by which the sockets' filter tells answers from the tunnel's own traffic; the high ones find the
// ask. They are random, and the index is compared in full: packets that came before there was a
// filter are in the queue, too.
//
// An ICMP error quotes the UDP header of what it is about. Two asks differ in their checksums.
//
// An ask that is not answered as it should be may have lost a race: data of the tunnel that the
// peer receives meanwhile makes it answer by another path, and of two initiations within 20 ms it
// ignores one. So all but a full answer, a cookie and a refusal wait for the next ask, and at the
// end the best that was seen is the verdict.
//
// Keys are in one mapping of fixed size, which is locked and kept out of core dumps, and whose
// pages come into being when they are used.
#include <errno.h>
#include <netinet/in.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/mman.h>
#include <sys/socket.h>
#include <sys/timerfd.h>
#include <unistd.h>

#include "crypto.h"
#include "probing.h"
#include "socket.h"
#include "wgq/base/mem.h"
#include "wgq/sys/host/random.h"

/* Long enough that many probes that are due at about the same time are due together. */
enum { TICK_US = 4 * MS };

static struct prober *prober_map(void)
{
	struct prober *p = mmap(NULL, sizeof(*p), PROT_READ | PROT_WRITE,
				MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0);

	if (p == MAP_FAILED)
		return NULL;
	/* Where there is a limit, which CAP_IPC_LOCK lifts, at least the device's key is locked. */
	if (mlock2(p, sizeof(*p), MLOCK_ONFAULT) < 0)
		mlock(p, sizeof(p->own));
	madvise(p, sizeof(*p), MADV_DONTDUMP);
	madvise(p, sizeof(*p), MADV_WIPEONFORK);
	p->epoll = p->timer = -1;
	for (int i = 0; i < FAMILIES; i++)
		p->sockets[i] = p->held[i] = -1;
	return p;
}

void prober_free_at(struct prober **prober)
{
	struct prober *p = *prober;

	*prober = NULL;
	if (!p)
		return;
	for (int i = 0; i < FAMILIES; i++) {
		fd_close_at(&p->sockets[i]);
		fd_close_at(&p->held[i]);
	}
	fd_close_at(&p->timer);
	fd_close_at(&p->epoll);
	key_wipe(&p->own.private_key);
	mem_wipe(p->probes, p->count * sizeof(p->probes[0]));
	munmap(p, sizeof(*p));
}

static void close_sockets(struct prober *p)
{
	for (int i = 0; i < FAMILIES; i++)
		fd_close_at(&p->sockets[i]);
}

static int watch(struct prober *p, int fd)
{
	struct epoll_event event = {.events = EPOLLIN, .data.fd = fd};

	return epoll_ctl(p->epoll, EPOLL_CTL_ADD, fd, &event) < 0 ? -errno : 0;
}

static int open_sockets(struct prober *p, struct diag *d)
{
	static const uint8_t families[FAMILIES] = {[IPV4] = AF_INET, [IPV6] = AF_INET6};
	int r = 0;

	for (int i = 0; r == 0 && i < FAMILIES; i++) {
		r = probe_socket_open(families[i], p->mark, p->tag, &p->sockets[i], d);
		if (r == 0 && p->sockets[i] >= 0 && watch(p, p->sockets[i]) < 0)
			r = diag_fail(d, errno, "cannot wait for answers");
	}
	if (r < 0)
		close_sockets(p);
	return r;
}

/* The sockets only to see whether we may. */
static int open_descriptors(struct prober *p, bool is_down, struct diag *d)
{
	int r = random_fill(&p->tag, sizeof(p->tag), d);

	if (r < 0)
		return r;
	p->epoll = epoll_create1(EPOLL_CLOEXEC);
	p->timer = timerfd_create(CLOCK_MONOTONIC, TFD_CLOEXEC | TFD_NONBLOCK);
	if (p->epoll < 0 || p->timer < 0 || watch(p, p->timer) < 0)
		return diag_fail(d, errno, "cannot wait for answers");
	r = open_sockets(p, d);
	close_sockets(p);
	if (r == 0 && is_down)
		r = probe_socket_hold_port(&p->port, p->held, d);
	return r;
}

int prober_open(struct prober **ret, const struct prober_device *device, struct diag *d)
{
	_cleanup_prober_ struct prober *p = NULL;
	int r = crypto_load(d);

	*ret = NULL;
	if (r < 0)
		return r;
	p = prober_map();
	if (!p)
		return diag_no_memory(d);
	p->own.private_key = *device->private_key;
	key_public(device->private_key, &p->own.public_key);
	p->port = device->port;
	p->mark = device->mark;
	r = open_descriptors(p, device->is_down, d);
	if (r < 0)
		return r;
	*ret = steal(p);
	return 0;
}

int prober_fd(const struct prober *prober)
{
	return prober->epoll;
}

size_t prober_count(const struct prober *prober)
{
	return prober->count;
}

/* The timer wakes the caller: at once, or when something is due. */
static void set_timer(struct prober *p, int64_t at_us)
{
	const struct itimerspec when = {
		.it_value = {.tv_sec = (time_t)(at_us / US), .tv_nsec = at_us % US * 1000}};

	timerfd_settime(p->timer, TFD_TIMER_ABSTIME,
			at_us == PROBING_NEVER ? &(struct itimerspec){0} : &when, NULL);
}

int prober_send(struct prober *prober, const struct probe *probe)
{
	int r = prober->count == PROBES_MAX ? -EBUSY : 0;

	if (r == 0 && prober->count == 0)
		r = open_sockets(prober, NULL);
	if (r < 0)
		return r;
	struct probing *p = &prober->probes[prober->count++];
	unsigned asks = probe->asks ? probe->asks : PROBE_ASKS;
	*p = (struct probing){
		.tag = probe->tag,
		.public_key = *probe->public_key,
		.preshared_key = *probe->preshared_key,
		.from = endpoint_make(&probe->from, prober->port, 0),
		.to = probe->to,
		.link = probe->link,
		.last_handshake = probe->last_handshake,
		.next_us = probing_now_us() + (int64_t)probe->delay_ms * MS,
		.poke_us = PROBING_NEVER,
		.interval_us =
			(int64_t)(probe->interval_ms ? probe->interval_ms : PROBE_AGAIN_MS) * MS,
		.asks_max = asks < ASKS_MAX ? asks : ASKS_MAX,
		.best = {.tag = probe->tag, .verdict = PROBE_SILENT},
	};
	set_timer(prober, 1);
	return 0;
}

void prober_cancel(struct prober *prober, uint64_t tag)
{
	for (size_t i = prober->count; i-- > 0;)
		if (prober->probes[i].tag == tag)
			probing_end(prober, i);
	if (!prober->count)
		close_sockets(prober);
}

enum due {
	DUE_NOTHING,
	DUE_EVENT,
	DUE_MORE, /* an ask was sent, which takes a while */
};

/* What is due by the clock, from where the last call stopped. */
static enum due take_due(struct prober *p, struct probe_event *ret)
{
	int64_t now = probing_now_us(), next = PROBING_NEVER;

	for (; p->scanned < p->count; p->scanned++) {
		struct probing *probing = &p->probes[p->scanned];

		if (probing->poke_us <= now) {
			probing->poke_us = PROBING_NEVER;
			*ret = (struct probe_event){.tag = probing->tag,
						    .verdict = PROBE_POKE,
						    .asks = probing->asks_sent};
			return DUE_EVENT;
		}
		if (probing->next_us > now)
			continue;
		if (probing->asks_sent < probing->asks_max)
			return probing_ask(p, probing, ret) ? DUE_EVENT : DUE_MORE;
		probing_conclude(p, probing, ret);
		return DUE_EVENT;
	}
	p->scanned = 0;
	for (size_t i = 0; i < p->count; i++) {
		const struct probing *probing = &p->probes[i];
		int64_t first =
			probing->poke_us < probing->next_us ? probing->poke_us : probing->next_us;

		next = first < next ? first : next;
	}
	if (next != PROBING_NEVER && next < now + TICK_US)
		next = now + TICK_US;
	set_timer(p, next);
	return DUE_NOTHING;
}

/* Packets come first each time: how long an answer took is told by when it is read. */
bool prober_read(struct prober *prober, struct probe_event *ret)
{
	enum due due;

	do {
		for (int family = 0; family < FAMILIES; family++)
			if (probing_read(prober, family, ret))
				return true;
		due = take_due(prober, ret);
	} while (due == DUE_MORE);
	if (due == DUE_EVENT)
		return true;
	if (!prober->count)
		close_sockets(prober);
	return false;
}

// SPDX-License-Identifier: GPL-2.0-or-later
// Probes under way: what is sent when, which packet answers which of them, and the verdict.
//
// Theory of operation
//
// One epoll descriptor stands for a raw socket of each family and a timer. prober_read() takes in
// what they have and returns at the first event: packets, then ICMP errors, then what is due by the
// clock. The timer is set only once there is nothing left to do.
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
#include <endian.h>
#include <errno.h>
#include <netinet/in.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/mman.h>
#include <sys/socket.h>
#include <sys/timerfd.h>
#include <time.h>
#include <unistd.h>

#include "crypto.h"
#include "handshake.h"
#include "packet.h"
#include "socket.h"
#include "wgq/base/mem.h"
#include "wgq/sys/host/random.h"
#include "wgq/sys/probe/probe.h"

/* So that half of the indices at least are free. */
enum { PROBES_MAX = 10240, ASKS_MAX = PROBE_ASKS, INDICES = 1 << 16 };
enum { US = 1000000, MS = 1000 };
static const int64_t never = INT64_MAX;

/* Long enough that many probes that are due at about the same time are due together. */
enum { TICK_US = 4 * MS };

struct ask {
	struct handshake handshake;
	int64_t sent_us;
	uint16_t checksum;
};

struct probing {
	uint64_t tag;
	struct key public_key, preshared_key;
	union endpoint from, to;
	uint32_t link;
	int64_t last_handshake;
	int64_t next_us, poke_us; /* the next ask, or the end; and the next PROBE_POKE */
	int64_t interval_us;
	uint32_t asks_max, asks_sent;
	struct probe_event best; /* so far */
	struct ask asks[ASKS_MAX];
};

enum { IPV4, IPV6, FAMILIES };

struct prober {
	struct handshake_own own;
	uint16_t port, tag;
	int epoll, timer, sockets[FAMILIES], held[FAMILIES];
	int64_t newest_real; /* seconds, when an ask was last stamped */
	size_t count, scanned;
	uint32_t asks_of[INDICES]; /* probe and ask by the high half of an index, plus 1 */
	struct probing probes[PROBES_MAX];
};

static int64_t now_us(void)
{
	struct timespec now;

	clock_gettime(CLOCK_MONOTONIC, &now);
	return (int64_t)now.tv_sec * US + now.tv_nsec / 1000;
}

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

static int watch(struct prober *p, int fd)
{
	struct epoll_event event = {.events = EPOLLIN, .data.fd = fd};

	return fd >= 0 && epoll_ctl(p->epoll, EPOLL_CTL_ADD, fd, &event) < 0 ? -errno : 0;
}

static int open_descriptors(struct prober *p, const struct prober_device *device, struct diag *d)
{
	static const uint8_t families[FAMILIES] = {[IPV4] = AF_INET, [IPV6] = AF_INET6};
	int r = random_fill(&p->tag, sizeof(p->tag), d);

	for (int i = 0; r == 0 && i < FAMILIES; i++)
		r = probe_socket_open(families[i], device->mark, p->tag, &p->sockets[i], d);
	if (r == 0 && device->is_down)
		r = probe_socket_hold_port(&p->port, p->held, d);
	if (r < 0)
		return r;
	p->epoll = epoll_create1(EPOLL_CLOEXEC);
	p->timer = timerfd_create(CLOCK_MONOTONIC, TFD_CLOEXEC | TFD_NONBLOCK);
	if (p->epoll < 0 || p->timer < 0)
		return diag_fail(d, errno, "cannot wait for answers");
	r = watch(p, p->timer);
	for (int i = 0; r == 0 && i < FAMILIES; i++)
		r = watch(p, p->sockets[i]);
	return r < 0 ? diag_fail(d, -r, "cannot wait for answers") : 0;
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
	r = open_descriptors(p, device, d);
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

/* The timer wakes whoever waits: at once, or when something is due. */
static void set_timer(struct prober *p, int64_t at_us)
{
	const struct itimerspec when = {
		.it_value = {.tv_sec = (time_t)(at_us / US), .tv_nsec = at_us % US * 1000}};

	timerfd_settime(p->timer, TFD_TIMER_ABSTIME,
			at_us == never ? &(struct itimerspec){0} : &when, NULL);
}

int prober_send(struct prober *prober, const struct probe *probe)
{
	if (prober->count == PROBES_MAX)
		return -EBUSY;

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
		.next_us = now_us() + (int64_t)probe->delay_ms * MS,
		.poke_us = never,
		.interval_us =
			(int64_t)(probe->interval_ms ? probe->interval_ms : PROBE_AGAIN_MS) * MS,
		.asks_max = asks < ASKS_MAX ? asks : ASKS_MAX,
		.best = {.tag = probe->tag, .verdict = PROBE_SILENT},
	};
	set_timer(prober, 1);
	return 0;
}

/* The last probe takes the place of one that ends. */
static void end(struct prober *p, size_t at)
{
	struct probing *last = &p->probes[--p->count], *gone = &p->probes[at];

	for (uint32_t i = 0; i < gone->asks_sent; i++)
		p->asks_of[gone->asks[i].handshake.index >> 16] = 0;
	if (gone != last) {
		*gone = *last;
		for (uint32_t i = 0; i < gone->asks_sent; i++)
			p->asks_of[gone->asks[i].handshake.index >> 16] =
				(uint32_t)(at * ASKS_MAX + i + 1);
	}
	mem_wipe(last, sizeof(*last));
}

void prober_cancel(struct prober *prober, uint64_t tag)
{
	for (size_t i = prober->count; i-- > 0;)
		if (prober->probes[i].tag == tag)
			end(prober, i);
}

/* The verdict is an event, and the probe is no more. A PROBE_POKE that is still to come comes
 * first. */
static bool conclude(struct prober *p, struct probing *probing, struct probe_event *ret)
{
	size_t at = (size_t)(probing - p->probes);

	*ret = probing->best;
	ret->asks = probing->asks_sent;
	if (probing->poke_us == never) {
		end(p, at);
		return true;
	}
	ret->verdict = PROBE_POKE;
	probing->poke_us = never;
	probing->next_us = 0;
	probing->asks_max = probing->asks_sent;
	p->scanned = at < p->scanned ? at : p->scanned;
	return true;
}

/* A verdict that more asks cannot better ends the probe; one that is better than what was seen so
 * far is remembered. */
static bool take_verdict(struct prober *p, struct probing *probing, const struct probe_event *found,
			 struct probe_event *ret)
{
	if (found->verdict < probing->best.verdict || probing->best.verdict == PROBE_SILENT)
		probing->best = *found;
	probing->best.tag = probing->tag;
	switch (found->verdict) {
	case PROBE_ANSWERED:
	case PROBE_BUSY:
	case PROBE_OTHER_KEYS:
	case PROBE_REFUSED:
	case PROBE_NOT_SENT:
	case PROBE_CLOCK_BACK:
		return conclude(p, probing, ret);
	case PROBE_POKE:
	case PROBE_ELSEWHERE:
	case PROBE_SILENT:
	case PROBE_UNREACHABLE:
		return false;
	}
	return false;
}

/* An index that no ask has. */
static int choose_index(struct prober *p, uint32_t *ret)
{
	uint16_t high;

	do
		if (random_fill(&high, sizeof(high), NULL) < 0)
			return -EIO;
	while (p->asks_of[high]);
	*ret = (uint32_t)high << 16 | p->tag;
	return 0;
}

/* What the peer takes for newer than all that the kernel has sent, and older than all that it will
 * send. False: there is no such time, since the clock has been set back. */
static bool stamp(struct prober *p, const struct probing *probing, uint8_t ret[12])
{
	enum { YOUNG_SECONDS = 3, BACK_SECONDS = 1 };
	struct timespec now;

	clock_gettime(CLOCK_REALTIME, &now);
	if (now.tv_sec < probing->last_handshake || now.tv_sec < p->newest_real)
		return false;
	p->newest_real = now.tv_sec;
	if (now.tv_sec - probing->last_handshake > YOUNG_SECONDS)
		now.tv_sec -= BACK_SECONDS;
	handshake_stamp(&now, ret);
	return true;
}

static int send_ask(struct prober *p, struct probing *probing, struct ask *ask,
		    const uint8_t *stamp_of)
{
	const struct handshake_peer peer = {&probing->public_key, &probing->preshared_key};
	const struct addr from = endpoint_addr(&probing->from);
	int fd = p->sockets[from.family == AF_INET ? IPV4 : IPV6];
	uint8_t message[HANDSHAKE_INITIATION_LEN], packet[PACKET_UDP_HEADER + sizeof(message)];
	struct key ephemeral;
	uint32_t index;
	int r = choose_index(p, &index);

	if (r == 0)
		r = random_fill(&ephemeral, sizeof(ephemeral), NULL);
	if (r == 0)
		r = handshake_begin(&ask->handshake, &p->own, &peer, index, &ephemeral, stamp_of,
				    message);
	key_wipe(&ephemeral);
	if (r < 0)
		return r;
	size_t n = probe_packet_write(&probing->from, &probing->to, message, sizeof(message),
				      packet, &ask->checksum);
	ask->sent_us = now_us();
	r = fd < 0 ? -EAFNOSUPPORT
		   : probe_socket_send(fd, &from, &probing->to, probing->link, packet, n);
	/* The link's queue is full: as good as lost on the way. */
	return r == -ENOBUFS || r == -EAGAIN ? 0 : r;
}

static bool ask_now(struct prober *p, struct probing *probing, struct probe_event *ret)
{
	struct ask *ask = &probing->asks[probing->asks_sent];
	struct probe_event found = {.verdict = PROBE_CLOCK_BACK};
	uint8_t stamp_of[12];

	if (!stamp(p, probing, stamp_of))
		return take_verdict(p, probing, &found, ret);
	int r = send_ask(p, probing, ask, stamp_of);
	if (r < 0) {
		found = (struct probe_event){.verdict = PROBE_NOT_SENT, .error = -r};
		return take_verdict(p, probing, &found, ret);
	}
	p->asks_of[ask->handshake.index >> 16] =
		(uint32_t)((size_t)(probing - p->probes) * ASKS_MAX + probing->asks_sent + 1);
	probing->asks_sent++;
	probing->next_us = ask->sent_us + probing->interval_us;
	probing->poke_us = ask->sent_us + PROBE_POKE_MS * MS;
	return false;
}

/* What is due by the clock, from where the last call stopped. */
static bool take_due(struct prober *p, struct probe_event *ret)
{
	int64_t now = now_us(), next = never;

	for (; p->scanned < p->count; p->scanned++) {
		struct probing *probing = &p->probes[p->scanned];

		if (probing->poke_us <= now) {
			probing->poke_us = never;
			*ret = (struct probe_event){.tag = probing->tag,
						    .verdict = PROBE_POKE,
						    .asks = probing->asks_sent};
			return true;
		}
		if (probing->next_us > now)
			continue;
		if (probing->asks_sent == probing->asks_max)
			return conclude(p, probing, ret);
		if (ask_now(p, probing, ret))
			return true;
	}
	p->scanned = 0;
	for (size_t i = 0; i < p->count; i++) {
		const struct probing *probing = &p->probes[i];
		int64_t first =
			probing->poke_us < probing->next_us ? probing->poke_us : probing->next_us;

		next = first < next ? first : next;
	}
	if (next != never && next < now + TICK_US)
		next = now + TICK_US;
	set_timer(p, next);
	return false;
}

static struct probing *find_ask(struct prober *p, uint32_t index, struct ask **ret)
{
	uint32_t place = p->asks_of[index >> 16];

	if (!place)
		return NULL;
	struct probing *probing = &p->probes[(place - 1) / ASKS_MAX];
	*ret = &probing->asks[(place - 1) % ASKS_MAX];
	return (*ret)->handshake.index == index ? probing : NULL;
}

static bool take_answer(struct prober *p, const struct probe_packet_in *in, struct probe_event *ret)
{
	static const enum probe_verdict verdicts[] = {
		[HANDSHAKE_VERIFIED] = PROBE_ANSWERED,
		[HANDSHAKE_OTHER_KEYS] = PROBE_OTHER_KEYS,
		[HANDSHAKE_COOKIE] = PROBE_BUSY,
	};
	struct ask *ask;
	uint32_t index;
	struct probing *probing =
		handshake_index(in->text, in->n, &index) ? find_ask(p, index, &ask) : NULL;

	if (!probing)
		return false;
	enum handshake_answer answer = handshake_read(&ask->handshake, &p->own, in->text, in->n);
	if (answer == HANDSHAKE_NONE)
		return false;
	const struct addr own = endpoint_addr(&probing->from);
	struct probe_event found = {.verdict = verdicts[answer], .us = now_us() - ask->sent_us};
	if (in->to_port != p->port || addr_compare(&in->to, &own) != 0) {
		found.verdict = PROBE_ELSEWHERE;
		found.other = in->to;
	}
	return take_verdict(p, probing, &found, ret);
}

/* A router that says that there is no way may speak of a moment only, and anybody can say it. */
static bool take_refusal(struct prober *p, const struct probe_socket_error *error,
			 const struct probe_packet_quote *quote, struct probe_event *ret)
{
	const struct probe_event found = {
		.verdict = error->error == ECONNREFUSED ? PROBE_REFUSED : PROBE_UNREACHABLE,
		.error = error->error,
	};

	for (size_t i = 0; i < p->count; i++) {
		struct probing *probing = &p->probes[i];
		const struct addr to = endpoint_addr(&probing->to);

		if (addr_compare(&to, &error->to) != 0 ||
		    endpoint_port(&probing->to) != quote->to_port)
			continue;
		for (uint32_t a = 0; a < probing->asks_sent; a++)
			if (probing->asks[a].checksum == quote->checksum)
				return take_verdict(p, probing, &found, ret);
	}
	return false;
}

/* Takes in all that came, up to an event. */
static bool take_packets(struct prober *p, int family, struct probe_event *ret)
{
	static const uint8_t families[FAMILIES] = {[IPV4] = AF_INET, [IPV6] = AF_INET6};
	uint8_t bytes[512];
	struct addr to;
	int n;

	while ((n = probe_socket_receive(p->sockets[family], bytes, sizeof(bytes), &to)) !=
	       -EAGAIN) {
		struct probe_packet_in in;

		/* Any other error is an ICMP error's, told once. */
		if (n < 0 || !probe_packet_read(families[family], bytes, (size_t)n, &in))
			continue;
		if (families[family] == AF_INET6)
			in.to = to;
		if (take_answer(p, &in, ret))
			return true;
	}
	return false;
}

static bool take_errors(struct prober *p, int family, struct probe_event *ret)
{
	struct probe_socket_error error;
	struct probe_packet_quote quote;
	uint8_t bytes[512];
	int n;

	while ((n = probe_socket_read_error(p->sockets[family], bytes, sizeof(bytes), &error)) >= 0)
		if (error.error && error.error != EMSGSIZE &&
		    probe_packet_read_quote(bytes, (size_t)n, &quote) &&
		    quote.from_port == p->port && take_refusal(p, &error, &quote, ret))
			return true;
	return false;
}

bool prober_read(struct prober *prober, struct probe_event *ret)
{
	for (int family = 0; family < FAMILIES; family++)
		if (prober->sockets[family] >= 0 &&
		    (take_packets(prober, family, ret) || take_errors(prober, family, ret)))
			return true;
	return take_due(prober, ret);
}

// SPDX-License-Identifier: GPL-2.0-or-later
// One ask: its index, its stamp, its handshake, its packet.
#include <errno.h>
#include <sys/socket.h>
#include <time.h>

#include "packet.h"
#include "probing.h"
#include "socket.h"
#include "wgq/sys/host/random.h"

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
	ask->sent_us = probing_now_us();
	r = fd < 0 ? -EAFNOSUPPORT
		   : probe_socket_send(fd, &from, &probing->to, probing->link, packet, n);
	/* The link's queue is full: as good as lost on the way. */
	return r == -ENOBUFS || r == -EAGAIN ? 0 : r;
}

bool probing_ask(struct prober *p, struct probing *probing, struct probe_event *ret)
{
	struct ask *ask = &probing->asks[probing->asks_sent];
	struct probe_event found = {.verdict = PROBE_CLOCK_BACK};
	uint8_t stamp_of[12];

	if (!stamp(p, probing, stamp_of))
		return probing_take(p, probing, &found, ret);
	int r = send_ask(p, probing, ask, stamp_of);
	if (r < 0) {
		found = (struct probe_event){.verdict = PROBE_NOT_SENT, .error = -r};
		return probing_take(p, probing, &found, ret);
	}
	p->asks_of[ask->handshake.index >> 16] =
		(uint32_t)((size_t)(probing - p->probes) * ASKS_MAX + probing->asks_sent + 1);
	probing->asks_sent++;
	probing->next_us = ask->sent_us + probing->interval_us;
	probing->poke_us = ask->sent_us + PROBE_POKE_MS * MS;
	return false;
}

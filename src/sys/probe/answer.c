// SPDX-License-Identifier: GPL-2.0-or-later
// What comes back: answers and ICMP errors, and which ask they are to.
#include <errno.h>
#include <sys/socket.h>

#include "packet.h"
#include "probing.h"
#include "socket.h"

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
		handshake_index(in->text, in->n, &index) ? probing_find(p, index, &ask) : NULL;

	if (!probing)
		return false;
	enum handshake_answer answer = handshake_read(&ask->handshake, &p->own, in->text, in->n);
	if (answer == HANDSHAKE_NONE)
		return false;
	const struct addr own = endpoint_addr(&probing->from);
	struct probe_event found = {.verdict = verdicts[answer],
				    .us = probing_now_us() - ask->sent_us};
	if (in->to_port != p->port || addr_compare(&in->to, &own) != 0) {
		found.verdict = PROBE_ELSEWHERE;
		found.other = in->to;
	}
	return probing_take(p, probing, &found, ret);
}

/* A router's report that there is no route may be true for a moment only, and anybody can send one.
 */
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
				return probing_take(p, probing, &found, ret);
	}
	return false;
}

/* Who floods the socket is not to keep the caller from its other work: it comes back for the rest.
 */
enum { AT_ONCE = 256 };

static bool take_packets(struct prober *p, int family, struct probe_event *ret)
{
	static const uint8_t families[FAMILIES] = {[IPV4] = AF_INET, [IPV6] = AF_INET6};
	uint8_t bytes[512];
	for (int i = 0; i < AT_ONCE; i++) {
		struct probe_packet_in in;
		struct addr to;
		int n = probe_socket_receive(p->sockets[family], bytes, sizeof(bytes), &to);

		if (n == -EAGAIN)
			return false;
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

	for (int i = 0; i < AT_ONCE; i++) {
		int n = probe_socket_read_error(p->sockets[family], bytes, sizeof(bytes), &error);

		if (n < 0)
			return false;
		if (error.error && error.error != EMSGSIZE &&
		    probe_packet_read_quote(bytes, (size_t)n, &quote) &&
		    quote.from_port == p->port && take_refusal(p, &error, &quote, ret))
			return true;
	}
	return false;
}

bool probing_read(struct prober *p, int family, struct probe_event *ret)
{
	return p->sockets[family] >= 0 &&
	       (take_packets(p, family, ret) || take_errors(p, family, ret));
}

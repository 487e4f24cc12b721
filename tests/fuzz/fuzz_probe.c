// SPDX-License-Identifier: GPL-2.0-or-later
// Fuzzes what reads packets that anybody may send to a probe: the first byte chooses the family.
// None of them verifies, since the handshake's keys are not among the bytes.
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>

#include "../../src/sys/probe/crypto.h"
#include "../../src/sys/probe/handshake.h"
#include "../../src/sys/probe/packet.h"
#include "wgq/base/mem.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

/* Its index is the one that a packet asks for, so that the reading goes on behind that. */
static void read_answer(const uint8_t *bytes, size_t n)
{
	struct handshake handshake = {.ephemeral.bytes = {8, 1}};
	struct handshake_own own = {.private_key.bytes = {8, 2}};

	if (!handshake_index(bytes, n, &handshake.index))
		return;
	key_public(&own.private_key, &own.public_key);
	enum handshake_answer answer = handshake_read(&handshake, &own, bytes, n);
	if (answer == HANDSHAKE_VERIFIED || (answer == HANDSHAKE_COOKIE) != (bytes[0] == 3))
		abort();
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct probe_packet_quote quote;
	struct probe_packet_in in;

	if (size == 0 || crypto_load(NULL) < 0)
		return 0;
	/* Of just its size, so that a read behind it is seen. */
	_cleanup_free_ uint8_t *copy = mem_calloc(1, size);
	if (!copy)
		return 0;
	memcpy(copy, data + 1, size - 1);
	uint8_t *bytes = realloc(copy, size > 1 ? size - 1 : 1);
	if (bytes)
		copy = bytes;
	if (probe_packet_read(data[0] & 1 ? AF_INET6 : AF_INET, copy, size - 1, &in))
		read_answer(in.text, in.n);
	probe_packet_read_quote(copy, size - 1, &quote);
	return 0;
}

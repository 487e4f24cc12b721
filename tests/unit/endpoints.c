// SPDX-License-Identifier: GPL-2.0-or-later
// Edited or roamed, as the note tells: against every choice of peers that were edited.
#include "wgq/plan/want/endpoints.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>

#include <cmocka.h>

#include <arpa/inet.h>
#include <string.h>

enum { PEERS = 5 };

static void fill(struct wg_device *device, uint32_t edited, uint16_t port)
{
	for (uint8_t i = 0; i < PEERS; i++) {
		struct wg_peer *peer = wg_device_add_peer(device);

		peer->public_key.bytes[0] = (uint8_t)(8 * (i + 1));
		peer->has_endpoint = true;
		peer->endpoint.in = (struct sockaddr_in){
			.sin_family = AF_INET,
			.sin_port = htons(edited >> i & 1 ? port : 51820),
			.sin_addr.s_addr = htonl(0xc0000200u + i),
		};
	}
}

static uint32_t note_of(const struct conf *conf)
{
	struct endpoint_sums sums = {0};

	assert_int_equal(endpoints_sum(conf, &sums), 0);
	uint32_t note = endpoints_note(&sums);
	vec_release(&sums);
	assert_true(endpoints_is_note(note));
	return note;
}

/* All run elsewhere than the file says: some since that was edited, the others since they roamed.
 */
static void told(void **state)
{
	(void)state;
	for (uint32_t edited = 0; edited < 1u << PEERS; edited++) {
		struct conf before = {0}, now = {0};
		struct wg_device running = {0};
		struct endpoint_doubt doubts[PEERS] = {0};
		struct endpoint_sums sums = {0};

		fill(&before.wg, 0, 0);
		fill(&now.wg, edited, 7);
		fill(&running, ~edited, 9);
		assert_int_equal(endpoints_sum(&now, &sums), 0);
		for (size_t i = 0; i < PEERS; i++) {
			const struct wg_peer *peer = &running.peers.at[i];

			doubts[i].difference = endpoints_sum_of(&sums, &peer->public_key) ^
					       endpoints_sum_running(peer);
		}
		endpoints_judge(note_of(&before), note_of(&now), doubts, PEERS);
		for (size_t i = 0; i < PEERS; i++)
			assert_int_equal(doubts[i].change,
					 edited >> i & 1 ? ENDPOINT_EDITED : ENDPOINT_ROAMED);
		vec_release(&sums);
		wg_device_release(&running);
		wg_device_release(&before.wg);
		wg_device_release(&now.wg);
	}
}

static void not_told(void **state)
{
	struct endpoint_doubt doubts[17] = {{.difference = 1}, {.difference = 2}};
	const struct endpoint_sums none = {0};
	uint32_t note = endpoints_note(&none);

	(void)state;
	endpoints_judge(0, note, doubts, 1);
	assert_int_equal(doubts[0].change, ENDPOINT_UNKNOWN);
	endpoints_judge(7, note, doubts, 1);
	assert_int_equal(doubts[0].change, ENDPOINT_UNKNOWN);
	/* One that was a name is edited, of two it cannot be said which. */
	endpoints_judge(note, note ^ 4, doubts, 2);
	assert_int_equal(doubts[0].change, ENDPOINT_UNKNOWN);
	endpoints_judge(note, note ^ 4, doubts, 1);
	assert_int_equal(doubts[0].change, ENDPOINT_EDITED);
	/* Too many to try: none was edited, or it is not known. */
	for (size_t i = 0; i < 17; i++)
		doubts[i] = (struct endpoint_doubt){.difference = 1u << i};
	endpoints_judge(note, note ^ 1, doubts, 17);
	assert_int_equal(doubts[0].change, ENDPOINT_UNKNOWN);
	endpoints_judge(note, note, doubts, 17);
	assert_int_equal(doubts[16].change, ENDPOINT_ROAMED);
	assert_true(endpoints_can_note(0));
	assert_false(endpoints_can_note(7));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(told),
		cmocka_unit_test(not_told),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}

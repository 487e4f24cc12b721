// SPDX-License-Identifier: GPL-2.0-or-later
// What a peer's counters tell, and the order of its endpoints.
#include "wgq/plan/reach/pulse.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>

#include <cmocka.h>

#include <string.h>

#include "wgq/plan/reach/candidates.h"

static union endpoint endpoint_of(const char *text)
{
	struct addr addr;

	assert_int_equal(addr_parse(text, strlen(text), &addr), 0);
	return endpoint_make(&addr, 51820, 0);
}

/* RFC 8305, 4, within each entry; what is there twice counts once. */
static void order(void **state)
{
	static const struct {
		const char *in[6];
		uint32_t entries[6];
		const char *out[6];
	} cases[] = {
		{{"2001:db8::1", "2001:db8::2", "192.0.2.1", "192.0.2.2"},
		 {0, 0, 0, 0},
		 {"2001:db8::1", "192.0.2.1", "2001:db8::2", "192.0.2.2"}},
		{{"192.0.2.1", "192.0.2.2", "192.0.2.3", "2001:db8::1"},
		 {0, 0, 0, 0},
		 {"192.0.2.1", "2001:db8::1", "192.0.2.2", "192.0.2.3"}},
		{{"192.0.2.1", "192.0.2.2", "2001:db8::1", "192.0.2.3", "2001:db8::2"},
		 {0, 0, 1, 1, 2},
		 {"192.0.2.1", "192.0.2.2", "2001:db8::1", "192.0.2.3", "2001:db8::2"}},
		{{"192.0.2.1", "2001:db8::1", "192.0.2.1", "192.0.2.2"},
		 {0, 0, 1, 1},
		 {"192.0.2.1", "2001:db8::1", "192.0.2.2"}},
	};

	(void)state;
	for (size_t c = 0; c < sizeof(cases) / sizeof(cases[0]); c++) {
		struct reach_candidate candidates[6];
		size_t in = 0, out = 0;

		for (; in < 6 && cases[c].in[in]; in++)
			candidates[in] = (struct reach_candidate){
				.to = endpoint_of(cases[c].in[in]), .entry = cases[c].entries[in]};
		size_t n = reach_candidates_order(candidates, in);

		for (; out < 6 && cases[c].out[out]; out++) {
			union endpoint expected = endpoint_of(cases[c].out[out]);

			assert_true(out < n && endpoint_equal(&candidates[out].to, &expected));
		}
		assert_int_equal(n, out);
	}
}

#define SECOND UINT64_C(1000000000)

/* One reading after another, a second apart, and what they tell. */
static void pulse(void **state)
{
	static const struct {
		uint64_t rx, tx;
		int64_t handshake;
		bool heard;
		unsigned calls;
	} readings[] = {
		{0, 0, 1, false, 0},      /* the first */
		{1280, 1280, 1, true, 0}, /* data */
		{0, 32, 1, false, 0},     /* a keepalive */
		{0, 148, 1, false, 1},    /* an initiation */
		{0, 148 + 256, 1, false, 2},
		{1280, 128, 1, false, 2}, /* the peer's data do not answer it */
		{92, 32, 2, true, 0},     /* its response, and the first packet */
		{148, 92, 2, false, 0},   /* the peer's */
		{1280, 128, 2, true, 0},
		{148 + 1280, 92, 2, false, 0}, /* again: it does not hear us */
		{148 + 1280, 92 + 32, 3, true, 0},
	};
	struct pulse p = {0};
	struct pulse_reading reading = {0};

	(void)state;
	for (size_t i = 0; i < sizeof(readings) / sizeof(readings[0]); i++) {
		reading.rx_bytes += readings[i].rx;
		reading.tx_bytes += readings[i].tx;
		reading.last_handshake = readings[i].handshake;
		bool heard = pulse_take(&p, &reading, (100 + i) * SECOND);

		if (heard != readings[i].heard || p.calls != readings[i].calls)
			fail_msg("reading %zu: heard %d, calls %u", i, heard, p.calls);
	}
	/* A device that was made anew. */
	reading.rx_bytes = reading.tx_bytes = 0;
	assert_false(pulse_take(&p, &reading, 200 * SECOND));
	assert_true(pulse_doubt_at(&p) == UINT64_MAX);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(order),
		cmocka_unit_test(pulse),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}

// SPDX-License-Identifier: GPL-2.0-or-later
// Questions for addresses: what needs no server, and how two families make one answer. Real servers
// are asked in tests/netns/names.
#include "wgq/sys/ask/asker.h"

#include <arpa/inet.h>
#include <poll.h>

#include "../../src/sys/ask/question.h"
#include "../../src/sys/ask/threads.h"
#include "scratch.h"

static struct asker *asker;
static const struct dns_outside nobody;

/* What comes of the one question that is open. */
static struct ask_answer wait_for_answer(void)
{
	struct pollfd ready = {.fd = asker_fd(asker), .events = POLLIN};
	struct ask_answer answer = {0};

	while (asker_take(asker, &answer) < 0) {
		assert_int_equal(poll(&ready, 1, 20000), 1);
		asker_step(asker);
	}
	return answer;
}

static void without_servers(void **state)
{
	(void)state;
	static const struct {
		const char *host, *port;
		uint8_t families;
		enum ask_outcome outcome;
		const char *endpoint;
	} cases[] = {
		{"192.0.2.1", "51820", ASK_BOTH, ASK_FOUND, "192.0.2.1:51820"},
		{"192.0.2.1", "domain", ASK_IPV4, ASK_FOUND, "192.0.2.1:53"},
		{"192.0.2.1", "51820", ASK_IPV6, ASK_NO_ADDRESS, NULL},
		{"2001:db8::1", "1", ASK_BOTH, ASK_FOUND, "[2001:db8::1]:1"},
		{"fe80::1%lo", "1", ASK_BOTH, ASK_FOUND, "[fe80::1%1]:1"},
		{"fe80::1%there-is-no-such", "1", ASK_BOTH, ASK_FAILED, NULL},
		{"192.0.2.1", "there-is-no-such", ASK_BOTH, ASK_WRONG, NULL},
		{"host.invalid", "there-is-no-such", ASK_BOTH, ASK_WRONG, NULL},
		{"host.example", "1", ASK_BOTH, ASK_FAILED, NULL},
	};
	struct diag d = {0};

	assert_int_equal(asker_open(&asker, &d), 0);
	if (d.len)
		skip(); /* by getaddrinfo(3), which would ask the host's servers */
	assert_int_equal(asker_set_servers(asker, 0, &nobody, &d), 0);
	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		assert_int_equal(
			asker_ask(asker, i, cases[i].host, cases[i].port, cases[i].families), 0);
		struct ask_answer answer = wait_for_answer();
		struct buf text = {0};

		assert_int_equal(answer.id, i);
		assert_int_equal(answer.outcome, cases[i].outcome);
		assert_int_equal(answer.reason == NULL, answer.outcome == ASK_FOUND);
		assert_int_equal(answer.endpoints.len, cases[i].endpoint != NULL);
		if (cases[i].endpoint) {
			endpoint_format(&answer.endpoints.at[0], &text);
			assert_string_equal(buf_text(&text), cases[i].endpoint);
		}
		buf_release(&text);
		ask_answer_release(&answer);
	}
	/* and with no servers set at all; nothing is left behind */
	asker_free_at(&asker);
	assert_int_equal(asker_open(&asker, &d), 0);
	assert_int_equal(asker_ask(asker, 7, "host.example", "1", ASK_BOTH), 0);
	struct ask_answer answer = wait_for_answer();
	assert_int_equal(answer.outcome, ASK_FAILED);
	assert_int_equal(answer.failed, ASK_BOTH);
	ask_answer_release(&answer);
	asker_free_at(&asker);
}

static void add(struct question *q, const char *text)
{
	struct addr a;

	assert_int_equal(addr_parse(text, strlen(text), &a), 0);
	const union endpoint e = endpoint_make(&a, 9, 0);
	question_add(q, &e.any, 60);
}

/* The families come in any order. */
static void two_families(void **state)
{
	(void)state;
	static const struct {
		enum ask_outcome ip, ip6, both;
		uint8_t failed;
	} cases[] = {
		{ASK_FOUND, ASK_FOUND, ASK_FOUND, 0},
		{ASK_FOUND, ASK_NO_ADDRESS, ASK_FOUND, 0},
		{ASK_NO_NAME, ASK_FOUND, ASK_FOUND, 0},
		{ASK_FOUND, ASK_FAILED, ASK_FOUND, ASK_IPV6},
		{ASK_FAILED, ASK_FOUND, ASK_FOUND, ASK_IPV4},
		{ASK_NO_NAME, ASK_NO_NAME, ASK_NO_NAME, 0},
		{ASK_NO_ADDRESS, ASK_NO_NAME, ASK_NO_ADDRESS, 0},
		{ASK_NO_ADDRESS, ASK_FAILED, ASK_FAILED, ASK_IPV6},
		{ASK_FAILED, ASK_NO_NAME, ASK_FAILED, ASK_IPV4},
		{ASK_WRONG, ASK_WRONG, ASK_WRONG, 0},
	};

	for (size_t i = 0; i < 2 * sizeof(cases) / sizeof(cases[0]); i++) {
		struct question *q = question_new(1, "x", ASK_BOTH);
		size_t c = i / 2;

		assert_non_null(q);
		for (int turn = 0; turn < 2; turn++) {
			bool ip = (turn + i) % 2;
			enum ask_outcome outcome = ip ? cases[c].ip : cases[c].ip6;

			assert_int_not_equal(q->open, 0);
			if (outcome == ASK_FOUND)
				add(q, ip ? "192.0.2.1" : "2001:db8::1");
			question_done(q, ip ? ASK_IPV4 : ASK_IPV6, outcome, "because");
		}
		assert_int_equal(q->open, 0);
		assert_int_equal(q->answer.outcome, cases[c].both);
		assert_int_equal(q->answer.failed, cases[c].failed);
		assert_int_equal(q->answer.reason == NULL, cases[c].both == ASK_FOUND);
		question_free(q);
	}
}

static void order(void **state)
{
	(void)state;
	static const char *const come[] = {"192.0.2.2",   "192.0.2.1", "2001:db8::2",
					   "2001:db8::1", "192.0.2.2", "192.0.2.3"};
	static const char *const expected[] = {"2001:db8::2", "2001:db8::1", "192.0.2.2",
					       "192.0.2.1", "192.0.2.3"};
	struct question *q = question_new(1, "x", ASK_BOTH);

	assert_non_null(q);
	for (size_t i = 0; i < 6; i++)
		add(q, come[i]);
	assert_int_equal(q->answer.endpoints.len, 5);
	for (size_t i = 0; i < 5; i++) {
		const struct addr got = endpoint_addr(&q->answer.endpoints.at[i]);
		char text[ADDR_TEXT_MAX];

		addr_format(&got, text);
		assert_string_equal(text, expected[i]);
	}
	question_free(q);
}

/* In builds without c-ares: /etc/hosts needs no server. */
static void by_threads(void **state)
{
	(void)state;
	struct questions done = {0};
	struct threads *t;
	int open = 0;

	assert_int_equal(threads_open(&done, &t, NULL), 0);
	struct pollfd ready = {.fd = threads_fd(t), .events = POLLIN};
	for (; open < 300; open++) {
		struct question *q = question_new((uint64_t)open, "localhost", ASK_BOTH);

		assert_non_null(q);
		threads_ask(t, q);
	}
	while (open > 0) {
		assert_int_equal(poll(&ready, 1, 20000), 1);
		threads_step(t);
		for (struct question *q; (q = questions_pop(&done)); open--) {
			assert_int_equal(q->answer.outcome, ASK_FOUND);
			assert_int_equal(q->answer.ttl, ASK_TTL_UNKNOWN);
			question_free(q);
		}
	}
	/* one that is still under way is left to end by itself */
	threads_ask(t, question_new(1, "localhost", ASK_IPV4));
	threads_free(t);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(without_servers),
		cmocka_unit_test(two_families),
		cmocka_unit_test(order),
		cmocka_unit_test(by_threads),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}

// SPDX-License-Identifier: GPL-2.0-or-later
// What status draws of a given state, at several widths; and its words for times and amounts.
#include "wgq/cmd/status/status.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>

#include <cmocka.h>

#include <arpa/inet.h>
#include <string.h>
#include <sys/socket.h>

#include "wgq/cmd/terminal/columns.h"
#include "wgq/cmd/terminal/words.h"

enum { NOW = 1800000000, PEERS = 5 };

static void words(void **state)
{
	static const struct {
		int64_t then;
		const char *text;
	} times[] = {
		{0, "never"},
		{NOW, "just now"},
		{NOW - 1, "1 second ago"},
		{NOW - 59, "59 seconds ago"},
		{NOW - 60, "1 minute ago"},
		{NOW - 3599, "59 minutes ago"},
		{NOW - 3600, "1 hour ago"},
		{NOW - 86399, "23 hours ago"},
		{NOW - 86400, "1 day ago"},
		{NOW - 86400 * 500, "500 days ago"},
		{NOW + 1, "in the future"},
	};
	static const struct {
		uint64_t bytes;
		const char *text;
	} amounts[] = {
		{0, "0 B"},
		{1023, "1023 B"},
		{1024, "1.00 KiB"},
		{1536, "1.50 KiB"},
		{1024 * 1024 - 1, "1.00 MiB"},
		{UINT64_C(5) << 30, "5.00 GiB"},
		{UINT64_MAX, "16.00 EiB"},
	};

	(void)state;
	for (size_t i = 0; i < sizeof(times) / sizeof(times[0]); i++) {
		_cleanup_buf_ struct buf text = {0};

		words_ago(&text, times[i].then, NOW);
		assert_string_equal(buf_text(&text), times[i].text);
	}
	for (size_t i = 0; i < sizeof(amounts) / sizeof(amounts[0]); i++) {
		_cleanup_buf_ struct buf text = {0};

		words_bytes(&text, amounts[i].bytes);
		assert_string_equal(buf_text(&text), amounts[i].text);
	}
}

static void rates(void **state)
{
	_cleanup_buf_ struct buf text = {0};

	(void)state;
	words_rate(&text, 0, 1);
	words_rate(&text, 3000, 2);
	words_rate(&text, 3000, 0);
	assert_string_equal(buf_text(&text), "-1.46 KiB/s-");
}

/* columns_wrap() from column 4 of a terminal so wide. */
static void wraps(void **state)
{
	static const struct {
		unsigned width;
		const char *text, *wrapped;
	} cases[] = {
		{0, "one two three", "one two three\n"},
		{20, "", "\n"},
		{20, "one two three", "one two three\n"},
		{17, "one two three", "one two three\n"},
		{16, "one two three", "one two\n    three\n"},
		{16, "aaaaaaaaaaaabbb", "aaaaaaaaaaaa\n    bbb\n"},
		{16, "\u00e4\u00e4\u00e4\u00e4\u00e4\u00e4\u00e4\u00e4\u00e4\u00e4\u00e4\u00e4",
		 "\u00e4\u00e4\u00e4\u00e4\u00e4\u00e4\u00e4\u00e4\u00e4\u00e4\u00e4\u00e4\n"},
		{1, "one two three", "one two\n    three\n"}, /* at least 8 columns */
	};

	(void)state;
	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		const struct term term = {.width = cases[i].width};
		_cleanup_buf_ struct buf text = {0};

		columns_wrap(&term, 4, STYLE_PLAIN, cases[i].text, &text);
		assert_string_equal(buf_text(&text), cases[i].wrapped);
	}
}

/* wg0 with peers whose keys begin with A, B, ...; every second one has shaken hands. */
struct scene {
	struct status_vec all;
	struct wg_peer peers[PEERS];
	struct allowed_ip ips[PEERS];
	size_t order[PEERS];
	struct finding *first_of[PEERS];
	struct finding finding;
	struct status status;
};

static void make_scene(struct scene *scene, size_t peers)
{
	static char none[] = "", name[] = "wg0";
	struct status *s = &scene->status;

	*s = (struct status){.ifname = "wg0",
			     .argument = name,
			     .snap.link = {.name = "wg0", .index = 7, .mtu = 1420, .up = true},
			     .snap.is_wireguard = true,
			     .snap.wg = {.listen_port = 51820, .public_key.bytes = {1}},
			     .snap.seen = LOOK_DEVICE | LOOK_FIREWALL,
			     .now = NOW,
			     .order = scene->order,
			     .first_of = scene->first_of};
	for (size_t i = 0; i < peers; i++) {
		struct wg_peer *peer = &scene->peers[i];

		scene->order[i] = i;
		peer->public_key.bytes[0] = (uint8_t)(i * 4);
		peer->last_handshake = i % 2 ? 0 : NOW - 12;
		peer->rx_bytes = 1536 * i;
		peer->has_endpoint = true;
		peer->endpoint.in = (struct sockaddr_in){.sin_family = AF_INET,
							 .sin_port = htons(4660),
							 .sin_addr.s_addr = htonl(0xc0a80001)};
		scene->ips[i].prefix = (struct prefix){
			.addr = {.family = AF_INET, .bytes = {10, 0, 0, (uint8_t)i}}, .len = 32};
		peer->allowed_ips.at = &scene->ips[i];
		peer->allowed_ips.len = 1;
	}
	s->snap.wg.peers.at = scene->peers;
	s->snap.wg.peers.len = peers;
	if (peers > 1) {
		scene->finding = (struct finding){FINDING_NO_HANDSHAKE, 1, none};
		scene->first_of[1] = &scene->finding;
		s->findings.at = &scene->finding;
		s->findings.len = 1;
	}
	scene->all.at = s;
	scene->all.len = 1;
}

static void draws(void **state)
{
	static const char *const narrow = "wg0  up  1 of 1 peer on line\n"
					  "  public key   AQAAAAAAAAAAAAAAAAAAAAAAA\n"
					  "               AAAAAAAAAAAAAAAAAA=\n"
					  "  settings     port 51820, MTU 1420\n"
					  "  addresses    none\n"
					  "\n"
					  "  AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA\n"
					  "  AAAAA=\n"
					  "    endpoint     192.168.0.1:4660\n"
					  "    handshake    12 seconds ago\n"
					  "    allowed IPs  10.0.0.0/32\n";
	static const char *const table =
		"wg0  up  2 of 4 peers on line  1 problem\n"
		"  public key   AQAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA=\n"
		"  settings     port 51820, MTU 1420\n"
		"  addresses    none\n"
		"\n"
		"  peer                        handshake       received  sent  endpoint\n"
		"  AAAAAAAAAAAAAAAAAAAAAAAA..  12 seconds ago       0 B   0 B  192.168.0.1:4660\n"
		"  BAAAAAAAAAAAAAAAAAAAAAAA..  never           1.50 KiB   0 B  192.168.0.1:4660\n"
		"  CAAAAAAAAAAAAAAAAAAAAAAA..  12 seconds ago  3.00 KiB   0 B  192.168.0.1:4660\n"
		"  DAAAAAAAAAAAAAAAAAAAAAAA..  never           4.50 KiB   0 B  192.168.0.1:4660\n"
		"  4 peers                                     9.00 KiB   0 B\n"
		"  ! BAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA=: packets were sent, but the\n"
		"    peer has never answered\n"
		"    wgq probe wg0 shows whether it is the network or a key\n";
	const struct {
		size_t peers;
		unsigned width;
		const char *text;
	} cases[] = {{1, 40, narrow}, {4, 80, table}};

	(void)state;
	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		struct scene scene = {0};
		const struct term term = {.width = cases[i].width};
		const struct status_view view = {.term = &term};
		_cleanup_buf_ struct buf text = {0};

		make_scene(&scene, cases[i].peers);
		status_text(&scene.all, &view, &text);
		assert_int_equal(buf_status(&text), 0);
		assert_string_equal(buf_text(&text), cases[i].text);
	}
}

/* No line is wider than the terminal, whatever its width; a pipe has no width. */
static void fits(void **state)
{
	(void)state;
	for (unsigned width = 24; width <= 200; width++) {
		for (unsigned variant = 0; variant < 4; variant++) {
			struct scene scene = {0};
			const struct term term = {
				.width = width, .colour = variant & 1, .utf8 = true};
			const struct status_view view = {.term = &term, .rates = variant & 2};
			_cleanup_buf_ struct buf text = {0};

			make_scene(&scene, PEERS);
			status_text(&scene.all, &view, &text);
			for (char *line = text.data, *end; (end = strchr(line, '\n'));
			     line = end + 1) {
				*end = '\0';
				assert_true(term_columns(line) <= width);
			}
		}
	}
}

static void verdicts(void **state)
{
	struct scene scene = {0};

	(void)state;
	make_scene(&scene, 1);
	assert_int_equal(status_verdict(&scene.all), STATUS_OK);
	scene.status.snap.seen &= ~(unsigned int)LOOK_DEVICE;
	assert_int_equal(status_verdict(&scene.all), STATUS_UNSEEN);
	scene.status.snap.link.index = 0;
	assert_int_equal(status_verdict(&scene.all), STATUS_WRONG);
	make_scene(&scene, 2);
	assert_int_equal(status_verdict(&scene.all), STATUS_WRONG);
	scene.finding.kind = FINDING_NO_ALLOWED_IPS;
	assert_int_equal(status_verdict(&scene.all), STATUS_OK);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(words), cmocka_unit_test(rates), cmocka_unit_test(wraps),
		cmocka_unit_test(draws), cmocka_unit_test(fits),  cmocka_unit_test(verdicts),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}

// SPDX-License-Identifier: GPL-2.0-or-later
// Fails every step of up and down once, and stops at every step once: the host is as it was, or
// wholly up, or wholly down, and nothing in between.
#include <setjmp.h>
#include <signal.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>

#include <cmocka.h>

#include "wgq/base/buf.h"
#include "wgq/cmd/session.h"
#include "wgq/cmd/show.h"
#include "wgq/cmd/verbs.h"
#include "wgq/conf/parse/parse.h"

#include "world.h"

#define KEYS                                                                                       \
	"[Interface]\nPrivateKey = kKZ9rfDRw7Ms9VQHTr3oyqyM6Mg2gyuTd+1+8SYRv18=\n"                 \
	"Address = 10.0.0.1/24, fd00::1/64\n"
#define PEER "[Peer]\nPublicKey = EEGxTqOuSzU3pAqHDVEc7nh0ZXsZURXzOCsxGqpFfwM=\n"

static const char *const texts[] = {
	KEYS PEER "AllowedIPs = 10.1.0.0/16, 10.2.0.0/16, fd01::/48\n",
	KEYS "PreUp = a\nPreUp = b\nPostUp = c\nPreDown = d\nPostDown = e\n" PEER
	     "AllowedIPs = 10.1.0.0/16\n",
	KEYS "DNS = 10.0.0.53\nPreUp = a\nPostUp = b\nPostUp = c\n" PEER
	     "AllowedIPs = 0.0.0.0/0, ::/0\n",
	KEYS "Table = 1234\n" PEER "AllowedIPs = 0.0.0.0/0, 10.3.0.0/16\n",
	KEYS "ExcludedIPs = 192.168.0.0/16, fd02::/16\nMetric = 7\n" PEER
	     "AllowedIPs = 0.0.0.0/0, ::/0, 10.1.0.0/16, fd00::/8\n",
	KEYS "ExcludedIPs = 10.1.128.0/17, fd01::/64\nSharedNeighbour = yes\n" PEER
	     "AllowedIPs = 10.1.0.0/16, 10.2.0.0/16, fd01::/48\n",
	KEYS "SaveConfig = true\nPreDown = a\n" PEER "AllowedIPs = 10.3.0.0/16\n",
};

static const struct verb verb = {.name = "test"};
static const struct options options = {.verb = &verb, .quiet = true};

typedef int run_verb(struct session *s, struct diag *d);

static int run_with(struct fake *fake, const struct options *given, const char *text,
		    run_verb *run_it, struct diag *d)
{
	struct config config = {.path = {.ifname = "wg0", .real = (char[]){"wg0.conf"}}};
	struct session session = {0};

	assert_int_equal(conf_parse("wg0.conf", "wg0", text, strlen(text), &config.conf, d), 0);
	fake->config_text = text;
	session_init(&session, given, &config, &fake->world);
	session.txn.stop = &fake->stop;
	int r = run_it(&session, d);
	session_close(&session);
	conf_release(&config.conf);
	assert_false(fake->locked);
	assert_false(fake->hook_under_lock || fake->taken_table);
	return r;
}

static int run(struct fake *fake, const char *text, run_verb *run_it, struct diag *d)
{
	return run_with(fake, &options, text, run_it, d);
}

static bool mentions(struct diag *d, const char *what)
{
	struct buf text = {0};

	diag_format(d, 0, "wgq", false, 0, &text);
	bool found = strstr(buf_text(&text), what) != NULL;
	buf_release(&text);
	return found;
}

static char *state_after_up(const char *text)
{
	struct fake fake;
	struct diag d = {0};

	fake_init(&fake);
	assert_int_equal(run(&fake, text, up_run, &d), 0);
	char *state = fake_state(&fake);
	assert_int_equal(run(&fake, text, down_run, &d), 0);

	char *left = fake_state(&fake);
	assert_null(strstr(left, "link"));
	assert_null(strstr(left, "throw"));
	assert_null(strstr(left, "rule"));
	assert_null(strstr(left, "firewall"));
	assert_null(strstr(left, "name servers"));
	free(left);
	diag_release(&d);
	fake_release(&fake);
	return state;
}

/* Fails step N of up for every N, until no step is left to fail. */
static size_t sweep_up(const char *text)
{
	for (size_t n = 1;; n++) {
		struct fake fake;
		struct diag d = {0};

		fake_init(&fake);
		fake.fail_at = n;
		int r = run(&fake, text, up_run, &d);
		if (fake.steps < n) {
			assert_int_equal(r, 0);
			fake_release(&fake);
			return n - 1;
		}
		char *state = fake_state(&fake);
		assert_true(r < 0);
		assert_string_equal(state, "");
		assert_true(diag_errors(&d) == 1);
		assert_true(n <= 2 || mentions(&d, "undone: "));
		free(state);
		diag_release(&d);
		fake_release(&fake);
	}
}

static void test_up_fails(void **unused)
{
	size_t held = 0;

	(void)unused;
	for (size_t i = 0; i < sizeof(texts) / sizeof(texts[0]); i++)
		held += sweep_up(texts[i]);
	print_message("up: %zu failures held\n", held);
	assert_true(held > 40);
}

/* A failure before the link is deleted leaves all up; later ones leave no link and no rule. */
static void sweep_down(const char *text)
{
	char *up = state_after_up(text);

	for (size_t n = 1;; n++) {
		struct fake fake;
		struct diag d = {0};

		fake_init(&fake);
		assert_int_equal(run(&fake, text, up_run, &d), 0);
		fake.steps = 0;
		fake.fail_at = n;
		int r = run(&fake, text, down_run, &d);
		char *state = fake_state(&fake);
		size_t steps = fake.steps;

		if (steps >= n) {
			bool gone = !strstr(state, "link") && !strstr(state, "rule");

			/* Once the link is gone, what fails is tried again. */
			assert_true(r < 0 || gone);
			assert_true(gone || strcmp(state, up) == 0);
			/* What was to be saved is saved before it is gone. */
			if (strstr(text, "SaveConfig") && !strstr(state, "link"))
				assert_non_null(fake.saved);
		}
		bool saved = fake.saved && strstr(fake.saved, "PreDown = a\n");
		free(state);
		diag_release(&d);
		fake_release(&fake);
		if (steps < n) {
			assert_int_equal(r, 0);
			assert_int_equal(saved, strstr(text, "SaveConfig") != NULL);
			break;
		}
	}
	free(up);
}

static void test_down_fails(void **unused)
{
	(void)unused;
	for (size_t i = 0; i < sizeof(texts) / sizeof(texts[0]); i++)
		sweep_down(texts[i]);
}

/* A signal during any step: the host is as it was, or, in the very last step, it may stay up. */
static void test_up_is_stopped(void **unused)
{
	(void)unused;
	for (size_t n = 1;; n++) {
		struct fake fake;
		struct diag d = {0};

		fake_init(&fake);
		fake.stop_at = n;
		int r = run(&fake, texts[2], up_run, &d);
		char *state = fake_state(&fake);
		if (fake.stop) {
			assert_true(r < 0);
			assert_string_equal(state, "");
		}
		free(state);
		diag_release(&d);
		fake_release(&fake);
		if (!fake.stop)
			return;
	}
}

/* A signal during any step: the host is as it was, or the interface is down, wholly. */
static void test_down_is_stopped(void **unused)
{
	char *up = state_after_up(texts[2]);

	(void)unused;
	for (size_t n = 1;; n++) {
		struct fake fake;
		struct diag d = {0};

		fake_init(&fake);
		assert_int_equal(run(&fake, texts[2], up_run, &d), 0);
		fake.steps = 0;
		fake.stop_at = n;
		int r = run(&fake, texts[2], down_run, &d);
		char *state = fake_state(&fake);
		bool stopped = fake.stop != 0;

		if (r < 0)
			assert_string_equal(state, up);
		else
			assert_true(!strstr(state, "link") && !strstr(state, "rule") &&
				    !strstr(state, "firewall"));
		free(state);
		diag_release(&d);
		fake_release(&fake);
		if (!stopped)
			break;
	}
	free(up);
}

/* When undoing fails too, what is left is said: an error for each step that could not be undone. */
static void test_undo_fails(void **unused)
{
	(void)unused;
	for (size_t n = 4;; n++) {
		struct fake fake;
		struct diag d = {0};

		fake_init(&fake);
		fake.fail_undo_at = n;
		int r = run(&fake, texts[2], up_run, &d);
		size_t steps = fake.steps, errors = diag_errors(&d);

		if (steps >= n) {
			assert_true(r < 0);
			/* each of them is tried twice */
			assert_int_equal(errors, 1 + (steps - n) / 2);
		}
		diag_release(&d);
		fake_release(&fake);
		if (steps < n)
			return;
	}
}

static const struct options replacing = {.verb = &verb, .quiet = true, .given = OPTION_REPLACE};

/* Up by one configuration, then replaced by another, and a failure or a signal in step N of that:
 * the former interface is there again, with what others have made of it. */
static size_t sweep_replace(const char *former, const char *text, bool stops)
{
	for (size_t n = 1;; n++) {
		struct fake fake;
		struct diag d = {0};

		fake_init(&fake);
		assert_int_equal(run(&fake, former, up_run, &d), 0);
		assert_int_equal(fake_add(&fake, "link other route"), 0);
		char *before = fake_state(&fake);
		fake.steps = 0;
		*(stops ? &fake.stop_at : &fake.fail_at) = n;
		int r = run_with(&fake, &replacing, text, up_run, &d);
		char *after = fake_state(&fake);
		size_t steps = fake.steps;

		if (r < 0) {
			assert_string_equal(after, before);
			assert_true(diag_errors(&d) == 1);
		} else {
			assert_true(steps < n || stops);
			assert_null(strstr(after, "other"));
		}
		free(before);
		free(after);
		diag_release(&d);
		fake_release(&fake);
		if (steps < n)
			return n - 1;
	}
}

static void test_replace_fails(void **unused)
{
	const size_t count = sizeof(texts) / sizeof(texts[0]);
	size_t held = 0;

	(void)unused;
	for (size_t i = 0; i < count * count; i++)
		for (int stops = 0; stops < 2; stops++)
			held += sweep_replace(texts[i / count], texts[i % count], stops);
	print_message("replace: %zu failures and signals held\n", held);
	assert_true(held > 800);
}

static void test_message(void **unused)
{
	struct fake fake;
	struct diag d = {0};

	(void)unused;
	fake_init(&fake);
	/* look, create, look, configure: the fifth step adds the first address */
	fake.fail_at = 5;
	assert_true(run(&fake, texts[0], up_run, &d) < 0);
	assert_true(mentions(&d, "asked for by wg0.conf:3"));
	assert_true(mentions(&d, "undone: 2 of 2 steps"));
	diag_release(&d);
	fake_release(&fake);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_up_fails),      cmocka_unit_test(test_down_fails),
		cmocka_unit_test(test_up_is_stopped), cmocka_unit_test(test_down_is_stopped),
		cmocka_unit_test(test_undo_fails),    cmocka_unit_test(test_replace_fails),
		cmocka_unit_test(test_message),
	};

	show_init(&options);
	return cmocka_run_group_tests(tests, NULL, NULL);
}

// SPDX-License-Identifier: GPL-2.0-or-later
// Firewalls as messages and as text: every difference shows.
#include "wgq/kernel/nft/rules.h"
#include "wgq/kernel/nft/text.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <linux/netlink.h>
#include <sys/socket.h>

#define COUNT(array) (sizeof(array) / sizeof((array)[0]))

static const struct addr addrs[] = {
	{.family = AF_INET, .bytes = {10, 0, 0, 1}},
	{.family = AF_INET6, .bytes = {0xfd, [15] = 1}},
	{.family = AF_INET, .bytes = {10, 0, 0, 2}},
};
static const struct addr shuffled[] = {
	{.family = AF_INET, .bytes = {10, 0, 0, 2}},
	{.family = AF_INET, .bytes = {10, 0, 0, 1}},
	{.family = AF_INET6, .bytes = {0xfd, [15] = 1}},
};
static const struct addr another[] = {
	{.family = AF_INET, .bytes = {10, 0, 0, 3}},
	{.family = AF_INET, .bytes = {10, 0, 0, 1}},
	{.family = AF_INET6, .bytes = {0xfd, [15] = 1}},
};

static struct nft_text text_of(const struct firewall *fw)
{
	_cleanup_nft_batch_ struct nft_batch b = {0};
	struct nft_text text = {0};

	nft_batch_firewall(&b, fw);
	assert_int_equal(nft_text_add_batch(&text, &b), 0);
	return text;
}

static void differences(void **state)
{
	(void)state;
	static const struct {
		struct firewall fw;
		bool equal;
	} cases[] = {
		{{"wg0", 51820, true, true, addrs, 3}, true},
		{{"wg0", 51820, true, true, shuffled, 3}, true},
		{{"wg0", 51820, true, true, another, 3}, false},
		{{"wg0", 51820, true, true, addrs, 2}, false},
		{{"wg0", 51820, true, false, addrs, 3}, false},
		{{"wg0", 51820, false, true, addrs, 3}, false},
		{{"wg0", 51821, true, true, addrs, 3}, false},
		{{"wg00", 51820, true, true, addrs, 3}, false},
	};

	for (size_t i = 0; i < COUNT(cases); i++) {
		_cleanup_nft_text_ struct nft_text first = text_of(&cases[0].fw);
		_cleanup_nft_text_ struct nft_text text = text_of(&cases[i].fw);

		if (nft_text_equal(&first, &text) != cases[i].equal)
			fail_msg("case %zu", i);
	}
}

/* Two tables of four objects, and a rule an address. */
static void messages_of_a_batch(void **state)
{
	(void)state;
	const struct firewall fw = {"wg0", 51820, true, true, addrs, 3};
	_cleanup_nft_batch_ struct nft_batch b = {0};
	size_t at = 0;

	nft_batch_begin(&b);
	nft_batch_delete(&b, AF_INET, "wg-quick-wg0");
	nft_batch_firewall(&b, &fw);
	nft_batch_end(&b);
	assert_int_equal(nft_batch_status(&b), 0);
	assert_int_equal(b.len, 1 + 1 + 2 * (1 + 3 + 2) + 3 + 1);
	for (size_t i = 0; i < b.len; i++) {
		const struct nlmsghdr *m = nft_batch_at(&b, i);

		assert_int_equal(b.at[i].offset, at);
		assert_int_equal(m->nlmsg_seq, i);
		assert_int_equal(m->nlmsg_len % NLMSG_ALIGNTO, 0);
		at += m->nlmsg_len;
	}
	assert_int_equal(b.bytes.len, at);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(differences),
		cmocka_unit_test(messages_of_a_batch),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}

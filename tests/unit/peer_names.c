// SPDX-License-Identifier: GPL-2.0-or-later
// Names of peers from comments: the habits of people and of programs that write these files.
#include "wgq/conf/peer_names.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>

#include <cmocka.h>

#include <string.h>

#define A   "AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAE="
#define B   "AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAI="
#define KEY "PublicKey = "

static const struct {
	const char *text;
	const char *a, *b; /* the names of the two keys */
} cases[] = {
	{"", NULL, NULL},
	{"[Peer]\n" KEY A "\n", NULL, NULL},
	{"# laptop\n[Peer]\n" KEY A "\n", "laptop", NULL},
	{"# laptop\n\n[Peer]\n" KEY A "\n", NULL, NULL},
	{"# all peers\n# laptop\n[Peer]\n" KEY A "\n", "laptop", NULL},
	{"[Peer] # laptop of Anna\n" KEY A "\n", "laptop of Anna", NULL},
	{"[Peer]\n\n# laptop\n# bought in May\n" KEY A "\n", "laptop", NULL},
	{"[Peer]\n" KEY A "\n# laptop\n", NULL, NULL},
	{"[Peer]\n" KEY A " # laptop\n", "laptop", NULL},
	{"[ peer ]\npublickey=" A "#laptop", "laptop", NULL},
	/* the order of precedence */
	{"# above\n[Peer] # beside\n# below\n" KEY A " # behind\n", "above", NULL},
	{"[Peer] # beside\n# below\n" KEY A " # behind\n", "beside", NULL},
	{"# above\n[Peer]\n" KEY A "\n# Name = laptop\n", "laptop", NULL},
	{"[Peer]\n#Name=laptop\n" KEY A "\n", "laptop", NULL},
	{"[Peer]\n# friendly_name = my laptop\n" KEY A "\n", "my laptop", NULL},
	{"[Peer]\n# names of all\n" KEY A "\n", "names of all", NULL},
	/* each block has its own */
	{"# a\n[Peer]\n" KEY A "\n# b\n[Peer]\n" KEY B "\n", "a", "b"},
	{"# Name = a\n[Peer]\n" KEY A "\n# Name = b\n[Peer]\n" KEY B "\n", "a", "b"},
	{"# a\n[Peer]\n" KEY A "\n[Peer]\n" KEY B "\n", "a", NULL},
	{"# me\n[Interface]\n# I\n[Peer]\n" KEY A "\n", "I", NULL},
	{"# a\n[Peer]\n" KEY A "\n[Peer]\n" KEY A "\n", "a", NULL},
	/* PiVPN, wireguard-install, wg-easy */
	{"### begin a ###\n[Peer]\n" KEY A "\n### end a ###\n### begin b ###\n[Peer]\n" KEY B
	 "\n### end b ###\n",
	 "a", "b"},
	{"\n### Client a\n[Peer]\n" KEY A "\n", "a", NULL},
	{"\n# Client: a (6f9e)\n[Peer]\n" KEY A "\n", "a (6f9e)", NULL},
	{"# client\n[Peer]\n" KEY A "\n", "client", NULL},
	{"# peer 7\n[Peer]\n" KEY A "\n", "peer 7", NULL},
	{"# clientele\n[Peer]\n" KEY A "\n", "clientele", NULL},
	/* no names: rulers, what was commented out, keys */
	{"# -----\n#\n[Peer]\n" KEY A "\n", NULL, NULL},
	{"#Endpoint = example.com:1\n[Peer]\n# PersistentKeepalive=25\n" KEY A "\n", NULL, NULL},
	{"#[Peer]\n[Peer]\n" KEY A "\n", NULL, NULL},
	{"# its key is " B ", keep it\n[Peer]\n" KEY A "\n", NULL, NULL},
	{"[Peer] # " B "\n" KEY A "\n", NULL, NULL},
	/* mistakes */
	{"# a\n[Peer]\nPublicKey = x\n", NULL, NULL},
	{"# a\n[Peer\n" KEY A "\n", NULL, NULL},
	{"# \x1b[31m\n[Peer]\n" KEY A "\n", "\x1b[31m", NULL},
};

static void same(const char *want, const char *got)
{
	if (want && got)
		assert_string_equal(want, got);
	else
		assert_ptr_equal(want, got);
}

static void reads(void **state)
{
	struct key a, b;

	(void)state;
	key_from_base64(A, KEY_BASE64_LEN, &a);
	key_from_base64(B, KEY_BASE64_LEN, &b);
	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		_cleanup_peer_names_ struct peer_names names = {0};

		print_message("%s\n", cases[i].text);
		assert_int_equal(
			peer_names_read(cases[i].text, strlen(cases[i].text), &names, NULL), 0);
		same(cases[i].a, peer_names_find(&names, &a));
		same(cases[i].b, peer_names_find(&names, &b));
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {cmocka_unit_test(reads)};

	return cmocka_run_group_tests(tests, NULL, NULL);
}

// SPDX-License-Identifier: GPL-2.0-or-later
// Names of peers from comments: the habits of people and of programs that write these files.
#include "wgq/conf/names/peer_names.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>

#include <cmocka.h>

#include <string.h>

#define A   "AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAE="
#define B   "AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAI="
#define C   "AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAM="
#define KEY "PublicKey = "

static const struct {
	const char *text;
	const char *a, *b; /* the names of the two keys */
} cases[] = {
	{"", NULL, NULL},
	{"[Peer]\n" KEY A "\n", NULL, NULL},
	{"# laptop\n[Peer]\n" KEY A "\n", "laptop", NULL},
	{"# laptop\n\n[Peer]\n" KEY A "\n", NULL, NULL},
	/* two lines: the first is the name */
	{"# laptop\n# of Anna, bought in May\n[Peer]\n" KEY A "\n", "laptop", NULL},
	{"# laptop\n#\n# of Anna\n[Peer]\n" KEY A "\n", "laptop", NULL},
	{"# a\n# of Anna\n[Peer]\n" KEY A "\n# b\n# of Bob\n[Peer]\n" KEY B "\n", "a", "b"},
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
	/* whose a comment between two peers is */
	{"# a\n[Peer]\n" KEY A "\n\n# Name = b\n[Peer]\n" KEY B "\n", "a", "b"},
	{"# a\n[Peer]\n" KEY A "\n# Name = b\n[Peer]\n" KEY B "\n", "a", "b"},
	{"# a\n[Peer]\n" KEY A "\n\n# Name = b\n\n[Peer]\n" KEY B "\n", "a", "b"},
	{"[Peer]\n" KEY A "\n\n# Name = b\n[Peer]\n" KEY B "\n", NULL, "b"},
	{"[Peer]\n" KEY A "\n# Name = a\n\n[Peer]\n" KEY B "\n", "a", NULL},
	{"# Name = a\n[Peer]\n" KEY A "\n\n\n# friendly_name: b\n[Peer]\n" KEY B "\n", "a", "b"},
	{"[Peer]\n# Name = a\n" KEY A "\n# Name = b\n[Peer]\n" KEY B "\n", "a", "b"},
	{"# Name = a\n\n[Peer]\n" KEY A "\n\n# Name = b\n\n[Peer]\n" KEY B "\n", "a", "b"},
	{"[Peer]\n" KEY A "\n# Name = a\n\n# Name = b\n[Peer]\n" KEY B "\n", "a", "b"},
	{"[Peer]\n" KEY A "\n\n# Name = a\n\n# Name = b\n[Peer]\n" KEY B "\n", "a", "b"},
	{"[Interface]\n# Name = hub\nListenPort = 1\n# Name = hub\n\n[Peer]\n" KEY A "\n", NULL,
	 NULL},
	{"[Interface]\n# Name = hub\n\n# Name = a\n\n[Peer]\n" KEY A "\n", "a", NULL},
	{"[Peer]\n" KEY A "\n# Name = a\n[Interface]\n[Peer]\n" KEY B "\n", "a", NULL},
	/* names below their peers */
	{"[Peer]\n" KEY A "\n# Name = a\n[Peer]\n" KEY B "\n# Name = b\n", "a", "b"},
	{"[Peer]\n" KEY A "\n\n# Name = a\n\n[Peer]\n" KEY B "\n\n# Name = b\n", "a", "b"},
	{"[Peer]\n" KEY A "\n# Name = a\n[Peer]\n# Name = b\n" KEY B "\n", "a", "b"},
	{"# b\n[Peer]\n" KEY A "\n# Name = b\n[Peer]\n# friendly_name = b\n" KEY B "\n", "b", "b"},
	/* a pair of marks */
	{"# BEGIN a\n[Peer]\n" KEY A "\n# END a\n\n[Peer]\n" KEY B "\n", "a", NULL},
	{"# BEGIN berlin\n\n[Peer]\n" KEY A "\n\n# END berlin\n[Peer]\n" KEY B "\n", NULL, NULL},
	{"# BEGIN berlin\n# a\n[Peer]\n" KEY A "\n# END berlin\n", "a", NULL},
	{"# BEGIN berlin\n[Peer]\n" KEY A "\n[Peer]\n" KEY B "\n# END berlin\n", NULL, NULL},
	{"# BEGIN berlin\n# a\n[Peer]\n" KEY A "\n# b\n[Peer]\n" KEY B "\n# END berlin\n", "a",
	 "b"},
	{"# BEGIN berlin\n### begin a ###\n[Peer]\n" KEY A
	 "\n### end a ###\n### begin b ###\n[Peer]\n" KEY B "\n### end b ###\n# END berlin\n",
	 "a", "b"},
	{"# BEGIN_PEER a\n# phone of a\n[Peer]\n" KEY A "\n# END_PEER a\n", "a", NULL},
	{"# phones\n# BEGIN a\n[Peer]\n" KEY A "\n", "a", NULL},
	{"[Peer]\n" KEY A "\n# END a\n[Peer]\n" KEY B "\n", NULL, NULL},
	{"# beginning\n[Peer]\n" KEY A "\n", "beginning", NULL},
	/* what was commented out has its name with it */
	{"# old\n#[Peer]\n#AllowedIPs = ::/0\n# a\n[Peer]\n" KEY A "\n", "a", NULL},
	{"#[Peer]\n# old\n#" KEY C "\n[Peer]\n" KEY A "\n", NULL, NULL},
	{"[Peer]\n" KEY A "\n\n# Name = old\n#[Peer]\n#" KEY C "\n", NULL, NULL},
	{"[Peer]\n" KEY A "\n\n#[Peer]\n\n# Name = old\n#" KEY C "\n\n[Peer]\n" KEY B "\n", NULL,
	 NULL},
	{"[Peer]\n" KEY A "\n# Name = old\n# [ peer ]\n# " KEY C "\n[Peer]\n" KEY B "\n", NULL,
	 NULL},
	{"# a\n#Endpoint = example.com:1\n[Peer]\n" KEY A "\n", "a", NULL},
	{"[Peer]\n" KEY A "\n#PersistentKeepalive = 25\n# b\n[Peer]\n" KEY B "\n", NULL, "b"},
	/* and keeps it */
	{"# a\n#[Peer]\n#" KEY A "\n#PresharedKey = " B "\n# b\n[Peer]\n" KEY B "\n", "a", "b"},
	{"#[disabled] ### begin a ###\n#[disabled] [Peer]\n#[disabled] " KEY A
	 "\n#[disabled] ### end a ###\n",
	 "a", NULL},
	{"[Peer]\n" KEY B "\n# a\n# [Peer]\n# " KEY A "\n# Name = c\n", "c", NULL},
	{"#[Peer]\n#" KEY A "\n# ID: 1\n# Name: b\n[Peer]\n" KEY B "\n", NULL, "b"},
	{"# b\n#[Peer]\n#" KEY A "\n\n# a\n[Peer]\n" KEY A "\n", "a", NULL},
	{"# b\n#[Peer]\n#" KEY A "\n\n[Peer]\n" KEY A "\n", "b", NULL},
	/* headings */
	{"#### BERLIN ####\n[Peer]\n" KEY A "\n", NULL, NULL},
	{"#### BERLIN ####\n# a\n[Peer]\n" KEY A "\n", "a", NULL},
	{"#### BERLIN ####\n\n# a\n[Peer]\n" KEY A "\n", "a", NULL},
	{"# === Berlin ===\n[Peer]\n# a\n" KEY A "\n", "a", NULL},
	{"##########\n# BERLIN #\n##########\n[Peer]\n" KEY A "\n", NULL, NULL},
	{"# Berlin\n# ------\n# a\n[Peer]\n" KEY A "\n", "a", NULL},
	{"# ------\n# a\n[Peer]\n" KEY A "\n", "a", NULL},
	{"#\n# Peers\n#\n\n\n[Peer]\n" KEY A "\n", NULL, NULL},
	/* wireguard-install */
	{"\n### Client a\n[Peer]\n" KEY A "\n\n### Client b\n[Peer]\n" KEY B "\n", "a", "b"},
	/* PiVPN; a peer that it disabled */
	{"### begin a ###\n[Peer]\n" KEY A "\n### end a ###\n### begin b ###\n[Peer]\n" KEY B
	 "\n### end b ###\n",
	 "a", "b"},
	{"### begin 7 ###\n[Peer]\n" KEY A "\n### end 7 ###\n", "7", NULL},
	{"#[disabled] ### begin old ###\n#[disabled] [Peer]\n#[disabled] " KEY C
	 "\n#[disabled] ### end old ###\n### begin a ###\n[Peer]\n" KEY A "\n### end a ###\n",
	 "a", NULL},
	/* Nyr */
	{"# ENDPOINT 192.0.2.1\n\n[Interface]\nListenPort = 1\n\n# BEGIN_PEER a\n[Peer]\n" KEY A
	 "\n# END_PEER a\n# BEGIN_PEER b\n[Peer]\n" KEY B "\n# END_PEER b\n",
	 "a", "b"},
	/* wg-easy */
	{"\n\n# Client: a (6f9619ff-8b86-d011-b42d-00cf4fc964ff)\n[Peer]\n" KEY A
	 "\nAllowedIPs = ::1/128\n\n# Client: b (6f9e)\n[Peer]\n" KEY B "\n",
	 "a", "b (6f9e)"},
	/* wg-portal, its second version and its first */
	{"[Peer]\n# friendly_name = a\n# -WGP- Peer: " A "\n# -WGP- Created: 2024-05-01\n"
	 "# -WGP- Display name: a\n# -WGP- PrivateKey: " B "\n" KEY A "\n",
	 "a", NULL},
	{"[Peer]\n# -WGP- Peer: " A "\n# -WGP- Display name: a of Anna\n" KEY A "\n", "a of Anna",
	 NULL},
	{"# -WGP- Peer: a / Updated: 2021-01-01 / Created: 2021-01-01\n"
	 "# -WGP- Peer email: a@example.org\n# -WGP- PrivateKey: " B "\n[Peer]\n" KEY A "\n",
	 "a", NULL},
	/* wireguard-ui */
	{"# ID:           c1\n# Name:         a\n# Email:        a@example.org\n# Created at:   "
	 "2024-05-01\n# Update at:    2024-05-01\n[Peer]\n" KEY A "\n\n\n\n# ID:           c2\n"
	 "# Name:         b\n[Peer]\n" KEY B "\n",
	 "a", "b"},
	/* ansible */
	{"# BEGIN ANSIBLE MANAGED BLOCK a\n[Peer]\n" KEY A "\n# END ANSIBLE MANAGED BLOCK a\n"
	 "# BEGIN ANSIBLE MANAGED BLOCK\n[Peer]\n" KEY B "\n# END ANSIBLE MANAGED BLOCK\n",
	 "a", NULL},
	{"[Peer] # Name = a\n" KEY A "\n\n[Peer] # b\n" KEY B "\n", "a", "b"},
	/* JSON */
	{"# {\"id\": 7, \"name\": \"a\", \"key\": \"" B "\"}\n[Peer]\n" KEY A "\n", "a", NULL},
	{"[Peer]\n# friendly_json={\"id\":7,\"username\":\"a\"}\n" KEY A "\n", "a", NULL},
	{"# {\"tags\": [\"name\", \"x\"], \"name\": \"Zo\\u00eb \\\"Z\\\"\"}\n[Peer]\n" KEY A "\n",
	 "Zo\xc3\xab \"Z\"", NULL},
	{"# {\"id\": 7}\n[Peer]\n" KEY A "\n# {\"name\": \"" B "\"}\n[Peer]\n" KEY B "\n", NULL,
	 NULL},
	{"# {\"name\": \"a\n[Peer]\n" KEY A "\n", NULL, NULL},
	/* several styles in one file */
	{"### Client a\n[Peer]\n" KEY A "\n\n# BEGIN_PEER b\n[Peer]\n" KEY B "\n# END_PEER b\n",
	 "a", "b"},
	{"# BEGIN_PEER a\n[Peer]\n" KEY A "\n# END_PEER a\n# Name = b\n[Peer]\n" KEY B "\n", "a",
	 "b"},
	{"[Peer] # a\n" KEY A "\n\n# {\"name\": \"b\"}\n[Peer]\n" KEY B "\n", "a", "b"},
	{"[Peer]\n# a\n" KEY A "\n\n#### BERLIN ####\n\n# Client: b (6f9e)\n[Peer]\n" KEY B "\n",
	 "a", "b (6f9e)"},
	{"# client\n[Peer]\n" KEY A "\n", "client", NULL},
	{"# peer 7\n[Peer]\n" KEY A "\n", "peer 7", NULL},
	{"# clientele\n[Peer]\n" KEY A "\n", "clientele", NULL},
	/* no names: rulers, what was commented out, keys */
	{"# -----\n#\n[Peer]\n" KEY A "\n", NULL, NULL},
	{"#Endpoint = example.com:1\n[Peer]\n# PersistentKeepalive=25\n" KEY A "\n", NULL, NULL},
	{"#[Peer]\n[Peer]\n" KEY A "\n", NULL, NULL},
	{"# its key is " B ", keep it\n[Peer]\n" KEY A "\n", NULL, NULL},
	{"[Peer] # " B "\n" KEY A "\n", NULL, NULL},
	{"# Name = " B "\n[Peer]\n" KEY A "\n", NULL, NULL},
	{"# Name =\n# Created: today\n# a\n[Peer]\n" KEY A "\n", "a", NULL},
	/* mistakes */
	{"# a\n[Peer]\nPublicKey = x\n", NULL, NULL},
	{"# a\n[Peer\n" KEY A "\n", NULL, NULL},
	{"# \x1b[31m\n[Peer]\n" KEY A "\n", "\x1b[31m", NULL},
};

static bool is_named(const struct peer_names *names, const struct key *key, const char *want)
{
	const char *got = peer_names_find(names, key);

	return want && got ? strcmp(want, got) == 0 : want == got;
}

static void reads(void **state)
{
	struct key a, b;
	size_t wrong = 0;

	(void)state;
	key_from_base64(A, KEY_BASE64_LEN, &a);
	key_from_base64(B, KEY_BASE64_LEN, &b);
	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		_cleanup_peer_names_ struct peer_names names = {0};
		const char *text = cases[i].text;

		assert_int_equal(peer_names_read(text, strlen(text), &names, NULL), 0);
		if (is_named(&names, &a, cases[i].a) && is_named(&names, &b, cases[i].b))
			continue;
		print_error("%s\nnamed %s and %s\n\n", text, peer_names_find(&names, &a),
			    peer_names_find(&names, &b));
		wrong++;
	}
	assert_int_equal(wrong, 0);
}

int main(void)
{
	const struct CMUnitTest tests[] = {cmocka_unit_test(reads)};

	return cmocka_run_group_tests(tests, NULL, NULL);
}

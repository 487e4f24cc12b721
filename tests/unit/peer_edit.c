// SPDX-License-Identifier: GPL-2.0-or-later
// Peers put into files of many styles, taken out, renamed, disabled and enabled: what goes in comes
// out again to the byte, and nobody else is touched.
#include "wgq/conf/save/peer_edit.h"

#include <errno.h>

#include "saving.h"

#define KEY_A "AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAE="
#define KEY_B "AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAI="

/* Each has a peer a, and most one that is called b. */
static const char *const files[] = {
	"[Interface]\nAddress = 10.0.0.1/24\n\n# a\n[Peer]\nPublicKey = " KEY_A
	"\nAllowedIPs = 10.0.0.2/32\n\n# b\n[Peer]\nPublicKey = " KEY_B
	"\nAllowedIPs = 10.0.0.3/32\n",
	/* no end of the last line, no blanks, and the name below */
	"[Interface]\nListenPort=1\n[Peer]\n# a\nPublicKey=" KEY_A
	"\n[Peer]\n# b\nPublicKey=" KEY_B,
	/* the marks of PiVPN, and those of scripts for Debian */
	"[Interface]\n### begin a ###\n[Peer]\nPublicKey = " KEY_A "\n### end a ###\n"
	"### begin b ###\n[Peer]\nPublicKey = " KEY_B "\nAllowedIPs = 10.0.0.3/32\n### end b ###\n",
	"[Interface]\n\n# BEGIN_PEER a\n[Peer]\nPublicKey = " KEY_A "\n# END_PEER a\n"
	"# BEGIN_PEER b\n[Peer]\nPublicKey = " KEY_B "\n# END_PEER b\n",
	/* from another system */
	"[Interface]\r\nListenPort = 1\r\n\r\n# a\r\n[Peer]\r\nPublicKey = " KEY_A
	"\r\n\r\n# b\r\n[Peer]\r\nPublicKey = " KEY_B "\r\nPersistentKeepalive = 25\r\n",
	/* comments of others, blank lines, and a peer that was commented out by hand */
	"# hub\n[Interface] # here\n\n\n# [Peer]\n# PublicKey = x\n\n\n# Name = a\n[Peer] # x\n"
	"# more\n\nPublicKey = " KEY_A " # y\n\n# b\n[Peer]\nPublicKey = " KEY_B
	"\n\n\n# the end\n",
	"[Interface]\n[Peer]\n# {\"name\": \"a\"}\nPublicKey = " KEY_A "\n\n"
	"[Peer]\n# {\"name\": \"b\"}\nPublicKey = " KEY_B "\n",
	/* one disabled beside the other, with no line in between */
	"[Interface]\n#[disabled] # a\n#[disabled] [Peer]\n#[disabled] PublicKey = " KEY_A
	"\n#[disabled] # b\n#[disabled] [Peer]\n#[disabled] PublicKey = " KEY_B "\n",
	/* the first of its file */
	"[Peer]\nPublicKey = " KEY_A " # a\n[Interface]\n[Peer]\nPublicKey = " KEY_B " # b\n",
};
enum { FILES = sizeof(files) / sizeof(files[0]) };

static void must(int r, struct diag *d, const struct config_text *text)
{
	_cleanup_buf_ struct buf shown = {0};

	diag_format(d, 0, "test", DIAG_PLAIN, 0, &shown);
	if (r < 0)
		fail_msg("%s\n%s", buf_text(&shown), buf_text(&text->text));
	diag_release(d);
}

static const struct roster_peer *read_peer(const struct config_text *text, struct roster *roster,
					   const char *word)
{
	struct diag d = {0};
	const struct roster_peer *peer = NULL;

	must(roster_read(text, "wg0", roster, &d), &d, text);
	must(roster_find(roster, word, &peer, &d), &d, text);
	return peer;
}

static void turn(const struct config_text *text, const char *word, struct config_text *ret)
{
	_cleanup_roster_ struct roster roster = {0};
	struct diag d = {0};

	must(peer_edit_switch(text, read_peer(text, &roster, word), ret, &d), &d, text);
}

static void switching(void **state)
{
	(void)state;
	for (size_t i = 0; i < FILES; i++)
		for (int which = 0; which < 2; which++) {
			_cleanup_config_text_ struct config_text text = text_of(files[i]),
								 other = {0}, back = {0};
			_cleanup_roster_ struct roster before = {0}, after = {0};
			const char *word = which ? "b" : "a";
			bool was = read_peer(&text, &before, word)->is_disabled;

			turn(&text, word, &other);
			assert_int_equal(before.len, 2);
			assert_int_equal(read_peer(&other, &after, word)->is_disabled, !was);
			assert_int_equal(after.len, 2);
			assert_int_equal(after.conf.wg.peers.len,
					 before.conf.wg.peers.len + (was ? 1 : -1));
			turn(&other, word, &back);
			assert_string_equal(buf_text(&back.text), files[i]);
		}
}

static void renaming(void **state)
{
	(void)state;
	for (size_t i = 0; i < FILES; i++)
		for (int which = 0; which < 2; which++) {
			_cleanup_config_text_ struct config_text text = text_of(files[i]),
								 other = {0}, back = {0};
			_cleanup_roster_ struct roster before = {0}, after = {0};
			const char *word = which ? "b" : "a";
			struct diag d = {0};

			must(peer_edit_rename(&text, &before, read_peer(&text, &before, word),
					      "laptop of Ann", &other, &d),
			     &d, &text);
			const struct roster_peer *now = read_peer(&other, &after, "laptop of Ann");
			assert_non_null(roster_of_key(&after, &now->peer->public_key)->name);
			must(peer_edit_rename(&other, &after, now, word, &back, &d), &d, &other);
			assert_string_equal(buf_text(&back.text), files[i]);
		}
}

static void make(struct peer_new *new, struct wg_peer *peer, const char *name)
{
	struct allowed_ip *ip = vec_push(&peer->allowed_ips);

	memset(&peer->public_key, 7, KEY_LEN);
	memset(&peer->preshared_key, 9, KEY_LEN);
	assert_non_null(ip);
	assert_int_equal(prefix_parse("10.0.0.9/32", strlen("10.0.0.9/32"), &ip->prefix), 0);
	*new = (struct peer_new){.name = name, .peer = peer};
}

/* Names that would be something else are said to be names. */
static const char *const names[] = {
	"c", "peer x", "[Peer]", "PublicKey = c", "BEGIN c", "7", "\xc3\xa4\xc3\xb6 (office)"};

static void adding(void **state)
{
	(void)state;
	for (size_t i = 0; i < FILES * sizeof(names) / sizeof(names[0]); i++) {
		const char *file = files[i % FILES], *name = names[i / FILES];
		_cleanup_config_text_ struct config_text text = text_of(file), more = {0},
							 back = {0};
		_cleanup_roster_ struct roster before = {0}, after = {0}, last = {0};
		struct wg_peer peer = {0};
		struct peer_new new;
		struct diag d = {0};

		make(&new, &peer, name);
		must(roster_read(&text, "wg0", &before, &d), &d, &text);
		must(peer_name_check(name, &d), &d, &text);
		must(peer_edit_add(&text, &before, &new, &more, &d), &d, &text);
		const struct roster_peer *added = read_peer(&more, &after, name);
		assert_true(key_equal(&added->peer->public_key, &peer.public_key));
		assert_true(key_equal(&added->peer->preshared_key, &peer.preshared_key));
		assert_int_equal(after.len, before.len + 1);
		must(peer_edit_remove(&more, &after, added, &back, &d), &d, &more);
		/* But for the end of a last line that had none. */
		if (strncmp(buf_text(&back.text), file, strlen(file)) != 0 ||
		    back.text.len > strlen(file) + 2)
			assert_string_equal(buf_text(&back.text), file);
		must(roster_read(&back, "wg0", &last, &d), &d, &back);
		assert_int_equal(last.len, before.len);
		wg_peer_release(&peer);
	}
}

static void refusing_names(void **state)
{
	(void)state;
	static const char *const wrong[] = {
		"",
		" x",
		"x ",
		"a\nb",
		"a\x1b[0m",
		KEY_A,
		"--",
		"\xff",
		"01234567890123456789012345678901234567890123456789012345678901234",
	};

	for (size_t i = 0; i < sizeof(wrong) / sizeof(wrong[0]); i++)
		if (peer_name_check(wrong[i], NULL) != -EINVAL)
			fail_msg("accepted: `%s'", wrong[i]);
}

static void removing(void **state)
{
	(void)state;
	for (size_t i = 0; i < FILES; i++) {
		_cleanup_config_text_ struct config_text text = text_of(files[i]), one = {0},
							 none = {0};
		_cleanup_roster_ struct roster before = {0}, after = {0}, last = {0};
		struct diag d = {0};

		must(peer_edit_remove(&text, &before, read_peer(&text, &before, "a"), &one, &d), &d,
		     &text);
		const struct roster_peer *left = read_peer(&one, &after, "b");
		assert_int_equal(after.len, 1);
		assert_null(strstr(buf_text(&one.text), KEY_A));
		must(peer_edit_remove(&one, &after, left, &none, &d), &d, &one);
		must(roster_read(&none, "wg0", &last, &d), &d, &none);
		assert_int_equal(last.len, 0);
		assert_null(strstr(buf_text(&none.text), KEY_B));
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(switching), cmocka_unit_test(renaming),
		cmocka_unit_test(adding),    cmocka_unit_test(refusing_names),
		cmocka_unit_test(removing),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}

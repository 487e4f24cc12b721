// SPDX-License-Identifier: GPL-2.0-or-later
// save with drop-ins: each value is written where it came from, and nothing else changes.
#include "saving.h"

#include <stdio.h>

#define PRIVATE "kKZ9rfDRw7Ms9VQHTr3oyqyM6Mg2gyuTd+1+8SYRv18="
#define OTHER   "IIRyl+CvfY1WLrmt2sJnIaStPS9DVZlj/ZGc4wG0h0k="
#define A       "EEGxTqOuSzU3pAqHDVEc7nh0ZXsZURXzOCsxGqpFfwM="
#define B       "TmygL+GDjxHmk98ov4JcIEfSH3Mjc+EMxb5sY9DWaiY="
#define PSK     "VnQ8KWGnOHpxO5lJWvJ6RIbkTWuJtQv66OTOkIS8lgQ="

enum { FILES_MAX = 4 };

#define INTERFACE "[Interface]\nPrivateKey = " PRIVATE "\n"
#define PEER_A    "[Peer]\nPublicKey = " A "\n"
#define PEER_B    "[Peer]\nPublicKey = " B "\n"

/* after NULL: as before. */
static const struct {
	const char *before[FILES_MAX], *running, *after[FILES_MAX];
} cases[] = {
	/* nothing has changed; in none of them */
	{{INTERFACE "Address = 10.0.0.1/24\n" PEER_A "AllowedIPs = 10.1.0.0/16",
	  "\n\n# comment\r\n[Interface]\r\nMTU = 1400", "",
	  PEER_A "AllowedIPs = 10.2.0.0/16 # more\nPersistentKeepalive = 25\n\n\n"},
	 INTERFACE "Address = 10.0.0.1/24\nMTU = 1400\n" PEER_A
		   "AllowedIPs = 10.1.0.0/16, 10.2.0.0/16\nPersistentKeepalive = 25\n",
	 {0}},
	/* the line that counts is the last one */
	{{INTERFACE "MTU = 1300\nListenPort = 1\nFwMark = 1\n" PEER_A
		    "Endpoint = 192.0.2.1:1\nPersistentKeepalive = 1\n",
	  "[Interface]\nMTU = 1350\nFwMark = 2\n" PEER_A "PersistentKeepalive = 2\n",
	  "[Interface]\r\nMTU = 1400\r\n" PEER_A "Endpoint = 192.0.2.2:2\n"},
	 INTERFACE "MTU = 1410\nListenPort = 7\nFwMark = 7\n" PEER_A
		   "Endpoint = 192.0.2.7:7\nPersistentKeepalive = 7\n",
	 {INTERFACE "MTU = 1300\nListenPort = 7\nFwMark = 1\n" PEER_A
		    "Endpoint = 192.0.2.1:1\nPersistentKeepalive = 1\n",
	  "[Interface]\nMTU = 1350\nFwMark = 0x7\n" PEER_A "PersistentKeepalive = 7\n",
	  "[Interface]\r\nMTU = 1410\r\n" PEER_A "Endpoint = 192.0.2.7:7\n"}},
	/* the secret is where the secret was */
	{{"[Interface]\nAddress = 10.0.0.1/24\n" PEER_A,
	  INTERFACE PEER_A "PresharedKey = " PSK "\n"},
	 "[Interface]\nPrivateKey = " OTHER "\nAddress = 10.0.0.1/24\n" PEER_A
	 "PresharedKey = " OTHER "\n",
	 {"[Interface]\nAddress = 10.0.0.1/24\n" PEER_A,
	  "[Interface]\nPrivateKey = " OTHER "\n" PEER_A "PresharedKey = " OTHER "\n"}},
	/* an address that goes, goes where it is; one that comes, comes to the last list */
	{{INTERFACE "Address = 10.0.0.1/24, 10.0.0.2/24\n", "[Interface]\nAddress = 10.1.0.1/24\n"},
	 INTERFACE "Address = 10.0.0.1/24, 10.1.0.1/24, 10.2.0.1/24\n",
	 {INTERFACE "Address = 10.0.0.1/24\n",
	  "[Interface]\nAddress = 10.1.0.1/24, 10.2.0.1/24\n"}},
	/* an emptied list stays emptied */
	{{INTERFACE "Address = 10.0.0.1/24\n", "[Interface]\nAddress =\n"},
	 INTERFACE "Address = 10.2.0.1/24\n",
	 {INTERFACE "Address = 10.0.0.1/24\n", "[Interface]\nAddress =\nAddress = 10.2.0.1/24\n"}},
	{{INTERFACE PEER_A "AllowedIPs = 10.0.0.0/24\n", PEER_A "AllowedIPs =\n"},
	 INTERFACE PEER_A "AllowedIPs = 10.2.0.0/24\n",
	 {INTERFACE PEER_A "AllowedIPs = 10.0.0.0/24\n",
	  PEER_A "AllowedIPs =\nAllowedIPs = 10.2.0.0/24\n"}},
	{{INTERFACE PEER_A "AllowedIPs = 10.0.0.0/24\n",
	  PEER_A "AllowedIPs =\nAllowedIPs = 10.1.0.0/24, 10.2.0.0/24\n"},
	 INTERFACE PEER_A "AllowedIPs = 10.2.0.0/24\n",
	 {INTERFACE PEER_A "AllowedIPs = 10.0.0.0/24\n",
	  PEER_A "AllowedIPs =\nAllowedIPs = 10.2.0.0/24\n"}},
	/* allowed IPs of two files: each line loses its own */
	{{INTERFACE PEER_A "AllowedIPs = 10.1.0.0/24, 10.2.0.0/24\n",
	  PEER_A "AllowedIPs = 10.3.0.0/24\nAllowedIPs = 10.4.0.0/24\n"},
	 INTERFACE PEER_A "AllowedIPs = 10.2.0.0/24, 10.3.0.0/24, 10.5.0.0/24\n",
	 {INTERFACE PEER_A "AllowedIPs = 10.2.0.0/24\n",
	  PEER_A "AllowedIPs = 10.3.0.0/24\nAllowedIPs = 10.5.0.0/24\n"}},
	/* a peer that is gone is gone from all, with its names and nothing of the next file */
	{{INTERFACE "\n# Anna\n" PEER_A "AllowedIPs = 10.1.0.0/24\n\n# Bob\n" PEER_B
		    "AllowedIPs = 10.2.0.0/24",
	  "# Anna again\n" PEER_A "PersistentKeepalive = 25\n",
	  "\n# not Anna's\n[Interface]\nMTU = 1400\n"},
	 INTERFACE "MTU = 1400\n" PEER_B "AllowedIPs = 10.2.0.0/24\n",
	 {INTERFACE "\n# Bob\n" PEER_B "AllowedIPs = 10.2.0.0/24", "",
	  "\n# not Anna's\n[Interface]\nMTU = 1400\n"}},
	/* a new peer, and a new key of one, come to the first file */
	{{INTERFACE PEER_A "AllowedIPs = 10.1.0.0/24", PEER_A "Endpoint = 192.0.2.1:1\n"},
	 INTERFACE PEER_A "AllowedIPs = 10.1.0.0/24\nEndpoint = 192.0.2.1:1\n"
			  "PresharedKey = " PSK "\nPersistentKeepalive = 5\n" PEER_B
			  "AllowedIPs = 10.2.0.0/24\n",
	 {INTERFACE PEER_A "AllowedIPs = 10.1.0.0/24\nPresharedKey = " PSK
			   "\nPersistentKeepalive = 5\n\n" PEER_B "AllowedIPs = 10.2.0.0/24\n",
	  PEER_A "Endpoint = 192.0.2.1:1\n"}},
	/* keys of wgq's own, and hooks, are nobody's business */
	{{INTERFACE PEER_A, "[Interface]\nPostUp = true\nDNS =\nPostUp =\nTable = off\n"},
	 INTERFACE PEER_A,
	 {0}},
};

static void join(const char *const parts[FILES_MAX], struct config_text *ret)
{
	for (size_t i = 0; i < FILES_MAX && parts[i]; i++) {
		char name[16];

		snprintf(name, sizeof(name), "%zu.conf", i);
		buf_str(&ret->text, i ? SOURCES_BETWEEN : "");
		buf_str(&ret->text, parts[i]);
		assert_int_equal(sources_add(&ret->files, name, "/real", buf_text(&ret->text),
					     ret->text.len),
				 0);
	}
}

static void compare(const struct config_text *saved, const char *const expect[FILES_MAX])
{
	for (size_t i = 0; i < saved->files.len; i++) {
		const struct source *file = &saved->files.at[i];
		char *part = mem_strndup(buf_text(&saved->text) + file->at, file->len);

		assert_non_null(part);
		assert_string_equal(part, expect[i]);
		assert_string_equal(file->real, "/real");
		free(part);
	}
}

static void test_cases(void **state)
{
	(void)state;
	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		_cleanup_config_text_ struct config_text text = {0}, saved = {0}, again = {0};
		_cleanup_conf_ struct conf conf = {0}, running = {0}, now_conf = {0};
		_cleanup_diag_ struct diag d = {0};

		join(cases[i].before, &text);
		assert_int_equal(
			conf_parse_apart(&text.files, "wg0", buf_text(&text.text), &conf, &d), 0);
		parse(cases[i].running, strlen(cases[i].running), &running);
		const struct save_state now = state_of(&running);
		assert_int_equal(conf_save(&text, &conf, &now, &saved, &d), 0);
		assert_int_equal(saved.files.len, text.files.len);
		compare(&saved, cases[i].after[0] ? cases[i].after : cases[i].before);

		/* What is saved is not changed by saving it again. */
		assert_int_equal(
			conf_parse_apart(&saved.files, "wg0", buf_text(&saved.text), &now_conf, &d),
			0);
		assert_int_equal(conf_save(&saved, &now_conf, &now, &again, &d), 0);
		assert_true(config_text_is_same(&saved, &again));
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_cases),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}

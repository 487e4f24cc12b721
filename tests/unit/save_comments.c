// SPDX-License-Identifier: GPL-2.0-or-later
// save, over thousands of random files full of comments, against a model that knows whose each line
// is: what belongs to no removed peer stays, in its order and to the byte; what belongs to one
// goes; and nobody is called anything else than before.
#include "saving.h"

#include <stdio.h>
#include <stdlib.h>

#include "wgq/conf/names/peer_names.h"

enum { ROUNDS = 20000, PEERS = 6, NOBODY = PEERS };

/* Longer than cmocka takes. */
#define FAIL(...)                                                                                  \
	do {                                                                                       \
		fprintf(stderr, __VA_ARGS__);                                                      \
		fail();                                                                            \
	} while (0)

static uint32_t seed;

static uint32_t below(uint32_t n)
{
	seed = seed * 1664525 + 1013904223;
	return (seed >> 8) % n;
}

enum fate { STAYS, CHANGES, GOES };

struct model {
	enum fate fate[PEERS];
	struct buf before, running, after;
};

static void key_text(uint32_t n, char *ret)
{
	const struct key key = {{(uint8_t)(8 * n), [5] = (uint8_t)n, [31] = 0x40}};

	key_to_base64(&key, ret);
}

/* A line of the file, and whose it is. */
static void add(struct model *m, uint32_t owner, const char *line)
{
	buf_addf(&m->before, "%s\n", line);
	if (owner == NOBODY || m->fate[owner] != GOES)
		buf_addf(&m->after, "%s\n", line);
}

static void add_name(struct model *m, uint32_t owner, const char *before, const char *behind)
{
	char line[80];

	snprintf(line, sizeof(line), "%sp%u%s", before, owner, behind);
	add(m, owner, line);
}

static void add_secret(struct model *m, uint32_t owner, const char *before, uint32_t n)
{
	char key[KEY_BASE64_LEN + 1], line[120];

	key_text(n, key);
	snprintf(line, sizeof(line), "%s%s", before, key);
	add(m, owner, line);
}

/* Every line is there once, so that none can stand for another. */
static void add_numbered(struct model *m, uint32_t owner, const char *text)
{
	char line[80];

	snprintf(line, sizeof(line), "%s%zu", text, m->before.len);
	add(m, owner, line);
}

static void add_commented_out(struct model *m)
{
	static const char *const headers[] = {"#[Peer]", "# [ peer ] # old", "#[disabled] [Peer]"};

	if (below(2))
		add_numbered(m, NOBODY, "# was here until ");
	add(m, NOBODY, headers[below(3)]);
	if (below(3) == 0)
		add_numbered(m, NOBODY, "# Name = old");
	add_secret(m, NOBODY, "#PublicKey = ", 100 + below(50));
	if (below(2))
		add_secret(m, NOBODY, "# PresharedKey = ", 150 + below(50));
	add_numbered(m, NOBODY, "#AllowedIPs = 10.0.0.0/16 # ");
}

/* What stands between two peers and is neither's; parted by blank lines, or touching the next one.
 */
static void add_between(struct model *m)
{
	switch (below(6)) {
	case 0:
		add_numbered(m, NOBODY, "# notes of the office, ");
		add_numbered(m, NOBODY, "# room ");
		add(m, NOBODY, "");
		break;
	case 1:
		add(m, NOBODY, "#### BERLIN ####");
		break;
	case 2:
		add(m, NOBODY, "# ------------");
		break;
	case 3:
		add_commented_out(m);
		break;
	case 4:
		add_commented_out(m);
		add(m, NOBODY, "");
		break;
	}
}

static void add_keys(struct model *m, uint32_t n)
{
	char key[KEY_BASE64_LEN + 1];
	bool has_keepalive = below(2);

	add_secret(m, n, below(2) ? "PublicKey = " : " publickey=", 1 + n);
	if (has_keepalive) {
		/* Between its keys. */
		if (below(4) == 0)
			add_numbered(m, n, "#Endpoint = example.org:");
		if (below(8) == 0)
			add_commented_out(m);
		buf_str(&m->before, "PersistentKeepalive = 25 # s\n");
		if (m->fate[n] != GOES)
			buf_addf(&m->after, "PersistentKeepalive = %s # s\n",
				 m->fate[n] == CHANGES ? "30" : "25");
	} else if (m->fate[n] == CHANGES) {
		buf_str(&m->after, "PersistentKeepalive = 30\n");
	}
	if (m->fate[n] == GOES)
		return;
	key_text(1 + n, key);
	buf_addf(&m->running, "[Peer]\nPublicKey = %s\n", key);
	if (has_keepalive || m->fate[n] == CHANGES)
		buf_addf(&m->running, "PersistentKeepalive = %s\n",
			 m->fate[n] == CHANGES ? "30" : "25");
}

static void add_peer(struct model *m, uint32_t n)
{
	uint32_t style = below(9);
	bool is_pair = style == 0 || style == 1;

	switch (style) {
	case 0:
		add_name(m, n, "# BEGIN_PEER ", "");
		break;
	case 1:
		add_name(m, n, "### begin ", " ###");
		break;
	case 2:
		add_name(m, n, "### Client ", "");
		break;
	case 3:
		add_name(m, n, "# ID: 7 of ", "");
		add_name(m, n, "# Name:   ", "");
		add_name(m, n, "# Email: x@y of ", "");
		break;
	case 4:
		add_name(m, n, "# ", " of Anna");
		add_name(m, n, "# bought for ", "");
		break;
	case 5:
		add_name(m, n, "# {\"name\": \"", "\"}");
		break;
	}
	/* What was commented out stays even between a name and its peer. Behind a peer that was
	 * commented out it could be that one's. */
	if (is_pair && below(4) == 0)
		add_numbered(m, NOBODY, "#Endpoint = example.com:");
	if (style == 6)
		add_name(m, n, "[Peer] # ", "");
	else
		add(m, n, "[Peer]");
	if (style == 7)
		add_name(m, n, "# ", "");
	add_keys(m, n);
	if (style == 8) {
		add_name(m, n, "# Name = ", "");
		add(m, NOBODY, "");
	} else if (is_pair) {
		if (below(4) == 0) {
			add_numbered(m, n, "# note ");
			add(m, n, "");
		}
		if (below(4) == 0)
			add_commented_out(m);
		add_name(m, n, style == 0 ? "# END_PEER " : "### end ", style == 0 ? "" : " ###");
	} else if (below(4) == 0) {
		add_numbered(m, NOBODY, "#PersistentKeepalive = ");
		add(m, NOBODY, "");
	}
}

static void build(struct model *m)
{
	uint32_t group = NOBODY; /* the first peer in it */
	bool is_named = false;

	add(m, NOBODY, "[Interface]");
	add(m, NOBODY, "ListenPort = 1");
	buf_str(&m->running, "[Interface]\nListenPort = 1\n");
	for (uint32_t n = 0; n < PEERS; n++)
		m->fate[n] = below(3);
	for (uint32_t n = 0; n < PEERS; n++) {
		if (below(2))
			add(m, NOBODY, "");
		add_between(m);
		if (group == NOBODY && n + 1 < PEERS && below(6) == 0) {
			is_named = below(2);
			add(m, NOBODY,
			    is_named ? "# BEGIN berlin" : "# BEGIN ANSIBLE MANAGED BLOCK");
			group = n;
		} else if (is_named && group + 1 < n && below(3) == 0) {
			add(m, NOBODY, "# END berlin");
			is_named = false;
		}
		add_peer(m, n);
	}
	if (is_named)
		add(m, NOBODY, "# END berlin");
	if (below(2)) {
		add(m, NOBODY, "");
		add_numbered(m, NOBODY, "# end ");
	}
}

/* A peer that is new comes last. */
static void add_new(struct model *m)
{
	char key[KEY_BASE64_LEN + 1];

	key_text(1 + PEERS, key);
	buf_addf(&m->running, "[Peer]\nPublicKey = %s\n", key);
	buf_addf(&m->after, "[Peer]\nPublicKey = %s\n", key);
}

static void drop_blank_lines(struct buf *text)
{
	size_t kept = 0;

	for (size_t i = 0; i < text->len; i++)
		if (text->data[i] != '\n' || (kept && text->data[kept - 1] != '\n'))
			text->data[kept++] = text->data[i];
	text->len = kept;
	text->data[kept] = '\0';
}

static void same_names(const struct model *m, const struct buf *saved)
{
	_cleanup_peer_names_ struct peer_names before = {0}, after = {0};

	peer_names_read(buf_text(&m->before), m->before.len, &before, NULL);
	peer_names_read(buf_text(saved), saved->len, &after, NULL);
	for (uint32_t n = 0; n < PEERS; n++) {
		const struct key key = {
			{(uint8_t)(8 * (1 + n)), [5] = (uint8_t)(1 + n), [31] = 0x40}};
		const char own[] = {'p', (char)('0' + n), '\0'};
		const char *was = peer_names_find(&before, &key);
		const char *is = peer_names_find(&after, &key);

		if (!was || strncmp(was, own, strlen(own)) != 0)
			FAIL("%s is called %s\n%s", own, was, buf_text(&m->before));
		if (m->fate[n] != GOES && (!is || strcmp(was, is) != 0))
			FAIL("%s is called %s\nbefore:\n%s\nafter:\n%s", was, is,
			     buf_text(&m->before), buf_text(saved));
	}
}

static void random_round(void)
{
	struct model m = {0};
	struct buf saved = {0}, again = {0};
	struct conf conf = {0}, running = {0}, once = {0};

	build(&m);
	if (below(3) == 0)
		add_new(&m);
	parse(buf_text(&m.before), m.before.len, &conf);
	parse(buf_text(&m.running), m.running.len, &running);
	struct save_state now = state_of(&running);
	save_text(buf_text(&m.before), &conf, &now, &saved);
	parse(buf_text(&saved), saved.len, &once);
	save_text(buf_text(&saved), &once, &now, &again);
	assert_string_equal(buf_text(&saved), buf_text(&again));
	same_names(&m, &saved);
	drop_blank_lines(&saved);
	drop_blank_lines(&m.after);
	if (strcmp(buf_text(&saved), buf_text(&m.after)) != 0)
		FAIL("before:\n%s\nafter:\n%s\nis not\n%s", buf_text(&m.before), buf_text(&saved),
		     buf_text(&m.after));
	buf_release(&m.before);
	buf_release(&m.running);
	buf_release(&m.after);
	buf_release(&saved);
	buf_release(&again);
	conf_release(&conf);
	conf_release(&running);
	conf_release(&once);
}

static void test_random(void **unused)
{
	(void)unused;
	for (uint32_t i = 0; i < ROUNDS; i++) {
		seed = i;
		random_round();
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_random),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}

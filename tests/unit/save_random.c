// SPDX-License-Identifier: GPL-2.0-or-later
// save, over thousands of random files and tunnels: what it writes brings up what was running, is
// saved to the same again, and has lost no comment.
#include "saving.h"

#include <stdio.h>
#include <stdlib.h>

enum { ROUNDS = 4000, PEERS = 6, PREFIXES = 12 };

static uint32_t seed;

/* At most one call an expression: compilers differ in what they evaluate first. */
static uint32_t below(uint32_t n)
{
	seed = seed * 1664525 + 1013904223;
	return (seed >> 8) % n;
}

static void add_number(struct buf *out, const char *before, uint32_t n)
{
	buf_addf(out, "%s%u", before, below(n));
}

static void add_key(struct buf *out, const char *name, uint32_t n)
{
	struct key key = {{(uint8_t)(8 * n), [5] = (uint8_t)n, [31] = 0x40}};
	char text[KEY_BASE64_LEN + 1];

	key_to_base64(&key, text);
	buf_addf(out, "%s = %s", name, text);
}

static void end_line(struct buf *out, bool plain)
{
	static const char *const ends[] = {"\n",   "\n",         "\n",     " # why\n",
					   "\n\n", "\n# note\n", "\n \t\n"};

	buf_str(out, plain ? "\n" : ends[below(sizeof(ends) / sizeof(ends[0]))]);
}

static void add_prefixes(struct buf *out, bool signs)
{
	static const char *const sign[] = {"+", "-", ""};
	uint32_t n = 1 + below(3);

	buf_str(out, below(2) ? "AllowedIPs = " : " allowedips=");
	for (uint32_t i = 0; i < n; i++) {
		if (i)
			buf_str(out, below(2) ? "," : ", ");
		if (signs)
			buf_str(out, sign[below(3)]);
		add_number(out, "10.", PREFIXES);
		buf_str(out, ".0.0/16");
	}
}

static void add_peer_key(struct buf *out, bool plain)
{
	switch (below(4)) {
	case 0:
		add_key(out, "PresharedKey", below(3));
		break;
	case 1:
		add_number(out, "Endpoint = 192.0.2.", 3);
		add_number(out, ":1", 2);
		break;
	case 2:
		add_number(out, "PersistentKeepalive = ", 3);
		break;
	case 3:
		add_prefixes(out, !plain && below(6) == 0);
		break;
	}
	end_line(out, plain);
}

/* plain: as a running tunnel, without what only files have. */
static void add_peer(struct buf *out, uint32_t n, bool plain)
{
	uint32_t keys = 1 + below(5);

	if (!plain && below(3) == 0)
		buf_addf(out, "# peer %u%s", n, below(2) ? "\n" : "\n\n");
	buf_str(out, "[Peer]");
	end_line(out, plain);
	add_key(out, "PublicKey", 100 + n);
	end_line(out, plain);
	for (uint32_t i = 0; i < keys; i++)
		add_peer_key(out, plain);
}

static void add_interface(struct buf *out, bool plain)
{
	static const char *const numbers[] = {"MTU = 140", "ListenPort = ", "FwMark = "};

	buf_str(out, "[Interface]");
	end_line(out, plain);
	if (below(3)) {
		add_key(out, "PrivateKey", 1 + below(3));
		end_line(out, plain);
	}
	for (uint32_t i = below(4); i; i--) {
		add_number(out, "Address = 10.9.", 4);
		add_number(out, ".1/24, fd00::", 4);
		buf_str(out, "/64");
		end_line(out, plain);
	}
	for (size_t i = 0; i < sizeof(numbers) / sizeof(numbers[0]); i++) {
		if (below(2)) {
			add_number(out, numbers[i], 3);
			end_line(out, plain);
		}
	}
}

static void random_file(struct buf *out)
{
	uint32_t peers = below(PEERS);

	if (below(8))
		add_interface(out, false);
	for (uint32_t i = 0; i < peers; i++)
		add_peer(out, below(PEERS), false);
	if (below(8) == 0)
		add_interface(out, false);
	if (out->len && below(4) == 0)
		out->data[--out->len] = '\0'; /* often the last newline */
}

/* Applies a file the way WireGuard does, slowly and surely. */
static void model(const struct wg_device *file, struct wg_device *ret)
{
	vec_each(section, &file->peers) {
		struct wg_peer *peer = NULL;

		vec_each(p, &ret->peers)
			if (key_equal(&p->public_key, &section->public_key))
				peer = p;
		if (!peer) {
			peer = wg_device_add_peer(ret);
			peer->public_key = section->public_key;
		}
		if (section->has_preshared_key)
			peer->preshared_key = section->preshared_key;
		if (section->has_endpoint) {
			peer->endpoint = section->endpoint;
			peer->has_endpoint = true;
		}
		if (section->has_keepalive)
			peer->keepalive = section->keepalive;
		if (section->replace_allowed_ips)
			peer->allowed_ips.len = 0;
		vec_each(ip, &section->allowed_ips) {
			vec_each(p, &ret->peers)
				for (size_t i = 0; i < p->allowed_ips.len; i++)
					if (prefix_equal(&p->allowed_ips.at[i].prefix,
							 &ip->prefix) &&
					    (!ip->remove || p == peer))
						p->allowed_ips.at[i--] =
							p->allowed_ips.at[--p->allowed_ips.len];
			if (!ip->remove)
				*(struct allowed_ip *)vec_push(&peer->allowed_ips) = *ip;
		}
	}
	ret->private_key = file->private_key;
	ret->has_private_key = !key_is_zero(&file->private_key);
	ret->listen_port = file->listen_port;
	ret->fwmark = file->fwmark;
}

static int compare_lines(const void *a, const void *b)
{
	const char *const *x = a, *const *y = b;

	return strcmp(*x, *y);
}

/* All that save has to record, in a fixed order. */
static char *facts(const struct wg_device *device, const struct link_addr_vec *addrs)
{
	struct {
		VEC(char *);
	} lines = {0};
	struct buf text = {0};

	vec_each(peer, &device->peers) {
		char key[KEY_BASE64_LEN + 1], prefix[PREFIX_TEXT_MAX];
		struct buf line = {0};

		key_to_base64(&peer->public_key, key);
		buf_addf(&line, "%.6s psk %u endpoint ", key, peer->preshared_key.bytes[5]);
		if (peer->has_endpoint)
			endpoint_format(&peer->endpoint, &line);
		buf_addf(&line, " keepalive %u", peer->keepalive);
		*(char **)vec_push(&lines) = buf_steal(&line);
		vec_each(ip, &peer->allowed_ips) {
			prefix_format(&ip->prefix, prefix);
			buf_addf(&line, "%.6s has %s", key, prefix);
			*(char **)vec_push(&lines) = buf_steal(&line);
		}
	}
	vec_each(addr, addrs) {
		struct buf line = {0};
		char prefix[PREFIX_TEXT_MAX];

		prefix_format(&addr->prefix, prefix);
		buf_addf(&line, "address %s", prefix);
		*(char **)vec_push(&lines) = buf_steal(&line);
	}
	if (lines.len)
		qsort(lines.at, lines.len, sizeof(*lines.at), compare_lines);
	for (size_t i = 0; i < lines.len; i++) {
		if (i == 0 || strcmp(lines.at[i], lines.at[i - 1]) != 0)
			buf_addf(&text, "%s\n", lines.at[i]);
	}
	buf_addf(&text, "private %u fwmark %u\n", device->private_key.bytes[5], device->fwmark);
	for (size_t i = 0; i < lines.len; i++)
		free(lines.at[i]);
	vec_release(&lines);
	return buf_steal(&text);
}

/* What the file knows and the tunnel does not is kept: private key and endpoints. */
static void complete(struct wg_device *running, const struct wg_device *file)
{
	if (!running->has_private_key)
		running->private_key = file->private_key;
	vec_each(peer, &running->peers)
		vec_each(old, &file->peers)
			if (!peer->has_endpoint && old->has_endpoint &&
			    key_equal(&peer->public_key, &old->public_key)) {
				peer->endpoint = old->endpoint;
				peer->has_endpoint = true;
			}
}

static size_t comments(const struct buf *text)
{
	size_t n = 0;

	for (size_t i = 0; i < text->len; i++)
		n += text->data[i] == '#';
	return n;
}

static bool has_all_peers(const struct wg_device *device, const struct wg_device *of)
{
	size_t found = 0;

	vec_each(a, &of->peers)
		vec_each(b, &device->peers)
			found += key_equal(&a->public_key, &b->public_key);
	return found == of->peers.len;
}

static void random_round(void)
{
	struct buf before = {0}, running_text = {0}, after = {0}, again = {0};
	struct conf conf = {0}, running = {0}, saved = {0};
	struct wg_device was = {0}, is = {0}, becomes = {0};

	random_file(&before);
	if (below(4) == 0) {
		buf_mem(&running_text, buf_text(&before),
			before.len); /* the tunnel as it came up */
	} else {
		add_interface(&running_text, true);
		for (uint32_t i = below(PEERS); i; i--)
			add_peer(&running_text, below(PEERS), true);
	}
	parse(buf_text(&before), before.len, &conf);
	parse(buf_text(&running_text), running_text.len, &running);
	model(&conf.wg, &was);
	model(&running.wg, &is);
	struct save_state now = state_of(&running);
	now.device = &is;

	save_text(buf_text(&before), &conf, &now, &after);
	parse(buf_text(&after), after.len, &saved);
	save_text(buf_text(&after), &saved, &now, &again);
	assert_string_equal(buf_text(&again), buf_text(&after));

	model(&saved.wg, &becomes);
	complete(&is, &was);
	char *want = facts(&is, &running.addresses), *got = facts(&becomes, &saved.addresses);
	if (strcmp(want, got) != 0)
		fail_msg("before:\n%s\nrunning:\n%s\nafter:\n%s\n%s\nis not\n%s", buf_text(&before),
			 buf_text(&running_text), buf_text(&after), got, want);
	if (conf.mtu_line)
		assert_int_equal(saved.mtu, now.mtu);
	if (conf.wg.listen_port && is.listen_port)
		assert_int_equal(saved.wg.listen_port, is.listen_port);

	if (has_all_peers(&is, &was))
		assert_int_equal(comments(&before), comments(&after));

	char *was_facts = facts(&was, &conf.addresses);
	if (strcmp(was_facts, want) == 0 && (!conf.mtu_line || conf.mtu == now.mtu) &&
	    (!conf.wg.listen_port || conf.wg.listen_port == is.listen_port || !is.listen_port))
		assert_string_equal(buf_text(&before), buf_text(&after));

	free(want);
	free(got);
	free(was_facts);
	wg_device_release(&was);
	wg_device_release(&is);
	wg_device_release(&becomes);
	conf_release(&conf);
	conf_release(&running);
	conf_release(&saved);
	buf_release(&before);
	buf_release(&running_text);
	buf_release(&after);
	buf_release(&again);
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

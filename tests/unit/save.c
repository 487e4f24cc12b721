// SPDX-License-Identifier: GPL-2.0-or-later
// save: what is kept to the byte, what is recorded and how.
#include "saving.h"

#include <arpa/inet.h>
#include <stdio.h>
#include <stdlib.h>

#define PRIVATE "kKZ9rfDRw7Ms9VQHTr3oyqyM6Mg2gyuTd+1+8SYRv18="
#define OTHER   "IIRyl+CvfY1WLrmt2sJnIaStPS9DVZlj/ZGc4wG0h0k="
#define A       "EEGxTqOuSzU3pAqHDVEc7nh0ZXsZURXzOCsxGqpFfwM="
#define B       "TmygL+GDjxHmk98ov4JcIEfSH3Mjc+EMxb5sY9DWaiY="
#define PSK     "VnQ8KWGnOHpxO5lJWvJ6RIbkTWuJtQv66OTOkIS8lgQ="
#define ZERO    "AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA="

static void check(const char *before, const char *running_text, const char *after)
{
	struct conf conf = {0}, running = {0};
	struct buf saved = {0};

	parse(before, strlen(before), &conf);
	parse(running_text, strlen(running_text), &running);
	struct save_state now = state_of(&running);
	save_text(before, &conf, &now, &saved);
	assert_string_equal(buf_text(&saved), after ? after : before);
	buf_release(&saved);
	conf_release(&conf);
	conf_release(&running);
}

#define INTERFACE "[Interface]\nPrivateKey = " PRIVATE "\nAddress = 10.0.0.1/24\n"
#define PEER_A    "\n[Peer]\nPublicKey = " A "\nAllowedIPs = 10.1.0.0/16\n"
#define PEER_B    "\n[Peer]\nPublicKey = " B "\n"

/* after NULL: nothing changes. */
static const struct {
	const char *before, *running, *after;
} cases[] = {
	/* the same, said in other words, and all that is not save's business */
	{"\n# The office  \n"
	 "[INTERFACE] # x\n  privateKEY=" PRIVATE " # mine\nPostUp = true && echo hi & # kept\n"
	 "address=10.0.0.1/255.255.255.0,10.0.0.2\nAddress =\nDNS = 10.0.0.53, example.org\n"
	 "MTU = 0x58c\nTable = off\nSaveConfig = true\nListenPort = 0\nFwMark = 010\n"
	 "# bob\n[Peer]\nPublicKey = " A "\nAllowedIPs = 10.1.2.3/16, 0::/0\nAllowedIPs=1.2.3.4\n"
	 "PresharedKey = " ZERO "\nPersistentKeepalive = off\nEndpoint=vpn.example.org:51820",
	 "[Interface]\nPrivateKey = " PRIVATE "\nAddress = 10.0.0.1/24, 10.0.0.2/32\nMTU = 1420\n"
	 "ListenPort = 40000\nFwMark = 10\n[Peer]\nPublicKey = " A "\n"
	 "AllowedIPs = ::/0, 1.2.3.4/32, 10.1.0.0/16\nEndpoint = 192.0.2.1:51820\n",
	 NULL},
	/* a prefix that the file names twice is the last one's */
	{INTERFACE PEER_A "\n[Peer]\nPublicKey = " B "\nAllowedIPs = 10.1.0.0/16\n",
	 INTERFACE "[Peer]\nPublicKey = " A "\n[Peer]\nPublicKey = " B
		   "\nAllowedIPs = 10.1.0.0/16\n",
	 NULL},
	/* a port, a mark and an MTU that the file does not ask for */
	{INTERFACE, INTERFACE "ListenPort = 40000\nMTU = 1280\n", NULL},
	{INTERFACE, INTERFACE "FwMark = 0x51\n", INTERFACE "FwMark = 0x51\n"},
	{INTERFACE "MTU = 1400 # x\nFwMark = 1\nListenPort=1\n[Peer]\nPublicKey=" A "\n",
	 INTERFACE "MTU = 1300\nFwMark = 0\nListenPort = 2\n[Peer]\nPublicKey = " A "\n",
	 INTERFACE "MTU = 1300 # x\nFwMark = off\nListenPort=2\n[Peer]\nPublicKey=" A "\n"},
	/* an MTU that leaves no room for the file's IPv6 */
	{INTERFACE "MTU = 1400\n[Peer]\nPublicKey=" A "\nAllowedIPs = fd20::/64\n",
	 INTERFACE "MTU = 1200\n[Peer]\nPublicKey=" A "\nAllowedIPs = fd20::/64\n", NULL},
	/* the line that counts is the last one */
	{INTERFACE "MTU = 1400\nMTU = 1401\n", INTERFACE "MTU = 1300\n",
	 INTERFACE "MTU = 1400\nMTU = 1300\n"},
	/* keys: a changed one, one that is gone, one that a hook sets */
	{INTERFACE, "[Interface]\nPrivateKey = " OTHER "\nAddress = 10.0.0.1/24\n",
	 "[Interface]\nPrivateKey = " OTHER "\nAddress = 10.0.0.1/24\n"},
	{INTERFACE, "[Interface]\nAddress = 10.0.0.1/24\n", NULL},
	{"[Interface]\nPostUp = wg set %i private-key <(pass wg)\n",
	 "[Interface]\nPrivateKey = " PRIVATE "\n", NULL},
	{"[Interface]\nPostUp = true\n", "[Interface]\nPrivateKey = " PRIVATE "\n",
	 "[Interface]\nPostUp = true\nPrivateKey = " PRIVATE "\n"},
	/* addresses */
	{INTERFACE "# end", "[Interface]\nPrivateKey = " PRIVATE "\nAddress = 10.0.0.9/32\n",
	 "[Interface]\nPrivateKey = " PRIVATE "\nAddress = 10.0.0.9/32\n# end"},
	{"[Interface]\nAddress = 10.0.0.1/24 # lan\n# more\nAddress = fd00::1/64,10.0.0.2/32 # "
	 "two\n",
	 "[Interface]\nAddress = fd00::1/64, 10.9.9.9/32\n",
	 "[Interface]\n# lan\n# more\nAddress = fd00::1/64, 10.9.9.9/32 # two\n"},
	{"[Interface]\r\nTable = off\r\n", "[Interface]\nAddress = 10.0.0.1/24\n",
	 "[Interface]\r\nTable = off\r\nAddress = 10.0.0.1/24\r\n"},
	{"[Interface]", "[Interface]\nAddress = 10.0.0.1/24\n",
	 "[Interface]\nAddress = 10.0.0.1/24\n"},
	{"", "[Interface]\nAddress = 10.0.0.1/24\n[Peer]\nPublicKey = " A "\n",
	 "[Interface]\nAddress = 10.0.0.1/24\n\n[Peer]\nPublicKey = " A "\n"},
	{"[Interface]\nPostUp = ip a add 10.7.0.1/24 dev %i\n",
	 "[Interface]\nAddress = 10.7.0.1/24\n", NULL},
	/* what hooks name without making it */
	{"[Interface]\nPostUp = echo allow 10.7.0.10\n", "[Interface]\nAddress = 10.7.0.1/24\n",
	 "[Interface]\nPostUp = echo allow 10.7.0.10\nAddress = 10.7.0.1/24\n"},
	{"[Interface]\nPostUp = ip rule add from 10.7.0.1 table 7 # no fwmark, no private-key\n",
	 "[Interface]\nPrivateKey = " PRIVATE "\nAddress = 10.7.0.1/24\nFwMark = 0x51\n",
	 "[Interface]\nPostUp = ip rule add from 10.7.0.1 table 7 # no fwmark, no private-key\n"
	 "PrivateKey = " PRIVATE "\nFwMark = 0x51\nAddress = 10.7.0.1/24\n"},
	/* what they make, however it is spelled; for one peer, not for another */
	{"[Interface]\nPostUp = ip -6 a a FD00:0::1/64 dev %i\n",
	 "[Interface]\nAddress = fd00::1/64\n", NULL},
	{"[Interface]\nMTU = 1400\nPostUp = ip link set %i mtu 1300\n", "[Interface]\nMTU = 1300\n",
	 NULL},
	{"[Interface]\nPostUp = wg set %i peer " B " preshared-key /k\n" PEER_B PEER_A,
	 "[Interface]\n" PEER_B "PresharedKey = " PSK "\n" PEER_A "PresharedKey = " PSK "\n",
	 "[Interface]\nPostUp = wg set %i peer " B " preshared-key /k\n" PEER_B PEER_A
	 "PresharedKey = " PSK "\n"},
	/* an fe80 of the file's own */
	{"[Interface]\nAddress = fe80::1/64\n", "[Interface]\nAddress = fe80::1/64\n", NULL},
	/* new peers */
	{INTERFACE,
	 INTERFACE "[Peer]\nPublicKey = " A "\nPresharedKey = " PSK "\n"
		   "AllowedIPs = 10.1.0.0/16, fd00::/8\nEndpoint = [2001:db8::1]:5\n"
		   "PersistentKeepalive = 25\n" PEER_B,
	 INTERFACE "\n[Peer]\nPublicKey = " A "\nPresharedKey = " PSK "\n"
		   "AllowedIPs = 10.1.0.0/16, fd00::/8\nEndpoint = [2001:db8::1]:5\n"
		   "PersistentKeepalive = 25\n" PEER_B},
	/* removed peers, with their comments and no others */
	{INTERFACE "\n# mine\n# too\n[Peer]\n# inside\nPublicKey = " A
		   "\n\n# bob\n[Peer]\nPublicKey = " B "\n",
	 INTERFACE PEER_B, INTERFACE "\n# bob\n[Peer]\nPublicKey = " B "\n"},
	{INTERFACE PEER_A PEER_B "\n\n", INTERFACE, INTERFACE},
	{INTERFACE PEER_B "\n# old\n\n# a\n[Peer]\nPublicKey = " A "\n# [Peer] = not yet\n",
	 INTERFACE PEER_B, INTERFACE PEER_B "\n# old\n\n# [Peer] = not yet\n"},
	{INTERFACE "# BEGIN b\n[Peer]\nPublicKey = " B
		   "\n# END b\n# BEGIN a\n[Peer]\nPublicKey = " A "\n# END a\n",
	 INTERFACE PEER_B, INTERFACE "# BEGIN b\n[Peer]\nPublicKey = " B "\n# END b\n"},
	{INTERFACE "\n# BEGIN_PEER a\n[Peer]\nPublicKey = " A "\n\n# note\n# END_PEER a\n\n" PEER_B,
	 INTERFACE PEER_B, INTERFACE PEER_B},
	{INTERFACE "\n# BEGIN berlin\n# a\n[Peer]\nPublicKey = " A "\n" PEER_B "# END berlin\n",
	 INTERFACE PEER_B, INTERFACE "\n# BEGIN berlin\n" PEER_B "# END berlin\n"},
	{INTERFACE "\n#### BERLIN ####\n# a\n[Peer]\nPublicKey = " A "\n" PEER_B, INTERFACE PEER_B,
	 INTERFACE "\n#### BERLIN ####\n" PEER_B},
	{INTERFACE PEER_B "\n[Peer]\nPublicKey = " A "\n# Name = a\n\n# end\n", INTERFACE PEER_B,
	 INTERFACE PEER_B "\n# end\n"},
	/* what was commented out stays */
	{INTERFACE PEER_B "\n# old\n#[Peer]\n#PublicKey = " OTHER "\n#PresharedKey = " PSK
			  "\n# a\n# of Anna\n[Peer]\nPublicKey = " A "\n",
	 INTERFACE PEER_B,
	 INTERFACE PEER_B "\n# old\n#[Peer]\n#PublicKey = " OTHER "\n#PresharedKey = " PSK "\n"},
	{INTERFACE "#[Peer]\n#PublicKey = " OTHER "\n[Peer]\nPublicKey = " A
		   "\n#PresharedKey = " PSK "\n" PEER_B,
	 INTERFACE PEER_B,
	 INTERFACE "#[Peer]\n#PublicKey = " OTHER "\n#PresharedKey = " PSK "\n" PEER_B},
	{INTERFACE "\n[Peer]\nPublicKey = " A
		   "\n#Endpoint = a:1\nAllowedIPs = ::/1\n# old\n#[Peer]\n#PublicKey = " OTHER
		   "\nAllowedIPs = ::/0\n" PEER_B,
	 INTERFACE PEER_B, INTERFACE "\n# old\n#[Peer]\n#PublicKey = " OTHER "\n" PEER_B},
	{INTERFACE PEER_A, INTERFACE PEER_B, INTERFACE PEER_B},
	/* allowed IPs */
	{INTERFACE PEER_A, INTERFACE PEER_A "AllowedIPs = 10.3.0.0/16\n",
	 INTERFACE "\n[Peer]\nPublicKey = " A "\nAllowedIPs = 10.1.0.0/16, 10.3.0.0/16\n"},
	{INTERFACE PEER_A "AllowedIPs = 10.2.0.0/16,10.4.0.0/16 # lab\nAllowedIPs = fd00::/8\n",
	 INTERFACE "\n[Peer]\nPublicKey = " A "\nAllowedIPs = 10.4.0.0/16\n",
	 INTERFACE "\n[Peer]\nPublicKey = " A "\nAllowedIPs = 10.4.0.0/16 # lab\n"},
	{INTERFACE PEER_A "AllowedIPs = 10.2.0.0/16 # lab\n",
	 INTERFACE "[Peer]\nPublicKey = " A "\n", INTERFACE "\n[Peer]\nPublicKey = " A "\n# lab\n"},
	{INTERFACE PEER_B PEER_A,
	 INTERFACE PEER_B "AllowedIPs = 10.1.0.0/16\n[Peer]\nPublicKey = " A "\n",
	 INTERFACE PEER_B "AllowedIPs = 10.1.0.0/16\n\n[Peer]\nPublicKey = " A "\n"},
	/* the rest of a peer */
	{INTERFACE PEER_B "PresharedKey=" PSK " # secret\nPersistentKeepalive = 25\n\n# end\n",
	 INTERFACE PEER_B "Endpoint = 192.0.2.1:7\n",
	 INTERFACE PEER_B "# secret\nPersistentKeepalive = off\nEndpoint = 192.0.2.1:7\n\n# end\n"},
	{INTERFACE PEER_B "Endpoint = 192.0.2.1:7 # x\n",
	 INTERFACE PEER_B "Endpoint = 192.0.2.2:7\n",
	 INTERFACE PEER_B "Endpoint = 192.0.2.2:7 # x\n"},
	{INTERFACE PEER_B "Endpoint = 192.0.2.1:7\n", INTERFACE PEER_B, NULL},
	{INTERFACE PEER_B, INTERFACE PEER_B "PresharedKey = " PSK "\nPersistentKeepalive = 9\n",
	 INTERFACE PEER_B "PresharedKey = " PSK "\nPersistentKeepalive = 9\n"},
	/* several sections of one peer */
	{INTERFACE PEER_B "Endpoint = 192.0.2.1:7\nAllowedIPs = 10.1.0.0/16\n" PEER_B
			  "AllowedIPs = 10.2.0.0/16\n",
	 INTERFACE PEER_B "Endpoint = 192.0.2.1:7\nAllowedIPs = 10.2.0.0/16\n", NULL},
	{INTERFACE PEER_B "Endpoint = 192.0.2.1:7\nAllowedIPs = 10.1.0.0/16\n" PEER_B
			  "AllowedIPs = 10.2.0.0/16\n",
	 INTERFACE PEER_B "Endpoint = 192.0.2.1:8\nAllowedIPs = 10.1.0.0/16\n",
	 INTERFACE PEER_B "Endpoint = 192.0.2.1:8\nAllowedIPs = 10.1.0.0/16\n" PEER_B
			  "AllowedIPs = 10.1.0.0/16\n"},
	/* a +IP or a list that goes lets a section replace what is above, or no longer do so */
	{INTERFACE PEER_B "AllowedIPs = 10.2.0.0/16\n" PEER_B "AllowedIPs = +10.1.0.0/16\n",
	 INTERFACE PEER_B "AllowedIPs = 10.2.0.0/16\n",
	 INTERFACE PEER_B "AllowedIPs = 10.2.0.0/16\n" PEER_B "AllowedIPs = 10.2.0.0/16\n"},
	{INTERFACE PEER_B "AllowedIPs = 10.2.0.0/16\n" PEER_B
			  "AllowedIPs = +10.1.0.0/16\nAllowedIPs = 10.3.0.0/16\n",
	 INTERFACE PEER_B "AllowedIPs = 10.1.0.0/16\n",
	 INTERFACE PEER_B PEER_B "AllowedIPs = +10.1.0.0/16\n"},
};

static void test_cases(void **unused)
{
	(void)unused;
	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++)
		check(cases[i].before, cases[i].running, cases[i].after);
}

/* What the kernel and resolver know, beside the values. */

static void test_kernels_own_addresses(void **unused)
{
	struct link_addr addrs[] = {
		{.prefix = {.addr = {AF_INET6, {0xfe, 0x80, [15] = 1}}, .len = 64}},
		{.prefix = {.addr = {AF_INET6, {0xfe, 0x80, [15] = 2}}, .len = 64}},
		{.prefix = {.addr = {AF_INET6, {0xfe, 0x80, [15] = 3}}, .len = 64},
		 .protocol = ADDR_PROTOCOL_KERNEL_LL},
	};
	struct link_addr_vec list = {.at = addrs};
	static const char text[] = "[Interface]\nAddress = fe80::1/64\n";
	struct save_state now = {.addrs = &list, .has_ipv6 = true};
	struct conf conf = {0};

	(void)unused;
	parse(text, strlen(text), &conf);
	now.device = &conf.wg;
	/* In the kernel; served by a program, where the kernel does not say, or says it of another;
	 * or says it. */
	for (int i = 0; i < 4; i++) {
		struct buf saved = {0};

		now.userspace = i == 1 || i == 2;
		list.len = i == 2 ? 3 : 2;
		addrs[1].protocol = i == 3 ? ADDR_PROTOCOL_KERNEL_LL : 0;
		save_text(text, &conf, &now, &saved);
		assert_string_equal(buf_text(&saved),
				    i % 2 ? text
					  : "[Interface]\nAddress = fe80::1/64, fe80::2/64\n");
		buf_release(&saved);
	}
	conf_release(&conf);
}

static void test_without_ipv6(void **unused)
{
	static const char text[] = "[Interface]\nAddress = fd00::1/64, 10.0.0.1/8, 10.0.0.2/8\n";
	static const char left[] = "[Interface]\nAddress = 10.0.0.1/8\n";
	struct conf conf = {0}, running = {0};
	struct buf saved = {0};

	(void)unused;
	parse(text, strlen(text), &conf);
	parse(left, strlen(left), &running);
	struct save_state now = state_of(&running);
	now.has_ipv6 = false;
	save_text(text, &conf, &now, &saved);
	assert_string_equal(buf_text(&saved), "[Interface]\nAddress = fd00::1/64, 10.0.0.1/8\n");
	buf_release(&saved);
	conf_release(&conf);
	conf_release(&running);
}

/* An endpoint that the file does not have may have come with a packet. */
static void test_endpoints(void **unused)
{
	static const struct {
		const char *before, *after;
		bool warns;
	} files[] = {
		{INTERFACE PEER_A PEER_B, INTERFACE PEER_A PEER_B},
		{INTERFACE PEER_A PEER_B "Endpoint = 192.0.2.9:9\n",
		 INTERFACE PEER_A PEER_B "Endpoint = 192.0.2.2:2\n"},
		{INTERFACE PEER_A, INTERFACE PEER_A PEER_B, true},
	};
	static const char running_text[] =
		INTERFACE PEER_A "Endpoint = 192.0.2.1:1\n" PEER_B "Endpoint = 192.0.2.2:2\n";

	(void)unused;
	for (size_t i = 0; i < sizeof(files) / sizeof(files[0]); i++) {
		struct conf conf = {0}, running = {0};
		_cleanup_config_text_ struct config_text text = text_of(files[i].before);
		_cleanup_config_text_ struct config_text saved = {0};
		struct diag d = {0};

		parse(files[i].before, strlen(files[i].before), &conf);
		parse(running_text, strlen(running_text), &running);
		struct save_state now = state_of(&running);
		now.endpoints = false;
		assert_int_equal(conf_save(&text, &conf, &now, &saved, &d), 0);
		assert_string_equal(buf_text(&saved.text), files[i].after);
		assert_int_equal(d.len, files[i].warns);
		diag_release(&d);
		conf_release(&conf);
		conf_release(&running);
	}
}

static void test_automatic_fwmark(void **unused)
{
	static const char *const texts[] = {"[Interface]\n", "[Interface]\nFwMark = off\n"};

	(void)unused;
	for (size_t i = 0; i < 2; i++) {
		struct wg_device device = {.fwmark = 51820};
		const struct link_addr_vec none = {0};
		const struct save_state now = {
			.device = &device, .addrs = &none, .automatic_fwmark = true};
		struct conf conf = {0};
		struct buf saved = {0};

		parse(texts[i], strlen(texts[i]), &conf);
		save_text(texts[i], &conf, &now, &saved);
		assert_string_equal(buf_text(&saved), texts[i]);
		buf_release(&saved);
		conf_release(&conf);
	}
}

static char *scope(unsigned int index, char *ret)
{
	memcpy(ret, index == 3 ? "eth3" : "eth?", sizeof("eth3"));
	return ret;
}

/* A name stays as long as the peer is at one of its addresses, or when nobody knows. */
static void test_names(void **unused)
{
	static const char text[] = INTERFACE PEER_B "Endpoint = vpn.example.org:51820 # home\n";
	static const struct {
		const char *found, *running, *after;
	} names[] = {
		{NULL, "192.0.2.2", text},
		{"192.0.2.1", "192.0.2.1", text},
		{"192.0.2.1", "192.0.2.2",
		 INTERFACE PEER_B "Endpoint = 192.0.2.2:51820 # vpn.example.org:51820 # home\n"},
	};

	(void)unused;
	for (size_t i = 0; i < sizeof(names) / sizeof(names[0]); i++) {
		struct conf conf = {0}, running = {0};
		struct buf saved = {0}, other = {0};

		parse(text, strlen(text), &conf);
		buf_addf(&other, "%s%sEndpoint = %s:51820\n", INTERFACE, PEER_B, names[i].running);
		parse(buf_text(&other), other.len, &running);
		conf.wg.peers.at[0].has_endpoint = names[i].found != NULL;
		conf.wg.peers.at[0].endpoint = running.wg.peers.at[0].endpoint;
		if (names[i].found)
			inet_pton(AF_INET, names[i].found,
				  &conf.wg.peers.at[0].endpoint.in.sin_addr);
		struct save_state now = state_of(&running);
		save_text(text, &conf, &now, &saved);
		assert_string_equal(buf_text(&saved), names[i].after);
		buf_release(&saved);
		buf_release(&other);
		conf_release(&conf);
		conf_release(&running);
	}
}

static void test_scope(void **unused)
{
	static const char text[] = INTERFACE PEER_B;
	static const struct {
		uint32_t scope;
		const char *after;
	} scopes[] = {{3, INTERFACE PEER_B "Endpoint = [fe80::1%eth3]:7\n"}, {0, text}};

	(void)unused;
	for (size_t i = 0; i < sizeof(scopes) / sizeof(scopes[0]); i++) {
		struct conf conf = {0}, running = {0};
		struct buf saved = {0};

		parse(text, strlen(text), &conf);
		parse(text, strlen(text), &running);
		struct wg_peer *peer = &running.wg.peers.at[0];
		peer->has_endpoint = true;
		peer->endpoint.in6 = (struct sockaddr_in6){.sin6_family = AF_INET6,
							   .sin6_port = htons(7),
							   .sin6_scope_id = scopes[i].scope};
		inet_pton(AF_INET6, "fe80::1", &peer->endpoint.in6.sin6_addr);
		struct save_state now = state_of(&running);
		now.scope_name = scope;
		save_text(text, &conf, &now, &saved);
		assert_string_equal(buf_text(&saved), scopes[i].after);
		buf_release(&saved);
		conf_release(&conf);
		conf_release(&running);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_cases),        cmocka_unit_test(test_kernels_own_addresses),
		cmocka_unit_test(test_without_ipv6), cmocka_unit_test(test_automatic_fwmark),
		cmocka_unit_test(test_names),        cmocka_unit_test(test_scope),
		cmocka_unit_test(test_endpoints),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}

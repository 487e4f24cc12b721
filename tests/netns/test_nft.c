// SPDX-License-Identifier: GPL-2.0-or-later
// The firewall on the real nf_tables, held against what `nft -f` makes of wg-quick's text.
#include "wgq/kernel/nft/nft.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <errno.h>
#include <netinet/in.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "ns.h"
#include "wgq/base/mem.h"

#define COUNT(array) (sizeof(array) / sizeof((array)[0]))

static struct addr addr_of(const char *text)
{
	struct addr a;

	assert_int_equal(addr_parse(text, strlen(text), &a), 0);
	return a;
}

/* What wg-quick gives to `nft -f` for one family (linux.bash:228-239). */
static void add_wg_quick_text(struct buf *b, const char *pf, uint8_t family,
			      const struct firewall *fw)
{
	buf_addf(b, "add table %s wg-quick-%s\n", pf, fw->ifname);
	buf_addf(b,
		 "add chain %s wg-quick-%s preraw { type filter hook prerouting priority -300; }\n",
		 pf, fw->ifname);
	buf_addf(b,
		 "add chain %s wg-quick-%s premangle { type filter hook prerouting priority -150; "
		 "}\n",
		 pf, fw->ifname);
	buf_addf(b,
		 "add chain %s wg-quick-%s postmangle { type filter hook postrouting priority "
		 "-150; }\n",
		 pf, fw->ifname);
	for (size_t i = 0; i < fw->addr_count; i++) {
		char text[ADDR_TEXT_MAX];

		if (fw->addrs[i].family != family)
			continue;
		addr_format(&fw->addrs[i], text);
		buf_addf(b,
			 "add rule %s wg-quick-%s preraw iifname != \"%s\" %s daddr %s fib saddr "
			 "type != local drop\n",
			 pf, fw->ifname, fw->ifname, pf, text);
	}
	buf_addf(b,
		 "add rule %s wg-quick-%s postmangle meta l4proto udp mark %u ct mark set mark \n",
		 pf, fw->ifname, fw->mark);
	buf_addf(b, "add rule %s wg-quick-%s premangle meta l4proto udp meta mark set ct mark \n",
		 pf, fw->ifname);
}

/* One transaction a family, ::/0 first, as wg-quick does. nft's parser does not take every name. */
static void install_by_nft(const struct firewall *fw)
{
	_cleanup_buf_ struct buf text = {0};

	if (fw->ip6) {
		buf_str(&text, "nft -f - <<'END'\n");
		add_wg_quick_text(&text, "ip6", AF_INET6, fw);
		buf_str(&text, "END\n");
	}
	if (fw->ip) {
		buf_str(&text, "nft -f - <<'END'\n");
		add_wg_quick_text(&text, "ip", AF_INET, fw);
		buf_str(&text, "END\n");
	}
	ns_run("set -e\n%s", buf_text(&text));
}

/* With bytecode and handles; those of tables were counted over all namespaces up to Linux 6.1. */
static char *listing(void)
{
	return ns_output("nft list ruleset; nft -a --debug=netlink list ruleset | "
			 "sed 's/^\\(table .*\\) # handle .*/\\1/'");
}

static void compare_with_nft(const struct firewall *fw)
{
	_cleanup_free_ char *theirs = NULL, *ours = NULL;
	bool matches = false;

	ns_fresh_network();
	install_by_nft(fw);
	theirs = listing();
	assert_int_equal(nft_matches(fw, &matches, NULL), 0);
	assert_true(matches);

	ns_fresh_network();
	assert_int_equal(nft_install(fw, NULL), 0);
	ours = listing();
	assert_non_null(strstr(ours, "ct mark"));
	assert_string_equal(ours, theirs);
	assert_int_equal(nft_matches(fw, &matches, NULL), 0);
	assert_true(matches);
}

/* The firewall of most tests; the arrays are static so that it may be changed. */
static struct firewall sample(void)
{
	static struct addr addrs[4];

	addrs[0] = addr_of("10.0.0.2");
	addrs[1] = addr_of("fd00::2");
	addrs[2] = addr_of("192.168.77.1");
	addrs[3] = addr_of("fe80::1234:5678:9abc:def0");
	return (struct firewall){.ifname = "wg0",
				 .mark = 51820,
				 .ip = true,
				 .ip6 = true,
				 .addrs = addrs,
				 .addr_count = COUNT(addrs)};
}

static void same_as_nft(void **state)
{
	(void)state;
	struct firewall fw = sample();

	compare_with_nft(&fw);
	fw.ip = false;
	compare_with_nft(&fw);
	fw.ip = true;
	fw.ip6 = false;
	compare_with_nft(&fw);
	fw.addr_count = 0;
	compare_with_nft(&fw);
	fw = sample();
	fw.mark = 0xfedcba98;
	fw.ifname = "tunnel-0.of_15c";
	compare_with_nft(&fw);
}

static void add(struct walls *walls, const struct wall *wall)
{
	struct wall *added = vec_push(walls);

	assert_non_null(added);
	*added = *wall;
}

static struct prefix prefix_of(const char *text)
{
	struct prefix prefix;

	assert_int_equal(prefix_parse(text, strlen(text), &prefix), 0);
	return prefix;
}

/* A rule of every kind. */
static void make_walls(struct walls *ret)
{
	static const char *const networks[] = {"224.0.0.0/24",  "169.254.0.0/16", "10.0.0.0/8",
					       "192.0.2.64/26", "ff02::/16",      "2001:db8::/32",
					       "fe80::/10"};
	struct wall wall = {.from = "eth0", .protocol = IPPROTO_UDP, .dport = 51820};

	add(ret, &wall);
	wall.from[0] = '\0';
	wall.destination = prefix_of("192.0.2.1");
	add(ret, &wall);
	wall.destination = prefix_of("2001:db8::1");
	add(ret, &wall);
	add(ret, &(struct wall){.protocol = IPPROTO_UDP, .dport = 51820, .verdict = WALL_DROP});
	wall = (struct wall){.chain = WALL_CLAMP,
			     .from = "wg0",
			     .to = "wg0",
			     .not_to = true,
			     .verdict = WALL_CLAMP_MSS};
	add(ret, &wall);
	add(ret, &(struct wall){.chain = WALL_CLAMP, .to = "wg0", .verdict = WALL_CLAMP_MSS});
	wall.chain = WALL_NAT;
	wall.verdict = WALL_MASQUERADE;
	wall.family = AF_INET;
	add(ret, &wall);
	wall.family = 0;
	wall.source = prefix_of("fc00::/7");
	add(ret, &wall);
	wall = (struct wall){
		.chain = WALL_ISOLATE, .from = "wg0", .to = "wg0", .verdict = WALL_REJECT};
	add(ret, &wall);
	add(ret, &(struct wall){.chain = WALL_OUTPUT, .mark = 0x76123456});
	wall = (struct wall){.chain = WALL_OUTPUT,
			     .family = AF_INET,
			     .protocol = IPPROTO_UDP,
			     .sport = 68,
			     .dport = 67};
	add(ret, &wall);
	wall = (struct wall){
		.chain = WALL_OUTPUT, .family = AF_INET6, .protocol = IPPROTO_ICMPV6, .type = 131};
	add(ret, &wall);
	wall = (struct wall){.chain = WALL_OUTPUT,
			     .protocol = IPPROTO_TCP,
			     .resets = true,
			     .state = WALL_RELATED};
	add(ret, &wall);
	wall = (struct wall){.chain = WALL_OUTPUT, .protocol = IPPROTO_TCP, .verdict = WALL_RESET};
	add(ret, &wall);
	/* nft compares a prefix of whole bytes by these, any other by a mask. */
	for (size_t i = 0; i < sizeof(networks) / sizeof(networks[0]); i++)
		add(ret,
		    &(struct wall){.chain = WALL_OUTPUT, .destination = prefix_of(networks[i])});
	add(ret, &(struct wall){.chain = WALL_FORWARD, .from = "wg0", .state = WALL_REPLY});
	add(ret, &(struct wall){.chain = WALL_FORWARD, .verdict = WALL_REJECT});
}

/* What wgq's own table is, as text for nft(8), and read back. */
static void own_table(void **state)
{
	(void)state;
	_cleanup_walls_ struct walls walls = {0}, read = {0};
	_cleanup_free_ char *theirs = NULL, *by_text = NULL, *ours = NULL;
	_cleanup_buf_ struct buf command = {0};
	bool matches = false;
	unsigned found;

	make_walls(&walls);
	ns_fresh_network();
	ns_run("nft -f - <<'END'\n"
	       "table inet wgq-wg0 {\n"
	       "	chain listen {\n"
	       "		type filter hook input priority 0\n"
	       "		iifname \"eth0\" udp dport 51820 accept\n"
	       "		ip daddr 192.0.2.1 udp dport 51820 accept\n"
	       "		ip6 daddr 2001:db8::1 udp dport 51820 accept\n"
	       "		udp dport 51820 drop\n"
	       "	}\n"
	       "	chain clamp {\n"
	       "		type filter hook forward priority -150\n"
	       "		iifname \"wg0\" oifname != \"wg0\" tcp flags syn tcp option maxseg "
	       "size set rt mtu\n"
	       "		oifname \"wg0\" tcp flags syn tcp option maxseg size set rt mtu\n"
	       "	}\n"
	       "	chain nat {\n"
	       "		type nat hook postrouting priority 100\n"
	       "		iifname \"wg0\" oifname != \"wg0\" meta nfproto ipv4 counter "
	       "masquerade\n"
	       "		iifname \"wg0\" oifname != \"wg0\" ip6 saddr fc00::/7 counter "
	       "masquerade\n"
	       "	}\n"
	       "	chain isolate {\n"
	       "		type filter hook forward priority 0\n"
	       "		iifname \"wg0\" oifname \"wg0\" counter reject with icmpx "
	       "admin-prohibited\n"
	       "	}\n"
	       "	chain output {\n"
	       "		type filter hook output priority 300; policy drop;\n"
	       "		meta mark 0x76123456 accept\n"
	       "		meta nfproto ipv4 udp sport 68 udp dport 67 accept\n"
	       "		icmpv6 type 131 accept\n"
	       "		meta l4proto tcp tcp flags rst ct state related accept\n"
	       "		meta l4proto tcp counter reject with tcp reset\n"
	       "		ip daddr 224.0.0.0/24 accept\n"
	       "		ip daddr 169.254.0.0/16 accept\n"
	       "		ip daddr 10.0.0.0/8 accept\n"
	       "		ip daddr 192.0.2.64/26 accept\n"
	       "		ip6 daddr ff02::/16 accept\n"
	       "		ip6 daddr 2001:db8::/32 accept\n"
	       "		ip6 daddr fe80::/10 accept\n"
	       "	}\n"
	       "	chain forward {\n"
	       "		type filter hook forward priority 300; policy drop;\n"
	       "		iifname \"wg0\" ct direction reply accept\n"
	       "		counter reject with icmpx admin-prohibited\n"
	       "	}\n"
	       "}\n"
	       "END\n");
	theirs = ns_output("nft list ruleset");
	ns_fresh_network();
	buf_str(&command, "nft -f - <<'END'\n");
	walls_nft_text(&walls, "wg0", &command);
	buf_str(&command, "END\n");
	ns_run("%s", buf_text(&command));
	by_text = ns_output("nft list ruleset");
	assert_string_equal(by_text, theirs);
	assert_int_equal(nft_walls_matches("wg0", &walls, &matches, NULL), 0);
	assert_true(matches);
	ns_fresh_network();
	assert_int_equal(nft_walls_probe(&walls, NULL), 0);
	assert_int_equal(nft_walls_install("wg0", &walls, NULL), 0);
	ours = ns_output("nft list ruleset");
	assert_string_equal(ours, theirs);
	assert_int_equal(nft_walls_matches("wg0", &walls, &matches, NULL), 0);
	assert_true(matches);
	assert_int_equal(nft_walls_read("wg0", &read, NULL), 0);
	assert_true(walls_same(&walls, &read));

	/* Others' table stays, and a change by hand shows. */
	ns_run("nft add table inet wgq-wg00; nft insert rule inet wgq-wg0 listen udp dport 7 "
	       "accept");
	assert_int_equal(nft_walls_matches("wg0", &walls, &matches, NULL), 0);
	assert_false(matches);
	walls.len--;
	assert_int_equal(nft_walls_install("wg0", &walls, NULL), 0);
	assert_int_equal(nft_walls_matches("wg0", &walls, &matches, NULL), 0);
	assert_true(matches);
	assert_int_equal(nft_find("wg0", &found, NULL), 0);
	assert_int_equal(found, NFT_FOUND_OWN);
	assert_int_equal(nft_walls_remove("wg0", NULL), 0);
	assert_int_equal(nft_walls_remove("wg0", NULL), 0);
	assert_int_equal(nft_find("wg0", &found, NULL), 0);
	assert_int_equal(found, 0);
	ns_run("nft list table inet wgq-wg00");
}

static void any_name(void **state)
{
	(void)state;
	static const char *const names[] = {"a=b+c.d-e_f", "+", "=", "-x", "0", "wg0.100"};

	for (size_t i = 0; i < COUNT(names); i++) {
		struct firewall fw = sample();
		unsigned families = 0;
		bool matches = false;

		fw.ifname = names[i];
		ns_fresh_network();
		assert_int_equal(nft_install(&fw, NULL), 0);
		assert_int_equal(nft_matches(&fw, &matches, NULL), 0);
		assert_true(matches);
		assert_int_equal(nft_find(fw.ifname, &families, NULL), 0);
		assert_int_equal(families, NFT_FOUND_IP | NFT_FOUND_IP6);
		_cleanup_free_ char *text = ns_output("nft list ruleset");
		if (!strstr(text, names[i]))
			fail_msg("%s is not in\n%s", names[i], text);
		assert_int_equal(nft_remove(fw.ifname, NULL), 0);
		assert_int_equal(nft_find(fw.ifname, &families, NULL), 0);
		assert_int_equal(families, 0);
	}
}

static void replaces_and_removes_all_families(void **state)
{
	(void)state;
	static const char *const families[] = {"ip", "ip6", "inet", "arp", "bridge", "netdev"};
	struct firewall fw = sample();
	_cleanup_free_ char *before = NULL, *after = NULL, *fresh = NULL, *replaced = NULL;
	unsigned found = 0;

	ns_fresh_network();
	ns_run("nft add table inet wg-quick-wg01; nft add table ip wg-quick-wg; "
	       "nft add table ip6 mine");
	before = ns_output("nft list ruleset");
	assert_int_equal(nft_install(&fw, NULL), 0);
	fresh = ns_output("nft list ruleset");
	for (size_t i = 0; i < COUNT(families); i++)
		ns_run("nft add table %s wg-quick-wg0; nft add chain %s wg-quick-wg0 more",
		       families[i], families[i]);
	assert_int_equal(nft_find("wg0", &found, NULL), 0);
	assert_int_equal(found, NFT_FOUND_IP | NFT_FOUND_IP6 | NFT_FOUND_OTHER);

	assert_int_equal(nft_install(&fw, NULL), 0);
	replaced = ns_output("nft list ruleset");
	assert_string_equal(replaced, fresh);
	assert_int_equal(nft_remove("wg0", NULL), 0);
	after = ns_output("nft list ruleset");
	assert_string_equal(after, before);
	assert_int_equal(nft_remove("wg0", NULL), 0);
}

/* Each command is run on a fresh firewall, which it makes another one or not. */
static void sees_every_difference(void **state)
{
	(void)state;
	static const struct {
		const char *command;
		bool matches;
	} cases[] = {
		{"true", true},
		{"nft add table ip other", true},
		{"nft flush chain ip wg-quick-wg0 premangle && nft add rule ip wg-quick-wg0 "
		 "premangle "
		 "meta l4proto udp counter meta mark set ct mark comment '\"seen\"'",
		 true},
		{"nft delete table ip6 wg-quick-wg0", false},
		{"nft add table inet wg-quick-wg0", false},
		{"nft add chain ip wg-quick-wg0 more", false},
		{"nft add rule ip wg-quick-wg0 preraw accept", false},
		{"nft insert rule ip6 wg-quick-wg0 premangle meta l4proto tcp", false},
		{"nft flush chain ip wg-quick-wg0 preraw", false},
		{"nft add chain ip wg-quick-wg0 preraw '{ policy drop; }'", false},
		{"nft add table ip wg-quick-wg0 '{ flags dormant; }'", false},
		{"nft flush chain ip wg-quick-wg0 postmangle && nft add rule ip wg-quick-wg0 "
		 "postmangle meta l4proto udp mark 51821 ct mark set mark",
		 false},
		{"nft flush chain ip wg-quick-wg0 postmangle && nft add rule ip wg-quick-wg0 "
		 "postmangle meta l4proto tcp mark 51820 ct mark set mark",
		 false},
		{"nft delete rule ip wg-quick-wg0 premangle handle $(nft -a list chain ip "
		 "wg-quick-wg0 premangle | sed -n 's/.*ct mark # handle //p') && nft delete chain "
		 "ip "
		 "wg-quick-wg0 premangle && nft add chain ip wg-quick-wg0 premangle '{ type filter "
		 "hook prerouting priority -149; }' && nft add rule ip wg-quick-wg0 premangle meta "
		 "l4proto udp meta mark set ct mark",
		 false},
	};
	struct firewall fw = sample();

	for (size_t i = 0; i < COUNT(cases); i++) {
		bool matches = !cases[i].matches;

		ns_fresh_network();
		assert_int_equal(nft_install(&fw, NULL), 0);
		ns_run("%s", cases[i].command);
		assert_int_equal(nft_matches(&fw, &matches, NULL), 0);
		if (matches != cases[i].matches)
			fail_msg("matches %d: %s", matches, cases[i].command);
	}
}

static void addresses_are_a_set(void **state)
{
	(void)state;
	struct firewall fw = sample();
	struct addr shuffled[] = {fw.addrs[2], fw.addrs[3], fw.addrs[1], fw.addrs[0]};
	bool matches = false;

	ns_fresh_network();
	assert_int_equal(nft_install(&fw, NULL), 0);
	fw.addrs = shuffled;
	assert_int_equal(nft_matches(&fw, &matches, NULL), 0);
	assert_true(matches);
	shuffled[1] = addr_of("fe80::1");
	assert_int_equal(nft_matches(&fw, &matches, NULL), 0);
	assert_false(matches);
}

static void two_thousand_addresses(void **state)
{
	(void)state;
	enum { MANY = 2000 };
	static struct addr addrs[MANY];
	struct firewall fw = sample();
	bool matches = false;

	for (unsigned i = 0; i < MANY; i++) {
		addrs[i] = addr_of(i % 2 ? "10.9.0.0" : "fd00::");
		addrs[i].bytes[2] = (uint8_t)(i >> 8);
		addrs[i].bytes[3] = (uint8_t)i;
	}
	fw.addrs = addrs;
	fw.addr_count = MANY;
	ns_fresh_network();
	assert_int_equal(nft_install(&fw, NULL), 0);
	assert_int_equal(nft_matches(&fw, &matches, NULL), 0);
	assert_true(matches);
	_cleanup_free_ char *rules = ns_output("nft list ruleset | grep -c daddr");
	assert_string_equal(rules, "2000\n");
}

/* Neither the ruleset nor a listener sees it. The listener hears tables come and go before the
 * probe, and one more after it. */
static void probe_leaves_no_trace(void **state)
{
	(void)state;
	ns_fresh_network();
	ns_run("nft monitor >>/run/monitor 2>&1 & echo $! >/run/pid; "
	       "for i in $(seq 100); do grep -q start /run/monitor && break; "
	       "nft add table ip start; nft delete table ip start; sleep 0.1; done");
	assert_int_equal(nft_probe(NULL), 0);
	ns_run("nft add table ip end; for i in $(seq 100); do grep -q end /run/monitor && "
	       "break; sleep 0.1; done; "
	       "kill $(cat /run/pid); sed -i '/^#/d; /start$/d' /run/monitor");
	_cleanup_free_ char *seen = ns_output("cat /run/monitor");
	_cleanup_free_ char *ruleset = ns_output("nft list ruleset");
	assert_string_equal(seen, "add table ip end\n");
	assert_string_equal(ruleset, "table ip end {\n}\n");
}

/* A batch that the kernel refuses changes nothing, and the error says why. */
static void without_privilege(void **state)
{
	(void)state;
	_cleanup_diag_ struct diag d = {0};
	_cleanup_buf_ struct buf text = {0};
	struct firewall fw = sample();
	unsigned families;
	bool matches;

	ns_fresh_network();
	assert_int_equal(seteuid(65534), 0);
	int installed = nft_install(&fw, &d);
	int probed = nft_probe(&d);
	int found = nft_find("wg0", &families, &d);
	int matched = nft_matches(&fw, &matches, &d);
	assert_int_equal(seteuid(0), 0);
	assert_int_equal(installed, -EPERM);
	assert_int_equal(probed, -EPERM);
	assert_int_equal(found, -EPERM);
	assert_int_equal(matched, -EPERM);
	assert_int_equal(diag_errors(&d), 4);
	diag_format(&d, 0, "wgq", false, 0, &text);
	assert_non_null(strstr(buf_text(&text), "CAP_NET_ADMIN"));
}

/* The table of another process cannot be deleted, hence nothing may be. */
static void all_or_nothing(void **state)
{
	(void)state;
	struct firewall fw = sample();
	_cleanup_free_ char *before = NULL, *after = NULL;

	ns_fresh_network();
	assert_int_equal(nft_install(&fw, NULL), 0);
	ns_run("mkfifo /run/hold; { { echo 'add table inet wg-quick-wg0 { flags owner; }'; cat "
	       "/run/hold; } | nft -i; } >/run/owner 2>&1 & "
	       "for i in $(seq 100); do nft list tables | grep -q inet && break; "
	       "grep -q Error /run/owner && break; sleep 0.1; done");
	before = ns_output("nft list ruleset");
	/* NFT_TABLE_F_OWNER came with Linux 5.12; before, nothing makes a deletion fail. */
	if (strstr(before, "flags owner")) {
		assert_int_equal(nft_install(&fw, NULL), -EPERM);
		assert_int_equal(nft_remove("wg0", NULL), -EPERM);
		after = ns_output("nft list ruleset");
		assert_string_equal(after, before);
	}
	ns_run("echo >/run/hold; rm /run/hold");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(same_as_nft),
		cmocka_unit_test(own_table),
		cmocka_unit_test(any_name),
		cmocka_unit_test(replaces_and_removes_all_families),
		cmocka_unit_test(sees_every_difference),
		cmocka_unit_test(addresses_are_a_set),
		cmocka_unit_test(two_thousand_addresses),
		cmocka_unit_test(probe_leaves_no_trace),
		cmocka_unit_test(without_privilege),
		cmocka_unit_test(all_or_nothing),
	};
	int skipped = ns_need_root();

	if (skipped)
		return skipped;
	ns_private_run();
	return cmocka_run_group_tests(tests, NULL, NULL);
}

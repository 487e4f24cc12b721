// SPDX-License-Identifier: GPL-2.0-or-later
// Name servers: the choice of the way, and resolvconf's calls to the byte.
#include "wgq/sys/dns/dns.h"

#include <errno.h>

#include "scratch.h"
#include "wgq/base/mem.h"

static struct scratch s;

/* Remembers its arguments and its input; fails as told by the file `fail`. */
static const char resolvconf[] = "#!/bin/sh\n"
				 "echo \"resolvconf $*\" >>$LOG\n"
				 "[ \"$1\" != -a ] || cat >>$LOG\n"
				 "[ -e $LOG.fail ] || exit 0\n"
				 "echo \"$0: signature mismatch: /etc/resolv.conf\" >&2\n"
				 "echo \"$0: run \\`resolvconf -u\\` to update\" >&2\n"
				 "exit 1\n";

static struct conf_text_vec list(const char *a, const char *b)
{
	struct conf_text_vec v = {0};

	if (a)
		*vec_push(&v) = (struct conf_text){.text = (char *)a, .line = 3};
	if (b)
		*vec_push(&v) = (struct conf_text){.text = (char *)b, .line = 4};
	return v;
}

static int setup(void **state)
{
	char path[PATH_MAX + 32];

	(void)state;
	scratch_init(&s);
	scratch_write(&s, "bin/resolvconf", resolvconf, 0755);
	snprintf(path, sizeof(path), "%s/bin:/usr/bin:/bin", s.folder);
	setenv("PATH", path, 1);
	setenv("LOG", scratch_path(&s, "log"), 1);
	/* no bus: whatever this host runs is not asked */
	setenv("DBUS_SYSTEM_BUS_ADDRESS", "unix:path=/nonexistent", 1);
	scratch_write(&s, "etc/resolv.conf", "nameserver 192.0.2.1\n", 0644);
	return 0;
}

static int teardown(void **state)
{
	(void)state;
	setenv("PATH", "/usr/bin:/bin", 1);
	scratch_release(&s);
	return 0;
}

static void test_resolvconf(void **state)
{
	static const struct {
		const char *server[2], *search[2], *log;
	} cases[] = {
		{{"192.0.2.53", "2001:db8::53"},
		 {"a.example", "b.example"},
		 "resolvconf -a wg0 -m 0 -x\nnameserver 192.0.2.53\nnameserver 2001:db8::53\n"
		 "search a.example b.example\nresolvconf -d wg0 -f\n"},
		{{"192.0.2.53"},
		 {NULL},
		 "resolvconf -a wg0 -m 0 -x\nnameserver 192.0.2.53\nresolvconf -d wg0 -f\n"},
		{{NULL},
		 {"a.example"},
		 "resolvconf -a wg0 -m 0\nsearch a.example\nresolvconf -d wg0 -f\n"},
	};

	(void)state;
	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		struct conf_text_vec servers = list(cases[i].server[0], cases[i].server[1]);
		struct conf_text_vec search = list(cases[i].search[0], cases[i].search[1]);
		struct dns_config config = {
			.ifname = "wg0", .servers = &servers, .search = &search, .root = s.folder};
		enum dns_backend backend;
		int status = -1;

		unlink(scratch_path(&s, "log"));
		assert_int_equal(dns_choose(DNS_AUTO, &config, &backend, NULL), 0);
		assert_int_equal(backend, DNS_RESOLVCONF);
		assert_int_equal(dns_set(backend, &config, &status, NULL), 0);
		assert_int_equal(status, 0);
		assert_int_equal(dns_unset(backend, &config, NULL, NULL), 0);
		assert_string_equal(scratch_read(&s, "log"), cases[i].log);
		vec_release(&servers);
		vec_release(&search);
	}
}

/* linux.bash:145-153 */
static void test_prefix(void **state)
{
	static const struct {
		const char *order, *prefix;
	} cases[] = {
		{"# comment\nlo\nlo.!(pppd|wpa_supplicant)\n\ttun*\t\ntap*\n", "tun."},
		{"lo.inet*\nlo\n", ""},
		{"eth-0*\n", "eth-0."},
		{"*\n", ""},
		{"tun*x\n", ""},
		{"tun*", ""}, /* `read` fails on a line that does not end */
		{"", ""},
	};

	(void)state;
	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		_cleanup_buf_ struct buf prefix = {0};

		scratch_write(&s, "etc/resolvconf/interface-order", cases[i].order, 0644);
		assert_int_equal(dns_resolvconf_prefix(s.folder, &prefix, NULL), 0);
		assert_string_equal(buf_text(&prefix), cases[i].prefix);
	}

	/* left behind by a package that resolvectl has taken the place of */
	_cleanup_buf_ struct buf prefix = {0};
	scratch_write(&s, "etc/resolvconf/interface-order", "tun*\n", 0644);
	scratch_write(&s, "bin/resolvectl", resolvconf, 0755);
	assert_int_equal(unlink(scratch_path(&s, "bin/resolvconf")), 0);
	assert_int_equal(symlink("resolvectl", s.path), 0);
	assert_int_equal(dns_resolvconf_prefix(s.folder, &prefix, NULL), 0);
	assert_string_equal(buf_text(&prefix), "");
}

static void test_prefixed(void **state)
{
	struct conf_text_vec servers = list("192.0.2.53", NULL), none = {0};
	struct dns_config config = {
		.ifname = "wg0", .servers = &servers, .search = &none, .root = s.folder};

	(void)state;
	scratch_write(&s, "etc/resolvconf/interface-order", "tun*\n", 0644);
	assert_int_equal(dns_set(DNS_RESOLVCONF, &config, NULL, NULL), 0);
	assert_int_equal(dns_unset(DNS_AUTO, &config, NULL, NULL), 0);
	assert_string_equal(scratch_read(&s, "log"),
			    "resolvconf -a tun.wg0 -m 0 -x\nnameserver 192.0.2.53\n"
			    "resolvconf -d tun.wg0 -f\n");
	vec_release(&servers);
}

static void test_signature(void **state)
{
	struct conf_text_vec servers = list("192.0.2.53", NULL), none = {0};
	struct dns_config config = {
		.ifname = "wg0", .servers = &servers, .search = &none, .root = s.folder};
	_cleanup_diag_ struct diag d = {0};
	int status = 0;

	(void)state;
	scratch_write(&s, "log.fail", "", 0644);
	assert_true(dns_set(DNS_RESOLVCONF, &config, &status, &d) < 0);
	assert_int_equal(status, 1);
	assert_int_equal(diag_errors(&d), 1);
	assert_string_equal(d.at[0].message, "resolvconf failed with exit status 1");
	assert_non_null(strstr(d.at[0].hint, "resolvconf -u"));
	/* what it has kept is taken back */
	assert_string_equal(scratch_read(&s, "log"),
			    "resolvconf -a wg0 -m 0 -x\nnameserver 192.0.2.53\n"
			    "resolvconf -d wg0 -f\n");
	vec_release(&servers);
}

/* What a resolvconf says of an entry, and what is read from it. */
static void test_get(void **state)
{
	static const struct {
		const char *list, *servers, *search;
	} cases[] = {
		{"# resolv.conf from wg0\nnameserver 192.0.2.53\nnameserver 2001:DB8:0::53\n"
		 "search a.example b.example\n",
		 "192.0.2.53\n2001:db8::53\n", "a.example\nb.example\n"},
		{"# resolv.conf from wg0\n# nameserver 1.1.1.1\nnameserver\n"
		 "nameserver\t9.9.9.9 8.8.8.8\noptions edns0\ndomain old\nsearch new\n",
		 "9.9.9.9\n", "new\n"},
		{"# resolv.conf from wg0\nnameserver fe80::1%eth0\n", "fe80::1%eth0\n", ""},
		{"# resolv.conf from wg1\nnameserver 192.0.2.53\n", "", ""},
		{"", "", ""},
	};

	(void)state;
	scratch_write(&s, "bin/resolvconf", "#!/bin/sh\ntest \"$*\" = '-l wg0' && cat $LOG.list\n",
		      0755);
	scratch_path(&s, "bin/cat");
	unlink(s.path);
	assert_int_equal(symlink("/bin/cat", s.path), 0);
	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		struct dns_found found = {0};

		scratch_write(&s, "log.list", cases[i].list, 0600);
		assert_int_equal(dns_get(DNS_RESOLVCONF, "wg0", &found, NULL), 0);
		assert_true(found.known);
		assert_string_equal(buf_text(&found.servers), cases[i].servers);
		assert_string_equal(buf_text(&found.search), cases[i].search);
		buf_release(&found.servers);
		buf_release(&found.search);
	}

	struct dns_found none = {0};
	assert_int_equal(unlink(scratch_path(&s, "bin/resolvconf")), 0);
	setenv("PATH", "/nonexistent", 1);
	assert_int_equal(dns_get(DNS_RESOLVCONF, "wg0", &none, NULL), 0);
	assert_int_equal(dns_get(DNS_OFF, "wg0", &none, NULL), 0);
	assert_false(none.known);
}

static void test_choice(void **state)
{
	struct conf_text_vec servers = list("192.0.2.53", NULL), none = {0};
	struct dns_config config = {
		.ifname = "wg0", .servers = &servers, .search = &none, .root = s.folder};
	struct dns_config empty = {.ifname = "wg0", .servers = &none, .search = &none};
	_cleanup_diag_ struct diag d = {0};
	enum dns_backend backend;

	(void)state;
	assert_int_equal(dns_choose(DNS_OFF, &config, &backend, &d), 0);
	assert_int_equal(backend, DNS_OFF);
	assert_int_equal(dns_choose(DNS_RESOLVCONF, &empty, &backend, &d), 0);
	assert_int_equal(backend, DNS_OFF);
	assert_true(dns_choose(DNS_RESOLVED, &config, &backend, &d) < 0);
	assert_int_equal(diag_errors(&d), 1);
	diag_truncate(&d, 0);

	assert_int_equal(unlink(scratch_path(&s, "bin/resolvconf")), 0);
	setenv("PATH", "/nonexistent", 1);
	assert_int_equal(dns_choose(DNS_RESOLVCONF, &config, &backend, &d), -ENOENT);
	assert_int_equal(dns_choose(DNS_AUTO, &config, &backend, &d), -ENOENT);
	assert_int_equal(diag_errors(&d), 2);
	assert_non_null(strstr(d.at[0].hint, "--dns=off"));
	assert_non_null(strstr(d.at[1].hint, "--dns=off"));
	assert_int_equal(backend, DNS_OFF);
	vec_release(&servers);
}

static void test_owner(void **state)
{
	static const struct {
		const char *target, *text;
		bool owns;
	} cases[] = {
		{"../run/systemd/resolve/stub-resolv.conf", NULL, true},
		{"/run/systemd/resolve/resolv.conf", NULL, true},
		{"../run/NetworkManager/resolv.conf", NULL, false},
		{"../run/resolvconf/resolv.conf", NULL, false},
		{NULL, "# x\nnameserver 127.0.0.53\noptions edns0\n", true},
		{NULL, "search a\nnameserver\t 127.0.0.54 ", true},
		{NULL, "# nameserver 127.0.0.53\nnameserver 127.0.0.5\nnameserver\n", false},
		{NULL, "nameserver 1.1.1.1\n", false},
		{NULL, NULL, false},
	};

	(void)state;
	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		unlink(scratch_path(&s, "etc/resolv.conf"));
		if (cases[i].target)
			assert_int_equal(symlink(cases[i].target, s.path), 0);
		else if (cases[i].text)
			scratch_write(&s, "etc/resolv.conf", cases[i].text, 0644);
		if (dns_resolved_owns(s.folder) != cases[i].owns)
			fail_msg("case %zu", i);
	}
}

static void test_names(void **state)
{
	enum dns_backend backend;

	(void)state;
	assert_int_equal(dns_backend_parse("resolved", &backend), 0);
	assert_int_equal(backend, DNS_RESOLVED);
	assert_int_equal(dns_backend_parse("off", &backend), 0);
	assert_int_equal(backend, DNS_OFF);
	assert_int_equal(dns_backend_parse("on", &backend), -EINVAL);
}

#define CASE(f) cmocka_unit_test_setup_teardown(f, setup, teardown)

int main(void)
{
	const struct CMUnitTest tests[] = {
		CASE(test_resolvconf), CASE(test_prefix), CASE(test_prefixed), CASE(test_signature),
		CASE(test_choice),     CASE(test_owner),  CASE(test_names),    CASE(test_get),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}

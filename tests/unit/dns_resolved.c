// SPDX-License-Identifier: GPL-2.0-or-later
// systemd-resolved as we call it: a bus of our own with a service that writes down what it is
// told. The real one is asked in tests/vm.
#include "wgq/sys/dns/dns.h"

#include <errno.h>
#include <sched.h>
#include <signal.h>
#include <systemd/sd-bus.h>

#include "scratch.h"
#include "wgq/base/mem.h"

#define NAME      "org.freedesktop.resolve1"
#define LINK_PATH "/org/freedesktop/resolve1/link/_31"

/* How the fake one behaves. */
enum fake { FAKE_NEW, FAKE_OLD, FAKE_BUSY };

static struct scratch s;
static pid_t daemon_pid, service_pid;
static char log_path[PATH_MAX];

static void say(const char *format, ...) __attribute__((format(printf, 1, 2)));

static void say(const char *format, ...)
{
	FILE *log = fopen(log_path, "ae");
	va_list args;

	va_start(args, format);
	vfprintf(log, format, args);
	va_end(args);
	fclose(log);
}

static void say_servers(sd_bus_message *m, bool extended)
{
	const char *entry = extended ? "iayqs" : "iay";

	sd_bus_message_enter_container(m, 'a', extended ? "(iayqs)" : "(iay)");
	while (sd_bus_message_enter_container(m, 'r', entry) > 0) {
		const uint8_t *bytes;
		const char *name = "";
		uint16_t port = 0;
		size_t n;
		int family;

		sd_bus_message_read(m, "i", &family);
		sd_bus_message_read_array(m, 'y', (const void **)&bytes, &n);
		if (extended)
			sd_bus_message_read(m, "qs", &port, &name);
		say(" %d/%zu/%02x..%02x/%u/%s", family, n, bytes[0], bytes[n - 1], port, name);
		sd_bus_message_exit_container(m);
	}
}

static void say_domains(sd_bus_message *m)
{
	const char *domain;
	int only;

	sd_bus_message_enter_container(m, 'a', "(sb)");
	while (sd_bus_message_read(m, "(sb)", &domain, &only) > 0)
		say(" %s%s", only ? "~" : "", domain);
}

static int say_no_property(sd_bus_message *m)
{
	return sd_bus_reply_method_errorf(m, SD_BUS_ERROR_UNKNOWN_PROPERTY, "unknown");
}

/* Three servers, one of them with a port; and domains. */
static int on_get(sd_bus_message *m, enum fake fake)
{
	_cleanup_(sd_bus_message_unrefp) sd_bus_message *answer = NULL;
	const char *interface, *property;

	assert_string_equal(sd_bus_message_get_path(m), LINK_PATH);
	sd_bus_message_read(m, "ss", &interface, &property);
	assert_string_equal(interface, NAME ".Link");
	sd_bus_message_new_method_return(m, &answer);
	if (strcmp(property, "DNSEx") == 0 && fake == FAKE_OLD)
		return say_no_property(m);
	if (strcmp(property, "DNSEx") == 0)
		sd_bus_message_append(answer, "v", "a(iayqs)", 2, 2, 4, 192, 0, 2, 53, 5353, "x",
				      10, 16, 0x20, 1, 0xd, 0xb8, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0,
				      0x53, 0, "");
	else if (strcmp(property, "DNS") == 0)
		sd_bus_message_append(answer, "v", "a(iay)", 1, 2, 4, 192, 0, 2, 54);
	else if (strcmp(property, "Domains") == 0 && fake != FAKE_BUSY)
		sd_bus_message_append(answer, "v", "a(sb)", 3, "corp.example", 0, "lab.example", 1,
				      ".", 1);
	else
		return say_no_property(m);
	return sd_bus_send(NULL, answer, NULL);
}

static int on_call(sd_bus_message *m, void *context, sd_bus_error *error)
{
	enum fake fake = *(enum fake *)context;
	const char *member = sd_bus_message_get_member(m);
	int index = 0, yes = 0;

	(void)error;
	if (sd_bus_message_is_method_call(m, "org.freedesktop.DBus.Properties", "Get"))
		return on_get(m, fake);
	if (!member || !sd_bus_message_is_method_call(m, NAME ".Manager", NULL))
		return 0;
	if (strcmp(member, "GetLink") == 0)
		return sd_bus_reply_method_return(m, "o", LINK_PATH);
	if (fake == FAKE_OLD &&
	    (strcmp(member, "SetLinkDNSEx") == 0 || strcmp(member, "SetLinkDefaultRoute") == 0))
		return sd_bus_reply_method_errorf(m, SD_BUS_ERROR_UNKNOWN_METHOD, "unknown");
	sd_bus_message_read(m, "i", &index);
	say("%s %d", member, index);
	if (strncmp(member, "SetLinkDNS", 10) == 0)
		say_servers(m, strcmp(member, "SetLinkDNSEx") == 0);
	else if (strcmp(member, "SetLinkDomains") == 0)
		say_domains(m);
	else if (strcmp(member, "SetLinkDefaultRoute") == 0 && sd_bus_message_read(m, "b", &yes))
		say(" %d", yes);
	say("\n");
	if (fake == FAKE_BUSY && strcmp(member, "SetLinkDomains") == 0)
		return sd_bus_reply_method_errorf(m, NAME ".LinkBusy", "Link lo is managed.");
	return sd_bus_reply_method_return(m, "");
}

static void serve(enum fake fake)
{
	sd_bus *bus = NULL;

	if (sd_bus_open_system(&bus) < 0 || sd_bus_add_filter(bus, NULL, on_call, &fake) < 0 ||
	    sd_bus_request_name(bus, NAME, 0) < 0)
		_exit(1);
	say("ready\n");
	for (;;) {
		if (sd_bus_process(bus, NULL) == 0)
			sd_bus_wait(bus, UINT64_MAX);
	}
}

static void start_service(enum fake fake)
{
	service_pid = fork();
	if (service_pid == 0)
		serve(fake);
	for (int i = 0; i < 500 && !strstr(scratch_read(&s, "log"), "ready"); i++)
		usleep(10000);
	assert_string_equal(scratch_read(&s, "log"), "ready\n");
	scratch_write(&s, "log", "", 0600);
}

static bool bus_answers(void)
{
	sd_bus *bus = NULL;
	int r = sd_bus_open_system(&bus);

	if (r >= 0)
		r = sd_bus_get_unique_name(bus, &(const char *){NULL});
	sd_bus_flush_close_unref(bus);
	return r >= 0;
}

static void start_daemon(void)
{
	char address[PATH_MAX + 16], option[PATH_MAX + 32];

	snprintf(address, sizeof(address), "unix:path=%s", scratch_path(&s, "bus"));
	snprintf(option, sizeof(option), "--address=%s", address);
	setenv("DBUS_SYSTEM_BUS_ADDRESS", address, 1);
	daemon_pid = fork();
	if (daemon_pid == 0) {
		execlp("dbus-daemon", "dbus-daemon", "--session", "--nofork", "--nopidfile",
		       "--nosyslog", option, (char *)NULL);
		_exit(127);
	}
	for (int i = 0; i < 500 && !bus_answers(); i++)
		usleep(10000);
}

static int setup(void **state)
{
	(void)state;
	scratch_init(&s);
	snprintf(log_path, sizeof(log_path), "%s", scratch_path(&s, "log"));
	scratch_path(&s, "etc/resolv.conf");
	assert_int_equal(symlink("../run/systemd/resolve/stub-resolv.conf", s.path), 0);
	start_daemon();
	return 0;
}

static int teardown(void **state)
{
	(void)state;
	if (service_pid > 0) {
		kill(service_pid, SIGTERM);
		waitpid(service_pid, NULL, 0);
	}
	kill(daemon_pid, SIGTERM);
	waitpid(daemon_pid, NULL, 0);
	service_pid = 0;
	scratch_release(&s);
	return 0;
}

static void need_daemon(void)
{
	if (!bus_answers())
		scratch_skip("dbus-daemon");
}

static struct conf_text_vec list(const char *const texts[3])
{
	struct conf_text_vec v = {0};

	for (size_t i = 0; i < 3 && texts[i]; i++)
		*vec_push(&v) = (struct conf_text){.text = (char *)texts[i], .line = 5};
	return v;
}

static void test_set(void **state)
{
	static const struct {
		const char *servers[3], *search[3];
		bool catch_all;
		const char *log;
	} cases[] = {
		{{"192.0.2.53", "2001:db8::53"},
		 {NULL},
		 true,
		 "SetLinkDNSEx 1 2/4/c0..35/0/ 10/16/20..53/0/\nSetLinkDomains 1 ~.\n"
		 "SetLinkDefaultRoute 1 1\nRevertLink 1\n"},
		{{"192.0.2.53:5353", "[2001:db8::1]:53"},
		 {"corp.example"},
		 false,
		 "SetLinkDNSEx 1 2/4/c0..35/5353/ 10/16/20..01/53/\n"
		 "SetLinkDomains 1 corp.example\nSetLinkDefaultRoute 1 1\nRevertLink 1\n"},
		{{"192.0.2.53"},
		 {"corp.example", "~lab.example"},
		 true,
		 "SetLinkDNSEx 1 2/4/c0..35/0/\nSetLinkDomains 1 corp.example ~lab.example\n"
		 "SetLinkDefaultRoute 1 1\nRevertLink 1\n"},
		{{NULL},
		 {"corp.example"},
		 true,
		 "SetLinkDNSEx 1\nSetLinkDomains 1 corp.example\nSetLinkDefaultRoute 1 0\n"
		 "RevertLink 1\n"},
	};

	(void)state;
	need_daemon();
	start_service(FAKE_NEW);
	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		struct conf_text_vec servers = list(cases[i].servers);
		struct conf_text_vec search = list(cases[i].search);
		struct dns_config config = {.ifname = "lo",
					    .servers = &servers,
					    .search = &search,
					    .catch_all = cases[i].catch_all,
					    .root = s.folder};
		enum dns_backend backend;

		scratch_write(&s, "log", "", 0600);
		assert_int_equal(dns_choose(DNS_AUTO, &config, &backend, NULL), 0);
		assert_int_equal(backend, DNS_RESOLVED);
		assert_int_equal(dns_set(backend, &config, NULL, NULL), 0);
		assert_int_equal(dns_unset(backend, &config, NULL, NULL), 0);
		assert_string_equal(scratch_read(&s, "log"), cases[i].log);
		vec_release(&servers);
		vec_release(&search);
	}
}

static void test_old(void **state)
{
	struct conf_text_vec servers = list((const char *const[3]){"192.0.2.53"}), none = {0};
	struct conf_text_vec with_port = list((const char *const[3]){"192.0.2.53:5353"});
	struct dns_config config = {.ifname = "lo", .servers = &servers, .search = &none};

	(void)state;
	need_daemon();
	start_service(FAKE_OLD);
	assert_int_equal(dns_set(DNS_RESOLVED, &config, NULL, NULL), 0);
	assert_string_equal(scratch_read(&s, "log"),
			    "SetLinkDNS 1 2/4/c0..35/0/\nSetLinkDomains 1\n");
	config.servers = &with_port;
	assert_int_equal(dns_set(DNS_RESOLVED, &config, NULL, NULL), -EOPNOTSUPP);
	vec_release(&servers);
	vec_release(&with_port);
}

static void test_failure(void **state)
{
	struct conf_text_vec servers = list((const char *const[3]){"192.0.2.53"}), none = {0};
	struct conf_text_vec wrong = list((const char *const[3]){"foo:bar"});
	struct sources sources = {0};
	struct dns_config config = {
		.ifname = "lo", .servers = &servers, .search = &none, .sources = &sources};
	_cleanup_diag_ struct diag d = {0};
	enum dns_backend backend;

	(void)state;
	need_daemon();
	start_service(FAKE_BUSY);
	assert_true(dns_set(DNS_RESOLVED, &config, NULL, &d) < 0);
	assert_int_equal(diag_errors(&d), 1);
	assert_string_equal(d.at[0].notes, "Link lo is managed.\n");
	assert_non_null(strstr(d.at[0].hint, "systemd-networkd"));
	assert_non_null(strstr(scratch_read(&s, "log"), "RevertLink 1\n"));

	/* known before anything is changed */
	config.servers = &wrong;
	assert_int_equal(sources_add(&sources, "wg0.conf", NULL, "\n\n\n\n", 4), 0);
	assert_int_equal(dns_choose(DNS_RESOLVED, &config, &backend, &d), -EINVAL);
	assert_string_equal(d.at[1].file, "wg0.conf");
	assert_int_equal(d.at[1].line, 5);
	sources_release(&sources);
	vec_release(&servers);
	vec_release(&wrong);
}

static void test_absent(void **state)
{
	struct conf_text_vec servers = list((const char *const[3]){"192.0.2.53"}), none = {0};
	struct dns_config config = {.ifname = "lo", .servers = &servers, .search = &none};
	_cleanup_diag_ struct diag d = {0};
	enum dns_backend backend;

	(void)state;
	need_daemon();
	assert_int_equal(dns_choose(DNS_RESOLVED, &config, &backend, &d), -ENXIO);
	assert_string_equal(d.at[0].message, "systemd-resolved is not running");
	/* a link that is gone has taken its settings with it */
	config.ifname = "no-such-link";
	assert_int_equal(dns_unset(DNS_RESOLVED, &config, NULL, &d), 0);
	vec_release(&servers);
}

/* By a new one, by an old one that knows no ports, and by one that does not tell the domains. */
static void test_get(void **state)
{
	static const struct {
		enum fake fake;
		bool known;
		const char *servers, *search;
	} cases[] = {
		{FAKE_NEW, true, "192.0.2.53:5353\n2001:db8::53\n", "corp.example\n~lab.example\n"},
		{FAKE_OLD, true, "192.0.2.54\n", "corp.example\n~lab.example\n"},
		{FAKE_BUSY, false, NULL, NULL},
	};

	(void)state;
	need_daemon();
	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		struct dns_found found = {0};

		scratch_write(&s, "log", "", 0600);
		start_service(cases[i].fake);
		assert_int_equal(dns_get(DNS_RESOLVED, "lo", &found, NULL), 0);
		assert_int_equal(found.known, cases[i].known);
		if (found.known) {
			assert_string_equal(buf_text(&found.servers), cases[i].servers);
			assert_string_equal(buf_text(&found.search), cases[i].search);
		}
		buf_release(&found.servers);
		buf_release(&found.search);
		kill(service_pid, SIGTERM);
		waitpid(service_pid, NULL, 0);
	}
	service_pid = 0;
}

/* Its links are not ours: number 1 is another one there. */
static void test_namespace(void **state)
{
	struct conf_text_vec servers = list((const char *const[3]){"192.0.2.53"}), none = {0};
	struct dns_config config = {.ifname = "lo", .servers = &servers, .search = &none};
	_cleanup_diag_ struct diag d = {0};
	enum dns_backend backend;

	(void)state;
	need_daemon();
	start_service(FAKE_NEW);
	if (unshare(CLONE_NEWNET) < 0) {
		vec_release(&servers);
		scratch_skip("network namespace");
	}
	assert_int_equal(dns_choose(DNS_RESOLVED, &config, &backend, &d), -ENXIO);
	assert_string_equal(d.at[0].message, "systemd-resolved runs in another network namespace");
	vec_release(&servers);
}

#define CASE(f) cmocka_unit_test_setup_teardown(f, setup, teardown)

int main(void)
{
	const struct CMUnitTest tests[] = {
		CASE(test_set),    CASE(test_old),       CASE(test_failure),
		CASE(test_absent), CASE(test_namespace), CASE(test_get),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}

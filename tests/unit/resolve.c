// SPDX-License-Identifier: GPL-2.0-or-later
// Names of a configuration, with a name server that does as it is told.
#include "wgq/sys/resolve/resolve.h"

#include <arpa/inet.h>
#include <errno.h>
#include <pthread.h>
#include <stdatomic.h>
#include <time.h>

#include "scratch.h"
#include "wgq/base/mem.h"

/* The host says what comes of it:
 *	slowN  192.0.2.1 after N ms
 *	flakyN fails for now N times, then 192.0.2.2
 *	gone   fails for good
 *	busy   fails for now, always
 *	stuck  no answer for 30 s
 *	two    192.0.2.1 and 192.0.2.5 */
static atomic_int attempts, threads_seen;
static atomic_int flaky_left;
static pthread_t main_thread;

static int answer(const char *address, const char *service, const struct addrinfo *hints,
		  struct addrinfo **ret)
{
	struct addrinfo numeric = *hints;

	numeric.ai_flags = AI_NUMERICHOST;
	return getaddrinfo(address, service, &numeric, ret);
}

static int fake_lookup(const char *host, const char *service, const struct addrinfo *hints,
		       struct addrinfo **ret)
{
	if (hints->ai_flags & AI_NUMERICHOST)
		return getaddrinfo(host, service, hints, ret);
	atomic_fetch_add(&attempts, 1);
	if (!pthread_equal(pthread_self(), main_thread))
		atomic_fetch_add(&threads_seen, 1);
	if (strcmp(host, "gone") == 0)
		return EAI_NONAME;
	if (strcmp(host, "busy") == 0)
		return EAI_AGAIN;
	if (strcmp(host, "stuck") == 0) {
		sleep(30);
		return EAI_AGAIN;
	}
	if (strncmp(host, "flaky", 5) == 0 && atomic_fetch_sub(&flaky_left, 1) > 0) {
		errno = EMFILE;
		return EAI_SYSTEM;
	}
	if (strncmp(host, "slow", 4) == 0)
		usleep((useconds_t)atoi(host + 4) * 1000);
	if (strcmp(host, "two") == 0) {
		int error = answer("192.0.2.1", service, hints, ret);

		return error ? error : answer("192.0.2.5", service, hints, &(*ret)->ai_next);
	}
	return answer(host[0] == 'f' ? "192.0.2.2" : "192.0.2.1", service, hints, ret);
}

static char notices[4096];

static void take_notice(const char *line)
{
	size_t n = strlen(notices);

	assert_true(pthread_equal(pthread_self(), main_thread));
	snprintf(notices + n, sizeof(notices) - n, "%s\n", line);
}

static struct source wg0_conf = {.path = (char *)"wg0.conf", .first = 1, .lines = UINT32_MAX};
static const struct sources one_file = {.at = &wg0_conf, .len = 1};

static void add(struct conf *conf, const char *host, const char *port, uint32_t line)
{
	struct conf_endpoint *e = vec_push(&conf->endpoints);
	struct wg_peer *peer = vec_push(&conf->wg.peers);

	assert_true(e && peer);
	*e = (struct conf_endpoint){
		.peer = conf->wg.peers.len - 1,
		.host = mem_strndup(host, strlen(host)),
		.port = mem_strndup(port, strlen(port)),
		.line = line,
	};
}

/* conf_release() is the next layer's business. */
static void drop(struct conf *conf)
{
	vec_each(e, &conf->endpoints) {
		free(e->host);
		free(e->port);
	}
	vec_release(&conf->endpoints);
	vec_release(&conf->wg.peers);
}

static const char *endpoint_text(const struct conf *conf, size_t i, struct buf *text)
{
	buf_clear(text);
	if (conf->wg.peers.at[i].has_endpoint)
		endpoint_format(&conf->wg.peers.at[i].endpoint, text);
	return buf_text(text);
}

static double seconds(void)
{
	struct timespec t;

	clock_gettime(CLOCK_MONOTONIC, &t);
	return (double)t.tv_sec + (double)t.tv_nsec / 1e9;
}

static const struct resolve_options fake = {.lookup = fake_lookup, .say = take_notice};

static int setup(void **state)
{
	(void)state;
	main_thread = pthread_self();
	attempts = threads_seen = flaky_left = 0;
	notices[0] = '\0';
	unsetenv("WG_ENDPOINT_RESOLUTION_RETRIES");
	return 0;
}

static void test_numeric(void **state)
{
	_cleanup_(drop) struct conf conf = {.sources = one_file};
	_cleanup_buf_ struct buf text = {0};

	(void)state;
	add(&conf, "192.0.2.7", "domain", 1);
	add(&conf, "2001:db8::7", "51820", 2);
	add(&conf, "fe80::1%lo", "51820", 3);
	assert_int_equal(resolve(&conf, &fake, NULL), 0);
	assert_string_equal(endpoint_text(&conf, 0, &text), "192.0.2.7:53");
	assert_string_equal(endpoint_text(&conf, 1, &text), "[2001:db8::7]:51820");
	assert_int_equal(conf.wg.peers.at[2].endpoint.in6.sin6_scope_id, if_nametoindex("lo"));
	assert_int_equal(attempts, 0);
}

/* The real thing, for what needs no network. */
static void test_localhost(void **state)
{
	_cleanup_(drop) struct conf conf = {.sources = one_file};

	(void)state;
	add(&conf, "localhost", "domain", 1);
	assert_int_equal(resolve(&conf, NULL, NULL), 0);
	assert_true(conf.wg.peers.at[0].has_endpoint);
	assert_int_equal(ntohs(conf.wg.peers.at[0].endpoint.in.sin_port), 53);
}

static void test_parallel(void **state)
{
	enum { N = 500 };
	_cleanup_(drop) struct conf conf = {.sources = one_file};
	double start = seconds();

	(void)state;
	for (uint32_t i = 0; i < N; i++)
		add(&conf, i == 77 ? "slow800" : "slow300", "51820", i);
	assert_int_equal(resolve(&conf, &fake, NULL), 0);
	assert_int_equal(attempts, N);
	assert_int_equal(threads_seen, N);
	for (size_t i = 0; i < N; i++)
		assert_true(conf.wg.peers.at[i].has_endpoint);
	/* one after another they would take 150 s */
	assert_true(seconds() - start < 60);
}

static void test_retries(void **state)
{
	_cleanup_(drop) struct conf conf = {.sources = one_file};
	_cleanup_buf_ struct buf text = {0}, expected = {0};
	double start = seconds();

	(void)state;
	flaky_left = 2;
	add(&conf, "flaky", "51820", 1);
	assert_int_equal(resolve(&conf, &fake, NULL), 0);
	assert_string_equal(endpoint_text(&conf, 0, &text), "192.0.2.2:51820");
	const char *why = strerror(EMFILE);
	buf_addf(&expected,
		 "%s: `flaky:51820'. Trying again in 1.00 seconds...\n"
		 "%s: `flaky:51820'. Trying again in 1.20 seconds...\n",
		 why, why);
	assert_string_equal(notices, buf_text(&expected));
	assert_true(seconds() - start >= 2.2);
}

static void test_failures(void **state)
{
	_cleanup_(drop) struct conf conf = {.sources = one_file};
	_cleanup_diag_ struct diag d = {0};
	_cleanup_buf_ struct buf shown = {0}, expected = {0};
	double start = seconds();

	(void)state;
	add(&conf, "busy", "51820", 3);
	add(&conf, "slow200", "51820", 6);
	add(&conf, "gone", "51820", 9);
	add(&conf, "slow1", "no-such-service", 12);
	add(&conf, "fe80::1%nosuchif", "51820", 15);
	assert_int_equal(resolve(&conf, &fake, &d), -EINVAL);
	diag_format(&d, 0, "wgq", false, 0, &shown);
	buf_addf(&expected,
		 "wg0.conf:3: error: %s: `busy:51820'\n"
		 "  hint: no name server answered: is the network up, and is there one in "
		 "/etc/resolv.conf?\n"
		 "wg0.conf:9: error: %s: `gone:51820'\n"
		 "wg0.conf:12: error: %s: `slow1:no-such-service'\n"
		 "  hint: the port is a number or a UDP service of /etc/services\n"
		 "wg0.conf:15: error: %s: `[fe80::1%%nosuchif]:51820'\n"
		 "  hint: after %% comes an interface of this host\n",
		 gai_strerror(EAI_AGAIN), gai_strerror(EAI_NONAME), gai_strerror(EAI_SERVICE),
		 gai_strerror(EAI_NONAME));
	assert_string_equal(buf_text(&shown), buf_text(&expected));
	assert_true(conf.wg.peers.at[1].has_endpoint);
	/* what failed for good ended the retries of what may pass */
	assert_true(seconds() - start < 10);
}

/* wgq run: what has to be asked stays open, what is wrong does not. */
static void test_now(void **state)
{
	_cleanup_(drop) struct conf conf = {.sources = one_file};
	_cleanup_buf_ struct buf text = {0}, shown = {0};
	_cleanup_diag_ struct diag d = {0};

	(void)state;
	add(&conf, "192.0.2.7", "domain", 1);
	add(&conf, "host.invalid", "51820", 2);
	add(&conf, "fe80::1%nosuchif", "51820", 3);
	assert_int_equal(resolve_now(&conf, &d), 0);
	assert_int_equal(d.len, 0);
	assert_string_equal(endpoint_text(&conf, 0, &text), "192.0.2.7:53");
	assert_string_equal(endpoint_text(&conf, 1, &text), "");
	assert_string_equal(endpoint_text(&conf, 2, &text), "");
	add(&conf, "host.invalid", "no-such-service", 4);
	add(&conf, "192.0.2.8", "no-such-service", 5);
	add(&conf, "192.0.2.9", "1", 6);
	assert_int_equal(resolve_now(&conf, &d), -EINVAL);
	diag_format(&d, 0, "wgq", false, 0, &shown);
	assert_non_null(strstr(buf_text(&shown), "wg0.conf:4: error: "));
	assert_non_null(strstr(buf_text(&shown), "wg0.conf:5: error: "));
	assert_int_equal(diag_errors(&d), 2);
	assert_string_equal(endpoint_text(&conf, 5, &text), "192.0.2.9:1");
}

static void test_environment(void **state)
{
	static const struct {
		const char *value;
		bool ok;
	} cases[] = {{"0", true},     {"", true},    {"infinity", true},
		     {"many", false}, {"-1", false}, {"2147483648", false},
		     {"5x", false}};

	(void)state;
	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		_cleanup_(drop) struct conf conf = {.sources = one_file};
		_cleanup_diag_ struct diag d = {0};

		setenv("WG_ENDPOINT_RESOLUTION_RETRIES", cases[i].value, 1);
		add(&conf, "192.0.2.1", "51820", 1);
		assert_int_equal(resolve(&conf, &fake, &d), cases[i].ok ? 0 : -EINVAL);
		if (!cases[i].ok)
			assert_memory_equal(d.at[0].message,
					    "Unable to parse WG_ENDPOINT_RESOLUTION_RETRIES: `",
					    49);
	}
	/* no retries: one attempt, no notice */
	_cleanup_(drop) struct conf conf = {.sources = one_file};
	setenv("WG_ENDPOINT_RESOLUTION_RETRIES", "0", 1);
	add(&conf, "busy", "51820", 1);
	assert_int_equal(resolve(&conf, &fake, NULL), -EINVAL);
	assert_int_equal(attempts, 1);
	assert_string_equal(notices, "");
}

static void test_delays(void **state)
{
	uint32_t delay = RESOLVE_FIRST_DELAY;
	int steps = 0;

	(void)state;
	assert_int_equal(resolve_next_delay(1000000), 1200000);
	assert_int_equal(resolve_next_delay(1200000), 1440000);
	for (; delay < RESOLVE_LAST_DELAY; steps++)
		delay = resolve_next_delay(delay);
	assert_int_equal(delay, RESOLVE_LAST_DELAY);
	assert_int_equal(steps, 17);
	assert_int_equal(resolve_next_delay(delay), RESOLVE_LAST_DELAY);
}

static double stop_at;

static bool stop(void)
{
	return seconds() > stop_at;
}

/* Neither a name server that does not answer nor a long wait holds up a Ctrl-C; and what the
 * threads still use is not the caller's. */
static void test_stop(void **state)
{
	struct resolve_options options = {.lookup = fake_lookup, .stop = stop};
	_cleanup_diag_ struct diag d = {0};

	(void)state;
	setenv("WG_ENDPOINT_RESOLUTION_RETRIES", "infinity", 1);
	{
		_cleanup_(drop) struct conf conf = {.sources = one_file};
		double start = seconds();

		stop_at = start + 0.3;
		add(&conf, "stuck", "51820", 1);
		add(&conf, "busy", "51820", 2);
		assert_int_equal(resolve(&conf, &options, &d), -EINTR);
		assert_true(seconds() - start < 1);
	}
	assert_int_equal(diag_errors(&d), 1);
}

/* A name is where its peer is, as long as that is one of its addresses. */
static void test_again(void **state)
{
	struct wg_peer peers[4] = {0};
	const struct wg_device running = {.peers = {.at = peers, .len = 4}};
	_cleanup_(drop) struct conf conf = {.sources = one_file};
	_cleanup_buf_ struct buf text = {0};
	double start = seconds();

	(void)state;
	add(&conf, "two", "51820", 1);
	add(&conf, "slow10", "51820", 2);
	add(&conf, "busy", "51820", 3);
	add(&conf, "stuck", "51820", 4);
	for (size_t i = 0; i < 4; i++) {
		conf.wg.peers.at[i].public_key.bytes[0] = (uint8_t)i;
		peers[3 - i].public_key.bytes[0] = (uint8_t)i;
		peers[3 - i].has_endpoint = true;
		peers[3 - i].endpoint.in =
			(struct sockaddr_in){.sin_family = AF_INET, .sin_port = htons(51820)};
		inet_pton(AF_INET, "192.0.2.5", &peers[3 - i].endpoint.in.sin_addr);
	}
	assert_int_equal(resolve_again(&conf, &running, &fake, NULL), 0);
	assert_string_equal(endpoint_text(&conf, 0, &text), "192.0.2.5:51820");
	assert_string_equal(endpoint_text(&conf, 1, &text), "192.0.2.1:51820");
	assert_string_equal(endpoint_text(&conf, 2, &text), "");
	assert_string_equal(endpoint_text(&conf, 3, &text), "");
	assert_string_equal(notices, "");
	assert_true(seconds() - start >= 2.9 && seconds() - start < 4);
}

static void test_port_and_table(void **state)
{
	struct conf conf = {
		.sources = one_file,
		.listen_port = {.text = (char *)"domain", .line = 2},
		.table_kind = TABLE_NAME,
		.table_name = (char *)"main",
		.table_line = 3,
	};
	_cleanup_diag_ struct diag d = {0};

	(void)state;
	assert_int_equal(resolve(&conf, &fake, &d), 0);
	assert_true(conf.wg.has_listen_port);
	assert_int_equal(conf.wg.listen_port, 53);
	assert_int_equal(conf.table_kind, TABLE_NUMBER);
	assert_int_equal(conf.table, 254);

	conf.listen_port.text = (char *)"no-such-service";
	conf.table_kind = TABLE_NAME;
	conf.table_name = (char *)"OFF";
	assert_int_equal(resolve(&conf, &fake, &d), -EINVAL);
	assert_int_equal(diag_errors(&d), 2);
	assert_int_equal(d.at[0].line, 3);
	assert_int_equal(d.at[1].line, 2);
}

#define CASE(f) cmocka_unit_test_setup(f, setup)

int main(void)
{
	const struct CMUnitTest tests[] = {
		CASE(test_numeric), CASE(test_localhost), CASE(test_parallel),
		CASE(test_retries), CASE(test_failures),  CASE(test_environment),
		CASE(test_now),     CASE(test_delays),    CASE(test_port_and_table),
		CASE(test_stop),    CASE(test_again),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}

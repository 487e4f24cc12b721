// SPDX-License-Identifier: GPL-2.0-or-later
// Asks names as `wgq run` does, by orders on stdin, a line each:
//
//	servers INTERFACE MARK	finds the servers outside of the interface, and sets them
//	own ADDRESS		the file of the tunnel has DNS = ADDRESS
//	ask NAME FAMILIES	1: IPv4, 2: IPv6, 3: both
//	prefix			the NAT64's
//	wait			until all is answered
//	pause MILLISECONDS	answers come meanwhile
//
// usage: asking, with the answers on stdout, sorted by whoever reads them.
#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include "wgq/base/mem.h"
#include "wgq/net/nat64.h"
#include "wgq/sys/ask/asker.h"

enum { PREFIX_ID = 1, NAME_ID = 2 };

static struct asker *asker;
static int open_questions;
static struct conf conf; /* of the tunnel: only what it sets for name servers */

static void print(const struct diag *d)
{
	_cleanup_buf_ struct buf text = {0};

	diag_format(d, 0, "asking", 0, 0, &text);
	fputs(buf_text(&text), stderr);
}

static int64_t now(void)
{
	struct timespec t;

	clock_gettime(CLOCK_MONOTONIC, &t);
	return t.tv_sec * 1000 + t.tv_nsec / 1000000;
}

static void print_prefixes(const struct ask_answer *answer)
{
	struct prefix_vec found = {0};
	struct addr records[16];
	size_t n = 0;

	for (; n < 16 && n < answer->endpoints.len; n++)
		records[n] = endpoint_addr(&answer->endpoints.at[n]);
	nat64_discover(records, n, &found);
	vec_each(prefix, &found) {
		char text[PREFIX_TEXT_MAX];

		prefix_format(prefix, text);
		printf("prefix %s\n", text);
	}
	vec_release(&found);
}

static void print_answer(const struct ask_answer *answer)
{
	static const char *const outcomes[] = {
		[ASK_FOUND] = "found",   [ASK_NO_NAME] = "no-name", [ASK_NO_ADDRESS] = "no-address",
		[ASK_FAILED] = "failed", [ASK_WRONG] = "wrong",
	};
	_cleanup_buf_ struct buf text = {0};

	buf_addf(&text, "%s ttl %u failed %u", outcomes[answer->outcome], answer->ttl,
		 answer->failed);
	if (answer->reason)
		buf_addf(&text, " (%s)", answer->reason);
	vec_each(endpoint, &answer->endpoints) {
		buf_char(&text, ' ');
		endpoint_format(endpoint, &text);
	}
	puts(buf_text(&text));
}

static void take_all(void)
{
	for (;;) {
		_cleanup_answer_ struct ask_answer answer = {0};

		if (asker_take(asker, &answer) < 0)
			break;
		open_questions--;
		if (answer.id == PREFIX_ID)
			print_prefixes(&answer);
		else
			print_answer(&answer);
		fflush(stdout);
	}
}

/* until: by now(); -1: until all is answered. */
static void wait_for(int64_t until)
{
	struct pollfd ready = {.fd = asker_fd(asker), .events = POLLIN};

	for (;;) {
		int left = until < 0 ? 60000 : (int)(until - now());

		take_all();
		if (until < 0 ? open_questions == 0 : left <= 0)
			return;
		if (poll(&ready, 1, left) > 0)
			asker_step(asker);
		else if (until < 0) {
			puts("no answer in a minute");
			exit(1);
		}
	}
}

static void set_servers(const char *ifname, uint32_t mark)
{
	_cleanup_outside_ struct dns_outside outside = {0};
	_cleanup_diag_ struct diag d = {0};

	if (dns_outside(ifname, &conf, &outside, &d) < 0 ||
	    asker_set_servers(asker, mark, &outside, &d) < 0) {
		print(&d);
		exit(1);
	}
	printf("servers of %s:", outside.source ? outside.source : "nobody");
	vec_each(server, &outside.servers) {
		char text[ADDR_TEXT_MAX];

		addr_format(&server->addr, text);
		printf(" %s", text);
		if (server->port != 53)
			printf(" port %u", server->port);
		printf("%s%s", server->ifindex ? " by its link" : "",
		       server->inside ? " inside" : "");
	}
	for (char *at = outside.search.data; at && *at; at++)
		*at = *at == '\n' ? ' ' : *at;
	printf("; search: %s\n", buf_text(&outside.search));
	fflush(stdout);
}

int main(void)
{
	_cleanup_diag_ struct diag d = {0};
	char line[512], word[256];
	unsigned number;

	if (asker_open(&asker, &d) < 0)
		return print(&d), 1;
	print(&d);
	while (fgets(line, sizeof(line), stdin)) {
		if (sscanf(line, "own %255s", word) == 1) {
			struct conf_text *own = vec_push(&conf.dns_servers);

			if (!own || !(own->text = mem_strndup(word, strlen(word))))
				return 1;
		} else if (sscanf(line, "servers %255s %u", word, &number) == 2) {
			set_servers(word, number);
		} else if (sscanf(line, "ask %255s %u", word, &number) == 2) {
			open_questions++;
			if (asker_ask(asker, NAME_ID, word, "51820", number) < 0)
				return 1;
		} else if (strcmp(line, "prefix\n") == 0) {
			open_questions++;
			if (asker_ask(asker, PREFIX_ID, NAT64_NAME, "1", ASK_IPV6) < 0)
				return 1;
		} else if (strcmp(line, "wait\n") == 0) {
			wait_for(-1);
		} else if (sscanf(line, "pause %u", &number) == 1) {
			wait_for(now() + number);
		} else {
			fprintf(stderr, "asking: unknown order: %s", line);
			return 2;
		}
	}
	asker_free_at(&asker);
	conf_texts_release(&conf.dns_servers);
	return 0;
}

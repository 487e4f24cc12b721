// SPDX-License-Identifier: GPL-2.0-or-later
// Fuzzes what reads the name servers of a resolv.conf, and what reads the records that tell of a
// NAT64. The first byte says how many records there are; the rest is the resolv.conf.
#include <netinet/in.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "../../src/sys/dns/internal.h"
#include "wgq/base/mem.h"
#include "wgq/net/nat64.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

enum { RECORDS_MAX = 16, RECORD_SIZE = 16 };

/* In a prefix that was found an address can be, and one that is embedded tells of the prefix. */
static void read_records(const struct addr *records, size_t n)
{
	const struct addr known = {.family = AF_INET, .bytes = {192, 0, 0, 170}};
	struct prefix_vec found = {0};

	if (nat64_discover(records, n, &found) < 0)
		return;
	vec_each(prefix, &found) {
		struct addr made;
		size_t i = 0;

		if (prefix_has_host_bits(prefix) || !nat64_embed(prefix, &known, &made))
			abort();
		while (i < n && !prefix_covers(prefix, &(struct prefix){records[i], 128}))
			i++;
		if (i == n)
			abort();
	}
	vec_release(&found);
}

/* A server that is an address is written so that it is read again as the same. */
static void read_text(const uint8_t *data, size_t size)
{
	char *text = mem_strndup((const char *)data, size);
	struct dns_found found = {0};

	if (!text)
		return;
	dns_text_read(text, &found);
	for (char *rest = found.servers.data, *line; rest && (line = strsep(&rest, "\n"));) {
		_cleanup_buf_ struct buf again = {0};
		struct addr addr;
		uint16_t port;

		if (dns_server_parse(line, &addr, &port) < 0)
			continue;
		dns_server_format(&addr, port, &again);
		if (buf_status(&again) == 0 &&
		    (again.len != strlen(line) + 1 || memcmp(again.data, line, again.len - 1) != 0))
			abort();
	}
	buf_release(&found.servers);
	buf_release(&found.search);
	free(text);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct addr records[RECORDS_MAX];
	size_t n = size ? *data++ % (RECORDS_MAX + 1) : 0;

	if (!size)
		return 0;
	size--;
	for (size_t i = 0; i < n; i++, data += RECORD_SIZE, size -= RECORD_SIZE) {
		if (size < RECORD_SIZE)
			return 0;
		records[i].family = AF_INET6;
		memcpy(records[i].bytes, data, RECORD_SIZE);
	}
	read_records(records, n);
	read_text(data, size);
	return 0;
}

// SPDX-License-Identifier: GPL-2.0-or-later
// wgq's side of tests/fuzz/differential: for each configuration on standard input a verdict and
// what strip makes of it. Both ways a text comes after its length, four bytes in the host's order.
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "wgq/base/mem.h"
#include "wgq/conf/parse/parse.h"
#include "wgq/conf/save/write.h"
#include "wgq/net/addr.h"

/* Of what is 'n' the answer depends on name servers and /etc/services, which wg(8) asks at once. */
enum verdict { ACCEPTED = 'a', REFUSED = 'r', NAMES = 'n' };

static bool is_numeric(const struct conf_endpoint *endpoint)
{
	struct addr addr;

	return addr_parse(endpoint->host, strlen(endpoint->host), &addr) == 0 &&
	       strspn(endpoint->port, "0123456789") == strlen(endpoint->port);
}

static enum verdict judge(const char *text, size_t n)
{
	_cleanup_conf_ struct conf conf = {0};
	_cleanup_diag_ struct diag d = {0};

	if (conf_parse("random.conf", "random", text, n, &conf, &d) < 0)
		return REFUSED;
	vec_each(endpoint, &conf.endpoints)
		if (!is_numeric(endpoint))
			return NAMES;
	return conf.listen_port.text ? NAMES : ACCEPTED;
}

static bool answer(const char *text, size_t n)
{
	_cleanup_buf_ struct buf stripped = {0};
	char verdict = (char)judge(text, n);

	conf_strip(text, n, READER_WG, &stripped);
	uint32_t len = (uint32_t)stripped.len;
	return putchar(verdict) != EOF && fwrite(&len, sizeof(len), 1, stdout) == 1 &&
	       fwrite(buf_text(&stripped), 1, len, stdout) == len && fflush(stdout) == 0;
}

int main(void)
{
	uint32_t n;

	while (fread(&n, sizeof(n), 1, stdin) == 1) {
		_cleanup_free_ char *text = mem_calloc(n + (size_t)1, 1);

		if (!text || fread(text, 1, n, stdin) != n || !answer(text, n))
			return 1;
	}
	return 0;
}

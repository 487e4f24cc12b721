// SPDX-License-Identifier: GPL-2.0-or-later
// A name server as text: its address and port.
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "internal.h"

/* IANA's; systemd-resolved says 0 for it. */
enum { DNS_PORT = 53 };

int dns_server_parse(const char *text, struct addr *ret, uint16_t *ret_port)
{
	size_t n = strlen(text);
	bool bracketed = text[0] == '[';
	const char *port = bracketed ? strstr(text, "]:") : strrchr(text, ':');
	char *end;

	*ret_port = 0;
	if (addr_parse(text, n, ret) == 0)
		return 0;
	if (!port)
		return -EINVAL;

	size_t host = (size_t)(port - text);
	port += bracketed ? 2 : 1;
	errno = 0;
	unsigned long number = strtoul(port, &end, 10);
	if (*port < '0' || *port > '9' || *end || errno || number == 0 || number > UINT16_MAX)
		return -EINVAL;
	*ret_port = (uint16_t)number;
	if (bracketed)
		return addr_parse(text + 1, host - 1, ret);
	/* An IPv6 address without brackets would be cut at its last group. */
	return memchr(text, ':', host) ? -EINVAL : addr_parse(text, host, ret);
}

void dns_server_format(const struct addr *addr, uint16_t port, struct buf *ret)
{
	char text[ADDR_TEXT_MAX];

	addr_format(addr, text);
	if (port == 0 || port == DNS_PORT)
		buf_addf(ret, "%s\n", text);
	else
		buf_addf(ret, strchr(text, ':') ? "[%s]:%u\n" : "%s:%u\n", text, port);
}

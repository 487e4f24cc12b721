// SPDX-License-Identifier: GPL-2.0-or-later
// What name servers an interface has now.
#include <string.h>
#include <unistd.h>

#include "internal.h"
#include "wgq/base/mem.h"
#include "wgq/sys/process/proc.h"

static void add_server(const char *text, struct buf *ret)
{
	struct addr addr;
	uint16_t port;

	if (dns_server_parse(text, &addr, &port) == 0)
		dns_server_format(&addr, port, ret);
	else
		buf_addf(ret, "%s\n", text);
}

/* resolv.conf(5): of two `search` the last counts, and `domain` is a search of one. */
static void read_line(char *line, struct dns_found *ret)
{
	const char *keyword = strsep(&line, " \t\r");
	bool server = strcmp(keyword, "nameserver") == 0;

	if (!server && strcmp(keyword, "search") != 0 && strcmp(keyword, "domain") != 0)
		return;
	if (!server)
		buf_clear(&ret->search);
	for (const char *word; line && (word = strsep(&line, " \t\r"));) {
		if (!*word)
			continue;
		if (!server) {
			buf_addf(&ret->search, "%s\n", word);
			continue;
		}
		add_server(word, &ret->servers);
		return;
	}
}

void dns_text_read(char *text, struct dns_found *ret)
{
	for (char *line; text && (line = strsep(&text, "\n"));)
		read_line(line, ret);
}

static void resolvconf_get(const char *ifname, struct dns_found *ret)
{
	_cleanup_buf_ struct buf name = {0}, text = {0};

	if (!proc_exists("resolvconf") || dns_resolvconf_prefix(NULL, &name, NULL) < 0)
		return;
	buf_str(&name, ifname);
	if (buf_status(&name) < 0)
		return;
	/* No entry: nothing is set. */
	ret->known = true;
	if (dns_resolvconf_entry(buf_text(&name), &text) < 0)
		return;
	dns_text_read(text.data, ret);
}

int dns_get(enum dns_backend backend, const char *ifname, struct dns_found *ret, struct diag *d)
{
	switch (backend) {
	case DNS_OFF:
		break;
	case DNS_RESOLVCONF:
		if (dns_resolvconf_is_resolvectl())
			dns_resolved_get(ifname, ret);
		else
			resolvconf_get(ifname, ret);
		break;
	case DNS_RESOLVED:
		dns_resolved_get(ifname, ret);
		break;
	case DNS_AUTO:
		/* RuntimeDirectory= of systemd-resolved.service: without it libsystemd, and what
		 * that needs, would be loaded for nothing. */
		if (access("/run/systemd/resolve", F_OK) == 0)
			dns_resolved_get(ifname, ret);
		if (!ret->servers.len && !ret->search.len && !dns_resolvconf_is_resolvectl())
			resolvconf_get(ifname, ret);
		break;
	}
	return ret->servers.failed || ret->search.failed ? diag_no_memory(d) : 0;
}

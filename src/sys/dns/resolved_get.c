// SPDX-License-Identifier: GPL-2.0-or-later
// Which name servers and domains systemd-resolved has for a link.
#include <errno.h>
#include <net/if.h>
#include <string.h>

#include "bus.h"
#include "internal.h"

#define RESOLVED_LINK "org.freedesktop.resolve1.Link"

/* The path of the link's object. */
static int link_path(sd_bus *bus, int index, sd_bus_message **ret_answer, const char **ret)
{
	_cleanup_message_ sd_bus_message *m = NULL;
	int r = dns_bus_call_new(bus, "GetLink", index, &m);

	if (r >= 0)
		r = sd.bus_call(bus, m, 0, NULL, ret_answer);
	return r < 0 ? r : sd.bus_message_read(*ret_answer, "o", ret);
}

static int link_property(sd_bus *bus, const char *path, const char *name, const char *type,
			 sd_bus_message **ret)
{
	return sd.bus_get_property(bus, RESOLVED, path, RESOLVED_LINK, name, NULL, ret, type);
}

static int read_server(sd_bus_message *m, bool extended, struct buf *ret)
{
	struct addr addr = {0};
	const void *bytes;
	const char *name;
	uint16_t port = 0;
	int family;
	size_t n;
	int r = sd.bus_message_read(m, "i", &family);

	if (r >= 0)
		r = sd.bus_message_read_array(m, 'y', &bytes, &n);
	if (r >= 0 && extended)
		r = sd.bus_message_read(m, "qs", &port, &name);
	if (r < 0)
		return r;
	addr.family = family == AF_INET || family == AF_INET6 ? (uint8_t)family : 0;
	if (!addr.family || n != addr_bits(&addr) / 8)
		return -EPROTO;
	memcpy(addr.bytes, bytes, n);
	dns_server_format(&addr, port, ret);
	return 0;
}

static int get_servers(sd_bus *bus, const char *path, bool extended, struct buf *ret)
{
	_cleanup_message_ sd_bus_message *m = NULL;
	const char *entry = extended ? "iayqs" : "iay";
	int r = extended ? link_property(bus, path, "DNSEx", "a(iayqs)", &m)
			 : link_property(bus, path, "DNS", "a(iay)", &m);

	if (r >= 0)
		r = sd.bus_message_enter_container(m, 'a', extended ? "(iayqs)" : "(iay)");
	while (r >= 0 && (r = sd.bus_message_enter_container(m, 'r', entry)) > 0) {
		r = read_server(m, extended, ret);
		if (r >= 0)
			r = sd.bus_message_exit_container(m);
	}
	return r;
}

/* It writes every byte of a name that is no letter, digit, - or _ as \\DDD. */
static void add_domain(const char *domain, struct buf *ret)
{
	for (; *domain; domain++) {
		unsigned int byte = 0;
		size_t digits = domain[0] == '\\' ? strspn(domain + 1, "0123456789") : 0;

		if (digits < 3) {
			buf_char(ret, *domain);
			continue;
		}
		for (size_t i = 1; i <= 3; i++)
			byte = byte * 10 + (unsigned int)(domain[i] - '0');
		buf_char(ret, (char)byte);
		domain += 3;
	}
	buf_char(ret, '\n');
}

static int get_domains(sd_bus *bus, const char *path, struct buf *ret)
{
	_cleanup_message_ sd_bus_message *m = NULL;
	const char *domain;
	int only;
	int r = link_property(bus, path, "Domains", "a(sb)", &m);

	if (r >= 0)
		r = sd.bus_message_enter_container(m, 'a', "(sb)");
	while (r >= 0 && (r = sd.bus_message_read(m, "(sb)", &domain, &only)) > 0) {
		if (only && strcmp(domain, ".") == 0)
			continue;
		buf_str(ret, only ? "~" : "");
		add_domain(domain, ret);
	}
	return r;
}

void dns_resolved_get(const char *ifname, struct dns_found *ret)
{
	_cleanup_message_ sd_bus_message *answer = NULL;
	_cleanup_bus_ sd_bus *bus = NULL;
	int index = (int)if_nametoindex(ifname);
	const char *path;

	if (index == 0 || dns_bus_open(&bus, NULL) < 0 || dns_bus_reach(bus, NULL) < 0 ||
	    link_path(bus, index, &answer, &path) < 0)
		return;
	/* DNSEx is there since systemd 246. */
	if (get_servers(bus, path, true, &ret->servers) < 0) {
		buf_clear(&ret->servers);
		if (get_servers(bus, path, false, &ret->servers) < 0)
			return;
	}
	ret->known = get_domains(bus, path, &ret->search) >= 0;
}

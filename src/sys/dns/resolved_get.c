// SPDX-License-Identifier: GPL-2.0-or-later
// Which name servers and domains systemd-resolved has for a link, or for all of them.
#include <errno.h>
#include <net/if.h>
#include <stdio.h>
#include <string.h>

#include "bus.h"
#include "internal.h"

/* Microseconds; a loop waits. */
enum { LIST_TIMEOUT = 2 * 1000000 };

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

/* A property of the manager or of a link, as an array of structs that is entered. */
static int open_list(sd_bus *bus, const char *path, const char *name, const char *type,
		     sd_bus_message **ret)
{
	const char *interface = strcmp(path, RESOLVED_PATH) == 0 ? RESOLVED_MANAGER : RESOLVED_LINK;
	char array[16];
	int r;

	snprintf(array, sizeof(array), "a%s", type);
	r = sd.bus_get_property(bus, RESOLVED, path, interface, name, NULL, ret, array);
	return r < 0 ? r : sd.bus_message_enter_container(*ret, 'a', type);
}

/* type: of the struct's fields: those of the manager begin with a link, those of newer versions end
 * with a port and a name. */
static int read_server(sd_bus_message *m, const char *type, struct dns_server *ret)
{
	const void *bytes;
	const char *name;
	int family, ifindex = 0;
	size_t n;
	int r = type[1] == 'i' ? sd.bus_message_read(m, "i", &ifindex) : 0;

	if (r >= 0)
		r = sd.bus_message_read(m, "i", &family);
	if (r >= 0)
		r = sd.bus_message_read_array(m, 'y', &bytes, &n);
	if (r >= 0 && strchr(type, 'q'))
		r = sd.bus_message_read(m, "qs", &ret->port, &name);
	if (r < 0)
		return r;
	ret->ifindex = (uint32_t)ifindex;
	ret->addr.family = family == AF_INET || family == AF_INET6 ? (uint8_t)family : 0;
	if (!ret->addr.family || n != addr_bits(&ret->addr) / 8)
		return -EPROTO;
	memcpy(ret->addr.bytes, bytes, n);
	return 0;
}

/* type: `(...)'. */
static int read_servers(sd_bus *bus, const char *path, const char *name, const char *type,
			struct dns_server_vec *ret)
{
	_cleanup_message_ sd_bus_message *m = NULL;
	char fields[16] = "";
	int r = open_list(bus, path, name, type, &m);

	memcpy(fields, type + 1, strlen(type) - 2);
	ret->len = 0;
	while (r >= 0 && (r = sd.bus_message_enter_container(m, 'r', fields)) > 0) {
		struct dns_server *server = vec_push(ret);

		r = server ? read_server(m, fields, server) : -ENOMEM;
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
	int r = open_list(bus, path, "Domains", "(sb)", &m);

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
	struct dns_server_vec servers = {0};
	int index = (int)if_nametoindex(ifname);
	const char *path;

	if (index == 0 || dns_bus_open(&bus, NULL) < 0 || dns_bus_reach(bus, NULL) < 0 ||
	    link_path(bus, index, &answer, &path) < 0)
		return;
	/* DNSEx is there since systemd 246. */
	if (read_servers(bus, path, "DNSEx", "(iayqs)", &servers) >= 0 ||
	    read_servers(bus, path, "DNS", "(iay)", &servers) >= 0) {
		vec_each(server, &servers)
			dns_server_format(&server->addr, server->port, &ret->servers);
		ret->known = get_domains(bus, path, &ret->search) >= 0;
	}
	vec_release(&servers);
}

static int get_search(sd_bus *bus, uint32_t except, struct buf *ret)
{
	_cleanup_message_ sd_bus_message *m = NULL;
	int r = open_list(bus, RESOLVED_PATH, "Domains", "(isb)", &m);
	const char *domain;
	int ifindex, only;

	while (r >= 0 && (r = sd.bus_message_read(m, "(isb)", &ifindex, &domain, &only)) > 0)
		if (!only && (uint32_t)ifindex != except)
			add_domain(domain, ret);
	return r;
}

int dns_resolved_list(uint32_t except, struct dns_server_vec *ret_servers, struct buf *ret_search)
{
	_cleanup_bus_ sd_bus *bus = NULL;
	int r = dns_bus_open(&bus, NULL);

	if (r < 0)
		return r;
	sd.bus_set_method_call_timeout(bus, LIST_TIMEOUT);
	r = dns_bus_reach(bus, NULL);
	if (r < 0)
		return r;
	r = read_servers(bus, RESOLVED_PATH, "DNSEx", "(iiayqs)", ret_servers);
	if (r < 0)
		r = read_servers(bus, RESOLVED_PATH, "DNS", "(iiay)", ret_servers);
	return r < 0 ? r : get_search(bus, except, ret_search);
}

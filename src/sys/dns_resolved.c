// SPDX-License-Identifier: GPL-2.0-or-later
// systemd-resolved over D-Bus.
#include <errno.h>
#include <limits.h>
#include <net/if.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/types.h>
#include <unistd.h>

#include "dns_internal.h"
#include "sd_internal.h"
#include "wgq/base/mem.h"

#define RESOLVED           "org.freedesktop.resolve1"
#define RESOLVED_PATH      "/org/freedesktop/resolve1"
#define RESOLVED_MANAGER   "org.freedesktop.resolve1.Manager"
#define RESOLVED_LINK      "org.freedesktop.resolve1.Link"
#define RESOLVED_NO_LINK   "org.freedesktop.resolve1.NoSuchLink"
#define RESOLVED_LINK_BUSY "org.freedesktop.resolve1.LinkBusy"

/* Microseconds; the usual 25 s are long for somebody who waits for a tunnel. */
enum { CALL_TIMEOUT = 10 * 1000000 };

static void bus_close_at(sd_bus **bus)
{
	if (*bus)
		sd.bus_flush_close_unref(*bus);
}

static void message_unref_at(sd_bus_message **message)
{
	if (*message)
		sd.bus_message_unref(*message);
}

static void creds_unref_at(sd_bus_creds **creds)
{
	if (*creds)
		sd.bus_creds_unref(*creds);
}

static void error_free_at(sd_bus_error *error)
{
	if (error->name)
		sd.bus_error_free(error);
}

#define _cleanup_bus_     _cleanup_(bus_close_at)
#define _cleanup_message_ _cleanup_(message_unref_at)
#define _cleanup_creds_   _cleanup_(creds_unref_at)
#define _cleanup_error_   _cleanup_(error_free_at)

static int bus_open(sd_bus **ret, struct diag *d)
{
	int r = sd_load(d);

	if (r < 0)
		return r;
	r = sd.bus_open_system(ret);
	if (r < 0)
		return diag_fail(d, -r, "cannot reach systemd-resolved: no system bus");
	sd.bus_set_method_call_timeout(*ret, CALL_TIMEOUT);
	return 0;
}

/* Links are told by their numbers, which mean other links in another network namespace. True also
 * where this cannot be known. */
static bool same_network(pid_t pid)
{
	struct stat ours, theirs;
	char path[64];

	snprintf(path, sizeof(path), "/proc/%d/ns/net", (int)pid);
	if (stat("/proc/self/ns/net", &ours) < 0 || stat(path, &theirs) < 0)
		return true;
	return ours.st_dev == theirs.st_dev && ours.st_ino == theirs.st_ino;
}

static int resolved_reach(sd_bus *bus, struct diag *d)
{
	_cleanup_creds_ sd_bus_creds *creds = NULL;
	pid_t pid;

	/* Unlike a call, this does not start it. */
	int r = sd.bus_get_name_creds(bus, RESOLVED, SD_BUS_CREDS_PID, &creds);
	if (r == -ENXIO)
		return diag_refuse(d, ENXIO, "systemd-resolved is not running");
	if (r < 0)
		return diag_fail(d, -r, "cannot reach systemd-resolved");
	if (sd.bus_creds_get_pid(creds, &pid) >= 0 && !same_network(pid))
		return diag_refuse(d, ENXIO, "systemd-resolved runs in another network namespace");
	return 0;
}

int dns_resolved_reach(struct diag *d)
{
	_cleanup_bus_ sd_bus *bus = NULL;
	int r = bus_open(&bus, d);

	return r < 0 ? r : resolved_reach(bus, d);
}

/* A call to be filled; its first argument is the link. */
static int call_new(sd_bus *bus, const char *method, int index, sd_bus_message **ret)
{
	int r = sd.bus_message_new_method_call(bus, ret, RESOLVED, RESOLVED_PATH, RESOLVED_MANAGER,
					       method);

	if (r >= 0)
		r = sd.bus_message_set_auto_start(*ret, 0);
	if (r >= 0)
		r = sd.bus_message_append(*ret, "i", index);
	return r;
}

static int append_server(sd_bus_message *m, const char *text, bool extended)
{
	struct addr addr;
	uint16_t port;
	int r = dns_server_parse(text, &addr, &port);

	/* The old method cannot say a port: better none than another. */
	if (r < 0 || (port && !extended))
		return r < 0 ? r : -EOPNOTSUPP;
	r = sd.bus_message_open_container(m, 'r', extended ? "iayqs" : "iay");
	if (r >= 0)
		r = sd.bus_message_append(m, "i", addr.family);
	if (r >= 0)
		r = sd.bus_message_append_array(m, 'y', addr.bytes, addr_bits(&addr) / 8);
	if (r >= 0 && extended)
		r = sd.bus_message_append(m, "qs", port, "");
	return r < 0 ? r : sd.bus_message_close_container(m);
}

static int call_servers(sd_bus *bus, int index, const struct dns_config *config, bool extended,
			sd_bus_error *error)
{
	_cleanup_message_ sd_bus_message *m = NULL;
	int r = call_new(bus, extended ? "SetLinkDNSEx" : "SetLinkDNS", index, &m);

	if (r >= 0)
		r = sd.bus_message_open_container(m, 'a', extended ? "(iayqs)" : "(iay)");
	for (size_t i = 0; r >= 0 && i < config->servers->len; i++)
		r = append_server(m, config->servers->at[i].text, extended);
	if (r >= 0)
		r = sd.bus_message_close_container(m);
	return r < 0 ? r : sd.bus_call(bus, m, 0, error, NULL);
}

/* SetLinkDNSEx is there since systemd 246. */
static int set_servers(sd_bus *bus, int index, const struct dns_config *config, sd_bus_error *error)
{
	int r = call_servers(bus, index, config, true, error);

	if (r >= 0 || !sd.bus_error_has_name(error, SD_BUS_ERROR_UNKNOWN_METHOD))
		return r;
	sd.bus_error_free(error);
	return call_servers(bus, index, config, false, error);
}

/* `~domain` routes names without being searched, as resolvectl(1) has it. */
static bool is_route_only(const char *domain)
{
	return domain[0] == '~';
}

/* Whether all names go to this link and to no other (`~.`): what `resolvconf -x` means. Not where
 * the user says which names do. */
static bool catches_all(const struct dns_config *config)
{
	vec_each(domain, config->search)
		if (is_route_only(domain->text))
			return false;
	return config->catch_all && config->servers->len > 0;
}

static int set_domains(sd_bus *bus, int index, const struct dns_config *config, sd_bus_error *error)
{
	_cleanup_message_ sd_bus_message *m = NULL;
	int r = call_new(bus, "SetLinkDomains", index, &m);

	if (r >= 0)
		r = sd.bus_message_open_container(m, 'a', "(sb)");
	for (size_t i = 0; r >= 0 && i < config->search->len; i++) {
		const char *domain = config->search->at[i].text;
		bool only = is_route_only(domain);

		r = sd.bus_message_append(m, "(sb)", domain + only, (int)only);
	}
	if (r >= 0 && catches_all(config))
		r = sd.bus_message_append(m, "(sb)", ".", 1);
	if (r >= 0)
		r = sd.bus_message_close_container(m);
	return r < 0 ? r : sd.bus_call(bus, m, 0, error, NULL);
}

/* Names that no link claims are asked here too, unless there is nobody to ask. Since systemd 240;
 * before, it was so anyway. */
static int set_default_route(sd_bus *bus, int index, const struct dns_config *config,
			     sd_bus_error *error)
{
	_cleanup_message_ sd_bus_message *m = NULL;
	int r = call_new(bus, "SetLinkDefaultRoute", index, &m);

	if (r >= 0)
		r = sd.bus_message_append(m, "b", (int)(config->servers->len > 0));
	if (r >= 0)
		r = sd.bus_call(bus, m, 0, error, NULL);
	return sd.bus_error_has_name(error, SD_BUS_ERROR_UNKNOWN_METHOD) ? 0 : r;
}

static int revert(sd_bus *bus, int index, sd_bus_error *error)
{
	_cleanup_message_ sd_bus_message *m = NULL;
	int r = call_new(bus, "RevertLink", index, &m);

	if (r >= 0)
		r = sd.bus_call(bus, m, 0, error, NULL);
	return sd.bus_error_has_name(error, RESOLVED_NO_LINK) ? 0 : r;
}

static int call_failed(int error, const sd_bus_error *said, const char *what, const char *ifname,
		       struct diag *d)
{
	diag_fail(d, -error, "systemd-resolved did not %s %s", what, ifname);
	if (said->message)
		diag_note(d, "%s", said->message);
	if (sd.bus_error_has_name(said, RESOLVED_LINK_BUSY))
		diag_hint(d, "systemd-networkd manages this link: set DNS= in its .network file");
	return error;
}

int dns_resolved_set(const struct dns_config *config, struct diag *d)
{
	_cleanup_error_ sd_bus_error error = SD_BUS_ERROR_NULL, ignored = SD_BUS_ERROR_NULL;
	_cleanup_bus_ sd_bus *bus = NULL;
	int index = (int)if_nametoindex(config->ifname);

	if (index == 0)
		return diag_fail(d, errno, "cannot set DNS of %s", config->ifname);
	int r = bus_open(&bus, d);
	if (r < 0)
		return r;

	if (config->servers->len)
		r = set_servers(bus, index, config, &error);
	if (r >= 0)
		r = set_domains(bus, index, config, &error);
	if (r >= 0)
		r = set_default_route(bus, index, config, &error);
	if (r >= 0)
		return 0;
	revert(bus, index, &ignored);
	return call_failed(r, &error, "set the DNS of", config->ifname, d);
}

int dns_resolved_unset(const char *ifname, struct diag *d)
{
	_cleanup_error_ sd_bus_error error = SD_BUS_ERROR_NULL;
	_cleanup_bus_ sd_bus *bus = NULL;
	int index = (int)if_nametoindex(ifname);

	/* With the link went all that was set for it. */
	if (index == 0)
		return 0;
	int r = bus_open(&bus, d);
	if (r < 0)
		return r;
	r = revert(bus, index, &error);
	return r < 0 ? call_failed(r, &error, "revert", ifname, d) : 0;
}

/* The path of the link's object. */
static int link_path(sd_bus *bus, int index, sd_bus_message **ret_answer, const char **ret)
{
	_cleanup_message_ sd_bus_message *m = NULL;
	int r = call_new(bus, "GetLink", index, &m);

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

static int get_domains(sd_bus *bus, const char *path, struct buf *ret)
{
	_cleanup_message_ sd_bus_message *m = NULL;
	const char *domain;
	int only;
	int r = link_property(bus, path, "Domains", "a(sb)", &m);

	if (r >= 0)
		r = sd.bus_message_enter_container(m, 'a', "(sb)");
	while (r >= 0 && (r = sd.bus_message_read(m, "(sb)", &domain, &only)) > 0)
		if (!only || strcmp(domain, ".") != 0)
			buf_addf(ret, "%s%s\n", only ? "~" : "", domain);
	return r;
}

void dns_resolved_get(const char *ifname, struct dns_found *ret)
{
	_cleanup_message_ sd_bus_message *answer = NULL;
	_cleanup_bus_ sd_bus *bus = NULL;
	int index = (int)if_nametoindex(ifname);
	const char *path;

	if (index == 0 || bus_open(&bus, NULL) < 0 || resolved_reach(bus, NULL) < 0 ||
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

// SPDX-License-Identifier: GPL-2.0-or-later
// Sets name servers and domains of a link by systemd-resolved.
#include <errno.h>
#include <net/if.h>

#include "bus.h"
#include "internal.h"

#define RESOLVED_NO_LINK   "org.freedesktop.resolve1.NoSuchLink"
#define RESOLVED_LINK_BUSY "org.freedesktop.resolve1.LinkBusy"

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
	int r = dns_bus_call_new(bus, extended ? "SetLinkDNSEx" : "SetLinkDNS", index, &m);

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
	int r = dns_bus_call_new(bus, "SetLinkDomains", index, &m);

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

/* Names that no link claims are asked here too, if there is a server. Since systemd 240; before,
 * this was the default. */
static int set_default_route(sd_bus *bus, int index, const struct dns_config *config,
			     sd_bus_error *error)
{
	_cleanup_message_ sd_bus_message *m = NULL;
	int r = dns_bus_call_new(bus, "SetLinkDefaultRoute", index, &m);

	if (r >= 0)
		r = sd.bus_message_append(m, "b", (int)(config->servers->len > 0));
	if (r >= 0)
		r = sd.bus_call(bus, m, 0, error, NULL);
	return sd.bus_error_has_name(error, SD_BUS_ERROR_UNKNOWN_METHOD) ? 0 : r;
}

static int revert(sd_bus *bus, int index, sd_bus_error *error)
{
	_cleanup_message_ sd_bus_message *m = NULL;
	int r = dns_bus_call_new(bus, "RevertLink", index, &m);

	if (r >= 0)
		r = sd.bus_call(bus, m, 0, error, NULL);
	return sd.bus_error_has_name(error, RESOLVED_NO_LINK) ? 0 : r;
}

static int call_failed(int r, const sd_bus_error *said, const char *what, const char *ifname,
		       struct diag *d)
{
	diag_fail(d, -r, "systemd-resolved did not %s %s", what, ifname);
	if (said->message)
		diag_note(d, "%s", said->message);
	if (sd.bus_error_has_name(said, RESOLVED_LINK_BUSY))
		diag_hint(d, "systemd-networkd manages this link: set DNS= in its .network file");
	return r;
}

int dns_resolved_set(const struct dns_config *config, struct diag *d)
{
	_cleanup_error_ sd_bus_error error = SD_BUS_ERROR_NULL, ignored = SD_BUS_ERROR_NULL;
	_cleanup_bus_ sd_bus *bus = NULL;
	int index = (int)if_nametoindex(config->ifname);

	if (index == 0)
		return diag_fail(d, errno, "cannot set DNS of %s", config->ifname);
	int r = dns_bus_open(&bus, d);
	if (r < 0)
		return r;

	/* None, too: a reload takes away what was set before. */
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
	int r = dns_bus_open(&bus, d);
	if (r < 0)
		return r;
	r = revert(bus, index, &error);
	return r < 0 ? call_failed(r, &error, "revert", ifname, d) : 0;
}

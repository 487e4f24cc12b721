// SPDX-License-Identifier: GPL-2.0-or-later
// wgq why: follows one packet through this host.
#include "wgq/cmd/why/why.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <strings.h>
#include <sys/socket.h>
#include <time.h>
#include <unistd.h>

#include "wgq/base/mem.h"
#include "wgq/cmd/config.h"
#include "wgq/cmd/show.h"
#include "wgq/cmd/verbs.h"
#include "wgq/conf/derive.h"
#include "wgq/conf/names/peer_names.h"
#include "wgq/run/look/device.h"
#include "wgq/sys/file/config_path.h"
#include "wgq/sys/resolve/resolve.h"

static void why_release(struct why *why)
{
	for (size_t i = 0; i < WAY_LEGS_MAX; i++)
		free(why->peer_names[i]);
	buf_release(&why->host);
	way_release(&why->way);
}

/* Multicast, and 255.255.255.255, which are sent out of the link that has the source address. */
static bool is_group(const struct addr *a)
{
	static const uint8_t broadcast[4] = {255, 255, 255, 255};

	if (a->family == AF_INET6)
		return a->bytes[0] == 0xff;
	return (a->bytes[0] & 0xf0) == 0xe0 || memcmp(a->bytes, broadcast, sizeof(broadcast)) == 0;
}

/* Not one that the rules have nothing to say about. */
static int check_destination(const struct addr *to, const char *text, struct diag *d)
{
	static const uint8_t none[16];

	if (memcmp(to->bytes, none, sizeof(none)) == 0)
		return diag_refuse(d, EINVAL, "`%s' is not an address that packets can be sent to",
				   text);
	if (addr_is_link_local(to) || is_group(to))
		return diag_refuse(d, EINVAL,
				   "`%s' is %s: the program that sends to it names the interface, "
				   "not the rules",
				   text, is_group(to) ? "a group's address" : "link-local");
	return 0;
}

/* The host of what people copy: a URL, HOST:PORT, [IPV6]:PORT or ADDRESS/LENGTH; the text itself
 * where it is none of these. */
static void host_of(const char *text, struct buf *ret)
{
	const char *scheme = strstr(text, "://");
	const char *host = scheme ? scheme + 3 : text;
	size_t n = strcspn(host, "/?#");
	const char *user = memchr(host, '@', n);

	if (user) {
		n -= (size_t)(user + 1 - host);
		host = user + 1;
	}
	const char *colon = memchr(host, ':', n);
	const char *end = n && host[0] == '[' ? memchr(host, ']', n) : NULL;
	if (end)
		buf_mem(ret, host + 1, (size_t)(end - host - 1));
	else if (colon && !memchr(colon + 1, ':', n - (size_t)(colon + 1 - host)))
		buf_mem(ret, host, (size_t)(colon - host));
	else
		buf_mem(ret, host, n);
}

/* The first single address among the allowed IPs, else the first prefix's; not all addresses, nor
 * one that is of the link alone. */
static const struct prefix *address_of(const struct wg_peer *peer, uint8_t family)
{
	const struct prefix *found = NULL;

	vec_each(ip, &peer->allowed_ips) {
		const struct prefix *p = &ip->prefix;

		if (!p->len || addr_is_link_local(&p->addr) || (family && p->addr.family != family))
			continue;
		if (p->len == addr_bits(&p->addr))
			return p;
		found = found ? found : p;
	}
	return found;
}

/* The address of a peer that the configuration of something that is up calls so. 0, -ENOENT: there
 * is none, or -errno. */
static int find_peer(const struct options *options, const char *name, uint8_t family,
		     struct addr *ret, struct diag *d)
{
	_cleanup_(links_release) struct link_vec links = {0};

	if (device_list(&links, NULL) < 0)
		return -ENOENT;
	vec_each(link, &links) {
		_cleanup_config_ struct config config = {.keeps_text = true, .without_keys = true};
		_cleanup_peer_names_ struct peer_names names = {0};

		if (config_load(options, link->name, &config, NULL) < 0 ||
		    conf_derive(&config.conf, NULL) < 0 ||
		    peer_names_read(buf_text(&config.text.text), config.text.text.len, &names,
				    NULL) < 0)
			continue;
		vec_each(peer, &config.conf.wg.peers) {
			const char *called = peer_names_find(&names, &peer->public_key);

			if (!called || strcasecmp(called, name) != 0)
				continue;
			const struct prefix *p = address_of(peer, family);
			if (p) {
				*ret = p->addr;
				return 0;
			}
			diag_refuse(d, EINVAL, "peer `%s' of %s has no address of its own", name,
				    link->name);
			diag_hint(d, "give an address to reach through it");
			return -EINVAL;
		}
	}
	return -ENOENT;
}

static int find_destination(const struct options *options, struct why *why, struct addr *ret,
			    struct diag *d)
{
	const char *text = options->args[0];
	uint8_t family = options->given & OPTION_FROM ? options->from.family : AF_UNSPEC;
	int r;

	host_of(text, &why->host);
	if (buf_status(&why->host) < 0)
		return diag_no_memory(d);
	const char *host = buf_text(&why->host);
	r = addr_parse(host, why->host.len, ret);
	if (r < 0) {
		why->asked = host;
		r = find_peer(options, host, family, ret, d);
	}
	if (r == -ENOENT)
		r = resolve_name(host, family, ret, d);
	if (r == 0 && family && ret->family != family)
		return diag_refuse(d, EINVAL,
				   "`%s' and the source address are of different families", host);
	if (r == 0 && strcmp(host, text) != 0) {
		diag_warn(d, "`%s' is taken for %s", text, host);
		diag_level(d, DIAG_NOTE);
	}
	return r == 0 ? check_destination(ret, host, d) : r;
}

static int set_target(const char *ifname, struct way_target *target, struct diag *d)
{
	size_t n = ifname ? strlen(ifname) : 0;

	if (n >= sizeof(target->ifname) || (ifname && !n))
		return diag_refuse(d, EINVAL, "`%s' is not the name of an interface", ifname);
	if (n)
		memcpy(target->ifname, ifname, n + 1);
	return 0;
}

/* From the configuration of the interface's name, where we may read it. */
static char *peer_name(const char *ifname, const struct key *key)
{
	_cleanup_config_ struct config config = {0};
	_cleanup_peer_names_ struct peer_names names = {0};

	if (config_load_text(ifname, &config, NULL) < 0 ||
	    peer_names_read(buf_text(&config.text.text), config.text.text.len, &names, NULL) < 0)
		return NULL;
	const char *name = peer_names_find(&names, key);
	return name ? mem_strndup(name, strlen(name)) : NULL;
}

static void find_peer_names(struct why *why)
{
	for (size_t i = 0; i < why->way.count; i++) {
		const struct way_leg *leg = &why->way.legs[i];

		if (leg->tunnel.peer)
			why->peer_names[i] =
				peer_name(leg->link.name, &leg->tunnel.peer->public_key);
	}
}

static int follow(const struct options *options, struct why *why, struct diag *d)
{
	struct packet packet = {
		.from = options->from, .mark = options->mark, .uid = (uint32_t)getuid()};
	int r = find_destination(options, why, &packet.to, d);

	if (r == 0)
		r = set_target(options->args[1], &why->way.target, d);
	if (r == 0)
		r = way_follow(&packet, &why->way, d);
	if (r == 0)
		find_peer_names(why);
	return r;
}

static int print(const struct options *options, const struct why *why, struct diag *d)
{
	_cleanup_buf_ struct buf text = {0};
	struct term term;

	if (options->given & OPTION_JSON) {
		why_json(why, &text);
	} else {
		term_look(STDOUT_FILENO, &term);
		why_text(why, &term, &text);
	}
	return show_output(&text, d);
}

int verb_why(const struct options *options)
{
	_cleanup_diag_ struct diag d = {0};
	_cleanup_(why_release) struct why why = {
		.now = time(NULL),
		.verbose = options->verbose,
	};
	int r = follow(options, &why, &d);

	if (r == 0)
		r = print(options, &why, &d);
	show_diag(&d);
	return r == 0 ? STATUS_OK : STATUS_FAILED;
}

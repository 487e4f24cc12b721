// SPDX-License-Identifier: GPL-2.0-or-later
// wgq why: follows one packet through this host.
#include "wgq/cmd/why.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <sys/socket.h>
#include <time.h>
#include <unistd.h>

#include "wgq/base/mem.h"
#include "wgq/cmd/show.h"
#include "wgq/cmd/verbs.h"
#include "wgq/conf/peer_names.h"
#include "wgq/sys/config_path.h"
#include "wgq/sys/resolve.h"

static void why_release(struct why *why)
{
	for (size_t i = 0; i < WAY_LEGS_MAX; i++)
		free(why->peer_names[i]);
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
		return diag_refuse(d, EINVAL, "`%s' is no address that a packet can be sent to",
				   text);
	if (addr_is_link_local(to) || is_group(to))
		return diag_refuse(d, EINVAL,
				   "`%s' is %s: the program that sends to it names the interface, "
				   "not the rules",
				   text, is_group(to) ? "a group's address" : "link-local");
	return 0;
}

static int find_destination(const struct options *options, struct why *why, struct addr *ret,
			    struct diag *d)
{
	const char *text = options->args[0];
	uint8_t family = options->given & OPTION_FROM ? options->from.family : AF_UNSPEC;
	int r = 0;

	if (addr_parse(text, strlen(text), ret) < 0) {
		why->asked = text;
		r = resolve_name(text, family, ret, d);
	}
	if (r == 0 && family && ret->family != family)
		return diag_refuse(d, EINVAL, "`%s' and the source address are of two families",
				   text);
	return r == 0 ? check_destination(ret, text, d) : r;
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
	_cleanup_config_path_ struct config_path path = {0};
	_cleanup_peer_names_ struct peer_names names = {0};
	_cleanup_buf_ struct buf text = {.secret = true};

	if (config_path_find(ifname, &path, NULL) < 0 || config_path_read(&path, &text, NULL) < 0 ||
	    peer_names_read(buf_text(&text), text.len, &names, NULL) < 0)
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

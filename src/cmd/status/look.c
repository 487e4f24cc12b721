// SPDX-License-Identifier: GPL-2.0-or-later
// wgq status: collects what is to be shown of interfaces.
#include <errno.h>
#include <string.h>
#include <time.h>

#include "wgq/base/mem.h"
#include "wgq/cmd/status/status.h"
#include "wgq/conf/derive.h"
#include "wgq/conf/expire.h"
#include "wgq/conf/parse/parse.h"
#include "wgq/kernel/rtnetlink/pin.h"
#include "wgq/plan/want/walls.h"
#include "wgq/run/host/host.h"
#include "wgq/run/look/around.h"
#include "wgq/run/look/device.h"
#include "wgq/sys/clock.h"

/* A peer that was sent nothing for longer is not being called. WireGuard repeats a handshake that
 * is not answered every 5 seconds (REKEY_TIMEOUT). */
enum { SENDS_SECONDS = 15 };

/* What fails is not seen, which is told, and the rest is shown all the same. */
static void unseen(struct status *s, struct diag *from)
{
	diag_demote(from);
	diag_move(&s->unseen, from);
}

static int use_config(struct status *s, struct diag *d)
{
	struct config *config = &s->config;
	_cleanup_diag_ struct diag mistakes = {0};
	const struct buf *text = &config->text.text;
	int r = peer_names_read(buf_text(text), text->len, &s->names, d);

	if (r < 0)
		return r;
	s->has_conf = conf_parse_files(&config->text.files, config->path.ifname, buf_text(text),
				       &config->conf, &mistakes) == 0;
	config_text_release(&config->text);
	if (conf_drop_expired(&config->conf, time(NULL), NULL) < 0)
		return diag_no_memory(d);
	/* A key that is not seen is not compared. */
	if (s->has_conf && config_read_keys(config, &mistakes) < 0)
		unseen(s, &mistakes);
	s->has_conf = s->has_conf && conf_derive(&config->conf, &mistakes) == 0;
	if (s->has_conf && wg_peers_sort(&config->conf.wg.peers, 0, &s->blocks) < 0)
		return diag_no_memory(d);
	if (!s->has_conf)
		diag_warn(&s->unseen, "%s has mistakes, so it is not compared: see wgq check",
			  config->path.given);
	return 0;
}

/* An interface may have no file, or one that this user may not read. Its name may be one that no
 * file could have, such as `wg@home': the kernel allows more than wg-quick. */
static int load(struct status *s, const char *argument, bool is_link, struct diag *d)
{
	_cleanup_diag_ struct diag found = {0};
	bool is_name = config_path_is_ifname(argument, strlen(argument));

	s->argument = mem_strndup(argument, strlen(argument));
	if (!s->argument)
		return diag_no_memory(d);
	int r = is_link && !is_name ? -ENOENT : config_load_text(argument, &s->config, &found);

	if (is_link || is_name)
		memcpy(s->ifname, argument, strlen(argument) + 1);
	else
		memcpy(s->ifname, s->config.path.ifname, sizeof(s->ifname));
	if (r == 0)
		return use_config(s, d);
	if (!s->ifname[0] || r == -ENOMEM) {
		diag_move(d, &found);
		return r;
	}
	s->lacks_file = r == -ENOENT;
	if (!s->lacks_file)
		unseen(s, &found);
	return 0;
}

static void see(struct status *s, struct world *world, const struct observe_query *query)
{
	_cleanup_diag_ struct diag found = {0};
	int r = world_observe(world, query, &s->snap, &found);

	if (r < 0) {
		s->snap.unknown |= query->what;
		unseen(s, &found);
	}
}

/* With a configuration also whether it is the right one. */
static int observe_firewall(struct status *s, struct world *world, struct diag *d)
{
	struct firewall wanted;
	struct observe_query query = {.ifname = s->ifname, .what = LOOK_FIREWALL};
	_cleanup_diag_ struct diag warnings = {0};

	if (s->has_conf && s->snap.link.index) {
		int r = want_make(&s->config.conf, &s->snap, &s->want, &warnings);
		if (r < 0) {
			diag_move(d, &warnings);
			return r;
		}
		want_firewall_rules(&s->want, &wanted);
		if (wanted.ip || wanted.ip6)
			query.what |= LOOK_FIREWALL_RULES;
		query.firewall = &wanted;
	}
	see(s, world, &query);
	return 0;
}

static int observe(struct status *s, struct world *world, struct diag *d)
{
	const struct observe_query plain = {
		.ifname = s->ifname,
		.what = LOOK_ADDRESSES | LOOK_MAIN_ROUTES | LOOK_RULES | LOOK_TABLES |
			(s->has_conf && s->config.conf.excluded_ips.len ? LOOK_UNLINKED : 0) |
			(s->has_conf ? walls_look(&s->config.conf) : 0),
	};
	const struct observe_query device = {.ifname = s->ifname, .what = LOOK_DEVICE};
	const struct observe_query followed = {
		.ifname = s->ifname, .what = LOOK_FOLLOWED, .conf = &s->config.conf};
	const struct observe_query dns = {.ifname = s->ifname, .what = LOOK_DNS};
	int r = world_observe(world, &plain, &s->snap, d);

	if (r < 0)
		return r;
	if (s->snap.link.index && !s->snap.is_wireguard)
		return device_refuse(s->ifname, ENODEV, d);
	if (!s->snap.link.index && !s->config.path.given)
		return diag_refuse(d, ENODEV,
				   "there is neither an interface `%s' nor a configuration",
				   s->ifname);
	see(s, world, &device);
	if (s->has_conf && s->config.conf.follow_line && s->snap.link.index)
		see(s, world, &followed);
	r = observe_firewall(s, world, d);
	if (s->snap.link.index)
		see(s, world, &dns);
	return r;
}

static int look_at_host(struct status *s, const struct options *options, struct diag *d)
{
	const struct host_options host_options = {.choices = options->choices, .ifname = s->ifname};
	_cleanup_(host_free_at) struct host *host = NULL;
	_cleanup_diag_ struct diag found = {0};
	struct means means;
	int r = host_open(&host_options, &host, d);

	if (r == 0)
		r = world_prepare(host_world(host), s->has_conf ? &s->config.conf : NULL,
				  PURPOSE_DOWN, &means, d);
	if (r == 0)
		r = observe(s, host_world(host), d);
	if (r < 0)
		return r;
	/* The userspace protocol does not tell it. */
	if (key_is_zero(&s->snap.wg.public_key) && !key_is_zero(&s->snap.wg.private_key))
		key_public(&s->snap.wg.private_key, &s->snap.wg.public_key);
	if (s->snap.link.index &&
	    around_look(&s->snap, s->want.conf ? &s->want : NULL, &s->around, &found) < 0)
		unseen(s, &found);
	return 0;
}

static int judge(struct status *s, const struct options *options, struct diag *d)
{
	size_t peers = s->snap.wg.peers.len;
	_cleanup_free_ bool *sends = mem_calloc(peers, sizeof(*sends));
	const struct health_input in = {
		.snap = &s->snap,
		.want = s->want.conf ? &s->want : NULL,
		.around = &s->around,
		.names = &s->names,
		.now = s->now,
		.sends = sends,
		.wants_firewall = options->choices.firewall != FIREWALL_OFF,
	};

	s->first_of = mem_calloc(peers, sizeof(struct finding *));
	if (!sends || !s->first_of)
		return diag_no_memory(d);
	for (size_t i = 0; s->rates && i < peers; i++)
		sends[i] = s->rates[i].sent_at && s->now - s->rates[i].sent_at <= SENDS_SECONDS;
	int r = health_check(&in, &s->findings, d);
	vec_each(finding, &s->findings)
		if (finding->peer >= 0 && !s->first_of[finding->peer])
			s->first_of[finding->peer] = finding;
	return r;
}

static void look_at_pins(struct status *s)
{
	_cleanup_(rtnetlink_free_at) struct rtnetlink *rt = NULL;
	_cleanup_diag_ struct diag found = {0};
	int r = rtnetlink_open(&rt, &found);

	if (r == 0)
		r = rtnetlink_pins_list(rt, s->ifname, &s->pins, &found);
	if (r < 0)
		unseen(s, &found);
}

/* s has been loaded. */
static int look_at(const struct options *options, const struct status_vec *before, struct status *s,
		   struct diag *d)
{
	s->now = time(NULL);
	s->clock = (double)clock_ns() / CLOCK_S;
	status_ask_keeper(s->ifname, &s->keeper);
	look_at_pins(s);
	int r = look_at_host(s, options, d);
	if (r == 0)
		r = status_order(s, d);
	if (r == 0)
		r = status_count_followed(s, d);
	vec_each(old, before)
		if (r == 0 && !s->rates && strcmp(old->ifname, s->ifname) == 0)
			r = status_rates(s, old, d);
	return r == 0 ? judge(s, options, d) : r;
}

static void status_release(struct status *s)
{
	status_keeper_release(&s->keeper);
	vec_release(&s->pins);
	want_release(&s->want);
	config_release(&s->config);
	snap_release(&s->snap);
	around_release(&s->around);
	peer_names_release(&s->names);
	vec_release(&s->blocks);
	findings_release(&s->findings);
	diag_release(&s->unseen);
	free(s->argument);
	free(s->order);
	free(s->first_of);
	free(s->rates);
	free(s->followed);
}

static int look_at_named(const struct options *options, const struct status_vec *before,
			 struct status_vec *ret, struct diag *d)
{
	int r = 0;

	for (int i = 0; r == 0 && i < options->arg_count; i++) {
		struct status *s = vec_push(ret);

		r = s ? load(s, options->args[i], false, d) : diag_no_memory(d);
		if (r == 0)
			r = look_at(options, before, s, d);
	}
	return r;
}

static int look_at_all(const struct options *options, const struct status_vec *before,
		       struct status_vec *ret, struct diag *d)
{
	_cleanup_(links_release) struct link_vec links = {0};
	int r = device_list(&links, d);

	vec_each(link, &links) {
		struct status *s = r == 0 ? vec_push(ret) : NULL;

		if (!s)
			return r < 0 ? r : diag_no_memory(d);
		r = load(s, link->name, true, d);
		if (r == 0)
			r = look_at(options, before, s, d);
		/* It has gone since it was listed. */
		if (r == -ENODEV) {
			diag_truncate(d, 0);
			status_release(s);
			ret->len--;
			r = 0;
		}
	}
	return r;
}

int status_look(const struct options *options, const struct status_vec *before,
		struct status_vec *ret, struct diag *d)
{
	return options->arg_count > 0 ? look_at_named(options, before, ret, d)
				      : look_at_all(options, before, ret, d);
}

void statuses_release(struct status_vec *statuses)
{
	vec_each(s, statuses)
		status_release(s);
	vec_release(statuses);
}

int status_verdict(const struct status_vec *statuses)
{
	bool all_seen = true;

	vec_each(s, statuses) {
		if (!s->snap.link.index)
			return STATUS_WRONG;
		all_seen = all_seen && snap_has_seen(&s->snap, LOOK_DEVICE);
		vec_each(finding, &s->findings)
			if (finding_is_wrong(finding->kind))
				return STATUS_WRONG;
	}
	return all_seen ? STATUS_OK : STATUS_UNSEEN;
}

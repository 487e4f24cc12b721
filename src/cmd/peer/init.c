// SPDX-License-Identifier: GPL-2.0-or-later
// wgq init: a first configuration, and the peer's half of it.
#include <errno.h>
#include <stdio.h>
#include <unistd.h>

#include "wgq/base/mem.h"
#include "wgq/cmd/peer/handout.h"
#include "wgq/cmd/show.h"
#include "wgq/cmd/verbs.h"
#include "wgq/conf/save/starter.h"
#include "wgq/kernel/rtnetlink/rtnetlink.h"
#include "wgq/net/subnet.h"
#include "wgq/sys/file/config_path.h"
#include "wgq/sys/file/file.h"
#include "wgq/sys/host/random.h"
#include "wgq/sys/resolve/udp.h"

enum { FIRST_PORT = 51820, LAST_PORT = 51899 };

struct init {
	const struct options *options;
	struct config_path path;
	struct starter starter;
	struct buf endpoint, own, peer; /* texts */
};

static void init_release(struct init *init)
{
	config_path_release(&init->path);
	starter_release(&init->starter);
	buf_release(&init->endpoint);
	buf_release(&init->own);
	buf_release(&init->peer);
}

static int make_keys(struct starter *s, struct diag *d)
{
	struct key *keys[] = {&s->own_key, &s->peer_key};

	for (size_t i = 0; i < 2; i++) {
		int r = random_fill(keys[i]->bytes, KEY_LEN, d);
		if (r < 0)
			return r;
		key_clamp(keys[i]);
	}
	return 0;
}

static int choose_subnets(struct starter *s, struct diag *d)
{
	_cleanup_(rtnetlink_free_at) struct rtnetlink *rtnetlink = NULL;
	_cleanup_(subnets_release) struct prefix_vec used = {0};
	struct {
		uint32_t ipv4;
		uint8_t ipv6[5];
	} random = {0};
	int r = rtnetlink_open(&rtnetlink, d);

	if (r == 0)
		r = rtnetlink_used_list(rtnetlink, &used, d);
	if (r == 0)
		r = random_fill(&random, sizeof(random), d);
	if (r < 0)
		return r;
	if (subnet_choose_ipv4(&used, random.ipv4, &s->subnets[0]) < 0)
		return diag_refuse(d, ENOSPC, "this host has routes to every private IPv4 network");
	if (subnet_choose_ipv6(&used, random.ipv6, &s->subnets[1]) < 0)
		return diag_refuse(d, ENOSPC, "this host has routes to every private IPv6 network");
	return 0;
}

static void tell(const struct init *init)
{
	_cleanup_buf_ struct buf line = {0};

	buf_addf(&line, "wrote `%s'; bring it up with: wgq up %s", init->path.given,
		 init->options->args[0]);
	show_line(buf_text(&line));
	buf_clear(&line);
	buf_addf(&line, "peers send to UDP port %u: firewalls have to let it in",
		 init->starter.port);
	show_line(buf_text(&line));
	show_line("standard output is the peer's half with its private key, which is kept nowhere "
		  "else:");
}

/* The peer's key is printed once or never: without that the file is of no use. */
static int hand_out(const struct init *init, struct diag *d)
{
	_cleanup_buf_ struct buf out = {.secret = true};
	int r;

	buf_mem(&out, buf_text(&init->peer), init->peer.len);
	r = handout_qr(init->options, &init->peer, &out, d);
	if (r == 0)
		r = file_create(init->path.real, buf_text(&init->own), init->own.len, d);
	if (r < 0)
		return r;
	show_diag(d);
	tell(init);
	r = show_whole(&out, d);
	if (r < 0 && unlink(init->path.real) == 0)
		diag_note(d, "`%s' was removed again", init->path.given);
	return r;
}

static int init_run(struct init *init, struct diag *d)
{
	int r = config_path_new(init->options->args[0], &init->path, d);

	if (r == 0 && access(init->path.real, F_OK) == 0) {
		diag_refuse(d, EEXIST, "`%s' exists already", init->path.given);
		diag_hint(d, "choose another name, or move the file away");
		return -EEXIST;
	}
	if (r == 0)
		r = make_keys(&init->starter, d);
	if (r == 0)
		r = choose_subnets(&init->starter, d);
	if (r < 0)
		return r;
	init->starter.from_key = init->options->given & OPTION_ADDRESS_FROM_KEY;
	init->starter.port = FIRST_PORT;
	while (init->starter.port < LAST_PORT && !udp_port_is_free(init->starter.port))
		init->starter.port++;
	r = handout_endpoint(init->options->endpoint, &init->starter.port, &init->endpoint, d);
	if (r < 0)
		return r;
	init->starter.endpoint = init->endpoint.len ? buf_text(&init->endpoint) : NULL;
	init->own.secret = init->peer.secret = true;
	starter_own(&init->starter, &init->own);
	starter_peer(&init->starter, &init->peer);
	if (buf_status(&init->own) < 0 || buf_status(&init->peer) < 0)
		return diag_no_memory(d);
	return hand_out(init, d);
}

int verb_init(const struct options *options)
{
	_cleanup_(init_release) struct init init = {.options = options};
	_cleanup_diag_ struct diag d = {0};
	int r = init_run(&init, &d);

	show_diag(&d);
	return r < 0 ? STATUS_FAILED : STATUS_OK;
}

// SPDX-License-Identifier: GPL-2.0-or-later
// wgq run: what the kernel and others tell, and which interfaces it concerns.
#include <errno.h>
#include <linux/rtnetlink.h>
#include <stdlib.h>
#include <string.h>

#include "wgq/base/mem.h"
#include "wgq/cmd/run/follow.h"
#include "wgq/cmd/run/reach.h"
#include "wgq/cmd/run/run.h"
#include "wgq/kernel/nft/notices.h"
#include "wgq/kernel/rtnetlink/notices.h"
#include "wgq/sys/dns/outside.h"
#include "wgq/sys/file/config_text.h"

/* Files by whose they are: of an interface by its place, and those of the resolver. */
enum { RESOLVER = UINT32_MAX };

/* What leads to the endpoints may be another way now. */
static void way_changed(struct keep *k)
{
	peers_ways_changed(k);
	keep_event(k);
}

static void concerns_all(struct runner *runner)
{
	for (size_t i = 0; i < runner->count; i++)
		way_changed(&runner->keeps[i]);
}

static void doubt_all(struct runner *runner)
{
	for (size_t i = 0; i < runner->count; i++)
		follower_doubt(&runner->keeps[i]);
}

static void follow_all(struct runner *runner)
{
	for (size_t i = 0; i < runner->count; i++)
		follower_go(&runner->keeps[i]);
}

/* Links change in many ways; what matters of one that is not ours is its MTU, and whether packets
 * leave by it. */
static bool has_changed(struct runner *runner, const struct rtnetlink_notice *notice)
{
	struct link_fact *fact = NULL;

	for (size_t i = 0; i < runner->links.len && !fact; i++)
		if (runner->links.at[i].index == notice->index)
			fact = &runner->links.at[i];
	if (notice->gone) {
		if (fact)
			*fact = runner->links.at[--runner->links.len];
		return true;
	}
	if (fact && fact->mtu == notice->link.mtu && fact->up == notice->link.up &&
	    fact->carries == notice->link.carries)
		return false;
	if (!fact)
		fact = vec_push(&runner->links);
	if (fact)
		*fact = (struct link_fact){.index = notice->index,
					   .mtu = notice->link.mtu,
					   .up = notice->link.up,
					   .carries = notice->link.carries};
	return true;
}

static void take_link(struct runner *runner, const struct rtnetlink_notice *notice)
{
	bool changed = has_changed(runner, notice);

	for (size_t i = 0; i < runner->count; i++) {
		struct keep *k = &runner->keeps[i];

		bool is_ours =
			notice->index == k->index || strcmp(notice->link.name, k->ifname) == 0;

		if (is_ours && notice->gone && notice->link.moved)
			keep_let_go(k, "it was moved to another network namespace");
		else if (is_ours) {
			follower_doubt(k);
			keep_event(k);
		} else if (changed)
			way_changed(k);
	}
}

static bool leads_to(const struct policy_route *route, const struct addr_vec *addrs)
{
	vec_each(addr, addrs) {
		const struct prefix host = {.addr = *addr, .len = addr_bits(addr)};

		if (prefix_covers(&route->to, &host))
			return true;
	}
	return false;
}

/* What allowed IPs follow changes often, and is no reason to look at the whole. */
static void take_route(struct runner *runner, const struct rtnetlink_notice *notice)
{
	const struct policy_route *route = &notice->route;

	for (size_t i = 0; i < runner->count; i++) {
		struct keep *k = &runner->keeps[i];
		bool is_followed = follower_take_route(k, route, notice->gone, notice->flags);
		bool is_way = leads_to(route, &k->endpoints);

		if (is_way)
			follower_ways_changed(k);
		if (is_way && !policy_route_leaves_by(route, k->index))
			way_changed(k);
		else if (!is_followed && policy_route_leaves_by(route, k->index))
			keep_event(k);
	}
}

static void take_nexthop(struct runner *runner, const struct nlmsghdr *message)
{
	struct policy_nexthop nexthop;
	int r = rtnetlink_nexthop_parse(message, &nexthop);

	for (size_t i = 0; i < runner->count; i++)
		if (r < 0)
			follower_doubt(&runner->keeps[i]);
		else
			follower_take_nexthop(&runner->keeps[i], &nexthop,
					      message->nlmsg_type == RTM_DELNEXTHOP);
	if (r == 0)
		vec_release(&nexthop);
}

static void take_addr(struct runner *runner, uint32_t index)
{
	for (size_t i = 0; i < runner->count; i++)
		if (runner->keeps[i].index == index) {
			follower_doubt(&runner->keeps[i]);
			keep_event(&runner->keeps[i]);
		} else {
			way_changed(&runner->keeps[i]);
		}
}

static void take_notice(const struct nlmsghdr *message, void *into)
{
	struct runner *runner = into;
	struct rtnetlink_notice notice;

	rtnetlink_notice_parse(message, &notice);
	switch (notice.kind) {
	case NOTICE_OTHER:
		break;
	case NOTICE_LINK:
		take_link(runner, &notice);
		break;
	case NOTICE_ADDR:
		take_addr(runner, notice.index);
		break;
	case NOTICE_ROUTE:
		take_route(runner, &notice);
		break;
	case NOTICE_NEXTHOP:
		take_nexthop(runner, message);
		concerns_all(runner);
		break;
	case NOTICE_RULE:
		concerns_all(runner);
		break;
	}
}

static void take_nft(const struct nlmsghdr *message, void *into)
{
	struct runner *runner = into;
	char ifname[IFNAMSIZ];

	if (!nft_notice_parse(message, ifname))
		return;
	for (size_t i = 0; i < runner->count; i++)
		if (strcmp(runner->keeps[i].ifname, ifname) == 0)
			keep_event(&runner->keeps[i]);
}

static void on_notices(struct runner *runner, struct notices *notices,
		       void (*take)(const struct nlmsghdr *message, void *into))
{
	bool lost = false;

	/* What cannot be read may have been anything. */
	if (notices_read(notices, take, runner, &lost) < 0 || lost) {
		concerns_all(runner);
		doubt_all(runner);
	}
}

static void on_routes(void *context, uint32_t events)
{
	struct runner *runner = context;

	(void)events;
	on_notices(runner, &runner->route_notices, take_notice);
	follow_all(runner);
}

static void take_replaced(const struct nlmsghdr *message, void *into)
{
	struct runner *runner = into;
	struct rtnetlink_notice notice;

	rtnetlink_notice_parse(message, &notice);
	if (notice.kind == NOTICE_ROUTE)
		for (size_t i = 0; i < runner->count; i++)
			follower_take_replaced(&runner->keeps[i], &notice.route);
}

/* What they say is not urgent, and they may be many. */
static void read_replaced(void *context)
{
	enum { EVERY_MS = 500 };
	struct runner *runner = context;
	bool lost = false;

	if (notices_read(&runner->replaced_notices, take_replaced, runner, &lost) < 0 || lost)
		doubt_all(runner);
	follow_all(runner);
	loop_timer_set(runner->loop, &runner->replaced_timer, loop_now() + EVERY_MS);
}

void watch_follow(struct runner *runner)
{
	enum { QUEUE = 64 << 20 };

	if (runner->replaced_notices.buffer)
		return;
	notices_grow(&runner->route_notices, QUEUE);
	runner->replaced_timer = (struct loop_timer){.due = read_replaced, .context = runner};
	if (rtnetlink_replaced_open(&runner->replaced_notices) == 0)
		loop_timer_set(runner->loop, &runner->replaced_timer, loop_now());
}

static void on_nft(void *context, uint32_t events)
{
	struct runner *runner = context;

	(void)events;
	on_notices(runner, &runner->nft_notices, take_nft);
}

static void watch_resolver(struct runner *runner)
{
	/* What systemd-resolved knows of each link. */
	files_add_folder(runner->files, "/run/systemd/resolve/netif", RESOLVER);
	for (const struct dns_watched *w = dns_outside_watched; w->folder; w++) {
		_cleanup_buf_ struct buf path = {0};

		if (w->file)
			buf_addf(&path, "%s/%s", w->folder, w->file);
		if (w->file && buf_status(&path) == 0)
			files_add(runner->files, buf_text(&path), RESOLVER);
		else if (!w->file)
			files_add_folder(runner->files, w->folder, RESOLVER);
	}
}

static void file_changed(void *context, uint32_t whose)
{
	struct runner *runner = context;

	if (whose == RESOLVER) {
		watch_resolver(runner);
		for (size_t i = 0; i < runner->count; i++)
			peers_resolver_changed(&runner->keeps[i]);
		for (size_t i = 0; i < runner->count; i++)
			if (conf_has_dns(&runner->keeps[i].config.conf))
				keep_event(&runner->keeps[i]);
		return;
	}
	runner->keeps[whose].has_changed = true;
	keep_event(&runner->keeps[whose]);
}

static void on_files(void *context, uint32_t events)
{
	struct runner *runner = context;

	(void)events;
	files_read(runner->files, file_changed, runner);
}

bool watch_files(struct keep *k, const struct config *config)
{
	struct files *f = k->runner->files;
	const char *const files[] = {config->path.given, config->path.real};
	const char *own_key = config->conf.private_key_file.text;
	uint32_t whose = (uint32_t)(k - k->runner->keeps);
	bool grew = false;

	for (size_t i = 0; i < 2; i++) {
		_cleanup_buf_ struct buf drop_ins = {0};

		if (!files[i])
			continue;
		config_text_folder(files[i], &drop_ins);
		grew |= files_add(f, files[i], whose) > 0;
		if (buf_status(&drop_ins) == 0)
			grew |= files_add_folder(f, buf_text(&drop_ins), whose) > 0;
	}
	/* Drop-ins may be links. */
	vec_each(file, &config->conf.sources)
		grew |= files_add(f, file->path, whose) > 0;
	if (own_key)
		grew |= files_add(f, own_key, whose) > 0;
	vec_each(file, &config->conf.preshared_key_files)
		grew |= files_add(f, file->text, whose) > 0;
	return grew;
}

static int by_address(const void *a, const void *b)
{
	return addr_compare(a, b);
}

void watch_concern(struct runner *runner)
{
	_cleanup_free_ uint32_t *links = mem_calloc(runner->count, sizeof(*links));
	struct addr_vec addrs = {0};
	struct rtnetlink_concern concern = {.links = links, .addrs = &addrs};

	for (size_t i = 0; i < runner->count && links; i++) {
		const struct keep *k = &runner->keeps[i];

		if (k->index)
			links[concern.link_count++] = k->index;
		vec_each(addr, &k->endpoints) {
			struct addr *copy = vec_push(&addrs);

			if (copy)
				*copy = *addr;
		}
	}
	if (addrs.len)
		qsort(addrs.at, addrs.len, sizeof(*addrs.at), by_address);
	if (links)
		rtnetlink_notices_filter(&runner->route_notices, &concern);
	vec_release(&addrs);
}

static int add(struct runner *runner, struct loop_source *source, int fd,
	       void (*ready)(void *context, uint32_t events))
{
	*source = (struct loop_source){.ready = ready, .context = runner};
	return loop_add(runner->loop, source, fd, EPOLLIN);
}

int watch_open(struct runner *runner, struct diag *d)
{
	int r = files_open(&runner->files, d);

	if (r < 0)
		return r;
	r = rtnetlink_notices_open(&runner->route_notices);
	if (r == 0)
		r = add(runner, &runner->route_source, runner->route_notices.fd, on_routes);
	/* A kernel without nf_tables has none to tell of. */
	if (r == 0 && nft_notices_open(&runner->nft_notices) == 0)
		r = add(runner, &runner->nft_source, runner->nft_notices.fd, on_nft);
	if (r == 0)
		r = add(runner, &runner->file_source, files_fd(runner->files), on_files);
	if (r < 0)
		return diag_fail(d, -r, "cannot wait for what the kernel tells");
	watch_resolver(runner);
	return 0;
}

void watch_close(struct runner *runner)
{
	notices_release(&runner->route_notices);
	notices_release(&runner->nft_notices);
	notices_release(&runner->replaced_notices);
	files_free_at(&runner->files);
	vec_release(&runner->links);
}

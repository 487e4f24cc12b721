// SPDX-License-Identifier: GPL-2.0-or-later
// The real world: takes each step on this host.
#include <errno.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "wgq/base/mem.h"
#include "wgq/kernel/nft/nft.h"
#include "wgq/kernel/rtnetlink/pin.h"
#include "wgq/kernel/rtnetlink/policy.h"
#include "wgq/sys/dns/dns.h"
#include "wgq/sys/file/config_text.h"
#include "wgq/sys/file/file.h"
#include "wgq/sys/host/module.h"
#include "wgq/sys/host/sysctl.h"
#include "wgq/sys/privilege.h"
#include "wgq/sys/process/proc.h"
#include "wgq/sys/process/userspace.h"

#include "internal.h"

/* What was made, but cannot be used. */
static void discard_link(struct host *h)
{
	if (host_refresh_link(h, h->options.ifname, NULL) == 0 && h->link.index)
		rtnetlink_link_del(h->rtnetlink, h->link.index, NULL);
}

static int start_userspace(struct host *h, const char *program, struct diag *d)
{
	_cleanup_diag_ struct diag said = {0};
	int r = userspace_start(program, h->options.ifname, &said);

	if (r == -ETIMEDOUT)
		discard_link(h);
	/* Somebody else was faster. */
	else if (r < 0 && host_refresh_link(h, h->options.ifname, NULL) == 0 && h->link.index)
		return diag_refuse(d, EEXIST, "`%s' exists now", h->options.ifname);
	diag_move(d, &said);
	return r;
}

static int fall_back(struct host *h, struct diag *d)
{
	_cleanup_buf_ struct buf line = {0};

	h->options.say("[!] Missing WireGuard kernel module. Falling back to slow userspace "
		       "implementation.");
	buf_addf(&line, "[#] %s %s", h->means.userspace, h->options.ifname);
	h->options.say(buf_text(&line));
	return start_userspace(h, h->means.userspace, d);
}

static int add_kernel_link(struct host *h, struct diag *d)
{
	_cleanup_diag_ struct diag from_kernel = {0};
	int r = rtnetlink_link_add(h->rtnetlink, h->options.ifname, "wireguard", &from_kernel);

	/* linux.bash:89-97: a userspace implementation takes the place of a kernel without. */
	if (r == -EOPNOTSUPP && h->means.userspace)
		return fall_back(h, d);
	diag_move(d, &from_kernel);
	if (r == -EOPNOTSUPP)
		diag_hint(d, "this kernel has no WireGuard; %s; or install wireguard-go",
			  module_advice());
	return r;
}

/* wireguard-go opens its socket some time before it sets the link's MTU and answers. */
static int await_userspace(struct host *h, struct diag *d)
{
	_cleanup_(wg_device_release) struct wg_device unused = {0};

	return h->server == DEVICE_USERSPACE ? device_get(h->options.ifname, h->server, &unused, d)
					     : 0;
}

static int link_add(struct host *h, const struct op *op, struct diag *d)
{
	const char *forced = h->means.userspace_forced ? h->means.userspace : NULL;
	const char *program = op->returns ? h->means.former : forced;
	int r = program ? start_userspace(h, program, d) : add_kernel_link(h, d);

	if (r < 0)
		return r;
	/* To undo this step is to delete the link, and its routes with it. */
	h->leaves_routes = true;
	r = host_refresh_link(h, h->options.ifname, d);
	if (r == 0 && h->server == DEVICE_NONE)
		r = diag_refuse(d, ENODEV, "the new interface %s is gone or is not WireGuard",
				h->options.ifname);
	if (r == 0)
		r = await_userspace(h, d);
	if (r < 0)
		discard_link(h);
	h->own = r < 0 ? 0 : h->link.index;
	return r;
}

static int link_del(struct host *h, struct diag *d)
{
	_cleanup_diag_ struct diag refused = {0};
	/* What we made is ours under another name, too, and what has its name now may not be. */
	uint32_t index = h->own ? h->own : h->link.index;
	bool is_replaced = h->link.index && h->link.index != index;
	int r = rtnetlink_link_del(h->rtnetlink, index, &refused);

	/* It is gone already: a userspace WireGuard gets the same Ctrl-C as we do. */
	if (r == -ENODEV)
		r = 0;
	if (r < 0)
		diag_move(d, &refused);
	else if (h->server != DEVICE_KERNEL && !is_replaced)
		userspace_wait_gone(h->options.ifname);
	return r;
}

static int change_dns(struct host *h, const struct op *op, int *ret_status, struct diag *d)
{
	const struct dns_config config = {
		.ifname = h->options.ifname,
		.servers = op->dns.is.servers,
		.search = op->dns.is.search,
		.catch_all = op->dns.is.catch_all,
	};
	enum dns_backend backend =
		h->means.dns == MEANS_DNS_RESOLVED ? DNS_RESOLVED : DNS_RESOLVCONF;

	return op->kind == OP_DNS_SET ? dns_set(backend, &config, ret_status, d)
				      : dns_unset(backend, &config, ret_status, d);
}

static int run_hook(struct host *h, const char *hook, int *ret_status, struct diag *d)
{
	const struct hook_context context = {.ifname = h->options.ifname,
					     .config_file = h->options.config->real};
	int r = proc_run_hook(hook, &context, ret_status, d);

	if (r < 0 || *ret_status == 0)
		return r;
	diag_refuse(d, ECANCELED, "the hook `%s' failed with exit status %d", hook, *ret_status);
	diag_status(d, *ret_status);
	if (*ret_status == PROC_CANNOT_EXECUTE)
		diag_hint(d,
			  "126: the shell, or what it was to run, may not be executed: its mode, "
			  "a mount with noexec or AppArmor forbids it");
	return -ECANCELED;
}

/* It takes several messages: when one is refused, those before it have taken effect. */
static int change_device(struct host *h, const struct op *op, struct diag *d)
{
	int r = device_set(h->options.ifname, h->server, op->change.forth, d);

	if (r < 0)
		device_set(h->options.ifname, h->server, op->change.back, NULL);
	return r;
}

/* Fills in which files change; returns how many. Drop-ins, which come behind the file itself, are
 * sorted by name: what only one of the two texts has is made or deleted. */
static size_t find_changes(const struct config_text *before, const struct config_text *after,
			   struct file_change *ret)
{
	size_t count = 0, i = 0, k = 0;

	while (i < before->files.len || k < after->files.len) {
		const struct source *from = i < before->files.len ? &before->files.at[i] : NULL;
		const struct source *to = k < after->files.len ? &after->files.at[k] : NULL;
		int order = !from || !to ? !from - !to : i ? strcmp(from->path, to->path) : 0;
		struct file_change change = {.path = order > 0 ? to->real : from->real};

		if (order <= 0) {
			change.before = buf_text(&before->text) + from->at;
			change.before_n = from->len;
			i++;
		}
		if (order >= 0) {
			change.text = buf_text(&after->text) + to->at;
			change.n = to->len;
			k++;
		}
		if (order || change.n != change.before_n ||
		    memcmp(change.text, change.before, change.n) != 0)
			ret[count++] = change;
	}
	return count;
}

/* What another program has written meanwhile is not overwritten. */
static int save_config(struct host *h, const struct op *op, struct diag *d)
{
	const struct config_text *before = op->save.before;
	_cleanup_config_text_ struct config_text now = {0};
	struct config_path path = *h->options.config;
	_cleanup_free_ struct file_change *changes =
		mem_calloc(before->files.len + op->save.text->files.len, sizeof(*changes));
	int r = changes ? config_text_read(&path, &now, d) : diag_no_memory(d);

	if (r < 0)
		return r;
	if (!config_text_is_same(&now, before)) {
		diag_refuse(d, ESTALE, "`%s' was changed while it was to be saved", path.real);
		diag_hint(d, "nothing was overwritten: try again");
		return -ESTALE;
	}
	return file_replace_all(changes, find_changes(before, op->save.text, changes), d);
}

static bool is_stopped(const struct host *h)
{
	return h->options.stop && *h->options.stop;
}

static bool watch_routes(void *context, size_t done, size_t total)
{
	const struct host *h = context;

	if (h->options.progress)
		h->options.progress("routes", done, total);
	return !is_stopped(h) || h->stopped_before;
}

static struct rtnetlink_routes routes_of(struct host *h, const struct op *op)
{
	return (struct rtnetlink_routes){
		.at = op->routes.at,
		.count = op->routes.count,
		.group = op->routes.group,
		.oif = h->link.index,
		.window = route_window(h->options.ifname),
		.put_back = op->routes.put_back,
		.leaves = h->leaves_routes && op->routes.group.lead == ROUTE_INTO,
		.watch = watch_routes,
		.watch_context = h,
	};
}

/* The route that keeps ours out, as ip(8) lists it. */
static void note_in_the_way(struct host *h, const struct prefix *prefix,
			    const struct route_group *group, struct diag *d)
{
	_cleanup_(policy_routes_release) struct policy_route_vec routes = {0};
	bool ip6 = prefix->addr.family == AF_INET6, is_empty;
	/* What the kernel gives a route without one. */
	uint32_t metric = group->metric ? group->metric : ip6 ? ROUTE_METRIC_IPV6 : 0;
	char text[PREFIX_TEXT_MAX];

	prefix_format(prefix, text);
	if (rtnetlink_policy_routes(h->rtnetlink, &prefix->addr, group->table, &routes, &is_empty,
				    NULL) < 0)
		return;
	vec_each(route, &routes) {
		_cleanup_buf_ struct buf shown = {0};
		struct route_group narrow;

		if (route->to.len != prefix->len || route->metric != metric)
			continue;
		policy_route_format(route, &shown);
		diag_note(d, "in the way: %s", buf_text(&shown));
		if (policy_route_narrow(route, &narrow) && narrow.lead != ROUTE_INTO) {
			diag_hint(d, "a wgq that was killed has left it: `wgq down %s' deletes it",
				  h->options.ifname);
			return;
		}
		diag_hint(d,
			  "`ip%s route show %s table %u' shows it: delete it, or take the "
			  "prefix from AllowedIPs",
			  ip6 ? " -6" : "", text, group->table);
	}
}

/* The step is about many lines of the configuration; this is the one. */
static int add_routes(struct host *h, const struct op *op, struct diag *d)
{
	const struct rtnetlink_routes routes = routes_of(h, op);
	size_t refused = 0;

	/* A signal from before this step is being obeyed already: routes are put back. */
	h->stopped_before = is_stopped(h);
	int r = rtnetlink_route_add(h->rtnetlink, &routes, &refused, d);

	if (r < 0 && !op->line && refused < routes.count)
		sources_note_asked(h->options.sources, routes.at[refused].line, d);
	if (r == -EEXIST && refused < routes.count)
		note_in_the_way(h, &routes.at[refused].prefix, &routes.group, d);
	return r;
}

static int remove_pins(struct host *h, const struct endpoint_vec *pins, struct diag *d)
{
	int r = 0;

	for (size_t i = 0; r == 0 && i < pins->len; i++)
		r = rtnetlink_unpin(h->rtnetlink, h->options.ifname, &pins->at[i], d);
	return r;
}

/* The port is taken when the link comes up; in userspace, when it is set. */
static int explain_port(int r, struct diag *d)
{
	if (r == -EADDRINUSE)
		diag_hint(d, "this ListenPort is taken: `ss -lunp' shows programs, `wgq status' "
			     "other tunnels");
	return r;
}

/* In a container /proc/sys is read-only. */
static int leave_note(const char *ifname, uint32_t note)
{
	_cleanup_buf_ struct buf name = {0};

	buf_addf(&name, "net/ipv4/conf/%s/tag", ifname);
	if (buf_status(&name) == 0)
		sysctl_set(buf_text(&name), note, NULL);
	return 0;
}

static int set_link(struct host *h, unsigned flags, unsigned change, uint32_t mtu, struct diag *d)
{
	const struct rtnetlink_link_change to = {.flags = flags, .change = change, .mtu = mtu};

	return rtnetlink_link_set(h->rtnetlink, h->link.index, &to, d);
}

static int take_step(struct host *h, const struct op *op, int *ret_status, struct diag *d)
{
	const char *ifname = h->options.ifname;
	struct wg_device mark = {.has_fwmark = true};
	struct rtnetlink_routes routes;

	switch (op->kind) {
	case OP_LINK_ADD:
		return link_add(h, op, d);
	case OP_LINK_DEL:
		return link_del(h, d);
	case OP_LINK_UP:
		return explain_port(set_link(h, IFF_UP, IFF_UP, op->mtu.value, d), d);
	case OP_LINK_DOWN:
		return set_link(h, 0, IFF_UP, op->mtu.value, d);
	case OP_LINK_MTU:
		return set_link(h, 0, 0, op->mtu.value, d);
	case OP_LINK_MULTICAST:
		return set_link(h, op->multicast.value ? IFF_MULTICAST : 0, IFF_MULTICAST, 0, d);
	case OP_WG_SET:
		return explain_port(device_set(ifname, h->server, op->wg.device, d), d);
	case OP_WG_CHANGE:
		return explain_port(change_device(h, op, d), d);
	case OP_WG_MARK:
		mark.fwmark = op->mark.value;
		return device_set(ifname, h->server, &mark, d);
	case OP_WG_NOTE:
		return leave_note(ifname, op->note.value);
	case OP_WG_REMOVE_PEERS:
		return device_remove_peers(ifname, h->server, d);
	case OP_ADDR_ADD:
		return rtnetlink_addr_add(h->rtnetlink, h->link.index, &op->addr, d);
	case OP_ADDR_DEL:
		return rtnetlink_addr_del(h->rtnetlink, h->link.index, &op->addr, d);
	case OP_ROUTE_ADD:
		return add_routes(h, op, d);
	case OP_ROUTE_DEL:
		routes = routes_of(h, op);
		return rtnetlink_route_del(h->rtnetlink, &routes, d);
	case OP_RESTORE:
		return rtnetlink_kept_restore(h->rtnetlink, h->link.index, op->kept, d);
	case OP_RULE_ADD:
		return host_rule_add(h, &op->rule, d);
	case OP_RULE_DEL:
		return host_rule_del(h, &op->rule, d);
	case OP_UNPIN:
		return remove_pins(h, op->pins, d);
	case OP_SYSCTL_SET:
		return host_sysctl_set(h, op, d);
	case OP_FIREWALL_SET:
		return host_firewall_set(h, &op->firewall.rules, d);
	case OP_FIREWALL_REMOVE:
		return host_firewall_remove(h, d);
	case OP_WALLS_SET:
		return host_walls_set(h, op->walls.is, d);
	case OP_WALLS_REMOVE:
		return nft_walls_remove(ifname, d);
	case OP_DNS_SET:
	case OP_DNS_UNSET:
		return change_dns(h, op, ret_status, d);
	case OP_HOOK:
		return run_hook(h, op->hook, ret_status, d);
	case OP_SAVE:
		return save_config(h, op, d);
	case OP_KINDS:
		break;
	}
	return -EINVAL;
}

static bool runs_program(const struct host *h, const struct op *op)
{
	switch (op_types[op->kind].program) {
	case OP_RUNS_NONE:
		return false;
	case OP_RUNS_PROGRAM:
		return true;
	case OP_RUNS_IPTABLES:
		return h->means.firewall == MEANS_FIREWALL_IPTABLES || h->has_iptables_rules;
	}
	return false;
}

/* After others could go on. */
static int find_again(struct host *h, struct diag *d)
{
	struct link now = {0};
	int r = h->own ? rtnetlink_link_get(h->rtnetlink, h->options.ifname, &now, d) : 0;

	return r == 0 && now.index && now.index != h->own ? host_is_another(h, d) : r;
}

int host_exec(void *self, const struct op *op, int *ret_status, struct diag *d)
{
	struct host *h = self;
	struct op former;
	bool held = runs_program(h, op) && host_leave(h);
	int ignored, r = take_step(h, op, ret_status, d);

	/* What was there is gone when its replacement fails half-way. */
	if (r < 0 && op_replaces(op) && op_inverse(op, &former))
		take_step(h, &former, &ignored, NULL);
	host_return(h, held);
	if (r < 0 || !held)
		return r;
	r = find_again(h, d);
	/* A look that failed; of an interface that is another one nothing is taken back. */
	if (r < 0 && r != -ESTALE && op_inverse(op, &former))
		take_step(h, &former, &ignored, NULL);
	return r;
}

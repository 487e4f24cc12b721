// SPDX-License-Identifier: GPL-2.0-or-later
// The fake host: its state is a sorted list of lines.
#include "world.h"

#include <errno.h>
#include <linux/fib_rules.h>
#include <linux/rtnetlink.h>
#include <signal.h>
#include <stdio.h>
#include <sys/socket.h>

#include "wgq/base/buf.h"
#include "wgq/base/mem.h"

static int compare(const void *a, const void *b)
{
	const char *const *x = a, *const *y = b;

	return strcmp(*x, *y);
}

static char **find(struct fake *fake, const char *line)
{
	vec_each(item, &fake->lines)
		if (strcmp(*item, line) == 0)
			return item;
	return NULL;
}

static int put(struct fake *fake, const char *line)
{
	if (find(fake, line))
		return -EEXIST;
	*vec_push(&fake->lines) = mem_strndup(line, strlen(line));
	qsort(fake->lines.at, fake->lines.len, sizeof(fake->lines.at[0]), compare);
	return 0;
}

static int take(struct fake *fake, const char *line)
{
	char **item = find(fake, line);

	if (!item)
		return -ENOENT;
	free(*item);
	*item = *vec_last(&fake->lines);
	fake->lines.len--;
	qsort(fake->lines.at, fake->lines.len, sizeof(fake->lines.at[0]), compare);
	return 0;
}

static int put_or_take(struct fake *fake, bool add, const char *line)
{
	return add ? put(fake, line) : take(fake, line);
}

/* What hangs on the link goes with it; rules, firewall, name servers and sysctls stay. */
static int delete_link(struct fake *fake)
{
	size_t kept = 0;

	if (!find(fake, "link"))
		return -ENODEV;
	for (size_t i = 0; i < fake->lines.len; i++) {
		char *line = fake->lines.at[i];

		if (strncmp(line, "link", 4) == 0)
			free(line);
		else
			fake->lines.at[kept++] = line;
	}
	fake->lines.len = kept;
	return 0;
}

static int do_routes(struct fake *fake, const struct op *op)
{
	for (size_t i = 0; i < op->routes.count; i++) {
		static const char *const leads[] = {[ROUTE_INTO] = "link route",
						    [ROUTE_BARRIER] = "barrier",
						    [ROUTE_THROW] = "throw"};
		const struct prefix *to = &op->routes.at[i].prefix;
		const struct route_group group = route_group_of(&op->routes.group, to->addr.family);
		char prefix[PREFIX_TEXT_MAX], line[128];

		prefix_format(to, prefix);
		snprintf(line, sizeof(line), "%s %s table %u", leads[group.lead], prefix,
			 group.table);
		if (group.own)
			snprintf(line, sizeof(line), "%s %s table %u metric %u own%s",
				 leads[group.lead], prefix, group.table, group.metric,
				 group.shared ? " shared" : "");
		int r = put_or_take(fake, op->kind == OP_ROUTE_ADD, line);
		if (r < 0)
			return r;
	}
	return 0;
}

static int do_rule(struct fake *fake, const struct op *op)
{
	char line[128];

	snprintf(line, sizeof(line), "rule %u %s %u", op->rule.family,
		 op->rule.has_suppress ? "suppress" : "not fwmark", op->rule.table);
	return put_or_take(fake, op->kind == OP_RULE_ADD, line);
}

static int do_sysctl(struct fake *fake, const struct op *op)
{
	char line[128];

	snprintf(line, sizeof(line), "sysctl %s %ld", op->sysctl.name, op->sysctl.before);
	if (op->sysctl.before)
		take(fake, line);
	snprintf(line, sizeof(line), "sysctl %s %ld", op->sysctl.name, op->sysctl.value);
	return op->sysctl.value ? put(fake, line) : 0;
}

/* The lines that are gone. */
static int restore(struct fake *fake, const char *lines)
{
	for (size_t n; *lines; lines += n + 1) {
		char line[128];

		n = strcspn(lines, "\n");
		snprintf(line, sizeof(line), "%.*s", (int)n, lines);
		if (!find(fake, line))
			put(fake, line);
	}
	return 0;
}

/* A number of the link that becomes another one. */
static int change_number(struct fake *fake, const char *name, uint32_t from, uint32_t to)
{
	char line[128];

	snprintf(line, sizeof(line), "%s %u", name, from);
	int r = take(fake, line);
	snprintf(line, sizeof(line), "%s %u", name, to);
	return r == 0 ? put(fake, line) : r;
}

/* A line for each peer, and one for each allowed IP that was added or taken away. */
static int change_peers(struct fake *fake, const struct op *op)
{
	int r = 0;

	vec_each(peer, &op->change.forth->peers) {
		char key[KEY_BASE64_LEN + 1], prefix[PREFIX_TEXT_MAX], line[160];

		key_to_base64(&peer->public_key, key);
		snprintf(line, sizeof(line), "link peer %s", key);
		if (r == 0 && !peer->update_only)
			r = put_or_take(fake, !peer->remove, line);
		vec_each(ip, &peer->allowed_ips) {
			prefix_format(&ip->prefix, prefix);
			snprintf(line, sizeof(line), "link peer %s allowed %s", key, prefix);
			if (r == 0)
				r = put_or_take(fake, !ip->remove, line);
		}
	}
	return r;
}

static int act(struct fake *fake, const struct op *op)
{
	char line[128], prefix[PREFIX_TEXT_MAX];

	switch (op->kind) {
	case OP_LINK_ADD:
		return put(fake, "link");
	case OP_LINK_DEL:
		return delete_link(fake);
	case OP_LINK_UP:
		snprintf(line, sizeof(line), "link up mtu %u", op->mtu.value);
		return put(fake, line);
	case OP_LINK_DOWN:
		snprintf(line, sizeof(line), "link up mtu %u", op->mtu.before);
		return take(fake, line);
	case OP_WG_SET:
		snprintf(line, sizeof(line), "link fwmark %u", op->wg.device->fwmark);
		if (op->wg.device->fwmark)
			put(fake, line);
		snprintf(line, sizeof(line), "link peers %zu", op->wg.device->peers.len);
		return put(fake, line);
	case OP_LINK_MTU:
		return change_number(fake, "link up mtu", op->mtu.before, op->mtu.value);
	case OP_WG_CHANGE:
		return change_peers(fake, op);
	case OP_WG_MARK:
		fake->taken_table |= op->mark.value && op->mark.value != fake->free_table;
		snprintf(line, sizeof(line), "link fwmark %u", op->mark.value);
		return put(fake, line);
	case OP_WG_NOTE:
		if (op->note.before) {
			snprintf(line, sizeof(line), "link note %u", op->note.before);
			take(fake, line);
		}
		snprintf(line, sizeof(line), "link note %u", op->note.value);
		return op->note.value ? put(fake, line) : 0;
	case OP_WG_REMOVE_PEERS:
		snprintf(line, sizeof(line), "link peers %zu", op->wg.device->peers.len);
		return take(fake, line);
	case OP_ADDR_ADD:
	case OP_ADDR_DEL:
		prefix_format(&op->addr.prefix, prefix);
		snprintf(line, sizeof(line), "link address %s", prefix);
		return put_or_take(fake, op->kind == OP_ADDR_ADD, line);
	case OP_ROUTE_ADD:
	case OP_ROUTE_DEL:
		return do_routes(fake, op);
	case OP_RESTORE:
		return restore(fake, buf_text(op->kept));
	case OP_RULE_ADD:
	case OP_RULE_DEL:
		return do_rule(fake, op);
	case OP_UNPIN:
		return take(fake, "pins");
	case OP_SYSCTL_SET:
		return do_sysctl(fake, op);
	case OP_FIREWALL_SET:
	case OP_FIREWALL_REMOVE:
		return put_or_take(fake, op->kind == OP_FIREWALL_SET, "firewall");
	case OP_LINK_MULTICAST:
		return put_or_take(fake, op->multicast.value, "link multicast");
	case OP_WALLS_SET:
	case OP_WALLS_REMOVE:
		if (op->kind == OP_WALLS_SET && find(fake, "walls"))
			return 0;
		return put_or_take(fake, op->kind == OP_WALLS_SET, "walls");
	case OP_DNS_SET:
	case OP_DNS_UNSET:
		fake->free_table++;
		return put_or_take(fake, op->kind == OP_DNS_SET, "name servers");
	case OP_HOOK:
		fake->hook_under_lock |= fake->locked;
		return 0;
	case OP_SAVE:
		if (!find(fake, "link"))
			return -ENODEV;
		free(fake->saved);
		fake->saved = mem_strndup(buf_text(&op->save.text->text), op->save.text->text.len);
		return 0;
	case OP_KINDS:
		break;
	}
	return -EINVAL;
}

static bool fails(struct fake *fake)
{
	fake->steps++;
	if (fake->steps == fake->stop_at)
		fake->stop = SIGTERM;
	return fake->steps == fake->fail_at ||
	       (fake->fail_undo_at && fake->steps >= fake->fail_undo_at);
}

static int fake_exec(void *self, const struct op *op, int *ret_status, struct diag *d)
{
	struct fake *fake = self;
	int r = fails(fake) ? -EIO : act(fake, op);

	if (r < 0 && op->kind == OP_HOOK)
		*ret_status = 7;
	return r < 0 ? diag_fail(d, -r, "step %zu", fake->steps) : 0;
}

/* Those that the kernel makes, so that a tunnel's have room between. */
static void observe_host_rules(struct snap *snap)
{
	static const uint32_t tables[] = {RT_TABLE_LOCAL, RT_TABLE_MAIN, RT_TABLE_DEFAULT};
	static const uint32_t priorities[] = {0, 32766, 32767};

	for (size_t i = 0; i < 6; i++)
		*vec_push(&snap->rules) = (struct host_rule){
			.rule = {.family = i < 3 ? AF_INET : AF_INET6,
				 .action = FR_ACT_TO_TBL,
				 .priority = priorities[i % 3],
				 .table = tables[i % 3]},
			.place = i % 3 ? UINT32_MAX : 0,
			.ends = tables[i % 3] == RT_TABLE_MAIN,
		};
}

/* In whatever group. */
static bool has_route(struct fake *fake, const char *begin)
{
	size_t n = strlen(begin);

	vec_each(line, &fake->lines)
		if (strncmp(*line, begin, n) == 0 && (!(*line)[n] || (*line)[n] == ' '))
			return true;
	return false;
}

/* Reads back what act() wrote, as far as plans depend on it. A rule comes before those that were
 * added before it. */
static void observe_rules(struct fake *fake, struct snap *snap)
{
	observe_host_rules(snap);
	vec_each(line, &fake->lines) {
		struct rule rule = {.exact = true,
				    .protocol = RTPROT_KERNEL,
				    .place = (uint32_t)(fake->lines.at + fake->lines.len - line)};
		unsigned family, table;
		char name[128];

		if (sscanf(*line, "rule %u suppress %u", &family, &table) == 2) {
			rule.family = (uint8_t)family;
			rule.has_suppress = true;
			rule.table = table;
			*vec_push(&snap->suppress_rules) = rule;
		} else if (sscanf(*line, "rule %u not fwmark %u", &family, &table) == 2) {
			rule.family = (uint8_t)family;
			rule.has_fwmark = rule.invert = true;
			rule.table = rule.fwmark = table;
			snprintf(name, sizeof(name), "link route %s table %u",
				 family == AF_INET6 ? "::/0" : "0.0.0.0/0", table);
			bool leads = has_route(fake, name);
			*vec_push(&snap->tunnel_rules) = (struct tunnel_rule){
				.rule = rule, .table_used = leads, .leads_here = leads};
		}
	}
}

static void observe_peers(struct fake *fake, struct snap *snap)
{
	size_t count = 0;

	vec_each(line, &fake->lines) {
		sscanf(*line, "link fwmark %u", &snap->wg.fwmark);
		if (sscanf(*line, "link peers %zu", &count) == 1)
			while (count--)
				*vec_push(&snap->wg.peers) = (struct wg_peer){0};
	}
}

static void observe_route(const char *line, const char *prefix, enum route_lead lead,
			  struct route_table_vec *tables)
{
	struct route_group group = {
		.lead = lead, .own = strstr(line, " own"), .shared = strstr(line, " shared")};
	struct route_table *found = NULL;

	sscanf(strstr(line, " table"), " table %u metric %u", &group.table, &group.metric);
	vec_each(table, tables)
		if (route_group_equal(&table->group, &group))
			found = table;
	if (!found) {
		found = vec_push(tables);
		found->group = group;
	}
	prefix_parse(prefix, strlen(prefix), &vec_push(&found->plain)->prefix);
}

static void observe_throws(struct fake *fake, struct snap *snap)
{
	vec_each(line, &fake->lines) {
		char text[64];

		if (sscanf(*line, "throw %63s table", text) == 1)
			observe_route(*line, text, ROUTE_THROW, &snap->throws);
	}
}

/* Routes as an object; addresses, and the routes that others have made, as their lines. */
static void observe_tables(struct fake *fake, struct snap *snap)
{
	vec_each(line, &fake->lines) {
		char text[64];
		unsigned number;

		if (sscanf(*line, "link route %63s table %u", text, &number) == 2) {
			observe_route(*line, text, ROUTE_INTO, &snap->tables);
		} else if (strncmp(*line, "link address", 12) == 0 ||
			   strncmp(*line, "link other", 10) == 0) {
			buf_addf(&snap->kept, "%s\n", *line);
		}
		sscanf(*line, "link up mtu %u", &snap->link.mtu);
	}
}

static void add_config(const struct fake *fake, struct config_text *ret)
{
	buf_str(&ret->text, fake->config_text);
	if (sources_add(&ret->files, "wg0.conf", NULL, buf_text(&ret->text), ret->text.len) < 0)
		ret->text.failed = true;
}

static int fake_observe(void *self, const struct observe_query *query, struct snap *ret,
			struct diag *d)
{
	struct fake *fake = self;

	if (fails(fake))
		return diag_fail(d, EIO, "look %zu", fake->steps);
	ret->link.index = find(fake, "link") ? 7 : 0;
	vec_each(line, &fake->lines)
		sscanf(*line, "link up mtu %u", &ret->link.mtu);
	ret->link.up = ret->is_wireguard = ret->link.index != 0;
	if (query->what & LOOK_MTU)
		ret->default_mtu = 1500;
	if (query->what & LOOK_FULL_TUNNEL) {
		ret->free_table = fake->free_table;
		ret->src_valid_mark =
			find(fake, "sysctl net/ipv4/conf/all/src_valid_mark 1") != NULL;
	}
	if (query->what & LOOK_FIREWALL)
		ret->has_firewall = ret->firewall_ip = ret->firewall_ip6 =
			find(fake, "firewall") != NULL;
	if (query->what & LOOK_DNS && find(fake, "name servers"))
		buf_str(&ret->dns_servers, "10.0.0.53\n");
	if (query->what & LOOK_DEVICE)
		observe_peers(fake, ret);
	if (query->what & LOOK_RULES)
		observe_rules(fake, ret);
	if (query->what & LOOK_TABLES)
		observe_tables(fake, ret);
	if (query->what & LOOK_UNLINKED)
		observe_throws(fake, ret);
	if (query->what & LOOK_CONFIG)
		add_config(fake, &ret->config_text);
	ret->seen |= query->what;
	return 0;
}

static int fake_prepare(void *self, const struct conf *conf, enum purpose purpose,
			struct means *ret, struct diag *d)
{
	(void)self, (void)conf, (void)purpose, (void)d;
	*ret = (struct means){.dns = MEANS_DNS_RESOLVCONF, .firewall = MEANS_FIREWALL_NFT};
	return 0;
}

static int fake_lock(void *self, struct diag *d)
{
	struct fake *fake = self;

	(void)d;
	fake->locked = true;
	return 0;
}

static void fake_unlock(void *self)
{
	struct fake *fake = self;

	fake->free_table += fake->locked;
	fake->locked = false;
}

static const struct world_ops fake_ops = {
	.prepare = fake_prepare,
	.observe = fake_observe,
	.exec = fake_exec,
	.lock = fake_lock,
	.unlock = fake_unlock,
};

void fake_init(struct fake *fake)
{
	*fake = (struct fake){.world = {.ops = &fake_ops}, .free_table = 51820};
	fake->world.self = fake;
}

void fake_release(struct fake *fake)
{
	vec_each(line, &fake->lines)
		free(*line);
	vec_release(&fake->lines);
	free(fake->saved);
}

int fake_add(struct fake *fake, const char *line)
{
	return put(fake, line);
}

char *fake_state(const struct fake *fake)
{
	struct buf text = {0};

	vec_each(line, &fake->lines)
		buf_addf(&text, "%s\n", *line);
	return buf_steal(&text);
}

// SPDX-License-Identifier: GPL-2.0-or-later
// How a step reads: the command in wg-quick's words, and a command that sh can run.
#include <linux/rtnetlink.h>
#include <sys/socket.h>

#include "wgq/net/firewall.h"

#include "format_internal.h"

static char family_digit(uint8_t family)
{
	return family == AF_INET6 ? '6' : '4';
}

static void format_routes(const struct op *op, const struct op_context *context, size_t limit,
			  struct buf *out)
{
	const char *verb = op->kind == OP_ROUTE_DEL                    ? "delete"
			   : op->routes.put_back || op->routes.barrier ? "prepend"
								       : "add";

	for (size_t i = 0; i < op->routes.count; i++) {
		const struct route *route = &op->routes.at[i];
		char text[PREFIX_TEXT_MAX];

		if (i)
			buf_char(out, '\n');
		if (i == limit) {
			buf_addf(out, "... and %zu more routes", op->routes.count - i);
			return;
		}
		prefix_format(&route->prefix, text);
		buf_addf(out, "ip -%c route %s ", family_digit(route->prefix.addr.family), verb);
		if (op->routes.barrier) {
			buf_addf(out, "unreachable %s window %u", text,
				 route_barrier_window(context->ifname));
		} else {
			buf_addf(out, "%s dev ", text);
			buf_shell_word(out, context->ifname);
		}
		if (op->routes.table != RT_TABLE_MAIN)
			buf_addf(out, " table %u", op->routes.table);
	}
}

/* The script adds what wg-quick leaves out: the protocol that keeps systemd-networkd away, and the
 * priority that tells which of several equal rules is meant. */
static void format_rule(const struct rule *rule, bool add, enum op_form form, struct buf *out)
{
	buf_addf(out, "ip -%c rule %s ", family_digit(rule->family), add ? "add" : "delete");
	if ((add || form == OP_SCRIPT) && rule->priority)
		buf_addf(out, "priority %u ", rule->priority);
	if (rule->has_suppress)
		buf_addf(out, "table main suppress_prefixlength %u", rule->suppress_prefixlen);
	else if (add || form == OP_SCRIPT)
		buf_addf(out, "not fwmark %u table %u", rule->fwmark, rule->table);
	else
		buf_addf(out, "table %u", rule->table);
	if (form == OP_SCRIPT && rule->protocol)
		buf_addf(out, " protocol %u", rule->protocol);
}

static void format_sysctl(const struct op *op, struct buf *out)
{
	_cleanup_buf_ struct buf assignment = {0};

	buf_sysctl_name(&assignment, op->sysctl.name);
	buf_addf(&assignment, "=%ld", op->sysctl.value);
	buf_str(out, "sysctl -q ");
	buf_shell_word(out, buf_text(&assignment));
}

static void format_iptables(const struct op *op, uint8_t family, enum op_form form, struct buf *out)
{
	buf_str(out, family == AF_INET6 ? "ip6tables-restore -n" : "iptables-restore -n");
	if (form == OP_ECHO)
		return;
	buf_str(out, " --wait=10 <<'EOF'\n");
	firewall_iptables_text(&op->firewall.rules, family, out);
	buf_str(out, "EOF");
}

static void format_firewall_set(const struct op *op, const struct op_context *context,
				enum op_form form, struct buf *out)
{
	if (context->means->firewall == MEANS_FIREWALL_IPTABLES) {
		if (op->firewall.rules.ip6)
			format_iptables(op, AF_INET6, form, out);
		if (op->firewall.rules.ip6 && op->firewall.rules.ip)
			buf_char(out, '\n');
		if (op->firewall.rules.ip)
			format_iptables(op, AF_INET, form, out);
	} else if (form == OP_ECHO) {
		buf_str(out, "nft -f /dev/fd/63");
	} else {
		buf_str(out, "nft -f /dev/stdin <<'EOF'\n");
		if (op->firewall.before)
			firewall_nft_removal(op->firewall.before, out);
		firewall_nft_text(&op->firewall.rules, out);
		buf_str(out, "EOF");
	}
}

static void format_firewall_remove(const struct op_context *context, enum op_form form,
				   struct buf *out)
{
	if (form == OP_ECHO) {
		buf_str(out, "nft -f /dev/fd/63");
		return;
	}
	buf_str(out, "nft list tables | while read -r _ family name; do\n"
		     "\t[ \"$name\" != wg-quick-");
	buf_shell_word(out, context->ifname);
	buf_str(out, " ] || nft delete table \"$family\" \"$name\"\ndone");
}

static void format_resolvconf(const struct op *op, const struct op_context *context,
			      enum op_form form, struct buf *out)
{
	buf_addf(out, "resolvconf -%c %s", op->kind == OP_DNS_SET ? 'a' : 'd',
		 context->means->resolvconf_prefix);
	buf_shell_word(out, context->ifname);
	buf_str(out, op->kind == OP_DNS_UNSET  ? " -f"
		     : op->dns.is.servers->len ? " -m 0 -x"
					       : " -m 0");
	if (form == OP_ECHO || op->kind == OP_DNS_UNSET)
		return;
	buf_str(out, " <<'EOF'\n");
	vec_each(server, op->dns.is.servers)
		buf_addf(out, "nameserver %s\n", server->text);
	if (op->dns.is.search->len) {
		buf_str(out, "search");
		vec_each(domain, op->dns.is.search)
			buf_addf(out, " %s", domain->text);
		buf_char(out, '\n');
	}
	buf_str(out, "EOF");
}

static void format_resolved(const struct op *op, const struct op_context *context, struct buf *out)
{
	_cleanup_buf_ struct buf dev = {0};

	buf_shell_word(&dev, context->ifname);
	if (op->kind == OP_DNS_UNSET) {
		buf_addf(out, "resolvectl revert %s", buf_text(&dev));
		return;
	}
	bool asks_here = op->dns.is.servers->len > 0, names_all = op->dns.is.catch_all && asks_here;

	/* Without a word it would only show what is set. */
	buf_addf(out, "resolvectl dns %s%s", buf_text(&dev), asks_here ? "" : " ''");
	vec_each(server, op->dns.is.servers) {
		buf_char(out, ' ');
		buf_shell_word(out, server->text);
	}
	buf_addf(out, "\nresolvectl domain %s", buf_text(&dev));
	vec_each(domain, op->dns.is.search) {
		buf_char(out, ' ');
		buf_shell_word(out, domain->text);
		names_all &= domain->text[0] != '~';
	}
	if (names_all || !op->dns.is.search->len)
		buf_str(out, names_all ? " '~.'" : " ''");
	buf_addf(out, "\nresolvectl default-route %s %s", buf_text(&dev), asks_here ? "yes" : "no");
}

static void format_dns(const struct op *op, const struct op_context *context, enum op_form form,
		       struct buf *out)
{
	switch (context->means->dns) {
	case MEANS_DNS_RESOLVCONF:
		format_resolvconf(op, context, form, out);
		return;
	case MEANS_DNS_RESOLVED:
		format_resolved(op, context, out);
		return;
	case MEANS_DNS_NONE:
		return;
	}
}

static void format_hook(const char *hook, const struct op_context *context, enum op_form form,
			struct buf *out)
{
	_cleanup_buf_ struct buf command = {0};

	hook_expand(hook, context->ifname, &command);
	if (form == OP_ECHO) {
		buf_str(out, buf_text(&command));
		return;
	}
	buf_str(out, "env LC_ALL=C INTERFACE=");
	buf_shell_word(out, context->ifname);
	buf_str(out, " CONFIG_FILE=");
	buf_shell_word(out, context->config_file);
	buf_str(out, " bash -O extglob -e -o pipefail -c ");
	buf_shell_word(out, buf_text(&command));
}

/* wg-quick echoes only how it learns what is running (linux.bash:280). The text has secrets, which
 * a script must not have, so that learns it when it is run. */
static void format_save(const struct op *op, const struct op_context *context, enum op_form form,
			struct buf *out)
{
	buf_str(out, form == OP_ECHO ? "wg showconf " : "wgq save ");
	buf_shell_word(out, form == OP_ECHO ? context->ifname : op->save.name);
}

static void format_link(const struct op *op, const struct op_context *context, enum op_form form,
			struct buf *out)
{
	_cleanup_buf_ struct buf name = {0};

	buf_shell_word(&name, context->ifname);
	const char *dev = buf_text(&name);

	if (op->kind == OP_LINK_DEL) {
		buf_addf(out, "ip link delete dev %s", dev);
	} else if (op->kind == OP_LINK_UP) {
		buf_addf(out, "ip link set mtu %u up dev %s", op->mtu.value, dev);
	} else if (op->kind == OP_LINK_DOWN) {
		buf_addf(out, "ip link set mtu %u down dev %s", op->mtu.value, dev);
	} else if (op->kind == OP_LINK_MTU) {
		buf_addf(out, "ip link set mtu %u dev %s", op->mtu.value, dev);
	} else {
		struct means means = *context->means;

		if (op->returns) {
			means.userspace = means.former;
			means.userspace_forced = means.former != NULL;
		}
		if (!means.userspace_forced)
			buf_addf(out, "ip link add dev %s type wireguard", dev);
		if (means.userspace && (form == OP_SCRIPT || means.userspace_forced)) {
			buf_str(out, means.userspace_forced ? "" : " || ");
			buf_shell_word(out, means.userspace);
			buf_addf(out, " %s", dev);
		}
	}
}

static void format_addr(const struct link_addr *addr, const char *verb,
			const struct op_context *context, struct buf *out)
{
	char text[PREFIX_TEXT_MAX];

	prefix_format(&addr->prefix, text);
	buf_addf(out, "ip -%c address %s %s dev ", family_digit(addr->prefix.addr.family), verb,
		 text);
	buf_shell_word(out, context->ifname);
}

static void format_note(const struct op *op, const struct op_context *context, enum op_form form,
			struct buf *out)
{
	_cleanup_buf_ struct buf name = {0}, setting = {0};

	buf_addf(&name, "net/ipv4/conf/%s/tag", context->ifname);
	buf_sysctl_name(&setting, buf_text(&name));
	buf_str(out, "sysctl -q ");
	buf_shell_word(out, buf_text(&setting));
	buf_addf(out, "=%u%s", op->note.value, form == OP_SCRIPT ? " 2>/dev/null || :" : "");
}

void op_format(const struct op *op, const struct op_context *context, enum op_form form,
	       size_t limit, struct buf *ret_text)
{
	switch (op->kind) {
	case OP_LINK_ADD:
	case OP_LINK_DEL:
	case OP_LINK_UP:
	case OP_LINK_DOWN:
	case OP_LINK_MTU:
		format_link(op, context, form, ret_text);
		return;
	case OP_WG_SET:
		if (form == OP_SCRIPT)
			format_wg_set(op, context, ret_text);
		else
			buf_addf(ret_text, "wg addconf %s /dev/fd/63", context->ifname);
		return;
	case OP_WG_CHANGE:
		format_wg_change(op, context, form, limit, ret_text);
		return;
	case OP_WG_MARK:
		buf_str(ret_text, "wg set ");
		buf_shell_word(ret_text, context->ifname);
		buf_addf(ret_text, " fwmark %u", op->mark.value);
		return;
	case OP_WG_NOTE:
		format_note(op, context, form, ret_text);
		return;
	case OP_WG_REMOVE_PEERS:
		buf_str(ret_text, "wg setconf ");
		buf_shell_word(ret_text, context->ifname);
		buf_str(ret_text, " /dev/null");
		return;
	case OP_ADDR_ADD:
		format_addr(&op->addr, "add", context, ret_text);
		return;
	case OP_ADDR_DEL:
		format_addr(&op->addr, "delete", context, ret_text);
		return;
	case OP_ROUTE_ADD:
		format_routes(op, context, limit, ret_text);
		return;
	case OP_ROUTE_DEL:
		format_routes(op, context, limit, ret_text);
		return;
	case OP_RESTORE:
		buf_str(ret_text, "ip address restore\nip route restore");
		return;
	case OP_RULE_ADD:
	case OP_RULE_DEL:
		format_rule(&op->rule, op->kind == OP_RULE_ADD, form, ret_text);
		return;
	case OP_SYSCTL_SET:
		format_sysctl(op, ret_text);
		return;
	case OP_FIREWALL_SET:
		format_firewall_set(op, context, form, ret_text);
		return;
	case OP_FIREWALL_REMOVE:
		format_firewall_remove(context, form, ret_text);
		return;
	case OP_DNS_SET:
	case OP_DNS_UNSET:
		format_dns(op, context, form, ret_text);
		return;
	case OP_HOOK:
		format_hook(op->hook, context, form, ret_text);
		return;
	case OP_SAVE:
		format_save(op, context, form, ret_text);
		return;
	}
}

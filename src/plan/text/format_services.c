// SPDX-License-Identifier: GPL-2.0-or-later
// How the steps read that set up a firewall or name servers.
#include <sys/socket.h>

#include "wgq/net/firewall.h"
#include "wgq/plan/text/format.h"

static void format_iptables(const struct op *op, uint8_t family, enum op_form form, struct buf *out)
{
	buf_str(out, family == AF_INET6 ? "ip6tables-restore -n" : "iptables-restore -n");
	if (form == OP_ECHO)
		return;
	buf_str(out, " --wait=10 <<'EOF'\n");
	firewall_iptables_text(&op->firewall.rules, family, out);
	buf_str(out, "EOF");
}

void format_firewall_set(const struct op *op, const struct op_context *context, struct buf *out)
{
	if (context->means->firewall == MEANS_FIREWALL_IPTABLES) {
		if (op->firewall.rules.ip6)
			format_iptables(op, AF_INET6, context->form, out);
		if (op->firewall.rules.ip6 && op->firewall.rules.ip)
			buf_char(out, '\n');
		if (op->firewall.rules.ip)
			format_iptables(op, AF_INET, context->form, out);
	} else if (context->form == OP_ECHO) {
		buf_str(out, "nft -f /dev/fd/63");
	} else {
		buf_str(out, "nft -f /dev/stdin <<'EOF'\n");
		if (op->firewall.before)
			firewall_nft_removal(op->firewall.before, out);
		firewall_nft_text(&op->firewall.rules, out);
		buf_str(out, "EOF");
	}
}

void format_firewall_remove(const struct op *op, const struct op_context *context, struct buf *out)
{
	(void)op;
	if (context->form == OP_ECHO) {
		buf_str(out, "nft -f /dev/fd/63");
		return;
	}
	buf_str(out, "nft list tables | while read -r _ family name; do\n"
		     "\t[ \"$name\" != wg-quick-");
	buf_shell_word(out, context->ifname);
	buf_str(out, " ] || nft delete table \"$family\" \"$name\"\ndone");
}

/* $port is nft's, which is told it. */
void format_walls_set(const struct op *op, const struct op_context *context, struct buf *out)
{
	buf_str(out, "nft ");
	if (walls_lack_port(op->walls.is)) {
		buf_str(out, "-D port=$(wg show ");
		buf_shell_word(out, context->ifname);
		buf_str(out, " listen-port) ");
	}
	buf_str(out, "-f /dev/");
	if (context->form == OP_ECHO) {
		buf_str(out, "fd/63");
		return;
	}
	buf_str(out, "stdin <<'EOF'\n");
	walls_nft_text(op->walls.is, context->ifname, out);
	buf_str(out, "EOF");
}

void format_walls_remove(const struct op *op, const struct op_context *context, struct buf *out)
{
	(void)op;
	buf_str(out, "nft delete table inet wgq-");
	buf_shell_word(out, context->ifname);
}

static void begin_resolvconf(char verb, const struct op_context *context, struct buf *out)
{
	buf_addf(out, "resolvconf -%c %s", verb, context->means->resolvconf_prefix);
	buf_shell_word(out, context->ifname);
}

static void set_resolvconf(const struct dns_setting *dns, const struct op_context *context,
			   struct buf *out)
{
	begin_resolvconf('a', context, out);
	buf_str(out, dns->servers->len ? " -m 0 -x" : " -m 0");
	if (context->form == OP_ECHO)
		return;
	buf_str(out, " <<'EOF'\n");
	vec_each(server, dns->servers)
		buf_addf(out, "nameserver %s\n", server->text);
	if (dns->search->len) {
		buf_str(out, "search");
		vec_each(domain, dns->search)
			buf_addf(out, " %s", domain->text);
		buf_char(out, '\n');
	}
	buf_str(out, "EOF");
}

static void set_resolved(const struct dns_setting *dns, const struct op_context *context,
			 struct buf *out)
{
	_cleanup_buf_ struct buf dev = {0};
	bool asks_here = dns->servers->len > 0, names_all = dns->catch_all && asks_here;

	buf_shell_word(&dev, context->ifname);
	/* Without a word it would only show what is set. */
	buf_addf(out, "resolvectl dns %s%s", buf_text(&dev), asks_here ? "" : " ''");
	vec_each(server, dns->servers) {
		buf_char(out, ' ');
		buf_shell_word(out, server->text);
	}
	buf_addf(out, "\nresolvectl domain %s", buf_text(&dev));
	vec_each(domain, dns->search) {
		buf_char(out, ' ');
		buf_shell_word(out, domain->text);
		names_all &= domain->text[0] != '~';
	}
	if (names_all || !dns->search->len)
		buf_str(out, names_all ? " '~.'" : " ''");
	buf_addf(out, "\nresolvectl default-route %s %s", buf_text(&dev), asks_here ? "yes" : "no");
}

void format_dns_set(const struct op *op, const struct op_context *context, struct buf *out)
{
	switch (context->means->dns) {
	case MEANS_DNS_RESOLVCONF:
		set_resolvconf(&op->dns.is, context, out);
		return;
	case MEANS_DNS_RESOLVED:
		set_resolved(&op->dns.is, context, out);
		return;
	case MEANS_DNS_NONE:
		return;
	}
}

void format_dns_unset(const struct op *op, const struct op_context *context, struct buf *out)
{
	(void)op;
	switch (context->means->dns) {
	case MEANS_DNS_RESOLVCONF:
		begin_resolvconf('d', context, out);
		buf_str(out, " -f");
		return;
	case MEANS_DNS_RESOLVED:
		buf_str(out, "resolvectl revert ");
		buf_shell_word(out, context->ifname);
		return;
	case MEANS_DNS_NONE:
		return;
	}
}

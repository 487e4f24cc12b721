// SPDX-License-Identifier: GPL-2.0-or-later
// The name servers outside of a tunnel.
#include "wgq/sys/dns/outside.h"

#include <errno.h>
#include <net/if.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "internal.h"
#include "wgq/base/mem.h"
#include "wgq/sys/file/file.h"
#include "wgq/sys/process/proc.h"

enum { DNS_PORT = 53 };

const struct dns_watched dns_outside_watched[] = {
	{"/etc", "resolv.conf"},
	{"/etc", "hosts"},
	{"/run/systemd/resolve", "resolv.conf"},
	{"/run/NetworkManager", "resolv.conf"},
	{"/run/resolvconf/interface", NULL},  /* Debian's */
	{"/run/resolvconf/interfaces", NULL}, /* openresolv's */
	{"/run/resolvconf/keys", NULL},       /* since 3.13 */
	{NULL, NULL},
};

/* From good to bad. A server of this host asks others itself, without the mark, and so through the
 * tunnel. */
enum rank { RANK_OUTSIDE, RANK_LOCAL, RANK_INSIDE, RANKS };

/* What was found; then only the best rank that there is is used. */
struct search {
	const char *ifname;
	const struct conf *conf;
	const char *source; /* that is asked now */
	bool has_resolved;  /* so its stub has nothing to add */
	struct {
		struct dns_server_vec servers;
		const char *source; /* of the first */
	} ranks[RANKS];
	struct buf domains;
};

static bool is_loopback(const struct addr *a)
{
	static const struct addr ip6 = {.family = AF_INET6, .bytes[15] = 1};

	return (a->family == AF_INET && a->bytes[0] == 127) || addr_compare(a, &ip6) == 0;
}

static bool is_stub(const struct addr *a)
{
	static const uint8_t stub[] = {127, 0, 0};

	return a->family == AF_INET && memcmp(a->bytes, stub, sizeof(stub)) == 0 &&
	       (a->bytes[3] == 53 || a->bytes[3] == 54);
}

static bool conf_has_server(const struct conf *conf, const struct addr *addr)
{
	struct addr own;
	uint16_t port;

	if (conf)
		vec_each(server, &conf->dns_servers)
			if (dns_server_parse(server->text, &own, &port) == 0 &&
			    addr_compare(&own, addr) == 0)
				return true;
	return false;
}

static int add(struct search *s, const struct dns_server *server, bool is_own)
{
	uint16_t port = server->port ? server->port : DNS_PORT;
	bool inside = is_own || conf_has_server(s->conf, &server->addr);
	bool local = is_loopback(&server->addr);
	enum rank rank = inside ? RANK_INSIDE : local ? RANK_LOCAL : RANK_OUTSIDE;
	struct dns_server_vec *servers = &s->ranks[rank].servers;
	struct dns_server *last;

	if (s->has_resolved && is_stub(&server->addr))
		return 0;
	vec_each(known, servers)
		if (addr_compare(&known->addr, &server->addr) == 0 && known->port == port)
			return 0;
	last = vec_push(servers);
	if (!last)
		return -ENOMEM;
	if (servers->len == 1)
		s->ranks[rank].source = s->source;
	*last = *server;
	last->port = port;
	last->inside = inside;
	if (rank != RANK_OUTSIDE)
		last->ifindex = 0;
	return 0;
}

/* ADDRESS%LINK, or what dns_server_parse() takes. */
static bool read_server(char *text, uint32_t ifindex, struct dns_server *ret)
{
	char *link = strchr(text, '%');

	if (link)
		*link++ = '\0';
	*ret = (struct dns_server){.ifindex = link ? if_nametoindex(link) : ifindex};
	return dns_server_parse(text, &ret->addr, &ret->port) == 0;
}

static size_t count(const struct search *s)
{
	return s->ranks[RANK_OUTSIDE].servers.len + s->ranks[RANK_LOCAL].servers.len;
}

/* Adds what a resolv.conf(5) says, which is cut to pieces. Domains that come with servers of the
 * tunnel alone are the tunnel's. */
static int add_text(struct search *s, char *text, uint32_t ifindex, bool is_own)
{
	struct dns_found found = {0};
	size_t before = count(s);
	int r = 0;

	dns_text_read(text, &found);
	for (char *rest = found.servers.data, *line;
	     rest && r == 0 && (line = strsep(&rest, "\n"));) {
		struct dns_server server;

		if (read_server(line, ifindex, &server))
			r = add(s, &server, is_own);
	}
	if (count(s) > before)
		buf_str(&s->domains, buf_text(&found.search));
	r = buf_status(&found.servers) < 0 || buf_status(&found.search) < 0 ? -ENOMEM : r;
	buf_release(&found.servers);
	buf_release(&found.search);
	return r;
}

static int ask_resolved(struct search *s)
{
	uint32_t ifindex = if_nametoindex(s->ifname);
	struct dns_server_vec all = {0};
	int r = 0;

	s->has_resolved = dns_resolved_list(ifindex, &all, &s->domains) >= 0;
	if (s->has_resolved)
		vec_each(server, &all)
			if (r == 0)
				r = add(s, server, ifindex && server->ifindex == ifindex);
	vec_release(&all);
	return r;
}

/* The link of eth0, eth0.dhcp or eth0.100; 0: none. */
static uint32_t link_of_entry(const char *name)
{
	char link[IFNAMSIZ] = "";
	uint32_t ifindex = if_nametoindex(name);
	size_t n = strcspn(name, ".");

	if (ifindex || n >= sizeof(link))
		return ifindex;
	memcpy(link, name, n);
	return if_nametoindex(link);
}

static int ask_resolvconf(struct search *s)
{
	_cleanup_buf_ struct buf text = {0}, own = {0};
	int r = 0;

	if (!proc_exists("resolvconf") || dns_resolvconf_is_resolvectl() ||
	    dns_resolvconf_prefix(NULL, &own, NULL) < 0 || dns_resolvconf_list(&text) < 0)
		return 0;
	buf_str(&own, s->ifname);
	char *entry = text.data ? strstr(text.data, DNS_RESOLVCONF_HEADING) : NULL;
	while (entry && r == 0) {
		char *name = entry + strlen(DNS_RESOLVCONF_HEADING);
		char *lines = strchr(name, '\n');

		if (!lines)
			break;
		*lines++ = '\0';
		entry = strstr(lines, DNS_RESOLVCONF_HEADING);
		if (entry)
			entry[-1] = '\0';
		r = add_text(s, lines, link_of_entry(name), strcmp(name, buf_text(&own)) == 0);
	}
	return buf_status(&text) < 0 || buf_status(&own) < 0 ? -ENOMEM : r;
}

static int ask_file(struct search *s)
{
	_cleanup_buf_ struct buf text = {0};

	return file_read("/etc/resolv.conf", &text, NULL) == 0 ? add_text(s, text.data, 0, false)
							       : 0;
}

static void search_release(struct search *s)
{
	for (size_t i = 0; i < RANKS; i++)
		vec_release(&s->ranks[i].servers);
	buf_release(&s->domains);
}

int dns_outside(const char *ifname, const struct conf *conf, struct dns_outside *ret,
		struct diag *d)
{
	static const struct {
		const char *name;
		int (*ask)(struct search *s);
	} sources[] = {
		{"systemd-resolved", ask_resolved},
		{"resolvconf", ask_resolvconf},
		{"/etc/resolv.conf", ask_file},
	};
	_cleanup_(search_release) struct search s = {.ifname = ifname, .conf = conf};
	/* RuntimeDirectory= of systemd-resolved.service: without it libsystemd would be loaded for
	 * nothing. */
	size_t first = access("/run/systemd/resolve", F_OK) == 0 ? 0 : 1;
	enum rank best = RANK_OUTSIDE;
	int r = 0;

	*ret = (struct dns_outside){0};
	for (size_t i = first; i < 3 && r == 0 && !s.ranks[RANK_OUTSIDE].servers.len; i++) {
		s.source = sources[i].name;
		r = sources[i].ask(&s);
	}
	if (r < 0 || buf_status(&s.domains) < 0)
		return diag_no_memory(d);
	while (best < RANK_INSIDE && !s.ranks[best].servers.len)
		best++;
	ret->source = s.ranks[best].source;
	ret->servers = s.ranks[best].servers;
	s.ranks[best].servers = (struct dns_server_vec){0};
	ret->search = s.domains;
	s.domains = (struct buf){0};
	return 0;
}

bool dns_outside_equal(const struct dns_outside *a, const struct dns_outside *b)
{
	if (a->servers.len != b->servers.len ||
	    strcmp(buf_text(&a->search), buf_text(&b->search)) != 0)
		return false;
	for (size_t i = 0; i < a->servers.len; i++) {
		const struct dns_server *x = &a->servers.at[i], *y = &b->servers.at[i];

		if (addr_compare(&x->addr, &y->addr) != 0 || x->port != y->port ||
		    x->ifindex != y->ifindex || x->inside != y->inside)
			return false;
	}
	return true;
}

void dns_outside_release(struct dns_outside *outside)
{
	vec_release(&outside->servers);
	buf_release(&outside->search);
}

// SPDX-License-Identifier: GPL-2.0-or-later
// Chooses how names are configured on this host, and has it done.
#include "wgq/sys/dns/dns.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "internal.h"
#include "wgq/base/mem.h"
#include "wgq/sys/file/file.h"
#include "wgq/sys/process/proc.h"

static const char *const backend_names[] = {
	[DNS_OFF] = "off",
	[DNS_RESOLVCONF] = "resolvconf",
	[DNS_RESOLVED] = "resolved",
	[DNS_AUTO] = "auto",
};

int dns_backend_parse(const char *text, enum dns_backend *ret)
{
	for (enum dns_backend b = DNS_OFF; b <= DNS_AUTO; b++) {
		if (strcmp(text, backend_names[b]) == 0) {
			*ret = b;
			return 0;
		}
	}
	return -EINVAL;
}

static bool ends_with(const char *text, const char *end)
{
	size_t n = strlen(text), m = strlen(end);

	return n >= m && strcmp(text + n - m, end) == 0;
}

/* Where the link leads in the end, or what it says when there is nothing. */
static char *link_target(const char *path)
{
	char text[PATH_MAX];
	char *real = realpath(path, NULL);

	if (real)
		return real;
	ssize_t n = readlink(path, text, sizeof(text) - 1);
	return n > 0 ? mem_strndup(text, (size_t)n) : NULL;
}

/* The address of its local server, in a file that another program has written. */
static bool names_stub(const char *path)
{
	_cleanup_buf_ struct buf text = {0};

	if (file_read(path, &text, NULL) < 0)
		return false;
	for (char *rest = text.data, *line; rest && (line = strsep(&rest, "\n"));) {
		char *keyword = strsep(&line, " \t");

		if (strcmp(keyword, "nameserver") != 0 || !line)
			continue;
		line += strspn(line, " \t");
		line[strcspn(line, " \t\r")] = '\0';
		if (strcmp(line, "127.0.0.53") == 0 || strcmp(line, "127.0.0.54") == 0)
			return true;
	}
	return false;
}

/* systemd-resolved.service(8), "/ETC/RESOLV.CONF" */
bool dns_resolved_owns(const char *root)
{
	static const char *const its_files[] = {
		"/systemd/resolve/stub-resolv.conf",
		"/systemd/resolve/resolv.conf",
		"/lib/systemd/resolv.conf",
	};
	_cleanup_free_ char *path = dns_path_below(root, "/etc/resolv.conf");
	_cleanup_free_ char *target = path ? link_target(path) : NULL;

	if (!target)
		return false;
	for (size_t i = 0; i < sizeof(its_files) / sizeof(its_files[0]); i++)
		if (ends_with(target, its_files[i]))
			return true;
	return names_stub(path);
}

bool dns_resolvconf_is_resolvectl(void)
{
	_cleanup_free_ char *path = proc_find("resolvconf");
	_cleanup_free_ char *real = path ? realpath(path, NULL) : NULL;

	return real && ends_with(real, "/resolvectl");
}

static int check_servers(const struct dns_config *config, struct diag *d)
{
	vec_each(server, config->servers) {
		const struct place at = sources_place(config->sources, server->line);
		struct addr addr;
		uint16_t port;

		if (dns_server_parse(server->text, &addr, &port) < 0)
			return diag_fail_at(d, &at, "an IPv4 or IPv6 address",
					    "systemd-resolved takes no name server `%s'",
					    server->text);
	}
	return 0;
}

static int choose_resolved(const struct dns_config *config, enum dns_backend *ret, struct diag *d)
{
	int r = dns_resolved_reach(d);

	if (r == 0)
		r = check_servers(config, d);
	if (r == 0)
		*ret = DNS_RESOLVED;
	return r;
}

/* resolvectl takes the part of resolvconf as well, and knows them. */
static void warn_of_routing_domains(const struct dns_config *config, struct diag *d)
{
	vec_each(domain, config->search) {
		const struct place at = sources_place(config->sources, domain->line);

		if (domain->text[0] != '~')
			continue;
		diag_warn_at(
			d, &at,
			"write the domain without ~ to search in it; only systemd-resolved can "
			"route names by their domain",
			"`%s' means nothing to resolvconf: all names are looked up alike",
			domain->text);
	}
}

static int choose_resolvconf(const struct dns_config *config, enum dns_backend *ret, struct diag *d)
{
	bool is_resolvectl = dns_resolvconf_is_resolvectl();
	int r = dns_resolvconf_reach(d);

	if (r < 0)
		return r;
	if (is_resolvectl && !config->servers->len) {
		diag_refuse(d, EINVAL,
			    "systemd-resolved's resolvconf takes no domain without a name server");
		diag_hint(d, "--dns=resolved sets it");
		return -EINVAL;
	}
	if (!is_resolvectl)
		warn_of_routing_domains(config, d);
	*ret = DNS_RESOLVCONF;
	return 0;
}

static int choose_any(const struct dns_config *config, enum dns_backend *ret, struct diag *d)
{
	_cleanup_diag_ struct diag why_not = {0};
	bool owns = dns_resolved_owns(config->root);
	bool runs = dns_resolved_reach(&why_not) == 0;

	if (runs && (owns || dns_resolvconf_is_resolvectl()))
		return choose_resolved(config, ret, d);
	if (proc_exists("resolvconf"))
		return choose_resolvconf(config, ret, d);

	diag_refuse(d, ENOENT, "no way to set DNS: there is no program resolvconf, and %s",
		    runs ? "/etc/resolv.conf is not systemd-resolved's"
			 : "systemd-resolved does not answer");
	if (!runs && owns && why_not.len && why_not.at[0].message)
		diag_note(d, "%s", why_not.at[0].message);
	diag_hint(
		d, "%s; or leave the name servers alone with --dns=off",
		runs ? "link /etc/resolv.conf to /run/systemd/resolve/stub-resolv.conf, or set it "
		       "all the same with --dns=resolved"
		     : "install openresolv or systemd-resolved");
	return -ENOENT;
}

bool dns_can_be_set(void)
{
	return proc_exists_for_root("resolvconf") ||
	       (dns_resolved_owns(NULL) && dns_resolved_reach(NULL) == 0);
}

int dns_choose(enum dns_backend wanted, const struct dns_config *config, enum dns_backend *ret,
	       struct diag *d)
{
	*ret = DNS_OFF;
	if (!config->servers->len && !config->search->len)
		return 0;
	switch (wanted) {
	case DNS_OFF:
		return 0;
	case DNS_RESOLVCONF:
		return choose_resolvconf(config, ret, d);
	case DNS_RESOLVED:
		return choose_resolved(config, ret, d);
	case DNS_AUTO:
		return choose_any(config, ret, d);
	}
	return 0;
}

int dns_set(enum dns_backend backend, const struct dns_config *config, int *ret_status,
	    struct diag *d)
{
	enum dns_backend chosen = backend;
	int status = 0;
	int r = backend == DNS_AUTO ? dns_choose(backend, config, &chosen, d) : 0;

	if (r == 0 && chosen == DNS_RESOLVCONF)
		r = dns_resolvconf_set(config, &status, d);
	else if (r == 0 && chosen == DNS_RESOLVED)
		r = dns_resolved_set(config, d);
	if (ret_status)
		*ret_status = status;
	return r;
}

int dns_unset(enum dns_backend backend, const struct dns_config *config, int *ret_status,
	      struct diag *d)
{
	bool any = backend == DNS_AUTO;
	bool resolvconf = any ? proc_exists("resolvconf") : backend == DNS_RESOLVCONF;
	bool resolved = any ? dns_resolved_reach(NULL) == 0 : backend == DNS_RESOLVED;
	int status = 0, r = 0, r2 = 0;

	if (resolved)
		r = dns_resolved_unset(config->ifname, d);
	/* resolvectl was told so already */
	if (resolvconf && !(resolved && dns_resolvconf_is_resolvectl()))
		r2 = dns_resolvconf_run(config, false, &status, r < 0 ? NULL : d);
	if (ret_status)
		*ret_status = status;
	return r < 0 ? r : r2;
}

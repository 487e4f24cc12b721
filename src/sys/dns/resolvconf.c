// SPDX-License-Identifier: GPL-2.0-or-later
// resolvconf(8), called as wg-quick calls it.
#include <dirent.h>
#include <errno.h>
#include <string.h>
#include <sys/stat.h>

#include "internal.h"
#include "wgq/base/mem.h"
#include "wgq/sys/file/file.h"
#include "wgq/sys/process/proc.h"

char *dns_path_below(const char *root, const char *path)
{
	_cleanup_buf_ struct buf text = {0};

	buf_addf(&text, "%s%s", root ? root : "", path);
	return buf_steal(&text);
}

/* The first line that is NAME*, with a newline: `read` passes over a last line without one. */
static void prefix_from(struct buf *text, struct buf *ret)
{
	for (char *at = text->data, *end; at && (end = strchr(at, '\n')); at = end + 1) {
		at += strspn(at, " \t");
		size_t n = strspn(at, "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ"
				      "0123456789-");

		if (n == 0 || at[n] != '*' || at + n + 1 + strspn(at + n + 1, " \t") != end)
			continue;
		buf_mem(ret, at, n);
		buf_char(ret, '.');
		return;
	}
}

/* linux.bash:145-153. Only Debian's resolvconf package reads the file; openresolv, and a
 * resolvconf that is a link to resolvectl, may find one that the package has left behind. */
int dns_resolvconf_prefix(const char *root, struct buf *ret, struct diag *d)
{
	_cleanup_free_ char *order = dns_path_below(root, "/etc/resolvconf/interface-order");
	_cleanup_free_ char *program = proc_find("resolvconf");
	_cleanup_buf_ struct buf text = {0};
	struct stat st;

	if (!order)
		return diag_no_memory(d);
	if (program && lstat(program, &st) == 0 && S_ISLNK(st.st_mode))
		return 0;
	if (stat(order, &st) < 0 || !S_ISREG(st.st_mode))
		return 0;
	int r = file_read(order, &text, d);
	if (r < 0)
		return r;
	prefix_from(&text, ret);
	return buf_status(ret) < 0 ? diag_no_memory(d) : 0;
}

/* wg-quick drops search domains that come without a server; here they are honoured. */
void dns_resolvconf_text(const struct dns_config *config, struct buf *ret)
{
	vec_each(server, config->servers)
		buf_addf(ret, "nameserver %s\n", server->text);
	if (config->search->len == 0)
		return;
	buf_str(ret, "search");
	vec_each(domain, config->search)
		buf_addf(ret, " %s", domain->text);
	buf_char(ret, '\n');
}

int dns_resolvconf_reach(struct diag *d)
{
	if (proc_exists("resolvconf"))
		return 0;
	diag_refuse(d, ENOENT, "there is no program resolvconf");
	diag_hint(d, "install openresolv, or leave the name servers alone with --dns=off");
	return -ENOENT;
}

static int resolvconf_failed(int status, const struct buf *said, struct diag *d)
{
	if (status == PROC_NOT_FOUND && !proc_exists("resolvconf"))
		return dns_resolvconf_reach(d);
	diag_refuse(d, EIO, "resolvconf failed with exit status %d", status);
	diag_status(d, status);
	if (strstr(buf_text(said), "signature mismatch"))
		diag_hint(d,
			  "another program has written /etc/resolv.conf, and openresolv does not "
			  "touch a file that is not its own; `resolvconf -u` makes it openresolv's "
			  "from then on");
	return -EIO;
}

/* `resolvconf -a [tun.]IFACE -m 0 -x`, or `resolvconf -d [tun.]IFACE -f`. -x takes the name servers
 * of all others away, so it is for entries that have one. */
int dns_resolvconf_run(const struct dns_config *config, bool add, int *ret_status, struct diag *d)
{
	_cleanup_buf_ struct buf name = {0}, text = {0}, said = {0};
	int r = dns_resolvconf_prefix(config->root, &name, d);

	if (r < 0)
		return r;
	buf_str(&name, config->ifname);
	dns_resolvconf_text(config, &text);
	if (buf_status(&name) < 0 || buf_status(&text) < 0)
		return diag_no_memory(d);

	const char *exclusive = config->servers->len ? "-x" : NULL;
	const char *const set[] = {"resolvconf", "-a", name.data, "-m", "0", exclusive, NULL};
	const char *const unset[] = {"resolvconf", "-d", name.data, "-f", NULL};
	struct proc_files files = {
		.input = add ? buf_text(&text) : NULL,
		.ret_err = &said,
		.hold_err = !d, /* without a diag nothing is printed either */
	};
	r = proc_run_files(add ? set : unset, &files, ret_status, d);
	if (r < 0)
		return r;
	return *ret_status ? resolvconf_failed(*ret_status, &said, d) : 0;
}

int dns_resolvconf_set(const struct dns_config *config, int *ret_status, struct diag *d)
{
	int ignored, r = dns_resolvconf_run(config, true, ret_status, d);

	/* openresolv keeps the entry when it could not write the file, for the next time. */
	if (r < 0 && *ret_status != PROC_NOT_FOUND)
		dns_resolvconf_run(config, false, &ignored, NULL);
	return r;
}

#define DEBIAN_ENTRIES "/run/resolvconf/interface"

/* Debian's resolvconf keeps a file for each entry, and lists all of them whatever it is asked for.
 */
static int entry_of_file(const char *name, struct buf *ret_text)
{
	_cleanup_buf_ struct buf path = {0};

	buf_addf(&path, DEBIAN_ENTRIES "/%s", name);
	return buf_status(&path) < 0 ? -ENOMEM : file_read(buf_text(&path), ret_text, NULL);
}

/* openresolv's list; with a name: of that entry. */
static int run_list(const char *name, struct buf *ret_text)
{
	_cleanup_buf_ struct buf said = {0};
	const char *const argv[] = {"resolvconf", "-l", name, NULL};
	const struct proc_files files = {.ret_out = ret_text, .ret_err = &said, .hold_err = true};
	int status, r = proc_run_files(argv, &files, &status, NULL);

	return r == 0 && status ? -EIO : r;
}

int dns_resolvconf_entry(const char *name, struct buf *ret_text)
{
	_cleanup_buf_ struct buf heading = {0}, listed = {0};

	if (entry_of_file(name, ret_text) == 0)
		return 0;
	/* The list says which entry it is, and then its text. */
	buf_addf(&heading, DNS_RESOLVCONF_HEADING "%s\n", name);
	int r = buf_status(&heading) < 0 ? -ENOMEM : run_list(name, &listed);
	if (r < 0)
		return r;
	const char *at = strstr(buf_text(&listed), buf_text(&heading));
	if (!at)
		return -ENOENT;
	buf_str(ret_text, at + heading.len);
	return 0;
}

int dns_resolvconf_list(struct buf *ret_text)
{
	DIR *folder = opendir(DEBIAN_ENTRIES);

	if (!folder)
		return run_list(NULL, ret_text);
	for (const struct dirent *entry; (entry = readdir(folder));) {
		if (entry->d_name[0] == '.')
			continue;
		buf_addf(ret_text, DNS_RESOLVCONF_HEADING "%s\n", entry->d_name);
		entry_of_file(entry->d_name, ret_text);
		buf_char(ret_text, '\n');
	}
	closedir(folder);
	return 0;
}

bool dns_resolvconf_knows(const char *prefix, const char *ifname)
{
	_cleanup_buf_ struct buf name = {0}, text = {0};

	buf_addf(&name, "%s%s", prefix, ifname);
	return buf_status(&name) == 0 && dns_resolvconf_entry(buf_text(&name), &text) == 0;
}

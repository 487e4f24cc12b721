// SPDX-License-Identifier: GPL-2.0-or-later
// wg-quick's firewall rules by iptables-save and iptables-restore.
#include "wgq/sys/process/iptables.h"

#include <errno.h>
#include <string.h>
#include <sys/socket.h>

#include "wgq/base/mem.h"
#include "wgq/net/firewall.h"
#include "wgq/sys/process/proc.h"

/* The programs of one family, in the order in which they are tried. */
struct variant {
	int family;
	const char *restore, *save;
};

static const struct variant variants[] = {
	{AF_INET, "iptables-restore", "iptables-save"},
	{AF_INET, "iptables-legacy-restore", "iptables-legacy-save"},
	{AF_INET6, "ip6tables-restore", "ip6tables-save"},
	{AF_INET6, "ip6tables-legacy-restore", "ip6tables-legacy-save"},
};
_Static_assert(sizeof(variants) / sizeof(variants[0]) == IPTABLES_VARIANTS, "a buffer for each");

static bool is_table_line(const char *line, size_t n)
{
	return (n > 0 && line[0] == '*') || (n == 6 && memcmp(line, "COMMIT", 6) == 0);
}

void iptables_removal_text(const char *saved, const char *ifname, struct buf *ret)
{
	_cleanup_buf_ struct buf mark = {0}, text = {0};
	bool found = false;

	firewall_iptables_marker(ifname, &mark);
	for (const char *line = saved; *line;) {
		size_t n = strcspn(line, "\n");
		bool ours = n > 3 && memcmp(line, "-A ", 3) == 0 &&
			    memmem(line, n, buf_text(&mark), mark.len);

		if (ours) {
			buf_str(&text, "-D ");
			buf_mem(&text, line + 3, n - 3);
		} else if (is_table_line(line, n)) {
			buf_mem(&text, line, n);
		}
		if (ours || is_table_line(line, n))
			buf_char(&text, '\n');
		found |= ours;
		line += n + (line[n] == '\n');
	}
	if (found && buf_status(&mark) == 0)
		buf_mem(ret, buf_text(&text), text.len);
	ret->failed |= mark.failed || text.failed;
}

/* Feeds text to a restore program; with `test` it is only checked by program and kernel. -ENOENT
 * where there is no such program, -EIO where it fails; what it says goes to d. */
static int restore(const struct variant *v, const char *text, bool test, struct diag *d)
{
	/* Others may hold iptables' lock for a moment. */
	const char *const argv[] = {v->restore, "-n", "--wait=10", test ? "--test" : NULL, NULL};
	_cleanup_buf_ struct buf said = {0};
	struct proc_files files = {.input = text, .ret_err = &said, .hold_err = true};
	int status;

	if (!proc_exists(v->restore))
		return diag_refuse(d, ENOENT, "there is no program %s", v->restore);
	int r = proc_run_files(argv, &files, &status, d);
	if (r < 0 || status == 0)
		return r;
	diag_refuse(d, EIO, "%s failed with exit status %d", v->restore, status);
	diag_status(d, status);
	if (said.len)
		diag_note(d, "%.*s", (int)strcspn(buf_text(&said), "\n"), buf_text(&said));
	return -EIO;
}

/* The first variant that would take the text. The first error says the most: the second program
 * is there only on some systems. */
static int choose(const char *text, int family, const struct variant **ret, struct diag *d)
{
	int first_error = 0;

	for (const struct variant *v = variants; v < variants + IPTABLES_VARIANTS; v++) {
		if (v->family != family)
			continue;
		int r = restore(v, text, true, first_error ? NULL : d);
		if (r == 0) {
			*ret = v;
			return 0;
		}
		if (!first_error)
			first_error = r;
	}
	return first_error;
}

static int add(const struct firewall *firewall, int family, bool test, struct diag *d)
{
	_cleanup_buf_ struct buf text = {0};
	/* What the first choice says is no error where the second works. */
	_cleanup_diag_ struct diag tried = {0};
	const struct variant *v = NULL;

	firewall_iptables_text(firewall, (uint8_t)family, &text);
	if (buf_status(&text) < 0)
		return diag_no_memory(d);
	int r = choose(buf_text(&text), family, &v, &tried);
	if (r < 0) {
		diag_refuse(d, -r, "no iptables for the %s firewall: %s",
			    family == AF_INET ? "IPv4" : "IPv6",
			    tried.len && tried.at[0].message ? tried.at[0].message : "");
		if (tried.len && tried.at[0].notes)
			diag_note(d, "%.*s", (int)strcspn(tried.at[0].notes, "\n"),
				  tried.at[0].notes);
		return r;
	}
	return test ? 0 : restore(v, buf_text(&text), false, d);
}

static int add_families(const struct firewall *firewall, bool test, struct diag *d)
{
	int r = firewall->ip ? add(firewall, AF_INET, test, d) : 0;

	if (r == 0 && firewall->ip6)
		r = add(firewall, AF_INET6, test, d);
	return r;
}

int iptables_check(bool ip, bool ip6, struct diag *d)
{
	const struct addr example[] = {{.family = AF_INET}, {.family = AF_INET6}};
	const struct firewall firewall = {
		.ifname = "wgq",
		.mark = 51820,
		.ip = ip,
		.ip6 = ip6,
		.addrs = example,
		.addr_count = 2,
	};

	return add_families(&firewall, true, d);
}

int iptables_set(const struct firewall *firewall, struct diag *d)
{
	int r = add_families(firewall, false, d);

	/* A table is taken or left whole, but the next may fail. */
	if (r < 0)
		iptables_remove(firewall->ifname, NULL);
	return r;
}

/* What would remove the interface's rules from one variant; empty where there are none. */
static int list_removal(const struct variant *v, const char *ifname, struct buf *ret,
			struct diag *d)
{
	const char *const argv[] = {v->save, NULL};
	_cleanup_buf_ struct buf saved = {0}, said = {0};
	struct proc_files files = {.ret_out = &saved, .ret_err = &said, .hold_err = true};
	int status;

	if (!proc_exists(v->save))
		return 0;
	int r = proc_run_files(argv, &files, &status, d);
	/* Where it cannot list, as without kernel support, there is nothing of ours. */
	if (r < 0 || status != 0)
		return r;
	iptables_removal_text(buf_text(&saved), ifname, ret);
	return buf_status(ret) < 0 ? diag_no_memory(d) : 0;
}

int iptables_find(const char *ifname, struct iptables_found *ret, struct diag *d)
{
	for (size_t i = 0; i < IPTABLES_VARIANTS; i++) {
		int r = list_removal(&variants[i], ifname, &ret->removal[i], d);

		if (r < 0)
			return r;
		*(variants[i].family == AF_INET ? &ret->ip : &ret->ip6) |= ret->removal[i].len > 0;
	}
	return 0;
}

void iptables_found_release(struct iptables_found *found)
{
	for (size_t i = 0; i < IPTABLES_VARIANTS; i++)
		buf_release(&found->removal[i]);
	*found = (struct iptables_found){0};
}

int iptables_remove(const char *ifname, struct diag *d)
{
	int first_error = 0;

	for (const struct variant *v = variants; v < variants + IPTABLES_VARIANTS; v++) {
		struct diag *wanted = first_error ? NULL : d;
		_cleanup_buf_ struct buf text = {0};
		int r = list_removal(v, ifname, &text, wanted);

		if (r == 0 && text.len)
			r = restore(v, buf_text(&text), false, wanted);
		if (!first_error)
			first_error = r;
	}
	return first_error;
}

/* TABLE RULE, a line each, as iptables-save says it; without masks that mask nothing. */
static void add_saved(struct buf *lines, const char *table, const char *rule)
{
	static const char masks[] = " --nfmask 0xffffffff --ctmask 0xffffffff";
	const char *at = strstr(rule, masks);
	int n = at ? (int)(at - rule) : (int)strlen(rule);

	buf_addf(lines, "%s %.*s%s\n", table, n, rule, at ? at + sizeof(masks) - 1 : "");
}

/* The rules that a removal text names. */
static void removal_lines(const char *removal, struct buf *ret_lines)
{
	_cleanup_buf_ struct buf text = {0};
	const char *table = "";

	buf_str(&text, removal);
	for (char *rest = text.data, *line; rest && (line = strsep(&rest, "\n"));) {
		if (line[0] == '*')
			table = line + 1;
		else if (strncmp(line, "-D ", 3) == 0)
			add_saved(ret_lines, table, line + 3);
	}
	ret_lines->failed |= text.failed;
}

/* The rules of firewall_iptables_text(), as iptables-save lists them. */
static void wanted_lines(const struct firewall *fw, uint8_t family, struct buf *ret)
{
	_cleanup_buf_ struct buf marker = {0};
	char text[ADDR_TEXT_MAX];

	firewall_iptables_marker(fw->ifname, &marker);
	for (size_t i = 0; i < fw->addr_count; i++) {
		const struct addr *a = &fw->addrs[i];

		if (a->family != family)
			continue;
		addr_format(a, text);
		buf_addf(ret,
			 "raw PREROUTING -d %s/%u ! -i %s -m addrtype ! --src-type LOCAL %s "
			 "-j DROP\n",
			 text, addr_bits(a), fw->ifname, buf_text(&marker));
	}
	buf_addf(ret, "mangle PREROUTING -p udp %s -j CONNMARK --restore-mark\n",
		 buf_text(&marker));
	buf_addf(ret, "mangle POSTROUTING -p udp -m mark --mark 0x%x %s -j CONNMARK --save-mark\n",
		 fw->mark, buf_text(&marker));
	ret->failed |= marker.failed;
}

static int line_compare(const void *a, const void *b)
{
	const char *const *x = a, *const *y = b;

	return strcmp(*x, *y);
}

/* The lines, in order, into one text. */
static int lines_sort(struct buf *text)
{
	struct {
		VEC(const char *);
	} lines = {0};
	_cleanup_buf_ struct buf sorted = {0};

	for (char *rest = text->data, *line; rest && (line = strsep(&rest, "\n"));) {
		const char **at = vec_push(&lines);

		if (!at) {
			vec_release(&lines);
			return -ENOMEM;
		}
		*at = line;
	}
	if (lines.len)
		qsort(lines.at, lines.len, sizeof(*lines.at), line_compare);
	vec_each(line, &lines)
		buf_addf(&sorted, "%s\n", *line);
	vec_release(&lines);
	buf_clear(text);
	buf_str(text, buf_text(&sorted));
	return sorted.failed ? -ENOMEM : buf_status(text);
}

static int matches_family(const struct iptables_found *found, const struct firewall *firewall,
			  uint8_t family, bool *ret, struct diag *d)
{
	_cleanup_buf_ struct buf wanted = {0};
	bool any = false, same = true;

	if (family == AF_INET ? firewall->ip : firewall->ip6)
		wanted_lines(firewall, family, &wanted);
	if (lines_sort(&wanted) < 0)
		return diag_no_memory(d);
	/* Each variant is looked at by itself: two programs may be one, and list the same rules. */
	for (size_t i = 0; i < IPTABLES_VARIANTS; i++) {
		_cleanup_buf_ struct buf lines = {0};

		if (variants[i].family != family || !found->removal[i].len)
			continue;
		removal_lines(buf_text(&found->removal[i]), &lines);
		if (lines_sort(&lines) < 0)
			return diag_no_memory(d);
		any = true;
		same &= strcmp(buf_text(&lines), buf_text(&wanted)) == 0;
	}
	*ret = same && (any || !wanted.len);
	return 0;
}

int iptables_matches(const struct iptables_found *found, const struct firewall *firewall, bool *ret,
		     struct diag *d)
{
	int r = matches_family(found, firewall, AF_INET, ret, d);

	return r < 0 || !*ret ? r : matches_family(found, firewall, AF_INET6, ret, d);
}

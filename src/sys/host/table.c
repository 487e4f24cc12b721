// SPDX-License-Identifier: GPL-2.0-or-later
// Looks up names of routing tables in iproute2's files.
#include "wgq/sys/host/table.h"

#include <ctype.h>
#include <dirent.h>
#include <errno.h>
#include <limits.h>
#include <linux/rtnetlink.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "wgq/base/buf.h"
#include "wgq/base/mem.h"
#include "wgq/sys/file/file.h"

/* The first that has a file wins: the administrator's, then the distribution's (since iproute2
 * 6.7, and where 6.5 and 6.6 had it). */
static const char *const folders[] = {"/etc/iproute2", "/usr/share/iproute2", "/usr/lib/iproute2"};
enum { FOLDERS = sizeof(folders) / sizeof(folders[0]) };

static const struct {
	const char *name;
	uint32_t id;
} built_in[] = {
	{"default", RT_TABLE_DEFAULT},
	{"main", RT_TABLE_MAIN},
	{"local", RT_TABLE_LOCAL},
	{"unspec", RT_TABLE_UNSPEC},
};

struct search {
	const char *root;
	const char *name;
	bool found;
	uint32_t id;
};

/* iproute2 keeps 256 lists by the number's last byte and adds to their heads: of several numbers
 * for one name it finds the one in the lowest list, and there the last. */
static void search_match(struct search *s, uint32_t id)
{
	if (s->found && (id & 255) > (s->id & 255))
		return;
	s->found = true;
	s->id = id;
}

/* A number of 32 bits, decimal or 0x hex; *end is where it ends. 0 or -EINVAL. */
static int parse_id(const char *at, uint32_t *ret, const char **end)
{
	char *stop;

	if (!isdigit((unsigned char)*at))
		return -EINVAL;
	errno = 0;
	unsigned long long id = strtoull(at, &stop, strncmp(at, "0x", 2) == 0 ? 16 : 10);
	*end = stop;
	*ret = (uint32_t)id;
	return errno || id > UINT32_MAX ? -EINVAL : 0;
}

/* One line, NUL-terminated: `NUMBER NAME` and anything after it. False: a bad line. */
static bool search_line(struct search *s, const char *line)
{
	const char *at = line + strspn(line, " \t");
	uint32_t id;

	if (*at == '#' || *at == '-' || *at == '\0') /* negative numbers are passed over */
		return true;
	if (parse_id(at, &id, &at) < 0)
		return false;
	at += strspn(at, " \t");
	size_t n = strcspn(at, " \t\r");
	if (n == 0)
		return false;
	if (strlen(s->name) == n && memcmp(s->name, at, n) == 0)
		search_match(s, id);
	return true;
}

/* 0, or -errno when there is no such file or it cannot be read. */
static int search_file(struct search *s, const char *path)
{
	_cleanup_buf_ struct buf text = {0};
	int r = file_read(path, &text, NULL);

	if (r < 0)
		return r;
	/* A NUL ends the text: nothing after it can be meant. */
	for (char *line = text.data, *next; line && *line; line = next) {
		next = line + strcspn(line, "\n");
		if (*next)
			*next++ = '\0';
		if (!search_line(s, line))
			break;
	}
	return 0;
}

static int path_of(char ret[PATH_MAX], const char *root, size_t folder, const char *below)
{
	int n = snprintf(ret, PATH_MAX, "%s%s/%s", root, folders[folder], below);

	return n > 0 && n < PATH_MAX ? 0 : -ENAMETOOLONG;
}

static void search_main_file(struct search *s)
{
	for (size_t f = 0; f < FOLDERS; f++) {
		char path[PATH_MAX];

		if (path_of(path, s->root, f, "rt_tables") == 0 && search_file(s, path) != -ENOENT)
			return;
	}
}

static int is_conf(const struct dirent *entry)
{
	size_t n = strlen(entry->d_name);

	return entry->d_name[0] != '.' && n > 5 && strcmp(entry->d_name + n - 5, ".conf") == 0;
}

/* Whether a folder that comes before this one has a file of that name. */
static bool is_hidden(const struct search *s, size_t folder, const char *below)
{
	for (size_t f = 0; f < folder; f++) {
		char path[PATH_MAX];

		if (path_of(path, s->root, f, below) == 0 && access(path, F_OK) == 0)
			return true;
	}
	return false;
}

static void search_folder(struct search *s, size_t folder)
{
	struct dirent **entries;
	char path[PATH_MAX];

	if (path_of(path, s->root, folder, "rt_tables.d") < 0)
		return;
	int n = scandir(path, &entries, is_conf, alphasort);
	if (n < 0)
		return;
	for (int i = 0; i < n; i++) {
		char below[sizeof("rt_tables.d/") + NAME_MAX];

		snprintf(below, sizeof(below), "rt_tables.d/%s", entries[i]->d_name);
		if (!is_hidden(s, folder, below) && path_of(path, s->root, folder, below) == 0)
			search_file(s, path);
		free(entries[i]);
	}
	free(entries);
}

int table_lookup_below(const char *root, const char *name, uint32_t *ret, struct diag *d)
{
	struct search s = {.root = root, .name = name};

	for (size_t i = 0; i < sizeof(built_in) / sizeof(built_in[0]); i++)
		if (strcmp(name, built_in[i].name) == 0)
			search_match(&s, built_in[i].id);
	search_main_file(&s);
	/* The distribution's before the administrator's, which so come last and win. */
	for (size_t f = FOLDERS; f-- > 0;)
		search_folder(&s, f);

	if (!s.found) {
		diag_refuse(d, ENOENT, "there is no routing table `%s'", name);
		diag_hint(d, "give a number, or name one in /etc/iproute2/rt_tables: 100 %s", name);
		return -ENOENT;
	}
	*ret = s.id;
	return 0;
}

int table_lookup(const char *name, uint32_t *ret, struct diag *d)
{
	return table_lookup_below("", name, ret, d);
}

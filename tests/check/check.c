// SPDX-License-Identifier: GPL-2.0-or-later
// Cases of wgq check. A folder in cases holds wg0.conf and what must be found in it, `expect`;
// beside them fixed.conf, the repaired twin in which nothing may be found, and `facts`, what is
// known of the host, a fact a line. A file in quiet is a configuration as people have them, without
// a warning.
//
//	check [--update] FOLDER
//
// takes all of them; --update writes expect, for review with git diff.
#include <dirent.h>
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "../cases.h"
#include "wgq/base/buf.h"
#include "wgq/base/diag.h"
#include "wgq/conf/check/check.h"
#include "wgq/conf/conf.h"
#include "wgq/conf/parse/parse.h"

static char programs[1024], writable[1024], links[256];
static struct check_trust trust[8]; /* of the main file and its drop-ins */
static const char *folder_of_case;

static bool has_program(const char *name)
{
	char padded[256];

	snprintf(padded, sizeof(padded), " %s ", name);
	return strstr(programs, padded);
}

/* Of links and addresses alike. */
static bool has_link(const char *name)
{
	char padded[256];

	snprintf(padded, sizeof(padded), " %s ", name);
	return strstr(links, padded);
}

static bool has_address(const struct addr *addr)
{
	char text[ADDR_TEXT_MAX];

	addr_format(addr, text);
	return has_link(text);
}

/* A configuration that is checked as well, of another interface. */
static bool read_other(const char *name, struct check_other_vec *ret)
{
	static char shown[64];
	_cleanup_buf_ struct buf path = {0}, text = {0};
	_cleanup_conf_ struct conf conf = {0};
	struct check_other *other = vec_push(ret);

	snprintf(shown, sizeof(shown), "%s.conf", name);
	buf_addf(&path, "%s/%s", folder_of_case, shown);
	if (!other || case_read(buf_text(&path), &text) < 0 ||
	    conf_parse(shown, name, buf_text(&text), text.len, &conf, NULL) < 0 ||
	    check_other_of(&conf, other) < 0)
		return false;
	other->path = shown;
	return true;
}

static bool read_fact(const char *line, struct check_facts *ret)
{
	const char *value = strchr(line, ' ') ? strchr(line, ' ') + 1 : "";

	if (strcmp(line, "world-readable") == 0) {
		trust[0].readable = true;
	} else if (strncmp(line, "writable ", 9) == 0) {
		snprintf(writable, sizeof(writable), "%s", value);
		trust[0].writable = writable;
		trust[0].writable_by = "group 100";
		trust[0].writable_remedy = "chmod go-w";
	} else if (strcmp(line, "ipv6-off") == 0) {
		ret->ipv6_off = true;
	} else if (strcmp(line, "no-dns-tool") == 0) {
		ret->lacks_dns_tool = true;
	} else if (strncmp(line, "path-mtu ", 9) == 0) {
		ret->path_mtu = (uint32_t)strtoul(value, NULL, 10);
	} else if (strncmp(line, "neighbours ", 11) == 0) {
		ret->neighbours = strtol(value, NULL, 10);
	} else if (strncmp(line, "programs ", 9) == 0) {
		snprintf(programs, sizeof(programs), " %s ", value);
		ret->has_program = has_program;
	} else if (strncmp(line, "links ", 6) == 0) {
		snprintf(links, sizeof(links), " %s ", value);
		ret->has_link = has_link;
		ret->has_address = has_address;
	} else if (strncmp(line, "network ", 8) == 0) {
		struct prefix network;
		if (prefix_parse(value, strlen(value), &network) < 0)
			return false;
		prefix_mask(&network);
		return prefix_set_add(&ret->networks, &network) == 0;
	} else if (strncmp(line, "beside ", 7) == 0) {
		return read_other(value, &ret->others);
	} else {
		return false;
	}
	return true;
}

static int read_facts(const char *path, struct check_facts *ret)
{
	char line[1024];
	FILE *f = fopen(path, "re");
	int r = 0;

	while (f && fgets(line, sizeof(line), f)) {
		line[strcspn(line, "\n")] = '\0';
		if (!read_fact(line, ret)) {
			printf("%s: what fact is \"%s\"?\n", path, line);
			r = -EINVAL;
		}
	}
	if (f)
		fclose(f);
	return r;
}

/* The findings as the user sees them, each below its name. Returns how many are warnings, or errors
 * of the parser. */
static size_t find(const char *folder, const char *name, const struct check_facts *facts,
		   struct buf *ret)
{
	_cleanup_config_text_ struct config_text config = {0};
	_cleanup_conf_ struct conf conf = {0};
	_cleanup_diag_ struct diag d = {0};
	size_t warnings = 0;

	int r = case_read_config(folder, name, &config);
	if (r < 0) {
		buf_addf(ret, "%s/%s: %s\n", folder, name, strerror(-r));
		return 1;
	}
	if (conf_parse_files(&config.files, "wg0", buf_text(&config.text), &conf, &d) == 0)
		check_conf(&conf, buf_text(&config.text), config.text.len, facts, &d);
	vec_each(item, &d) {
		const struct diag one = {.at = item, .len = 1};

		buf_addf(ret, "[%s]\n", item->id ? item->id : "syntax");
		diag_format(&one, 0, "wgq", DIAG_PLAIN, 0, ret);
		warnings += item->level != DIAG_NOTE;
	}
	return warnings;
}

static int run_case(const char *folder, bool update)
{
	_cleanup_buf_ struct buf path = {0}, result = {0}, fixed = {0};
	_cleanup_check_others_ struct check_other_vec others = {0};
	_cleanup_prefix_set_ struct prefix_set networks = {0};
	struct check_facts facts = {0};
	int failed = 0;

	folder_of_case = folder;
	buf_addf(&path, "%s/facts", folder);
	failed += read_facts(buf_text(&path), &facts) < 0;
	others = facts.others;
	prefix_set_sort(&facts.networks);
	networks = facts.networks;

	facts.trust = trust;
	find(folder, "wg0.conf", &facts, &result);

	/* What is wrong may be the host, so that it has no repaired twin. */
	memset(trust, 0, sizeof(trust));
	facts.neighbours = 0;
	find(folder, "fixed.conf", &facts, &fixed);
	if (fixed.len) {
		printf("FAIL %s: the repaired twin is not without findings:\n%s\n", folder,
		       buf_text(&fixed));
		failed = 1;
	}

	if (!result.len) {
		printf("FAIL %s: nothing is found\n", folder);
		return 1;
	}
	return !case_is_as_expected(folder, &result, update) || failed;
}

static int run_quiet(const char *folder, const char *name)
{
	_cleanup_buf_ struct buf result = {0};
	const struct check_facts facts = {.has_program = has_program, .path_mtu = 1500};

	snprintf(programs, sizeof(programs),
		 " awk cat grep ip ip6tables iptables nft sysctl ufw wg ");
	if (find(folder, name, &facts, &result) == 0)
		return 0;
	printf("FAIL %s/%s: a false alarm:\n%s\n", folder, name, buf_text(&result));
	return 1;
}

static int is_visible(const struct dirent *entry)
{
	return entry->d_name[0] != '.';
}

/* How many failed; *ret_count: of how many. */
static int run_all(const char *root, const char *part, bool update, int *ret_count)
{
	_cleanup_buf_ struct buf folder = {0};
	struct dirent **entries;
	int failed = 0;

	buf_addf(&folder, "%s/%s", root, part);
	int count = scandir(buf_text(&folder), &entries, is_visible, alphasort);
	for (int i = 0; i < count; i++) {
		_cleanup_buf_ struct buf path = {0};

		buf_addf(&path, "%s/%s", buf_text(&folder), entries[i]->d_name);
		failed += strcmp(part, "quiet") == 0
				  ? run_quiet(buf_text(&folder), entries[i]->d_name)
				  : run_case(buf_text(&path), update);
		free(entries[i]);
	}
	if (count >= 0)
		free(entries);
	*ret_count += count > 0 ? count : 0;
	return count > 0 ? failed : 1;
}

int main(int argc, char **argv)
{
	bool update = argc == 3 && strcmp(argv[1], "--update") == 0;
	int count = 0;

	if (argc != 2 && !update) {
		fprintf(stderr, "usage: %s [--update] FOLDER\n", argv[0]);
		return 2;
	}
	int failed = run_all(argv[argc - 1], "cases", update, &count);
	failed += run_all(argv[argc - 1], "quiet", update, &count);
	printf("%d cases, %d failed\n", count, failed);
	return failed != 0;
}

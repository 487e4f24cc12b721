// SPDX-License-Identifier: GPL-2.0-or-later
// The values of wg-quick's own keys. It hands most of them to iproute2, whose grammar they follow.
#include <errno.h>
#include <linux/rtnetlink.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>

#include "wgq/base/mem.h"
#include "wgq/conf/parse/keys.h"

static int add_text(struct parser *p, struct conf_text_vec *texts, struct slice s)
{
	_cleanup_free_ char *text = mem_strndup(s.at, s.len);
	struct conf_text *item = text ? vec_push(texts) : NULL;

	if (!item)
		return diag_no_memory(p->d);
	item->text = steal(text);
	item->line = p->line->number;
	return 0;
}

static bool contains(struct slice s, char c)
{
	return s.len && memchr(s.at, c, s.len);
}

/* One to four numbers of base 0 with dots between; those that lack are zero (iproute2 lib/utils.c,
 * get_addr_ipv4()): 10.7 is 10.7.0.0. */
static int read_short_ipv4(struct slice s, struct addr *ret)
{
	*ret = (struct addr){.family = AF_INET};
	for (unsigned int i = 0; i < 4; i++) {
		const char *dot = s.len ? memchr(s.at, '.', s.len) : NULL;
		struct slice part = {s.at, dot ? (size_t)(dot - s.at) : s.len};
		uint64_t value;

		if (number_read(part, 0, 255, &value) < 0)
			return -EINVAL;
		ret->bytes[i] = (uint8_t)value;
		if (!dot)
			return 0;
		s.at = dot + 1;
		s.len -= part.len + 1;
	}
	return -EINVAL;
}

/* The length of a netmask such as 255.255.255.0; -EINVAL where the ones have a gap. */
static int netmask_length(const struct addr *mask)
{
	struct prefix p = {.addr = *mask};

	while (p.len < 32 && mask->bytes[p.len / 8] & (0x80 >> p.len % 8))
		p.len++;
	return prefix_has_host_bits(&p) ? -EINVAL : p.len;
}

/* iproute2 lib/utils.c, get_prefix_1(). 0; -EINVAL: no address; -ERANGE: no length. */
static int read_address(struct slice s, struct prefix *ret)
{
	const char *slash = memchr(s.at, '/', s.len);
	struct slice host = {s.at, slash ? (size_t)(slash - s.at) : s.len};
	struct addr mask;
	uint64_t len;

	int r = contains(host, ':') ? addr_parse(host.at, host.len, &ret->addr)
				    : read_short_ipv4(host, &ret->addr);
	if (r < 0)
		return r;
	ret->len = addr_bits(&ret->addr);
	if (!slash)
		return 0;

	struct slice length = {slash + 1, s.len - host.len - 1};
	r = number_read(length, 0, ret->len, &len);
	if (r == 0) {
		ret->len = (uint8_t)len;
		return 0;
	}
	if (r == -ERANGE || ret->addr.family != AF_INET || read_short_ipv4(length, &mask) < 0)
		return -ERANGE;
	r = netmask_length(&mask);
	if (r < 0)
		return -ERANGE;
	ret->len = (uint8_t)r;
	return 0;
}

int quick_address(struct parser *p)
{
	const struct scan_line *line = p->line;
	struct slice rest = line->value, item;

	if (list_is_emptied(p))
		p->conf->addresses.len = 0;
	while (list_next_quick(&rest, &item)) {
		struct prefix prefix;

		int r = read_address(item, &prefix);
		if (r == -EINVAL) {
			parse_not(p, item, "an IP address",
				  "write an address and a length: 10.0.0.2/24 or fd00::2/64");
			continue;
		}
		if (r == -ERANGE) {
			refuse_length(p, item, 0, addr_bits(&prefix.addr));
			continue;
		}
		struct link_addr *added = vec_push(&p->conf->addresses);
		if (!added)
			return diag_no_memory(p->d);
		added->prefix = prefix;
		added->line = line->number;
		/* ip/ipaddress.c, default_scope() */
		added->scope = prefix.addr.family == AF_INET && prefix.addr.bytes[0] == 127
				       ? RT_SCOPE_HOST
				       : RT_SCOPE_UNIVERSE;
	}
	return 0;
}

/* What wg-quick takes for a server (linux.bash:62). */
static bool looks_like_server(struct slice s)
{
	if (contains(s, ':'))
		return true;
	for (size_t i = 0; i < s.len; i++)
		if (s.at[i] != '.' && (s.at[i] < '0' || s.at[i] > '9'))
			return false;
	return true;
}

/* An address, one of IPv6 also with its %scope. */
static bool is_server(struct slice s)
{
	const char *percent = memchr(s.at, '%', s.len);
	struct slice host = {s.at, percent ? (size_t)(percent - s.at) : s.len};
	struct addr a;

	if (addr_parse(host.at, host.len, &a) < 0)
		return false;
	return !percent || (a.family == AF_INET6 && s.len > host.len + 1);
}

/* Words that are no domain, though they have the form of one, and what is meant by them. */
static const char *dns_word_advice(struct slice s)
{
	static const char nothing[] =
		"delete the line: without it the name servers stay as they are";
	static const struct {
		const char *word, *advice;
	} words[] = {
		{"none", nothing},  {"off", nothing},
		{"false", nothing}, {"null", nothing},
		{"auto", nothing},  {"default", nothing},
		{"dhcp", nothing},  {"localhost", "write 127.0.0.1 or ::1"},
	};

	for (size_t i = 0; i < sizeof(words) / sizeof(words[0]); i++)
		if (slice_is(s, words[i].word))
			return words[i].advice;
	return NULL;
}

/* A domain to be searched, which may be a wildcard to the DNS; behind ~ one that names are only
 * routed by, of which the root is one (systemd.network(5), Domains=). */
static bool is_search(struct slice s)
{
	bool routes = s.at[0] == '~';
	size_t skip = routes ? 1 : s.len > 2 && memcmp(s.at, "*.", 2) == 0 ? 2 : 0;
	struct slice name = {s.at + skip, s.len - skip};

	return (routes && name.len == 1 && name.at[0] == '.') ||
	       (name_plausible(name) && !dns_word_advice(name));
}

static void refuse_dns(struct parser *p, struct slice item)
{
	const char *advice = dns_word_advice(item);

	if (looks_like_server(item))
		parse_not(p, item, "an IP address",
			  "write the server's address without a port, as in 192.0.2.53 or "
			  "2001:db8::53; a search domain has no colon");
	else if (advice)
		parse_error(p, item, advice, "\"%.*s\" is no name server", SLICE_ARG(item));
	else
		parse_not(p, item, "an IP address or a domain",
			  contains(item, ';') ? "put a comma between two of them"
					      : name_advice(item));
}

int quick_dns(struct parser *p)
{
	const struct scan_line *line = p->line;
	struct slice rest = line->value, item;
	int r = 0;

	if (list_is_emptied(p)) {
		conf_texts_release(&p->conf->dns_servers);
		conf_texts_release(&p->conf->dns_search);
	}
	while (r == 0 && list_next_quick(&rest, &item)) {
		if (is_server(item))
			r = add_text(p, &p->conf->dns_servers, item);
		else if (!looks_like_server(item) && is_search(item))
			r = add_text(p, &p->conf->dns_search, item);
		else
			refuse_dns(p, item);
	}
	return r;
}

int quick_mtu(struct parser *p)
{
	const struct scan_line *line = p->line;
	uint64_t mtu = 0;

	if (line->value.len && number_read(line->value, 0, INT32_MAX, &mtu) < 0) {
		parse_not(p, line->value, "an MTU", "write a number of bytes, like 1420");
		return 0;
	}
	p->conf->mtu = (uint32_t)mtu;
	p->conf->mtu_line = line->value.len ? line->number : 0;
	if (line->value.len)
		p->conf->mtu_col = (uint32_t)(line->value.at - line->text.at) + 1;
	return 0;
}

static void set_table(struct conf *conf, enum conf_table_kind kind, uint32_t number, uint32_t line)
{
	free(conf->table_name);
	conf->table_name = NULL;
	conf->table_kind = kind;
	conf->table = number;
	conf->table_line = line;
}

int quick_table(struct parser *p)
{
	const struct scan_line *line = p->line;
	const struct slice v = line->value;
	uint64_t number;

	if (!v.len) {
		set_table(p->conf, TABLE_AUTO, 0, 0);
		return 0;
	}
	if (slice_is(v, "auto") || slice_is(v, "off")) {
		/* wg-quick compares the case of these, and of nothing else (linux.bash:105,171). */
		bool off = v.len == 3;
		const char *lower = off ? "off" : "auto";

		if (memcmp(v.at, lower, v.len) != 0)
			parse_error(p, v, off ? "write Table = off" : "write Table = auto",
				    "%s has to be in lower case", lower);
		set_table(p->conf, off ? TABLE_OFF : TABLE_AUTO, 0, line->number);
		return 0;
	}
	int r = number_read(v, 0, UINT32_MAX, &number);
	if (r == -ERANGE) {
		parse_error(p, v, NULL, "routing tables are numbered from 1 to 4294967295");
		return 0;
	}
	if (r == 0) {
		/* The kernel's RT_TABLE_UNSPEC, by which it means main. */
		set_table(p->conf, TABLE_NUMBER, number ? (uint32_t)number : RT_TABLE_MAIN,
			  line->number);
		return 0;
	}
	set_table(p->conf, TABLE_NAME, 0, line->number);
	p->conf->table_name = mem_strndup(v.at, v.len);
	return p->conf->table_name ? 0 : diag_no_memory(p->d);
}

int quick_save_config(struct parser *p)
{
	const struct scan_line *line = p->line;
	bool yes = slice_is(line->value, "true");

	if (!line->value.len)
		parse_error(p, line->text, "write SaveConfig = true or SaveConfig = false",
			    "SaveConfig without a value");
	else if (!yes && !slice_is(line->value, "false"))
		parse_not(p, line->value, "true or false",
			  "write SaveConfig = true or SaveConfig = false");
	p->conf->save_config = yes;
	return 0;
}

int quick_hook(struct parser *p)
{
	const struct scan_line *line = p->line;
	enum conf_hook_kind kind = p->id == KEY_PRE_UP     ? HOOK_PRE_UP
				   : p->id == KEY_POST_UP  ? HOOK_POST_UP
				   : p->id == KEY_PRE_DOWN ? HOOK_PRE_DOWN
							   : HOOK_POST_DOWN;

	p->hook = line->full_value;
	p->hook_id = p->id;
	p->hook_end = line->number;
	p->hook_goes_on = false;
	if (p->file > 0 && !line->full_value.len) {
		conf_texts_release(&p->conf->hooks[kind]);
		return 0;
	}
	struct slice command = line->full_value;
	bool may_fail = line_take_dash(&command);
	if (may_fail && !command.len) {
		parse_error(p, line->full_value, "write the command behind it, or delete the line",
			    "a - without a command");
		return 0;
	}
	int r = may_fail ? parse_own(p, true) : 0;
	if (r == 0)
		r = add_text(p, &p->conf->hooks[kind], command);
	if (r == 0)
		vec_last(&p->conf->hooks[kind])->may_fail = may_fail;
	return r;
}

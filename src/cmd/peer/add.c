// SPDX-License-Identifier: GPL-2.0-or-later
// wgq peer add: a new peer, and the configuration that it is given.
#include <errno.h>
#include <limits.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <time.h>
#include <unistd.h>

#include "wgq/base/date.h"
#include "wgq/base/mem.h"
#include "wgq/cmd/peer/handout.h"
#include "wgq/cmd/peer/peer.h"
#include "wgq/cmd/show.h"
#include "wgq/cmd/terminal/qr.h"
#include "wgq/conf/parse/keys.h"
#include "wgq/conf/parse/parse.h"
#include "wgq/conf/save/peer_edit.h"
#include "wgq/net/key_addr.h"
#include "wgq/net/prefix_set.h"
#include "wgq/net/subnet.h"
#include "wgq/sys/file/config_text.h"
#include "wgq/sys/file/file.h"
#include "wgq/sys/host/random.h"

enum { KEEPALIVE = 25 };

struct add {
	const struct options *options;
	const char *name;
	struct key private_key; /* zero: the peer keeps its own */
	struct wg_peer peer;    /* as this host has it */
	int64_t expires;
	struct prefix_vec given,
		addrs;         /* --address; the peer's, with the length of their network */
	struct buf endpoint;   /* how it reaches us; empty: not known */
	bool keeps_endpoint;   /* it is new in the file */
	struct buf path, real; /* of the drop-in */
	struct buf text;       /* of its configuration */
};

static void add_release(struct add *a)
{
	key_wipe(&a->private_key);
	wg_peer_release(&a->peer);
	vec_release(&a->given);
	vec_release(&a->addrs);
	buf_release(&a->endpoint);
	buf_release(&a->path);
	buf_release(&a->real);
	buf_release(&a->text);
}

/* ---- what was typed ---- */

/* They go into a file as they are. */
static int check_values(const struct options *o, struct diag *d)
{
	const char *const values[] = {o->peer.public_key, o->peer.address, o->peer.allowed_ips,
				      o->peer.keepalive,  o->peer.mtu,     o->dns};

	for (size_t i = 0; i < sizeof(values) / sizeof(values[0]); i++)
		if (values[i] && (!*values[i] || strpbrk(values[i], "\r\n#")))
			return diag_refuse(d, EINVAL, "`%s' cannot be a value", values[i]);
	return 0;
}

static int read_address(struct add *a, struct diag *d)
{
	const char *list = a->options->peer.address;
	struct slice rest = {list, list ? strlen(list) : 0}, item;

	while (list_next_quick(&rest, &item)) {
		struct prefix *added = vec_push(&a->given);

		if (!added)
			return diag_no_memory(d);
		if (prefix_parse(item.at, item.len, added) < 0)
			return diag_refuse(d, EINVAL, "--address: `%.*s' is not an address",
					   SLICE_ARG(item));
	}
	return 0;
}

/* "30d", "12h", or a date. */
static int read_expires(struct add *a, int64_t now, struct diag *d)
{
	static const struct {
		char unit;
		int64_t seconds;
	} units[] = {{'m', 60}, {'h', 3600}, {'d', 86400}, {'w', 7 * 86400}};
	const char *text = a->options->peer.expires;
	size_t n = text ? strlen(text) : 0;
	uint64_t number;

	if (!text)
		return 0;
	for (size_t i = 0; n && i < sizeof(units) / sizeof(units[0]); i++)
		if (text[n - 1] == units[i].unit &&
		    number_read((struct slice){text, n - 1}, 10, 100000, &number) == 0)
			a->expires = now + (int64_t)number * units[i].seconds;
	if (!a->expires && date_read(text, n, &a->expires) < 0) {
		diag_refuse(d, EINVAL, "--expires: `%s' is neither a duration nor a date", text);
		diag_hint(d, "write 30d, 12h, 90m, 2w, 2026-12-31 or 2026-12-31T18:00Z");
		return -EINVAL;
	}
	if (a->expires <= now)
		return diag_refuse(d, EINVAL, "--expires: `%s' is in the past", text);
	return 0;
}

static int make_keys(struct add *a, struct diag *d)
{
	const char *given = a->options->peer.public_key;
	int r = random_fill(a->peer.preshared_key.bytes, KEY_LEN, d);

	if (r == 0 && given) {
		if (key_from_base64(given, strlen(given), &a->peer.public_key) < 0)
			return diag_refuse(d, EINVAL, "--public-key: `%s' is not a key", given);
		return 0;
	}
	if (r == 0)
		r = random_fill(a->private_key.bytes, KEY_LEN, d);
	key_clamp(&a->private_key);
	key_public(&a->private_key, &a->peer.public_key);
	return r;
}

/* ---- addresses ---- */

/* All that somebody has: sorted. */
static int find_used(const struct roster *roster, struct prefix_vec *ret)
{
	struct prefix_set set = {0};
	int r = 0;

	vec_each(addr, &roster->conf.addresses) {
		const struct prefix host = {addr->prefix.addr, addr_bits(&addr->prefix.addr)};

		r = r == 0 ? prefix_set_add(&set, &host) : r;
	}
	vec_each(peer, roster)
		vec_each(ip, &peer->peer->allowed_ips) {
			struct prefix p = ip->prefix;

			prefix_mask(&p);
			r = r == 0 ? prefix_set_add(&set, &p) : r;
		}
	prefix_set_sort(&set);
	*ret = (struct prefix_vec){.at = set.at, .len = set.len, .cap = set.cap};
	return r;
}

static int take_address(struct add *a, const struct prefix *host, uint8_t len)
{
	struct allowed_ip *ip = vec_push(&a->peer.allowed_ips);
	struct prefix *addr = vec_push(&a->addrs);

	if (!ip || !addr)
		return -ENOMEM;
	ip->prefix = *host;
	*addr = (struct prefix){host->addr, len};
	return 0;
}

/* The length of the interface's network that has the address. */
static uint8_t network_len(const struct conf *conf, const struct prefix *host)
{
	vec_each(own, &conf->addresses)
		if (prefix_covers(&own->prefix, host))
			return own->prefix.len;
	return host->len;
}

static int take_given(struct add *a, const struct roster *roster, const struct prefix_vec *used,
		      struct diag *d)
{
	vec_each(given, &a->given) {
		const struct prefix host = {given->addr, addr_bits(&given->addr)};
		char text[ADDR_TEXT_MAX];

		addr_format(&host.addr, text);
		vec_each(other, used)
			if (prefix_equal(other, &host))
				return diag_refuse(d, EEXIST, "%s is in use in %s", text,
						   roster->conf.path);
		if (take_address(a, &host, network_len(&roster->conf, &host)) < 0)
			return diag_no_memory(d);
	}
	return 0;
}

static int refuse_full(const struct prefix *network, struct diag *d)
{
	char text[PREFIX_TEXT_MAX];

	prefix_format(network, text);
	diag_refuse(d, ENOSPC, "no address of %s is free", text);
	diag_hint(d, "give one with --address, or a larger network to the interface");
	return -ENOSPC;
}

/* The next free address of each network of the interface. */
static int take_free(struct add *a, const struct roster *roster, const struct prefix_vec *used,
		     struct diag *d)
{
	const struct link_addr_vec *own = &roster->conf.addresses;

	for (size_t i = 0; i < own->len; i++) {
		struct prefix network = own->at[i].prefix, host;
		bool again = false;

		prefix_mask(&network);
		for (size_t k = 0; k < i; k++)
			again |= prefix_covers(&own->at[k].prefix, &network) ||
				 prefix_covers(&network, &own->at[k].prefix);
		if (again || network.len == addr_bits(&network.addr) ||
		    addr_is_link_local(&network.addr))
			continue;
		if (subnet_choose_host(&network, used, &host) < 0)
			return refuse_full(&network, d);
		if (take_address(a, &host, network.len) < 0)
			return diag_no_memory(d);
	}
	if (a->addrs.len || roster->conf.address_from_key.len)
		return 0;
	diag_refuse(d, EADDRNOTAVAIL, "%s has no network to choose an address from",
		    roster->conf.path);
	diag_hint(d, "give one with --address, or a network to the interface: Address = "
		     "10.7.0.1/24");
	return -EADDRNOTAVAIL;
}

static int choose_addresses(struct add *a, const struct roster *roster, struct diag *d)
{
	_cleanup_(subnets_release) struct prefix_vec used = {0};
	int r = find_used(roster, &used) < 0 ? diag_no_memory(d) : 0;

	a->addrs.len = a->peer.allowed_ips.len = 0;
	if (r == 0)
		r = a->given.len ? take_given(a, roster, &used, d) : take_free(a, roster, &used, d);
	return r;
}

/* ---- the text of the file ---- */

static void hint_enable(const struct add *a, const struct roster_peer *peer, struct diag *d)
{
	_cleanup_buf_ struct buf key = {0}, words = {0};

	key_add(&peer->peer->public_key, &key);
	buf_shell_word(&words, a->options->args[0]);
	buf_char(&words, ' ');
	buf_shell_word(&words, peer->name ? peer->name : buf_text(&key));
	diag_hint(d, "it is disabled: wgq peer enable %s", buf_text(&words));
}

static int refuse_known(const struct add *a, const struct roster *roster, struct diag *d)
{
	vec_each(peer, roster) {
		bool same_key = key_equal(&peer->peer->public_key, &a->peer.public_key);

		if (!same_key && (!peer->name || strcmp(peer->name, a->name) != 0))
			continue;
		diag_refuse(d, EEXIST, "%s has a peer %s already", roster->conf.path,
			    same_key ? "with this key" : a->name);
		if (peer->is_disabled)
			hint_enable(a, peer, d);
		return -EEXIST;
	}
	return 0;
}

/* The port is the file's, else the one that runs. */
static int find_port(struct peer_change *c, const struct conf *conf, uint16_t *ret, struct diag *d)
{
	const struct observe_query query = {.ifname = c->next.path.ifname, .what = LOOK_DEVICE};
	_cleanup_snap_ struct snap snap = {0};

	*ret = conf->wg.listen_port;
	if (*ret)
		return 0;
	int r = world_observe(c->session.world, &query, &snap, d);
	*ret = snap.wg.listen_port;
	return r;
}

static int choose_endpoint(struct add *a, struct peer_change *c, const struct conf *conf,
			   struct diag *d)
{
	const char *given = a->options->endpoint, *known = conf->public_endpoint.text;
	uint16_t port = 0;

	buf_clear(&a->endpoint);
	a->keeps_endpoint = false;
	if (!given && known) {
		buf_str(&a->endpoint, known);
		return 0;
	}
	int r = find_port(c, conf, &port, d);
	if (r < 0)
		return r;
	/* A port that is given comes with it. */
	if (port || given)
		r = handout_endpoint(given, &port, &a->endpoint, d);
	if (r == 0 && !port) {
		buf_clear(&a->endpoint);
		diag_warn(d, "%s has no ListenPort, so the peer gets no Endpoint",
			  c->next.path.given);
		diag_hint(d, "give one with --endpoint=HOST:PORT");
		return 0;
	}
	a->keeps_endpoint = given && (!known || strcmp(known, buf_text(&a->endpoint)) != 0);
	return r;
}

/* Its name is that of the peer, as far as it can be that of a file. */
static int choose_file(struct add *a, const struct peer_change *c, struct diag *d)
{
	_cleanup_buf_ struct buf folder = {0}, real = {0}, name = {0};
	int r = config_text_find_folder(&c->next.path, &folder, &real, d);

	if (r < 0 || !folder.len)
		return r;
	for (const char *s = a->name; *s; s++) {
		bool plain = (*s >= 'a' && *s <= 'z') || (*s >= 'A' && *s <= 'Z') ||
			     (*s >= '0' && *s <= '9') || *s == '-' || *s == '_' ||
			     (*s == '.' && s > a->name);

		buf_char(&name, plain ? *s : '-');
	}
	for (unsigned int number = 1; number; number++) {
		buf_clear(&a->path);
		buf_clear(&a->real);
		buf_addf(&a->path, "%s%s", buf_text(&folder), buf_text(&name));
		buf_addf(&a->real, "%s%s", buf_text(&real), buf_text(&name));
		if (number > 1) {
			buf_addf(&a->path, "-%u", number);
			buf_addf(&a->real, "-%u", number);
		}
		buf_str(&a->path, ".conf");
		buf_str(&a->real, ".conf");
		if (buf_status(&a->path) < 0 || buf_status(&a->real) < 0)
			return diag_no_memory(d);
		if (access(buf_text(&a->real), F_OK) < 0)
			break;
	}
	return 0;
}

static int edit(struct peer_change *c, const struct roster *roster, struct config_text *ret,
		struct diag *d)
{
	struct add *a = c->context;
	struct key *key = vec_push(&c->keys);
	int r = key ? refuse_known(a, roster, d) : diag_no_memory(d);

	if (r < 0)
		return r;
	*key = a->peer.public_key;
	r = choose_addresses(a, roster, d);
	if (r == 0)
		r = choose_endpoint(a, c, &roster->conf, d);
	if (r == 0)
		r = choose_file(a, c, d);
	const struct peer_new new = {
		.name = a->name,
		.peer = &a->peer,
		.expires = a->expires,
		.path = a->path.len ? buf_text(&a->path) : NULL,
		.real = buf_text(&a->real),
		.public_endpoint = a->keeps_endpoint ? buf_text(&a->endpoint) : NULL,
	};
	return r == 0 ? peer_edit_add(&c->before, roster, &new, ret, d) : r;
}

/* ---- the configuration that it is given ---- */

static void add_item(struct buf *list, const struct prefix *p)
{
	buf_str(list, list->len ? ", " : "");
	prefix_add(p, list);
}

static void add_networks(const struct conf *conf, struct buf *list)
{
	for (size_t i = 0; i < conf->addresses.len; i++) {
		struct prefix network = conf->addresses.at[i].prefix;
		bool again = false;

		prefix_mask(&network);
		for (size_t k = 0; k < i; k++)
			again |= prefix_covers(&conf->addresses.at[k].prefix, &network);
		if (!again)
			add_item(list, &network);
	}
}

static void add_allowed(const struct add *a, const struct conf *conf, struct buf *list)
{
	static const struct prefix all[] = {{{AF_INET, {0}}, 0}, {{AF_INET6, {0}}, 0}};
	const char *asked = a->options->peer.allowed_ips;

	if (!asked || strcmp(asked, "network") == 0)
		add_networks(conf, list);
	else if (strcmp(asked, "all") != 0)
		buf_str(list, asked);
	else
		for (size_t i = 0; i < 2; i++)
			if (addrs_have_family(&conf->addresses, all[i].addr.family))
				add_item(list, &all[i]);
}

static void add_addresses(const struct add *a, const struct conf *conf, struct buf *list)
{
	vec_each(addr, &a->addrs)
		add_item(list, addr);
	vec_each(in, &conf->address_from_key) {
		struct prefix own = {.len = in->prefix.len};

		key_addr(&a->peer.public_key, &in->prefix, &own.addr);
		add_item(list, &own);
	}
}

static void add_key(struct buf *out, const char *name, const struct key *key)
{
	char text[KEY_BASE64_LEN + 1];

	key_to_base64(key, text);
	buf_addf(out, "%s = %s\n", name, text);
	mem_wipe(text, sizeof(text));
}

static int write_text(struct add *a, const struct conf *conf)
{
	const struct peer_options *o = &a->options->peer;
	_cleanup_buf_ struct buf addrs = {0}, allowed = {0};
	struct buf *out = &a->text;
	struct key own;

	add_addresses(a, conf, &addrs);
	add_allowed(a, conf, &allowed);
	key_public(&conf->wg.private_key, &own);
	buf_clear(out);
	buf_addf(out, "[Interface]\nAddress = %s\n", buf_text(&addrs));
	if (key_is_zero(&a->private_key))
		buf_str(out, "# PrivateKey = the one that only the peer has\n");
	else
		add_key(out, "PrivateKey", &a->private_key);
	if (a->options->dns)
		buf_addf(out, "DNS = %s\n", a->options->dns);
	if (o->mtu)
		buf_addf(out, "MTU = %s\n", o->mtu);
	buf_str(out, "\n[Peer]\n");
	add_key(out, "PublicKey", &own);
	add_key(out, "PresharedKey", &a->peer.preshared_key);
	if (a->endpoint.len)
		buf_addf(out, "Endpoint = %s\n", buf_text(&a->endpoint));
	buf_addf(out, "AllowedIPs = %s\n", buf_text(&allowed));
	if (!o->keepalive)
		buf_addf(out, "PersistentKeepalive = %d\n", KEEPALIVE);
	else if (strcmp(o->keepalive, "0") != 0)
		buf_addf(out, "PersistentKeepalive = %s\n", o->keepalive);
	return addrs.failed || allowed.failed ? -ENOMEM : buf_status(out);
}

/* What was typed is judged where it stands, as in every configuration. */
static int prepare(struct peer_change *c, struct diag *d)
{
	struct add *a = c->context;
	_cleanup_conf_ struct conf conf = {0};

	if (!c->next.conf.wg.has_private_key) {
		diag_refuse(d, EINVAL, "%s has no PrivateKey, so the peer cannot know this host",
			    c->next.path.given);
		return -EINVAL;
	}
	if (write_text(a, &c->next.conf) < 0)
		return diag_no_memory(d);
	int r = conf_parse("the peer's configuration", "peer", buf_text(&a->text), a->text.len,
			   &conf, d);
	_cleanup_buf_ struct buf why = {0}, hint = {0};
	if (r == 0 && (conf_mtu_excludes(&conf, AF_INET6, &why, &hint) ||
		       conf_mtu_excludes(&conf, AF_INET, &why, &hint)))
		return diag_refuse(d, EINVAL, "--mtu: %s", buf_text(&why));
	return r;
}

static void tell(const struct add *a, const struct conf *conf)
{
	_cleanup_buf_ struct buf line = {0};

	buf_addf(&line, "added `%s':", a->name);
	vec_each(ip, &a->peer.allowed_ips) {
		buf_char(&line, ' ');
		addr_add(&ip->prefix.addr, &line);
	}
	vec_each(in, &conf->address_from_key) {
		struct addr own;

		key_addr(&a->peer.public_key, &in->prefix, &own);
		buf_char(&line, ' ');
		addr_add(&own, &line);
	}
	show_line(buf_text(&line));
	buf_clear(&line);
	if (a->options->output)
		buf_addf(&line, "its configuration is in `%s', and kept nowhere else",
			 a->options->output);
	else
		buf_str(&line, "its configuration, which is kept nowhere else:");
	show_line(buf_text(&line));
}

static int write_picture(const struct add *a, struct diag *d)
{
	_cleanup_buf_ struct buf picture = {.secret = true};
	enum qr_format format;
	int r = qr_format_of(a->options->qr, &format);

	if (r == 0)
		r = qr_picture(format, buf_text(&a->text), a->text.len, &picture, d);
	if (r == 0 && buf_status(&picture) < 0)
		r = diag_no_memory(d);
	return r == 0 ? file_create(a->options->qr, buf_text(&picture), picture.len, d) : r;
}

/* Its keys are handed out once or never: without that it is of no use. */
static int hand_out(struct peer_change *c, struct diag *d)
{
	const struct add *a = c->context;
	const struct options *o = a->options;
	_cleanup_buf_ struct buf out = {.secret = true};
	bool shows_code = !o->output || ((o->given & OPTION_QR) && !o->qr);
	int r;

	if (!o->output)
		buf_mem(&out, buf_text(&a->text), a->text.len);
	r = shows_code ? handout_qr(o, &a->text, &out, d) : 0;
	if (r == 0 && o->qr)
		r = write_picture(a, d);
	if (r < 0)
		return r;
	if (o->output)
		r = file_create(o->output, buf_text(&a->text), a->text.len, d);
	if (r == 0) {
		show_diag(d);
		tell(a, &c->next.conf);
		r = show_whole(&out, d);
		if (r < 0 && o->output)
			unlink(o->output);
	}
	if (r < 0 && o->qr)
		unlink(o->qr);
	return r;
}

static int read_values(struct add *a, struct diag *d)
{
	enum qr_format format;
	int r = peer_name_check(a->name, d);

	if (r == 0)
		r = check_values(a->options, d);
	if (r == 0)
		r = read_address(a, d);
	if (r == 0)
		r = read_expires(a, time(NULL), d);
	if (r == 0 && a->options->qr && qr_format_of(a->options->qr, &format) < 0)
		r = diag_refuse(d, EINVAL, "--qr: `%s' ends neither in .png nor in .svg",
				a->options->qr);
	return r == 0 ? make_keys(a, d) : r;
}

int peer_add(const struct options *options, struct diag *d)
{
	_cleanup_(add_release) struct add a = {
		.options = options, .name = options->args[1], .text.secret = true};
	struct peer_change change = {.options = options,
				     .edit = edit,
				     .prepare = prepare,
				     .done = hand_out,
				     .context = &a};

	return read_values(&a, d) < 0 ? STATUS_FAILED : peer_change_run(&change, d);
}

// SPDX-License-Identifier: GPL-2.0-or-later
// The text of a configuration with the values of the running tunnel; here those of [Interface].
#include "wgq/conf/save/save.h"
#include "wgq/net/walls.h"

#include <errno.h>
#include <string.h>
#include <sys/socket.h>

#include "internal.h"
#include "wgq/base/mem.h"
#include "wgq/conf/parse/parse.h"
#include "wgq/net/prefix_set.h"

/* The line that counts, of all [Interface] sections; NULL: none. */
static const struct save_line *interface_line(const struct saver *s, enum key_id id)
{
	const struct save_line *last = NULL;

	vec_each(section, &s->layout.sections) {
		const struct save_line *line = layout_last(&s->layout, section, id);

		if (line && section->kind == SECTION_INTERFACE)
			last = line;
	}
	return last;
}

/* New keys are collected for the end of the section. */
static void set_value(struct saver *s, const struct save_line *line, const char *key,
		      const char *value, struct buf *new_keys)
{
	_cleanup_buf_ struct buf text = {.secret = true};

	if (!line) {
		buf_addf(new_keys, "%s = %s\n", key, value);
		return;
	}
	buf_str(&text, value);
	edit_value(&s->edit, line, &text);
}

/* A tunnel that has lost its key is no reason to delete the only copy. */
static void save_private_key(struct saver *s, struct buf *new_keys)
{
	const struct wg_device *device = s->now->device;
	char text[KEY_BASE64_LEN + 1];

	if (!device->has_private_key || hooks_set(&s->conf->effects, NULL, "private-key"))
		return;
	if (s->conf->wg.has_private_key &&
	    key_same_private(&s->conf->wg.private_key, &device->private_key))
		return;
	key_to_base64(&device->private_key, text);
	set_value(s, interface_line(s, KEY_PRIVATE_KEY), "PrivateKey", text, new_keys);
	mem_wipe(text, sizeof(text));
}

static void set_number(struct saver *s, const struct save_line *line, uint32_t number)
{
	_cleanup_buf_ struct buf text = {0};

	buf_addf(&text, "%u", number);
	edit_value(&s->edit, line, &text);
}

/* ListenPort = 0 asks for a port of the kernel's choice, and has got it. */
static void save_listen_port(struct saver *s)
{
	const struct wg_device *wanted = &s->conf->wg, *device = s->now->device;
	const struct save_line *line = interface_line(s, KEY_LISTEN_PORT);

	if (line && wanted->has_listen_port && wanted->listen_port && device->listen_port &&
	    wanted->listen_port != device->listen_port &&
	    !hooks_set(&s->conf->effects, NULL, "listen-port"))
		set_number(s, line, device->listen_port);
}

static void save_fwmark(struct saver *s, struct buf *new_keys)
{
	uint32_t wanted = s->conf->wg.fwmark, mark = s->now->device->fwmark;
	const struct save_line *line = interface_line(s, KEY_FWMARK);
	_cleanup_buf_ struct buf text = {0};

	if (mark == wanted || (s->conf->kill_switch && mark == walls_mark(s->conf->ifname)) ||
	    (!wanted && s->now->automatic_fwmark) || hooks_set(&s->conf->effects, NULL, "fwmark"))
		return;
	if (mark)
		buf_addf(&text, "0x%x", mark);
	else
		buf_str(&text, "off");
	set_value(s, line, "FwMark", buf_text(&text), new_keys);
}

static void save_mtu(struct saver *s)
{
	const struct save_line *line = interface_line(s, KEY_MTU);

	if (!line || !s->conf->mtu_line || !s->now->mtu || s->now->mtu == s->conf->mtu ||
	    hooks_set_mtu(&s->conf->effects, s->now->mtu))
		return;
	/* With the IPv6 that stays in the file it could not be brought up any more. */
	if (s->now->mtu < IPV6_MTU_MIN && conf_carries(s->conf, AF_INET6))
		diag_warn(s->d, "the MTU %u is not saved: with it there is no IPv6, which %s has",
			  s->now->mtu, s->conf->path);
	else
		set_number(s, line, s->now->mtu);
}

/* ---- Address ---- */

/* Nothing asked for it, or what asked for it will do so again without the file. */
static bool comes_by_itself(const struct saver *s, const struct link_addr *addr)
{
	return addr->protocol == ADDR_PROTOCOL_KERNEL_RA ||
	       addr_is_kernels(addr, s->now->addrs, s->now->userspace) ||
	       hooks_add_addr(&s->conf->effects, HOOKS_AT_ALL, &addr->prefix.addr);
}

/* The file's addresses, one after the other. */
struct address_cursor {
	const struct saver *s;
	const struct prefix_set *running;
	size_t next;
};

static bool keeps_address(void *context)
{
	struct address_cursor *c = context;

	if (c->next >= c->s->conf->addresses.len)
		return true;
	const struct prefix *prefix = &c->s->conf->addresses.at[c->next++].prefix;

	return prefix_set_has(c->running, prefix) ||
	       (prefix->addr.family == AF_INET6 && !c->s->now->has_ipv6);
}

/* Of one line: leaves it alone unless an address is gone or one is to be added. */
static void save_address_line(struct saver *s, const struct save_line *line,
			      struct address_cursor *cursor, const struct buf *added)
{
	const struct link_addr_vec *addrs = &s->conf->addresses;
	struct address_cursor ahead = *cursor;
	bool all = true;

	while (ahead.next < addrs->len && addrs->at[ahead.next].line == line->number)
		all &= keeps_address(&ahead);
	if (!all || added->len)
		edit_list(&s->edit, line, keeps_address, cursor, added);
	cursor->next = ahead.next;
}

static int save_addresses(struct saver *s, struct buf *new_keys)
{
	_cleanup_prefix_set_ struct prefix_set running = {0}, wanted = {0};
	struct address_cursor cursor = {.s = s, .running = &running};
	const struct save_line *last = interface_line(s, KEY_ADDRESS);
	_cleanup_buf_ struct buf added = {0};
	const struct buf nothing = {0};

	if (prefix_set_of_addrs(s->now->addrs, &running) < 0 ||
	    prefix_set_of_addrs(&s->conf->addresses, &wanted) < 0)
		return diag_no_memory(s->d);
	vec_each(addr, s->now->addrs)
		if (!prefix_set_has(&wanted, &addr->prefix) && !comes_by_itself(s, addr))
			edit_add_prefix(&added, &addr->prefix);
	vec_each(line, &s->layout.lines)
		if (line->id == KEY_ADDRESS)
			save_address_line(s, line, &cursor, line == last ? &added : &nothing);
	if (!last && added.len)
		buf_addf(new_keys, "Address = %s\n", added.data);
	new_keys->failed |= added.failed;
	return 0;
}

/* ---- all of it ---- */

enum { ROUNDS_MAX = 64 }; /* far more than files need */

static void insert_keys(struct saver *s, struct buf *new_keys)
{
	_cleanup_buf_ struct buf whole = {.secret = true};

	if (!new_keys->len && !new_keys->failed)
		return;
	vec_each(section, &s->layout.sections) {
		if (section->quick && section->at < s->layout.files.at[0].end) {
			edit_insert(&s->edit, section->keys_end, EDIT_NEW_LINE, new_keys);
			return;
		}
	}
	buf_addf(&whole, "[Interface]\n%s\n", buf_text(new_keys));
	whole.failed |= new_keys->failed;
	edit_insert(&s->edit, 0, EDIT_ANYWHERE, &whole);
}

static int save_interface(struct saver *s)
{
	_cleanup_buf_ struct buf new_keys = {.secret = true};

	save_private_key(s, &new_keys);
	save_listen_port(s);
	save_fwmark(s, &new_keys);
	save_mtu(s);
	int r = save_addresses(s, &new_keys);
	if (r == 0)
		insert_keys(s, &new_keys);
	return r;
}

/* The text with all changes made; *ret_changed: there are some. */
static int save(const struct config_text *text, const struct conf *conf,
		const struct save_state *now, struct config_text *ret, bool *ret_changed,
		struct diag *d)
{
	struct saver s = {.conf = conf, .now = now, .d = d, .edit.layout = &s.layout};
	int r = layout_init(&s.layout, text, conf, d);

	if (r == 0)
		r = save_interface(&s);
	if (r == 0)
		r = save_peers(&s);
	if (r == 0)
		r = edit_apply(&s.edit, &text->files, ret, d);
	*ret_changed = s.edit.len > 0;
	edit_release(&s.edit);
	layout_release(&s.layout);
	return r;
}

/* Whoever reads the new text has to find what is running: there is no second copy of the old. It
 * may take another round: the last list of a section says whether it replaces those of the peer's
 * sections before (config.c:461), which a +IP or a list that goes can change. */
static int settle(struct config_text *text, const struct conf *old, const struct save_state *now,
		  struct diag *d)
{
	for (int round = 0; round < ROUNDS_MAX; round++) {
		_cleanup_conf_ struct conf conf = {0};
		_cleanup_diag_ struct diag unused = {0};
		_cleanup_config_text_ struct config_text last = *text;
		bool changed = false;

		*text = (struct config_text){.text.secret = true};
		int r = conf_parse_apart(&last.files, old->ifname, buf_text(&last.text), &conf,
					 &unused);
		if (r == 0)
			r = save(&last, &conf, now, text, &changed, &unused);
		if (r == -ENOMEM)
			return diag_no_memory(d);
		if (r < 0)
			break;
		if (!changed)
			return 0;
	}
	return diag_refuse(d, EPROTO,
			   "%s cannot be saved: the new text would not say what is running "
			   "(please report this)",
			   old->path);
}

int conf_save(const struct config_text *text, const struct conf *conf, const struct save_state *now,
	      struct config_text *ret, struct diag *d)
{
	bool changed = false;

	ret->text.secret = true;
	int r = save(text, conf, now, ret, &changed, d);
	return r == 0 && changed ? settle(ret, conf, now, d) : r;
}

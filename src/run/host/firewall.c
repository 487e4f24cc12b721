// SPDX-License-Identifier: GPL-2.0-or-later
// The real world: sets and removes the firewall of a full tunnel, and the walls.
#include <errno.h>
#include <string.h>

#include "wgq/kernel/nft/nft.h"
#include "wgq/sys/file/io.h"
#include "wgq/sys/process/iptables.h"

#include "internal.h"

enum { PORT_WAIT_MS = 2000, PORT_STEP_MS = 5 };

/* The kernel lists a new address before those of its scope that were there. */
static bool insert_link_local(struct addr_vec *addrs, const struct addr *addr)
{
	size_t place = 0;

	if (!vec_push(addrs))
		return false;
	while (place + 1 < addrs->len && !addr_is_link_local(&addrs->at[place]))
		place++;
	memmove(&addrs->at[place + 1], &addrs->at[place],
		(addrs->len - 1 - place) * sizeof(addrs->at[0]));
	addrs->at[place] = *addr;
	return true;
}

/* Others of the interface's addresses may be of a reload that is being undone. */
static bool add_addrs(const struct host *h, const struct firewall *firewall,
		      const struct link_addr_vec *found, struct addr_vec *ret)
{
	if (!vec_reserve(ret, firewall->addr_count + found->len))
		return false;
	for (size_t i = 0; i < firewall->addr_count; i++)
		ret->at[ret->len++] = firewall->addrs[i];
	vec_each(own, found)
		if (addr_is_kernels(own, found, h->server == DEVICE_USERSPACE) &&
		    !vec_find(known, ret, addr_compare(known, &own->prefix.addr) == 0) &&
		    !insert_link_local(ret, &own->prefix.addr))
			return false;
	return true;
}

int host_firewall_whole(struct host *h, struct firewall *firewall, struct addr_vec *ret_addrs,
			struct diag *d)
{
	_cleanup_(addrs_release) struct link_addr_vec found = {0};

	int r = rtnetlink_addr_list(h->rtnetlink, h->link.index, &found, d);
	if (r < 0)
		return r;
	if (!add_addrs(h, firewall, &found, ret_addrs))
		return diag_no_memory(d);
	firewall->addrs = ret_addrs->at;
	firewall->addr_count = ret_addrs->len;
	return 0;
}

/* iptables-restore -n adds to what is there. */
static int replace_iptables(struct host *h, const struct firewall *firewall, struct diag *d)
{
	int r = h->has_iptables_rules ? iptables_remove(h->options.ifname, d) : 0;

	if (r < 0)
		return r;
	/* For the undo, before which nothing is observed. */
	h->has_iptables_rules = true;
	return iptables_set(firewall, d);
}

int host_firewall_set(struct host *h, const struct firewall *firewall, struct diag *d)
{
	struct addr_vec addrs = {0};
	struct firewall whole = *firewall;
	/* One that comes back may be of a kind that the new configuration does not need. */
	bool iptables = h->means.firewall == MEANS_FIREWALL_IPTABLES ||
			(h->means.firewall == MEANS_FIREWALL_NONE && h->has_iptables_rules);
	int r = host_firewall_whole(h, &whole, &addrs, d);

	if (r == 0)
		r = iptables ? replace_iptables(h, &whole, d) : nft_install(&whole, d);
	if (r == 0 && h->former_ifname[0]) {
		r = nft_remove(h->former_ifname, d);
		if (r < 0)
			nft_remove(h->options.ifname, NULL);
	}
	vec_release(&addrs);
	return r;
}

/* Either kind may be there, whichever this host would use now. */
int host_firewall_remove(struct host *h, struct diag *d)
{
	int nft = nft_remove(h->former_ifname[0] ? h->former_ifname : h->options.ifname, d);
	int iptables = 0;

	/* One error is enough. */
	if (h->has_iptables_rules)
		iptables = iptables_remove(h->options.ifname, nft < 0 ? NULL : d);

	return nft < 0 ? nft : iptables;
}

/* wireguard-go may open its port after it has answered. */
static int await_port(struct host *h, uint16_t *ret, struct diag *d)
{
	int r = 0;

	for (unsigned int waited = 0; r == 0 && !*ret && waited < PORT_WAIT_MS;
	     waited += PORT_STEP_MS) {
		_cleanup_(wg_device_release) struct wg_device device = {0};

		if (waited)
			io_sleep_ms(PORT_STEP_MS);
		r = device_get(h->options.ifname, h->server, &device, d);
		*ret = device.listen_port;
	}
	if (r == 0 && !*ret)
		r = diag_refuse(d, ETIMEDOUT, "%s is up, but listens on no port",
				h->options.ifname);
	return r;
}

int host_walls_set(struct host *h, const struct walls *walls, struct diag *d)
{
	const char *ifname = h->options.ifname;
	struct walls whole = {0};
	uint16_t port = 0;

	if (!walls_lack_port(walls))
		return nft_walls_install(ifname, walls, d);
	int r = await_port(h, &port, d);
	if (r == 0 && !vec_reserve(&whole, walls->len))
		r = diag_no_memory(d);
	for (size_t i = 0; r == 0 && i < walls->len; i++) {
		whole.at[whole.len++] = walls->at[i];
		if (walls->at[i].chain == WALL_LISTEN)
			whole.at[i].dport = port;
	}
	if (r == 0)
		r = nft_walls_install(ifname, &whole, d);
	vec_release(&whole);
	return r;
}

// SPDX-License-Identifier: GPL-2.0-or-later
// The real world: looks for the firewall of an interface, and whether it is the one wanted.
#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <sys/socket.h>

#include "wgq/base/mem.h"
#include "wgq/kernel/nft/nft.h"
#include "wgq/sys/process/iptables.h"

#include "internal.h"

static bool file_mentions(const char *path, const char *word)
{
	char line[256];
	bool found = false;
	FILE *file = fopen(path, "re");

	while (file && !found && fgets(line, sizeof(line), file))
		found = strncmp(line, word, strlen(word)) == 0;
	if (file)
		fclose(file);
	return found;
}

/* Programs are only run where tables are loaded in which they could find something: the kernel's
 * own, or those that iptables-nft keeps in nf_tables. Who may not see them is told so when the
 * nftables are looked for. */
int host_observe_iptables(struct host *h, struct diag *d)
{
	bool in_nft = false;

	iptables_found_release(&h->iptables);
	h->has_iptables_rules = false;
	if (nft_has_table("mangle", &in_nft, NULL) < 0 ||
	    (!in_nft && !file_mentions("/proc/net/ip_tables_names", "mangle") &&
	     !file_mentions("/proc/net/ip6_tables_names", "mangle")))
		return 0;
	int r = iptables_find(h->options.ifname, &h->iptables, d);
	h->has_iptables_rules = h->iptables.ip || h->iptables.ip6;
	return r;
}

/* Either kind may be there, but not both: one would be left over. */
static int compare_firewall(struct host *h, const struct firewall *firewall, bool in_nft, bool *ret,
			    struct diag *d)
{
	struct addr_vec addrs = {0};
	struct firewall whole = *firewall;

	if (in_nft && h->has_iptables_rules)
		return 0;
	int r = host_firewall_whole(h, &whole, &addrs, d);
	if (r == 0)
		r = in_nft ? nft_matches(&whole, ret, d)
			   : iptables_matches(&h->iptables, &whole, ret, d);
	vec_release(&addrs);
	return r;
}

static int observe_walls(struct host *h, struct snap *snap, struct diag *d)
{
	const char *ifname = h->options.ifname;
	int r = nft_walls_read(ifname, &snap->walls, d);

	return r == 0 ? nft_walls_matches(ifname, &snap->walls, &snap->own_table_is_whole, d) : r;
}

/* linux.bash:190-210 looks for both kinds. What may not be seen is taken to be there. */
int host_observe_firewall(struct host *h, const struct observe_query *query, struct snap *snap,
			  struct diag *d)
{
	unsigned found = 0;
	int r = nft_find(h->options.ifname, &found, d);

	snap->has_own_table = found & NFT_FOUND_OWN;
	if (r == 0 && snap->has_own_table)
		r = observe_walls(h, snap, d);
	found &= ~NFT_FOUND_OWN;
	/* The table has the name that the link had when it came up. Without the mark, what was seen
	 * before stays. */
	if (found)
		h->former_ifname[0] = '\0';
	else if (r == 0 && snap->wg.fwmark)
		r = nft_find_former(snap->wg.fwmark, h->former_ifname, d);
	if (r == 0 && h->former_ifname[0])
		r = nft_find(h->former_ifname, &found, d);
	found &= ~NFT_FOUND_OWN;

	/* It is the number of the rules' table, also when the link or its mark is gone. */
	if (r == 0 && found)
		r = nft_read(h->former_ifname[0] ? h->former_ifname : h->options.ifname,
			     &snap->firewall_mark, &snap->firewall_addrs, d);
	snap->firewall_ip = h->iptables.ip || (found & NFT_FOUND_IP);
	snap->firewall_ip6 = h->iptables.ip6 || (found & NFT_FOUND_IP6);
	snap->has_firewall = r < 0 || found != 0 || h->former_ifname[0] || h->has_iptables_rules;
	if (r == 0 && query->what & LOOK_FIREWALL_RULES && snap->has_firewall &&
	    !h->former_ifname[0])
		r = compare_firewall(h, query->firewall, found != 0, &snap->has_firewall_rules, d);
	return r;
}

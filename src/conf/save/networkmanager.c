// SPDX-License-Identifier: GPL-2.0-or-later
// A configuration as a keyfile of NetworkManager, and what such a file cannot say.
#include "wgq/conf/save/networkmanager.h"

#include <errno.h>
#include <string.h>
#include <sys/socket.h>

#include "wgq/conf/save/write.h"

static const uint8_t families[] = {AF_INET, AF_INET6};

static const char *family_name(uint8_t family)
{
	return family == AF_INET6 ? "IPv6" : "IPv4";
}

/* ---- what is lost ---- */

static void lose(const struct conf *conf, struct diag *lost)
{
	struct place at;

	for (int kind = 0; kind < HOOK_KINDS; kind++)
		vec_each(hook, &conf->hooks[kind]) {
			at = conf_place(conf, hook->line);
			diag_warn_at(lost, &at, "a script in /etc/NetworkManager/dispatcher.d",
				     "NetworkManager runs no hooks of a connection");
		}
	vec_each(own, &conf->own)
		if (!own->is_hook && !conf_own_is_written(own)) {
			at = conf_place(conf, own->line);
			diag_warn_at(lost, &at, NULL, "NetworkManager has nothing like %s",
				     own->key);
		}
	at = conf_place(conf, 0);
	if (conf->save_config)
		diag_warn_at(lost, &at, NULL, "NetworkManager has nothing like SaveConfig");
	vec_each(peer, &conf->wg.peers)
		vec_each(ip, &peer->allowed_ips)
			if (!ip->prefix.len && conf->table_kind == TABLE_AUTO) {
				at = conf_place(conf, ip->line);
				diag_warn_at(lost, &at, "a rule of your own in nftables",
					     "NetworkManager does not keep neighbours from sending "
					     "packets to the addresses of a full tunnel");
			}
	/* A family without an address has no name servers. */
	vec_each(server, &conf->dns_servers)
		if (!addrs_have_family(&conf->addresses,
				       strchr(server->text, ':') ? AF_INET6 : AF_INET)) {
			at = conf_place(conf, server->line);
			diag_warn_at(lost, &at, "an Address of the family",
				     "NetworkManager takes a name server of a family only with an "
				     "address of it");
		}
}

/* ---- what is refused ---- */

/* Without an address of a family NetworkManager adds no routes of it: packets would leave past the
 * tunnel. */
static int check_families(const struct conf *conf, struct diag *d)
{
	for (size_t f = 0; f < sizeof(families) && conf->table_kind == TABLE_AUTO; f++) {
		const struct allowed_ip *found = NULL;

		if (addrs_have_family(&conf->addresses, families[f]))
			continue;
		vec_each(peer, &conf->wg.peers)
			vec_each(ip, &peer->allowed_ips)
				if (!found && ip->prefix.addr.family == families[f])
					found = ip;
		if (found) {
			const struct place at = conf_place(conf, found->line);

			return diag_fail_at(d, &at, "add an Address of the family",
					    "without an %s address NetworkManager adds no %s "
					    "routes, and this would not go into the tunnel",
					    family_name(families[f]), family_name(families[f]));
		}
	}
	return 0;
}

static int check_interface(const struct conf *conf, struct diag *d)
{
	struct place at = conf_place(conf, conf->table_line);

	if (!conf->wg.has_private_key || key_is_zero(&conf->wg.private_key)) {
		at = conf_place(conf, conf->private_key_line);
		return diag_fail_at(d, &at, NULL, "NetworkManager needs a private key");
	}
	if (conf->table_kind == TABLE_NUMBER || conf->table_kind == TABLE_NAME)
		return diag_fail_at(d, &at, "Table = auto or off",
				    "NetworkManager would put the routes of the addresses into "
				    "this table, too");
	if (conf->listen_port.text) {
		at = conf_place(conf, conf->listen_port.line);
		return diag_fail_at(d, &at, "write a number",
				    "NetworkManager takes no name of a "
				    "port");
	}
	vec_each(domain, &conf->dns_search)
		if (domain->text[strcspn(domain->text, ";\\")]) {
			at = conf_place(conf, domain->line);
			return diag_fail_at(d, &at, NULL, "this is no search domain");
		}
	return check_families(conf, d);
}

static int check_peer(const struct conf *conf, const struct wg_peer *peer,
		      const struct wg_peer *last, struct diag *d)
{
	struct place at = conf_place(conf, peer->line);

	if (last && memcmp(&last->public_key, &peer->public_key, sizeof(struct key)) == 0)
		return diag_fail_at(d, &at, "make one section of the two",
				    "the peer has another section");
	if (peer->has_endpoint && endpoint_scope(&peer->endpoint)) {
		at = conf_place(conf, peer->endpoint_line);
		return diag_fail_at(d, &at, NULL,
				    "NetworkManager takes no endpoint with an interface");
	}
	vec_each(ip, &peer->allowed_ips)
		if (ip->remove || !peer->replace_allowed_ips) {
			at = conf_place(conf, ip->line);
			return diag_fail_at(d, &at, "write the whole list",
					    "NetworkManager takes no + and -");
		}
	return 0;
}

static int check_peers(const struct conf *conf, struct diag *d)
{
	struct wg_peer_pointers sorted = {0};
	int r = 0;

	if (wg_peers_sort(&conf->wg.peers, 0, &sorted) < 0)
		return diag_no_memory(d);
	for (size_t i = 0; i < sorted.len && r == 0; i++)
		r = check_peer(conf, sorted.at[i], i ? sorted.at[i - 1] : NULL, d);
	vec_release(&sorted);
	vec_each(endpoint, &conf->endpoints)
		if (r == 0 && endpoint->port[strspn(endpoint->port, "0123456789")]) {
			const struct place at = conf_place(conf, endpoint->line);

			r = diag_fail_at(d, &at, "write a number",
					 "NetworkManager takes no name of a port");
		}
	return r;
}

/* ---- the text ---- */

static void put_key(struct buf *out, const char *before, const struct key *key, const char *after)
{
	char text[KEY_BASE64_LEN + 1];

	key_to_base64(key, text);
	buf_addf(out, "%s%s%s\n", before, text, after);
	mem_wipe(text, sizeof(text));
}

/* *named: the next of the endpoints with names. */
static void put_peer(const struct conf *conf, size_t index, size_t *named, struct buf *out)
{
	const struct wg_peer *peer = &conf->wg.peers.at[index];

	put_key(out, "\n[wireguard-peer.", &peer->public_key, "]");
	if (*named < conf->endpoints.len && conf->endpoints.at[*named].peer == index) {
		const struct conf_endpoint *e = &conf->endpoints.at[(*named)++];

		buf_addf(out, strchr(e->host, ':') ? "endpoint=[%s]:%s\n" : "endpoint=%s:%s\n",
			 e->host, e->port);
	} else if (peer->has_endpoint) {
		buf_str(out, "endpoint=");
		endpoint_format(&peer->endpoint, out);
		buf_char(out, '\n');
	}
	if (!key_is_zero(&peer->preshared_key)) {
		put_key(out, "preshared-key=", &peer->preshared_key, "");
		buf_str(out, "preshared-key-flags=0\n");
	}
	if (peer->keepalive)
		buf_addf(out, "persistent-keepalive=%u\n", peer->keepalive);
	if (peer->allowed_ips.len)
		buf_str(out, "allowed-ips=");
	vec_each(ip, &peer->allowed_ips) {
		prefix_add(&ip->prefix, out);
		buf_char(out, ';');
	}
	if (peer->allowed_ips.len)
		buf_char(out, '\n');
}

/* Name servers are for every name, and for them alone, as with wg-quick: `~.', and a priority below
 * zero. */
static void put_family(const struct conf *conf, uint8_t family, struct buf *out)
{
	unsigned count = 0;

	buf_addf(out, "\n[%s]\n", family == AF_INET6 ? "ipv6" : "ipv4");
	if (!addrs_have_family(&conf->addresses, family)) {
		buf_str(out, "method=disabled\n");
		return;
	}
	buf_str(out, "method=manual\n");
	if (family == AF_INET6)
		buf_str(out, "addr-gen-mode=stable-privacy\n");
	vec_each(addr, &conf->addresses)
		if (addr->prefix.addr.family == family) {
			buf_addf(out, "address%u=", ++count);
			prefix_add(&addr->prefix, out);
			buf_char(out, '\n');
		}
	count = 0;
	vec_each(server, &conf->dns_servers)
		if ((strchr(server->text, ':') != NULL) == (family == AF_INET6))
			buf_addf(out, "%s%s;", count++ ? "" : "dns=", server->text);
	if (count)
		buf_char(out, '\n');
	if (conf->dns_servers.len || conf->dns_search.len) {
		buf_str(out, "dns-priority=-50\ndns-search=");
		vec_each(domain, &conf->dns_search)
			buf_addf(out, "%s;", domain->text);
		buf_str(out, "~.;\n");
	}
}

int conf_export_networkmanager(const struct conf *conf, struct buf *ret_text, struct diag *lost,
			       struct diag *d)
{
	const struct wg_device *wg = &conf->wg;
	size_t named = 0;
	int r = check_interface(conf, d);

	if (r == 0)
		r = check_peers(conf, d);
	if (r < 0)
		return r;
	lose(conf, lost);
	buf_addf(ret_text,
		 "[connection]\nid=%s\ntype=wireguard\nautoconnect=false\ninterface-name=%s\n\n"
		 "[wireguard]\n",
		 conf->ifname, conf->ifname);
	put_key(ret_text, "private-key=", &wg->private_key, "");
	if (wg->listen_port)
		buf_addf(ret_text, "listen-port=%u\n", wg->listen_port);
	if (wg->fwmark)
		buf_addf(ret_text, "fwmark=%u\n", wg->fwmark);
	if (conf->mtu_line)
		buf_addf(ret_text, "mtu=%u\n", conf->mtu);
	if (conf->table_kind == TABLE_OFF)
		buf_str(ret_text, "peer-routes=false\n");
	for (size_t i = 0; i < wg->peers.len; i++)
		put_peer(conf, i, &named, ret_text);
	for (size_t f = 0; f < sizeof(families); f++)
		put_family(conf, families[f], ret_text);
	return 0;
}

// SPDX-License-Identifier: GPL-2.0-or-later
// The configuration as values: what it asks for as a whole, and its release.
#include "wgq/conf/conf.h"

#include <stdlib.h>
#include <sys/socket.h>

#include "wgq/base/mem.h"

void conf_texts_release(struct conf_text_vec *texts)
{
	vec_each(item, texts)
		free(item->text);
	vec_release(texts);
}

bool conf_has_up_hooks(const struct conf *conf)
{
	return conf->hooks[HOOK_PRE_UP].len || conf->hooks[HOOK_POST_UP].len;
}

bool conf_masquerades(const struct conf *conf)
{
	return conf->masquerade || conf->masquerade_by.len;
}

bool conf_forwards(const struct conf *conf, uint32_t *ret_line)
{
	*ret_line = conf->forward ? conf->forward_line : conf->masquerade_line;
	return conf->forward || conf_masquerades(conf);
}

uint32_t conf_walls_line(const struct conf *conf)
{
	return conf->listen_on.len      ? conf->listen_on.at[0].line
	       : conf_masquerades(conf) ? conf->masquerade_line
	       : conf->isolate_peers    ? conf->isolate_peers_line
	       : conf->kill_switch      ? conf->kill_switch_line
					: 0;
}

bool conf_has_dns(const struct conf *conf)
{
	return conf->dns_servers.len || conf->dns_search.len;
}

uint32_t conf_dns_line(const struct conf *conf)
{
	if (conf->dns_servers.len)
		return conf->dns_servers.at[0].line;
	return conf->dns_search.len ? conf->dns_search.at[0].line : 0;
}

bool conf_carries(const struct conf *conf, uint8_t family)
{
	if (addrs_have_family(&conf->addresses, family))
		return true;
	if (conf->table_kind == TABLE_OFF)
		return false;
	vec_each(peer, &conf->wg.peers)
		vec_each(ip, &peer->allowed_ips)
			if (ip->prefix.addr.family == family && !ip->remove)
				return true;
	return false;
}

void conf_mtu_explain(uint32_t mtu, uint32_t least, struct buf *ret_text)
{
	buf_addf(ret_text,
		 "with an MTU of %u the interface has no %s, which needs at least %u: what is to "
		 "go into the tunnel would go past it in the clear",
		 mtu, least == IPV6_MTU_MIN ? "IPv6" : "IPv4", least);
}

struct place conf_mtu_place(const struct conf *conf)
{
	struct place place = conf_place(conf, conf->mtu_line);

	place.col = conf->mtu_col;
	return place;
}

bool conf_mtu_excludes(const struct conf *conf, uint8_t family, struct buf *ret_why,
		       struct buf *ret_hint)
{
	uint32_t least = family == AF_INET6 ? IPV6_MTU_MIN : IPV4_MTU_MIN;

	if (!conf->mtu_line || conf->mtu >= least || !conf_carries(conf, family))
		return false;
	conf_mtu_explain(conf->mtu, least, ret_why);
	buf_addf(ret_hint, "write MTU = %u or more, or take %s out of Address and AllowedIPs",
		 least, family == AF_INET6 ? "IPv6" : "IPv4");
	return true;
}

void conf_peer_routes_release(struct conf_peer_routes *routes)
{
	vec_release(&routes->accept);
}

void conf_endpoint_release(struct conf_endpoint *endpoint)
{
	free(endpoint->host);
	free(endpoint->port);
}

static void release_endpoints(struct conf_endpoint_vec *endpoints)
{
	vec_each(endpoint, endpoints)
		conf_endpoint_release(endpoint);
	vec_release(endpoints);
}

void conf_release(struct conf *conf)
{
	if (!conf)
		return;
	release_endpoints(&conf->endpoints);
	release_endpoints(&conf->fallback_endpoints);
	vec_each(file, &conf->preshared_key_files)
		free(file->text);
	vec_release(&conf->preshared_key_files);
	vec_release(&conf->expiries);
	free(conf->public_endpoint.text);
	vec_each(routes, &conf->peer_routes)
		conf_peer_routes_release(routes);
	vec_release(&conf->peer_routes);
	vec_release(&conf->address_from_key);
	vec_release(&conf->excluded_ips);
	vec_release(&conf->listen_on);
	vec_release(&conf->masquerade_by);
	free(conf->private_key_file.text);
	hooks_release(&conf->effects);
	for (int kind = 0; kind < HOOK_KINDS; kind++)
		conf_texts_release(&conf->hooks[kind]);
	conf_texts_release(&conf->dns_servers);
	conf_texts_release(&conf->dns_search);
	vec_release(&conf->addresses);
	vec_release(&conf->repeats);
	vec_release(&conf->own);
	free(conf->listen_port.text);
	free(conf->table_name);
	sources_release(&conf->sources);
	wg_device_release(&conf->wg);
	*conf = (struct conf){0};
}

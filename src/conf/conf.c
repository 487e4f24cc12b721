// SPDX-License-Identifier: GPL-2.0-or-later
// The configuration as values: its release.
#include "wgq/conf/conf.h"

#include <stdlib.h>
#include <string.h>

#include "wgq/base/mem.h"

void conf_texts_release(struct conf_text_vec *texts)
{
	vec_each(item, texts)
		free(item->text);
	vec_release(texts);
}

void conf_expand_hook(const char *hook, const char *ifname, struct buf *ret_text)
{
	const char *mark;

	for (; (mark = strstr(hook, "%i")); hook = mark + 2) {
		buf_mem(ret_text, hook, (size_t)(mark - hook));
		buf_str(ret_text, ifname);
	}
	buf_str(ret_text, hook);
}

bool conf_has_up_hooks(const struct conf *conf)
{
	return conf->hooks[HOOK_PRE_UP].len || conf->hooks[HOOK_POST_UP].len;
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

void conf_release(struct conf *conf)
{
	if (!conf)
		return;
	vec_each(endpoint, &conf->endpoints) {
		free(endpoint->host);
		free(endpoint->port);
	}
	vec_release(&conf->endpoints);
	hooks_release(&conf->effects);
	for (int kind = 0; kind < HOOK_KINDS; kind++)
		conf_texts_release(&conf->hooks[kind]);
	conf_texts_release(&conf->dns_servers);
	conf_texts_release(&conf->dns_search);
	vec_release(&conf->addresses);
	free(conf->listen_port.text);
	free(conf->table_name);
	free(conf->path);
	wg_device_release(&conf->wg);
	*conf = (struct conf){0};
}

// SPDX-License-Identifier: GPL-2.0-or-later
// The table of the verbs, and which one a word may have meant.
#include "wgq/cmd/verbs.h"

#include <string.h>
#include <strings.h>

#include "wgq/base/spelling.h"
#include "wgq/cmd/session.h"
#include "wgq/cmd/show.h"

const struct verb verbs[] = {
	{"up", verb_up, NULL,
	 OPTION_DRY_RUN | OPTION_DNS | OPTION_FIREWALL | OPTION_USERSPACE | OPTION_REPLACE |
		 OPTION_ENSURE | OPTION_JSON,
	 1, ARGS_MANY, "INTERFACE ...", "bring interfaces up; what fails is undone"},
	{"down", NULL, verb_down,
	 OPTION_DRY_RUN | OPTION_DNS | OPTION_IF_EXISTS | OPTION_GUARD | OPTION_ALL | OPTION_JSON,
	 1, ARGS_MANY, "INTERFACE ...", "take interfaces down, also those of other programs"},
	{"reload", verb_reload, NULL,
	 OPTION_DRY_RUN | OPTION_DNS | OPTION_FIREWALL | OPTION_RUN_HOOKS | OPTION_ENDPOINTS |
		 OPTION_FORGET | OPTION_JSON,
	 1, ARGS_MANY, "INTERFACE ...", "make running interfaces match their files"},
	{"diff", NULL, verb_diff,
	 OPTION_DNS | OPTION_FIREWALL | OPTION_ENDPOINTS | OPTION_FORGET | OPTION_JSON, 1,
	 ARGS_MANY, "INTERFACE ...", "show what reload would do"},
	{"run", NULL, verb_run,
	 OPTION_DNS | OPTION_FIREWALL | OPTION_USERSPACE | OPTION_ALL | OPTION_LEAVE |
		 OPTION_FORGET | OPTION_JSON,
	 1, ARGS_MANY, "INTERFACE ... | --all",
	 "bring interfaces up, and keep them as their files say"},
	{"guard", verb_guard, NULL, OPTION_DRY_RUN | OPTION_OFF | OPTION_JSON, 1, ARGS_MANY,
	 "INTERFACE ...", "let nothing pass but by the interface, be it up or not"},
	{"status", NULL, verb_status,
	 OPTION_ALL | OPTION_JSON | OPTION_WATCH | OPTION_OPENMETRICS | OPTION_DNS |
		 OPTION_FIREWALL,
	 0, ARGS_MANY, "[INTERFACE ...]", "show interfaces, and what is wrong with them"},
	{"why", NULL, verb_why, OPTION_FROM | OPTION_MARK | OPTION_JSON, 1, 2,
	 "ADDRESS [INTERFACE]", "follow a packet through this host"},
	{"probe", NULL, verb_probe, OPTION_JSON, 1, 2, "INTERFACE [PEER]",
	 "ask peers at every endpoint, by every way, whether they answer"},
	{"check", NULL, verb_check, OPTION_PROBE | OPTION_JSON, 1, ARGS_MANY, "INTERFACE ... | -",
	 "find what is legal in configurations, but wrong"},
	{"save", verb_save, NULL, OPTION_ENDPOINTS | OPTION_JSON, 1, ARGS_MANY, "INTERFACE ...",
	 "write what is running into the files"},
	{"strip", verb_strip, NULL, OPTION_WG_QUICK | OPTION_JSON, 1, 1, "INTERFACE",
	 "print what wg(8) takes of a configuration"},
	{"export", NULL, verb_export, OPTION_LOSSY | OPTION_JSON, 2, 2, "FORMAT INTERFACE",
	 "print a configuration as NetworkManager takes it"},
	{"init", NULL, verb_init,
	 OPTION_ADDRESS_FROM_KEY | OPTION_ENDPOINT | OPTION_QR | OPTION_JSON, 1, 1, "INTERFACE",
	 "write a first configuration, print the peer's"},
	{"peer", NULL, verb_peer,
	 OPTION_PEER_NEW | OPTION_DNS | OPTION_ENDPOINT | OPTION_OUTPUT | OPTION_QR |
		 OPTION_EXPIRED | OPTION_ALL | OPTION_JSON,
	 1, ARGS_MANY, "ACTION INTERFACE ...", "add, remove, rename, disable, enable, list peers"},
	{"edit", verb_edit, NULL, OPTION_JSON, 1, 1, "INTERFACE",
	 "edit a configuration, check it, show what changes, load it"},
	{0},
};

const struct verb *verb_find(const char *name)
{
	for (const struct verb *verb = verbs; verb->name; verb++)
		if (strcmp(verb->name, name) == 0)
			return verb;
	return NULL;
}

/* The words of wg(8), systemctl(1), ip(8), nmcli(1) and others. */
static const struct {
	const char *verb, *words[16];
} synonyms[] = {
	{"status",
	 {"show", "list", "ls", "info", "stat", "state", "dump", "get", "ps", "peers", "monitor"}},
	{"up", {"start", "enable", "connect", "add", "on", "ifup", "open", "activate", "load"}},
	{"up --replace", {"restart", "reconnect", "try-restart"}},
	{"down",
	 {"stop", "disable", "disconnect", "del", "delete", "remove", "rm", "off", "ifdown",
	  "close", "deactivate", "unload", "kill"}},
	{"reload",
	 {"refresh", "apply", "sync", "syncconf", "setconf", "addconf", "set", "update",
	  "force-reload"}},
	{"run", {"daemon", "watch", "keep", "serve", "supervise"}},
	{"diff", {"compare", "changes", "plan"}},
	{"why", {"trace", "traceroute", "route", "path", "explain"}},
	{"probe", {"ping", "poke", "knock", "reach"}},
	{"check", {"test", "lint", "validate", "verify", "doctor", "configtest"}},
	{"save", {"showconf", "store", "write"}},
	{"strip", {"cat", "print"}},
	{"init", {"new", "create", "generate", "genkey", "setup", "configure"}},
	{"--version", {"version"}},
};

const char *verb_meant(const char *word)
{
	/* Two letters of three are another word. */
	unsigned nearest = strlen(word) < 4 ? 1 : 2;
	const char *meant = NULL;

	for (size_t i = 0; i < sizeof(synonyms) / sizeof(synonyms[0]); i++)
		for (const char *const *other = synonyms[i].words; *other; other++)
			if (strcasecmp(word, *other) == 0)
				return synonyms[i].verb;
	for (const struct verb *verb = verbs; verb->name; verb++) {
		unsigned distance =
			spelling_distance(word, strlen(word), verb->name, strlen(verb->name));

		if (strcasecmp(word, verb->name) == 0)
			return verb->name;
		if (distance <= nearest && (!meant || distance < nearest)) {
			meant = verb->name;
			nearest = distance;
		}
	}
	return meant;
}

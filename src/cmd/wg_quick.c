// SPDX-License-Identifier: GPL-2.0-or-later
// The command line of wg-quick.
#include "wgq/cmd/wg_quick.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "wgq/base/mem.h"
#include "wgq/cmd/verbs.h"
#include "wgq/sys/process/proc.h"

bool wg_quick_is_called(const char *argv0)
{
	const char *slash = argv0 ? strrchr(argv0, '/') : NULL;

	return argv0 && strcmp(slash ? slash + 1 : argv0, "wg-quick") == 0;
}

/* linux.bash:300-325. */
static void print_usage(void)
{
	fputs("Usage: wg-quick [ up | down | save | strip ] [ CONFIG_FILE | INTERFACE ]\n"
	      "\n"
	      "  CONFIG_FILE is a configuration file, whose filename is the interface name\n"
	      "  followed by `.conf'. Otherwise, INTERFACE is an interface name, with\n"
	      "  configuration found at /etc/wireguard/INTERFACE.conf. It is to be readable\n"
	      "  by wg(8)'s `setconf' sub-command, with the exception of the following additions\n"
	      "  to the [Interface] section, which are handled by wg-quick:\n"
	      "\n"
	      "  - Address: may be specified one or more times and contains one or more\n"
	      "    IP addresses (with an optional CIDR mask) to be set for the interface.\n"
	      "  - DNS: an optional DNS server to use while the device is up.\n"
	      "  - MTU: an optional MTU for the interface; if unspecified, auto-calculated.\n"
	      "  - Table: an optional routing table to which routes will be added; if\n"
	      "    unspecified or `auto', the default table is used. If `off', no routes\n"
	      "    are added.\n"
	      "  - PreUp, PostUp, PreDown, PostDown: script snippets which will be executed\n"
	      "    by bash(1) at the corresponding phases of the link, most commonly used\n"
	      "    to configure DNS. The string `%i' is expanded to INTERFACE.\n"
	      "  - SaveConfig: if set to `true', the configuration is saved from the current\n"
	      "    state of the interface upon shutdown.\n"
	      "\n"
	      "See wg-quick(8) for more info and examples.\n",
	      stderr);
}

/* linux.bash:85-87. The name that we were called by decides what we are, so it is kept; one that
 * was found in PATH is found again, since sudo may have another PATH. */
static int become_root(char **argv)
{
	static const char prompt[] = "wg-quick must be run as root. Please enter the password for "
				     "%u to continue: ";
	_cleanup_free_ char *found = strchr(argv[0], '/') ? NULL : proc_find(argv[0]);
	const char *const call[] = {"sudo",  "-p",    prompt, "--", found ? found : argv[0],
				    argv[1], argv[2], NULL};

	execvp("sudo", (char *const *)call);
	fprintf(stderr, "wg-quick: exec: sudo: %s\n",
		errno == ENOENT ? "not found" : strerror(errno));
	return PROC_NOT_FOUND;
}

static bool is_verb(const char *name)
{
	static const char *const names[] = {"up", "down", "save", "strip"};

	for (size_t i = 0; i < sizeof(names) / sizeof(names[0]); i++)
		if (strcmp(name, names[i]) == 0)
			return true;
	return false;
}

int wg_quick_parse(int argc, char **argv, struct options *ret)
{
	bool help = argc == 2 && (strcmp(argv[1], "--help") == 0 || strcmp(argv[1], "-h") == 0 ||
				  strcmp(argv[1], "help") == 0);

	ret->as_wg_quick = true;
	ret->choices.dns = DNS_AUTO;
	if (argc == 3 && is_verb(argv[1]))
		ret->verb = verb_find(argv[1]);
	if (!ret->verb) {
		print_usage();
		return help ? STATUS_OK : STATUS_FAILED;
	}
	if (geteuid() != 0)
		return become_root(argv);
	ret->args = argv + 2;
	ret->arg_count = 1;
	return -1;
}

// SPDX-License-Identifier: GPL-2.0-or-later
// The program: its verbs, and what holds for all of them.
#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <sys/prctl.h>
#include <unistd.h>

#include "wgq/base/mem.h"
#include "wgq/cmd/options.h"
#include "wgq/cmd/show.h"
#include "wgq/cmd/verbs.h"
#include "wgq/cmd/wg_quick.h"

const struct verb verbs[] = {
	{"up", verb_up,
	 OPTION_DRY_RUN | OPTION_DNS | OPTION_FIREWALL | OPTION_USERSPACE | OPTION_REPLACE |
		 OPTION_JSON,
	 1, ARGS_MANY, "INTERFACE ...", "bring interfaces up, each wholly or not at all"},
	{"down", verb_down,
	 OPTION_DRY_RUN | OPTION_DNS | OPTION_IF_EXISTS | OPTION_ALL | OPTION_JSON, 1, ARGS_MANY,
	 "INTERFACE ...", "take interfaces down, whoever brought them up"},
	{"reload", verb_reload,
	 OPTION_DRY_RUN | OPTION_DNS | OPTION_FIREWALL | OPTION_RUN_HOOKS | OPTION_JSON, 1,
	 ARGS_MANY, "INTERFACE ...", "make running interfaces match their files, touching no more"},
	{"diff", verb_diff, OPTION_DNS | OPTION_FIREWALL | OPTION_JSON, 1, ARGS_MANY,
	 "INTERFACE ...", "show what reload would do"},
	{"status", verb_status,
	 OPTION_ALL | OPTION_JSON | OPTION_WATCH | OPTION_DNS | OPTION_FIREWALL, 0, ARGS_MANY,
	 "[INTERFACE ...]", "show interfaces, their peers, and what is wrong with them"},
	{"why", verb_why, OPTION_FROM | OPTION_MARK | OPTION_JSON, 1, 2, "ADDRESS [INTERFACE]",
	 "follow a packet through this host"},
	{"check", verb_check, OPTION_JSON, 1, ARGS_MANY, "INTERFACE ... | -",
	 "find what is legal in configurations, but wrong"},
	{"save", verb_save, OPTION_JSON, 1, ARGS_MANY, "INTERFACE ...",
	 "write what is running into the configuration files"},
	{"strip", verb_strip, OPTION_JSON, 1, 1, "INTERFACE",
	 "print what wg(8) takes of a configuration"},
	{"init", verb_init, OPTION_ENDPOINT | OPTION_QR | OPTION_JSON, 1, 1, "INTERFACE",
	 "write a first configuration, and print the peer's"},
	{0},
};

/* A socket or a file must not get the number of a closed standard stream: what is printed would be
 * written to it. */
static bool open_standard_streams(void)
{
	for (int fd = STDIN_FILENO; fd <= STDERR_FILENO; fd++)
		if (fcntl(fd, F_GETFD) < 0 && errno == EBADF && open("/dev/null", O_RDWR) != fd)
			return false;
	return true;
}

int main(int argc, char **argv)
{
	struct options options = {0};

	if (!open_standard_streams()) {
		fprintf(stderr, "wgq: cannot open /dev/null\n");
		return STATUS_FAILED;
	}
	/* The configuration's keys are in memory: no core dumps, no ptrace by others. */
	prctl(PR_SET_DUMPABLE, 0);
	/* A write that fails is an error to undo for, not a death. */
	signal(SIGPIPE, SIG_IGN);
	signal(SIGXFSZ, SIG_IGN);

	int status = wg_quick_is_called(argv[0]) ? wg_quick_parse(argc, argv, &options)
						 : options_parse(argc, argv, &options);
	if (status >= 0)
		return status;
	show_init(&options);
	status = options.verb->run(&options);
	mem_wipe_stack();
	return status;
}

// SPDX-License-Identifier: GPL-2.0-or-later
// The program: what holds for all of its verbs.
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
#include "wgq/kernel/netlink/netlink.h"

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
	status = options.verb->each ? verb_each(&options, options.verb->each)
				    : options.verb->all(&options);
	netlink_release_shared();
	mem_wipe_stack();
	return status;
}

// SPDX-License-Identifier: GPL-2.0-or-later
// Runs a command; appends to a file how long it took, in seconds of wall clock and of processor,
// and its peak memory in KiB.
//
//     took FILE COMMAND ARGUMENT...
#include <err.h>
#include <stdio.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

static double now(void)
{
	struct timespec t;

	clock_gettime(CLOCK_MONOTONIC, &t);
	return (double)t.tv_sec + (double)t.tv_nsec / 1e9;
}

static double seconds(struct timeval t)
{
	return (double)t.tv_sec + (double)t.tv_usec / 1e6;
}

int main(int argc, char **argv)
{
	struct rusage used;
	double begun = now();
	int status;
	pid_t pid = argc > 2 ? fork() : -1;

	if (pid < 0)
		err(1, "took FILE COMMAND ARGUMENT...");
	if (pid == 0) {
		execvp(argv[2], argv + 2);
		err(127, "%s", argv[2]);
	}
	if (wait4(pid, &status, 0, &used) < 0)
		err(1, "wait4");
	double wall = now() - begun;
	FILE *file = fopen(argv[1], "a");
	if (!file)
		err(1, "%s", argv[1]);
	fprintf(file, "%.6f %.6f %ld\n", wall, seconds(used.ru_utime) + seconds(used.ru_stime),
		used.ru_maxrss);
	return fclose(file) || status;
}

// SPDX-License-Identifier: GPL-2.0-or-later
// How fast a configuration is parsed: the best of some times, in MB for a second of processor.
//
//     bench-parse FILE
#include "wgq/conf/parse/parse.h"

#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

enum { TIMES = 9 };

static double now(void)
{
	struct timespec t;

	clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &t);
	return (double)t.tv_sec + (double)t.tv_nsec / 1e9;
}

static double parse(const char *text, size_t n)
{
	_cleanup_conf_ struct conf conf = {0};
	_cleanup_diag_ struct diag d = {0};
	double begun = now();

	if (conf_parse("bench.conf", "bench", text, n, &conf, &d) < 0)
		exit(1);
	return now() - begun;
}

int main(int argc, char **argv)
{
	int file = argc == 2 ? open(argv[1], O_RDONLY) : -1;
	double best = 1e9;
	struct stat st;

	if (file < 0 || fstat(file, &st) < 0)
		return 1;
	char *text = malloc((size_t)st.st_size);
	if (!text || read(file, text, (size_t)st.st_size) != st.st_size)
		return 1;
	for (int i = 0; i < TIMES; i++) {
		double seconds = parse(text, (size_t)st.st_size);

		best = seconds < best ? seconds : best;
	}
	printf("%.0f\n", (double)st.st_size / 1e6 / best);
	free(text);
	return 0;
}

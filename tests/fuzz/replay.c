// SPDX-License-Identifier: GPL-2.0-or-later
// Runs a fuzz target over the files of a corpus, as a plain test that needs no libFuzzer.
#include <dirent.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static int replay(const char *folder, const char *name)
{
	static uint8_t data[1 << 20];
	char path[4096];

	snprintf(path, sizeof(path), "%s/%s", folder, name);
	FILE *f = fopen(path, "re");
	if (!f) {
		perror(path);
		return 1;
	}
	size_t n = fread(data, 1, sizeof(data), f);
	fclose(f);
	printf("%s\n", path);
	fflush(stdout); /* so that the last line names the culprit */
	LLVMFuzzerTestOneInput(data, n);
	return 0;
}

static int replay_folder(const char *folder)
{
	int failed = 0, count = 0;
	DIR *dir = opendir(folder);

	if (!dir) {
		perror(folder);
		return 1;
	}
	for (struct dirent *entry; (entry = readdir(dir));) {
		if (entry->d_name[0] == '.')
			continue;
		failed |= replay(folder, entry->d_name);
		count++;
	}
	closedir(dir);
	return failed || !count;
}

int main(int argc, char **argv)
{
	int failed = argc < 2;

	for (int i = 1; i < argc; i++)
		failed |= replay_folder(argv[i]);
	return failed;
}

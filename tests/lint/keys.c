// SPDX-License-Identifier: GPL-2.0-or-later
// Prints the table of configuration keys, a line `SECTION KEY` each, to compare the manual with.
#include <stdio.h>

#include "wgq/conf/parse/parse.h"

int main(void)
{
	for (const struct conf_key *key = conf_keys(); key->name; key++)
		printf("%s %s\n", key->section, key->name);
	return 0;
}

// SPDX-License-Identifier: GPL-2.0-or-later
// For each text of the input, which end with NUL: a line with what shell_cut() finds wrong, or
// "ok".
#include <stdio.h>
#include <stdlib.h>

#include "wgq/conf/hook/shell.h"

int main(void)
{
	char *text = NULL;
	size_t size = 0;

	while (getdelim(&text, &size, '\0', stdin) > 0) {
		struct shell_script script = {0};
		const struct shell_error *error = &script.error;

		if (shell_cut(text, &script) < 0)
			return 1;
		if (error->message)
			printf("%.*s %s", (int)error->len, text + error->offset, error->message);
		else
			printf("ok");
		putchar('\n');
		shell_release(&script);
	}
	free(text);
	return 0;
}

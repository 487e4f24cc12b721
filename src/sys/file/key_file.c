// SPDX-License-Identifier: GPL-2.0-or-later
// Keys in files of their own.
#include "wgq/sys/file/key_file.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "wgq/base/mem.h"
#include "wgq/sys/file/file.h"

static char *join(const char *folder, size_t n, const char *name)
{
	_cleanup_buf_ struct buf path = {0};

	buf_mem(&path, folder, n);
	buf_str(&path, name);
	return buf_status(&path) < 0 ? NULL : buf_steal(&path);
}

char *key_file_find(const char *name, const char *const configs[], size_t count)
{
	const char *credentials = getenv("CREDENTIALS_DIRECTORY");
	_cleanup_buf_ struct buf folder = {0};

	if (name[0] == '/')
		return mem_strndup(name, strlen(name));
	if (credentials && *credentials) {
		buf_addf(&folder, "%s/", credentials);
		_cleanup_free_ char *path = join(buf_text(&folder), folder.len, name);

		if (!path || access(path, F_OK) == 0)
			return steal(path);
	}
	for (size_t i = 0; i < count; i++) {
		const char *slash = strrchr(configs[i], '/');
		size_t n = slash ? (size_t)(slash + 1 - configs[i]) : 0;
		_cleanup_free_ char *path = join(configs[i], n, name);

		if (!path || i + 1 == count || access(path, F_OK) == 0)
			return steal(path);
	}
	return NULL;
}

static int refuse(const char *path, const char *what, struct diag *d)
{
	diag_refuse(d, EINVAL, "`%s' %s", path, what);
	diag_hint(d, "write one line into it: what wg genkey or wg genpsk prints");
	return -EINVAL;
}

int key_file_read(const char *path, struct key *ret, struct diag *d)
{
	_cleanup_buf_ struct buf text = {0};
	int r = file_read(path, &text, d);

	if (r < 0)
		return r;
	size_t n = strcspn(buf_text(&text), "\r\n");
	size_t end = n + strspn(buf_text(&text) + n, "\r\n");
	if (!text.len)
		return refuse(path, "is empty", d);
	if (end < text.len)
		return refuse(path, "has more than one line", d);
	if (key_from_base64(buf_text(&text), n, ret) < 0)
		return refuse(path, "has no key", d);
	return 0;
}

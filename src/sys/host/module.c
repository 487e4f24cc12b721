// SPDX-License-Identifier: GPL-2.0-or-later
// Why the kernel's WireGuard module is missing.
#include "wgq/sys/host/module.h"

#include <stdbool.h>
#include <sys/utsname.h>
#include <unistd.h>

#include "wgq/base/buf.h"

static bool exists(const struct buf *path)
{
	return buf_status(path) == 0 && access(buf_text(path), F_OK) == 0;
}

/* The kernel's own, or one that DKMS has built. */
static bool is_installed(const char *release)
{
	static const char *const folders[] = {"kernel/drivers/net/wireguard", "updates/dkms"};
	static const char *const endings[] = {"", ".xz", ".zst", ".gz"};

	for (size_t i = 0; i < sizeof(folders) / sizeof(folders[0]); i++) {
		for (size_t k = 0; k < sizeof(endings) / sizeof(endings[0]); k++) {
			_cleanup_buf_ struct buf path = {0};

			buf_addf(&path, "/lib/modules/%s/%s/wireguard.ko%s", release, folders[i],
				 endings[k]);
			if (exists(&path))
				return true;
		}
	}
	return false;
}

const char *module_advice(void)
{
	_cleanup_buf_ struct buf modules = {0};
	struct utsname kernel;

	if (uname(&kernel) == 0)
		buf_addf(&modules, "/lib/modules/%s", kernel.release);
	if (!modules.len || !exists(&modules))
		return "there are no modules of the running kernel here: reboot if it was just "
		       "updated, in a container load the module on the host (modprobe wireguard)";
	if (is_installed(kernel.release))
		return "its module is there but was not loaded (`modprobe wireguard' says why; "
		       "Secure Boot refuses unsigned ones)";
	return "install the package that has its wireguard module (kernel-modules, "
	       "linux-modules-extra or the like; wireguard-dkms before Linux 5.6)";
}

// SPDX-License-Identifier: GPL-2.0-or-later
// What this process may do.
#include "wgq/sys/privilege.h"

#include <errno.h>
#include <linux/capability.h>
#include <sys/syscall.h>
#include <unistd.h>

bool privilege_net_admin(void)
{
	struct __user_cap_header_struct header = {.version = _LINUX_CAPABILITY_VERSION_3};
	struct __user_cap_data_struct sets[_LINUX_CAPABILITY_U32S_3] = {0};

	if (syscall(SYS_capget, &header, sets) < 0)
		return false;
	return sets[CAP_TO_INDEX(CAP_NET_ADMIN)].effective & CAP_TO_MASK(CAP_NET_ADMIN);
}

/* Ubuntu has a profile that lets /usr/bin/wg-quick read /etc/wireguard and little else. */
void privilege_hint(int error, struct diag *d)
{
	if (error != EACCES && error != EPERM)
		return;
	if (geteuid() != 0)
		diag_hint(d, "only root may: use sudo");
	else
		diag_hint(d, "root may not either: AppArmor or SELinux may forbid it; "
			     "`journalctl -k -g denied' shows what they did");
}

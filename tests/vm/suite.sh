# SPDX-License-Identifier: GPL-2.0-or-later
# For scripts that need a machine to themselves: boots one, and goes on inside.
# Sourced before tests/netns/lib.sh. SUITE names the kernel (see README.md); default: bookworm.
# shellcheck shell=bash

# own_machine OPTION...: the script again, in a VM booted with the options.
own_machine() {
	local here program
	[ ! -d /run/wgq-vm ] && [ -z "${WGQ_OWN:-}" ] || return 0
	here=$(dirname "${BASH_SOURCE[0]}")
	program=$(realpath "${WGQ:-$here/../../build/wgq}")
	exec "$here/boot" --suite "${SUITE:-bookworm}" --share "$(dirname "$program")" "$@" -- \
		env WGQ="$program" bash "$0"
}

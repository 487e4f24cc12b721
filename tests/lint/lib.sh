# SPDX-License-Identifier: GPL-2.0-or-later
# What the checks written in shell share: the tree as working directory, the program, and skips.
# shellcheck shell=sh disable=SC2034

set -eu
program=${1:+$(realpath "$1")} # the argument, if there is one
cd "$(dirname "$0")/../.."

# skip REASON: meson shows 77 as a skip.
skip() {
	echo "$(basename "$0"): skipped: $*" >&2
	[ "${WGQ_MUST_WORK:-}" != 1 ] || exit 1
	exit 77
}

need() {
	for tool; do
		command -v "$tool" >/dev/null || skip "there is no $tool"
	done
}

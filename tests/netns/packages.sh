# SPDX-License-Identifier: GPL-2.0-or-later
# /etc and /usr of one's own, and Debian packages unpacked into them, not installed.
# Sourced after lib.sh; own_folders in namespaces of its own.
# shellcheck shell=bash

here=$(dirname "${BASH_SOURCE[0]}")

# What is written there is lost.
own_folders() {
	local folder
	for folder in /etc /usr; do
		mkdir -p /run/own$folder/{upper,work}
		mount -t overlay -o "lowerdir=$folder,upperdir=/run/own$folder/upper,workdir=/run/own$folder/work" \
			overlay $folder || return
	done
}

# have_package SUITE NAME
have_package() {
	"$here/package" "$1" "$2" >/dev/null
}

# A package's files, where a merged /usr has them.
add_package() {
	local tree
	tree=$("$here/package" "$1" "$2") || return
	cp -a "$tree/usr/." /usr/
	[ ! -d "$tree/etc" ] || cp -a "$tree/etc/." /etc/
	[ ! -d "$tree/lib" ] || cp -a "$tree/lib/." /usr/lib/
	[ ! -d "$tree/sbin" ] || cp -a "$tree/sbin/." /usr/sbin/
	hash -r
}

remove_package() {
	local tree path
	tree=$("$here/package" "$1" "$2") || return
	while read -r path; do
		rm -f "/$path"
	done < <(cd "$tree" && find . ! -type d | sed 's|^\./||; s|^sbin|usr/sbin|; s|^lib/|usr/lib/|')
	hash -r
}

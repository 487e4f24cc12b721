# SPDX-License-Identifier: GPL-2.0-or-later
# For scripts that try wgq on network namespaces: two hosts on a cable, checks, and their count.
# Sourced. WGQ names the program; default: build/wgq of this tree.
# shellcheck shell=bash

# Without pipefail: grep -q ends at the first match, and who writes to it then gets a SIGPIPE.
set -u
WGQ=$(realpath "${WGQ:-$(dirname "${BASH_SOURCE[0]}")/../../build/wgq}")
passed=0 failed=0 skipped=0

[ -x "$WGQ" ] || { echo "no program at $WGQ: build it, or name it in WGQ" >&2; exit 1; }

ok() {
	passed=$((passed + 1))
	echo "ok   $1"
}

fail() {
	failed=$((failed + 1))
	echo "FAIL $1"
	[ $# -lt 2 ] || sed 's/^/    /' <<<"$2"
}

skip() {
	if [ -n "${WGQ_MUST_WORK:-}" ]; then
		fail "$1" "must work, but: $2"
	else
		skipped=$((skipped + 1))
		echo "skip $1: $2"
	fi
}

# A test for a kernel that this one is not; tests/run runs it on one that is.
elsewhere() {
	skipped=$((skipped + 1))
	echo "skip $1: $2"
}

# check NAME COMMAND...: the command succeeds. Its output is shown when it does not.
check() {
	local name=$1 output
	shift
	if output=$("$@" 2>&1); then ok "$name"; else fail "$name" "$* (status $?)
$output"; fi
}

check_not() {
	local name=$1 output
	shift
	if output=$("$@" 2>&1); then fail "$name" "$* succeeded
$output"; else ok "$name"; fi
}

# same NAME EXPECTED GOT
same() {
	if [ "$2" = "$3" ]; then ok "$1"; else fail "$1" "$(diff <(echo "$2") <(echo "$3"))"; fi
}

has() {
	if [[ $3 == *"$2"* ]]; then ok "$1"; else fail "$1" "no \"$2\" in:
$3"; fi
}

lacks() {
	if [[ $3 == *"$2"* ]]; then fail "$1" "\"$2\" in:
$3"; else ok "$1"; fi
}

# awaits NAME COMMAND...: it succeeds, now or later: two minutes are for busy machines.
awaits() {
	local name=$1 limit=$((SECONDS + ${AWAITS:-120}))
	shift
	until "$@" >/dev/null 2>&1; do
		[ $SECONDS -lt $limit ] || { fail "$name" "$* never succeeded
$(tail -20 "${log:-/dev/null}")"; return; }
		sleep 0.05
	done
	ok "$name"
}

finish() {
	echo "$passed passed, $failed failed, $skipped skipped"
	[ "$failed" = 0 ]
}

# The script again, in namespaces of its own: all it makes is gone when it ends.
own_namespaces() {
	[ -z "${WGQ_OWN:-}" ] || return 0
	[ "$(id -u)" = 0 ] || { skip "$0" 'needs root'; finish; exit; }
	WGQ_OWN=1 WGQ=$WGQ exec unshare --net --mount --pid --fork --kill-child \
		bash -c 'mount -t proc proc /proc && mount -t sysfs sysfs /sys &&
			mount -t tmpfs tmpfs /run && ip link set lo up && exec bash "$@"' \
		own "$0" "$@"
}

# Two hosts on a cable: 192.0.2.1 and 2001:db8::1, 192.0.2.2 and 2001:db8::2.
make_hosts() {
	local number
	ip netns add h1 && ip netns add h2
	ip link add eth0 netns h1 type veth peer name eth0 netns h2
	for number in 1 2; do
		ip -n h$number link set lo up
		ip -n h$number addr add 192.0.2.$number/24 dev eth0
		ip -n h$number addr add 2001:db8::$number/64 dev eth0 nodad
		ip -n h$number link set eth0 addrgenmode none
		ip -n h$number link set eth0 up
	done
	[ -e /proc/net/if_inet6 ] || return 0
	# The kernel adds some routes a moment after the cable carries.
	for number in 1 2; do
		until ip -n h$number -6 route show table all dev eth0 | grep -q ^multicast &&
			ip -n h$number -6 route show table local | grep -q "^local 2001:db8::$number "; do
			sleep 0.05
		done
	done
}

on() {
	local host=$1
	shift
	ip netns exec "$host" "$@"
}

# The kernel looks for duplicates of new IPv6 addresses before it adds their local routes. That ends
# within 2 seconds, but on a link without a carrier never.
settle() {
	for _ in {1..60}; do
		[[ $(ip -n "$1" -6 addr show up tentative) == *inet6* ]] || return
		sleep 0.05
	done
}

# What `up` may change on a host and `down` leaves as it was. src_valid_mark stays, as with wg-quick.
host_state() {
	settle "$1"
	on "$1" sh -c 'ip -o link | sed "s/^[0-9]*: //; s/@.*//; s/ .*//"; ip -d rule; ip -d -6 rule
		ip -o addr show; ip route show table all; ip -6 route show table all
		nft -s list ruleset
		ls /var/run/wireguard 2>/dev/null'
}

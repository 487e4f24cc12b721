# SPDX-License-Identifier: GPL-2.0-or-later
# One host, h1, with a way out through h2; configurations for it; commands whose exit status and
# output are looked at. Sourced after lib.sh, in namespaces of its own.
# shellcheck shell=bash disable=SC2034 # variables for those who source this

folder=/run/wgq-test
private=$(wg genkey) preshared=$(wg genpsk)
public=$(wg genkey | wg pubkey)
out='' err='' clean=''

kernel_has_wireguard() {
	on h1 ip link add probe type wireguard 2>/dev/null && on h1 ip link del probe
}

make_host() {
	umask 077
	mkdir -p $folder
	make_hosts
	ip -n h1 route add default via 192.0.2.2
	ip -n h1 -6 route add default via 2001:db8::2
	KERNEL_WIREGUARD=
	kernel_has_wireguard && KERNEL_WIREGUARD=yes
	# The first use of nf_tables and of the sysctl may leave traces that are not wgq's.
	on h1 sysctl -qw net.ipv4.conf.all.src_valid_mark=1
	while ip -n h1 -6 route | grep -q linkdown; do sleep 0.1; done
	clean=$(host_state h1)
}

# config NAME ALLOWED [LINE...]: NAME.conf, with the lines in its [Interface].
config() {
	local name=$1 allowed=$2 number=${1//[^0-9]/}
	shift 2
	cat >"$folder/$name.conf" <<END
[Interface]
PrivateKey = $private
Address = 10.9.$((number)).1/24, fd09:$((number))::1/64
$(printf '%s\n' "$@")
[Peer]
PublicKey = $public
PresharedKey = $preshared
Endpoint = 192.0.2.2:51820
AllowedIPs = $allowed
END
}

wgq() {
	on h1 timeout --foreground 120 "$WGQ" "$@"
}

# The original, for those who have it in $oracle.
wg_quick() {
	on h1 timeout --foreground 60 "${oracle:?}" "$@"
}

# The host with t1 up, but for what is different at each up, as the address that a tun device chooses.
steady_state() {
	host_state h1 | sed 's/fe80::[0-9a-f:]*/fe80::x/; s/^[0-9]*: t1 /t1 /; s/ tentative//' |
		grep -v 'dev t1 table local'
}

# The host with what wg(8) shows of t1. A peer's allowed IPs have no order, tun devices a random
# link-local address, links a number.
everything() {
	host_state h1 | sed '/fe80:/d; s/^[0-9]*: \(t1 \)/\1/; s/ tentative//'
	on h1 wg show t1 dump | cut -f 1-3,8 | sort
	on h1 wg show t1 allowed-ips | tr '\t ' '\n' | sort
}

# ends STATUS NAME COMMAND...: the command ends with the status; $out and $err are what it printed.
ends() {
	local status=$1 name=$2 got
	shift 2
	"$@" >$folder/out 2>$folder/err
	got=$?
	out=$(<$folder/out) err=$(<$folder/err)
	if [ "$got" = "$status" ]; then ok "$name"; else
		fail "$name" "$* ended with $got, not $status
$out
$err"
	fi
}

# A line that shows the words, so that a message can be compared whole.
says() {
	same "$1" "$2" "$err"
}

# The host is as it was before the first test; if it is not, the next test finds it so all the same.
unchanged() {
	local now name
	now=$(host_state h1)
	same "$1: host as before" "$clean" "$now"
	[ "$now" != "$clean" ] || return 0
	for name in $(ip -n h1 -o link | sed -n 's/^[0-9]*: \(t[0-9]*\):.*/\1/p'); do
		ip -n h1 link del "$name"
	done
	ip -n h1 rule flush
	ip -n h1 -6 rule flush
	ip -n h1 rule add priority 32766 table main protocol kernel
	ip -n h1 rule add priority 32767 table default protocol kernel
	ip -n h1 -6 rule add priority 32766 table main protocol kernel
	on h1 nft flush ruleset
	clean=$(host_state h1)
}

# wgq where /proc/sys is read-only, as docker has it. `ip netns exec` gives mounts of its own.
confined() {
	on h1 timeout --foreground 120 sh -c 'mount --bind /proc/sys /proc/sys &&
		mount -o remount,bind,ro /proc/sys && exec "$@"' sh "$WGQ" "$@"
}

# on_terminal COMMAND...: on a terminal at which is typed what comes into $folder/keys. There the input
# never ends: script(1) would go when it does.
on_terminal() {
	[ -p $folder/keys ] || mkfifo $folder/keys
	script -qec "ip netns exec h1 $*; echo status \$?" /dev/null 0<>$folder/keys
}

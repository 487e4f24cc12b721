# SPDX-License-Identifier: GPL-2.0-or-later
# For the hosts that chance makes: the namespace on the far side of the uplinks, and the uplinks.
# Sourced by sh.
# shellcheck shell=sh

# What comes out of the host is noted there: where it goes, and when (the port). It is the gateway.
far() {
	ip netns add far
	ip netns add twin
	ip netns exec far nft -f - <<-END
		table inet uplink {
			set v4 { type ipv4_addr . inet_service; flags dynamic; size 65535; }
			set v6 { type ipv6_addr . inet_service; flags dynamic; size 65535; }
			chain arriving {
				type filter hook prerouting priority raw
				udp dport 9000-9099 add @v4 { ip daddr . udp dport }
				udp dport 9000-9099 add @v6 { ip6 daddr . udp dport }
			}
		}
	END
}

# uplink NUMBER MTU [noipv6]: ethNUMBER. No link-local addresses: the kernel adds them after carrier.
uplink() {
	ip link add "eth$1" mtu "$2" type veth peer name "out$1" mtu "$2" netns far
	ip netns exec far sysctl -qw "net.ipv6.conf.out$1.accept_dad=0"
	[ -n "$3" ] || [ ! -e /proc/net/if_inet6 ] || sysctl -qw "net.ipv6.conf.eth$1.disable_ipv6=0"
	ip -n far link set "out$1" addrgenmode none up
	ip -n far addr add "192.0.$1.1/24" dev "out$1"
	ip -n far addr add "2001:db8:$1::1/64" dev "out$1" nodad
	ip link set "eth$1" addrgenmode none up
	ip addr add "192.0.$1.2/24" dev "eth$1"
	[ -n "$3" ] || ip addr add "2001:db8:$1::2/64" dev "eth$1" nodad
}

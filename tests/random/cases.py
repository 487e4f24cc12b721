# SPDX-License-Identifier: GPL-2.0-or-later
"""A host that somebody might have, files for one tunnel on it, and what happens in which order.

A file is a dict: Interface and the peers' sections as they are written. So it can be changed, and the
judge can ask what it sends into the tunnel.
"""

import base64
import ipaddress
import random

LINK = "wg0"
FILE = f"/etc/wireguard/{LINK}.conf"
FAMILIES = {4: {"default": "0.0.0.0/0", "gateway": "192.0.{}.1", "option": ""},
            6: {"default": "::/0", "gateway": "2001:db8:{}::1", "option": "-6 "}}

# Of both families, and some inside others: the tunnel's and the host's meet.
ADDRESSES = ("10.9.0.1/24", "10.9.0.2/32", "10.8.0.1/16", "172.17.0.5/24", "fd00:9::1/64",
             "fd00:9::2/128", "fd00:8::5/48")
PREFIXES = ("10.9.0.0/24", "10.8.0.0/16", "10.0.0.0/8", "172.17.0.0/16", "192.168.1.0/24",
            "198.51.100.0/24", "198.51.100.128/25", "203.0.113.0/24", "0.0.0.0/1", "128.0.0.0/1",
            "fd00:9::/64", "fd00:8::/48", "fd00::/8", "2a00:7::/32", "2a00:7:1::/48", "2000::/3",
            "::/1", "8000::/1")
ENDPOINTS = ("203.0.113.7", "2a00:7::9")
ELSEWHERE = ("8.8.4.4", "100.64.9.9", "2a00:1450::9", "2620:fe::9")
NETWORKS = ("10.1.0.1/16", "10.9.0.9/24", "172.17.0.1/16", "192.168.1.7/24", "fd00:9::9/64",
            "fd00:5::1/64")
LOW_RULES = ("fwmark 0x7 table 99", "from 203.0.113.9 table main", "oif lo table main",
             "to 192.0.2.128/25 table main", "tos 0x10 table main")
MTUS = (None,) * 6 + (1420, 1400, 1380, 1330, 1281, 1280, 1279, 1200)
# Keys of our own, and the values that they may have.
OWN = {"ExcludedIPs": ("10.9.0.128/25", "10.0.0.0/9", "198.51.100.128/25", "8.0.0.0/6", "203.0.113.7",
                       "192.168.0.0/16", "fd00:9::/65", "fd00::/8", "2a00:7::9", "2620::/16"),
       "Metric": ("1", "50", "256", "1024", "4294967295"),
       "SharedNeighbour": ("yes", "no"),
       "AddressFromKey": ("fe80::/64", "fd00:9::/64", "fd00:7::/48", "10.9.0.0/16"),
       "ListenOn": ("eth2", "lo", "absent0", "192.0.2.2"),
       "Multicast": ("yes", "no"),
       "KillSwitch": ("yes", "lan", "no")}
UPLINK_MTUS = (1500,) * 6 + (9000, 1420, 1400, 1361, 1360, 1359, 1280)
FOREIGN = (
    "nft 'add table inet filter; add chain inet filter input"
    " { type filter hook input priority 0; }; add rule inet filter input tcp dport 22 accept'",
    "nft add table inet wg-quick-other",
    "nft add table ip wgq-other",
    "ip route add default via 192.0.2.1 table 51820",
    "ip -6 route add fd66::/64 via 2001:db8:2::1 table 51820",
    "sysctl -qw net.ipv4.conf.all.rp_filter=1",
    "sysctl -qw net.ipv4.conf.all.src_valid_mark=1")
HOOKS = (("PreUp", "ip link set %i mtu 1333"), ("PreUp", "sysctl -qw net.ipv6.conf.%i.disable_ipv6=1"),
         ("PostUp", "ip route add 10.78.0.0/16 dev %i"), ("PostUp", "ip link set %i mtu 1300"),
         ("PostDown", "true"))


def family(text):
    return ipaddress.ip_interface(text).version


class Generator:
    """The same seed makes the same case."""

    def __init__(self, seed):
        self.random = random.Random(seed)
        self.any = self.random.choice
        self.uplinks = (2,) if self.maybe(0.7) else (2, 3)

    def maybe(self, chance):
        return self.random.random() < chance

    def some(self, most, choices):
        return self.random.sample(choices, self.random.randint(0, most))

    def key(self):
        octets = bytearray(self.random.randbytes(32))
        octets[0] &= 248
        octets[31] = octets[31] & 127 | 64
        return base64.b64encode(octets).decode()

    # The host: lines for sh.

    def host(self):
        yield from self.ipv6_off()
        for i in self.uplinks:
            mtu = self.any(UPLINK_MTUS)
            yield f"uplink {i} {mtu}"
        for version, words in FAMILIES.items():
            for i in self.uplinks:
                if self.maybe(0.85):
                    extra = self.any(("", f" metric {10 + i}", f" mtu 1400 metric {20 + i}"))
                    yield (f"ip {words['option']}route add default"
                           f" via {words['gateway'].format(i)}{extra}")
        # Endpoints have a way of their own: no tunnel runs in itself.
        for endpoint in ENDPOINTS:
            words = FAMILIES[family(endpoint)]
            yield (f"ip {words['option']}route add {endpoint} via {words['gateway'].format(2)}"
                   f"{self.any(('', '', ' mtu 1400', ' mtu 1300'))}")
        for network in self.some(2, NETWORKS):
            yield self.network(network)
        for _ in range(self.random.randint(0, 2)):
            yield self.route()
        for _ in range(self.any((0, 0, 1, 2, 3))):
            yield self.rule()
        yield from self.some(2, FOREIGN)
        if self.maybe(0.3):
            yield f"ip -n twin link add {LINK} type veth peer name other"

    def ipv6_off(self):
        """all is of links that are there, and of default; a link may have it back."""
        if self.maybe(0.08):
            yield "sysctl -qw net.ipv6.conf.default.disable_ipv6=1"
        elif self.maybe(0.05):
            yield "sysctl -qw net.ipv6.conf.all.disable_ipv6=1"

    def network(self, network):
        """Another link that the host has, with the addresses of a LAN or of containers."""
        name = f"br{NETWORKS.index(network)}"
        nodad = " nodad" if family(network) == 6 else ""
        return (f"ip link add {name} type bridge; ip link set {name} addrgenmode none up;"
                f" ip addr add {network} dev {name}{nodad}")

    def route(self):
        prefix = self.any(PREFIXES)
        words = FAMILIES[family(prefix)]
        via = self.any((f"via {words['gateway'].format(2)}", "blackhole"))
        kind, way = ("blackhole ", "") if via == "blackhole" else ("", f" {via}")
        return (f"ip {words['option']}route add {kind}{prefix}{way}"
                f"{self.any(('', ' metric 7', ' proto static'))}")

    def rule(self):
        rule = self.any(LOW_RULES)
        option = "" if "." in rule else self.any(("", "-6 "))
        priority = self.any(("", "pref 1 ", "pref 2 ", "pref 3 ", "pref 4 ", "pref 32764 ",
                             "pref 32765 "))
        return f"ip {option}rule add {priority}{rule}"

    # The files.

    def allowed(self, full):
        chosen = self.some(4, PREFIXES)
        return chosen + [words["default"] for words in FAMILIES.values() if full and self.maybe(0.8)]

    def peer(self, full):
        hosts = ("192.0.2.1", "203.0.113.7", "[2001:db8:2::1]", "[2a00:7::9]")
        return {"PublicKey": self.key(), "AllowedIPs": self.allowed(full),
                "Endpoint": f"{self.any(hosts)}:51820" if self.maybe(0.8) else None,
                "PersistentKeepalive": self.any((None, None, 25))}

    def file(self):
        interface = {"PrivateKey": self.key(), "Address": self.some(3, ADDRESSES),
                     "ListenPort": self.any((None, 51820)), "MTU": self.any(MTUS),
                     "Table": self.table(), "FwMark": self.mark(),
                     "DNS": self.any((None, None, None, "10.9.0.53, fd00:9::53, corp.example"))}
        for kind, hook in self.some(1, HOOKS) if self.maybe(0.4) else ():
            interface[kind] = hook
        for key in OWN:
            interface[key] = self.own(key) if self.maybe(0.2) else None
        full = self.maybe(0.65)
        return {"Interface": interface,
                "Peers": [self.peer(full and not n) for n in range(self.any((1, 1, 1, 2, 3)))]}

    def table(self):
        return self.any((None,) * 8 + ("auto", "off", "main", 1234, 51820))

    def mark(self):
        return self.any((None,) * 5 + ("off", "0x1", 51820, 1234))

    def own(self, key):
        values = self.random.sample(OWN[key], self.any((1, 2)))
        return values if key in ("ExcludedIPs", "AddressFromKey", "ListenOn") else values[0]

    def changed(self, file):
        """Another file, most of which stays."""
        interface = dict(file["Interface"])
        peers = [dict(peer) for peer in file["Peers"]]
        for change in self.random.sample(("MTU", "MTU", "family", "full", "Table", "FwMark",
                                          "Address", "AllowedIPs", "peer", "Endpoint", "DNS",
                                          "own", "own"),
                                         self.random.randint(1, 3)):
            peer = self.any(peers)
            if change == "MTU":
                interface["MTU"] = self.any(MTUS)
            elif change == "family":
                gone = self.any((4, 6))
                for section in interface, *peers:
                    for key in "Address", "AllowedIPs":
                        if key in section:
                            section[key] = [p for p in section[key] if family(p) != gone]
            elif change == "full":
                defaults = [words["default"] for words in FAMILIES.values()]
                had = set(peers[0]["AllowedIPs"]) & set(defaults)
                peers[0]["AllowedIPs"] = [p for p in peers[0]["AllowedIPs"] if p not in had] + (
                    [] if len(had) == 2 or had and self.maybe(0.5) else defaults)
            elif change == "Table":
                interface["Table"] = self.table()
            elif change == "FwMark":
                interface["FwMark"] = self.mark()
            elif change == "Address":
                interface["Address"] = self.some(3, ADDRESSES)
            elif change == "AllowedIPs":
                kept = [p for p in peer["AllowedIPs"] if self.maybe(0.7)]
                peer["AllowedIPs"] = kept + [p for p in self.some(2, PREFIXES) if p not in kept]
            elif change == "peer":
                peers.append(self.peer(False))
            elif change == "Endpoint" and peer["Endpoint"]:
                # One that a peer did not have can be set, but not be taken away by an undo.
                peer["Endpoint"] = self.peer(False)["Endpoint"]
            elif change == "own":
                key = self.any(tuple(OWN))
                interface[key] = self.own(key) if self.maybe(0.6) else None
            elif change == "DNS":
                interface["DNS"] = self.any((None, "10.9.0.54"))
        return {"Interface": interface, "Peers": peers}

    # What happens.

    def event(self):
        """What others do while the tunnel is up."""
        return self.any((self.rule, self.route,
                         lambda: self.network(self.any(NETWORKS)),
                         lambda: f"ip link set eth2 mtu {self.any(UPLINK_MTUS)}",
                         lambda: f"sysctl -qw net.ipv6.conf.{LINK}.disable_ipv6={self.any((0, 1, 1))}",
                         lambda: "sysctl -qw net.ipv6.conf.default.disable_ipv6=1"))()

    def fault(self, *more):
        """Which of the requests that change something fails, and how."""
        return (self.any((1, 2, 3, 4, 5, 8, self.random.randint(6, 30))),
                self.any(("EPERM", "ENOMEM", "ENOBUFS", *more)))

    def steps(self):
        file = self.file()
        yield {"do": "up", "file": file, "fault": self.fault() if self.maybe(0.1) else None}
        if self.maybe(0.3):
            yield {"do": "twin"}
        for faulty in self.any(((0, 1), (1, 0), (0, 1, 0), (1, 1))):
            if self.maybe(0.4):
                yield {"do": "event", "line": self.event()}
            fault = self.fault("KILL") if faulty else None
            dns = file["Interface"]["DNS"]
            file = self.changed(file)
            # Name servers that the file does not have any more, down does not look for.
            if fault and fault[1] == "KILL" and not file["Interface"]["DNS"]:
                file["Interface"]["DNS"] = dns
            yield {"do": "reload", "file": file, "fault": fault}
        yield {"do": "down", "file": file}

    def case(self):
        host = list(self.host())
        return {"host": host, "steps": list(self.steps())}


def text_of(file):
    """As it stands in /etc/wireguard."""
    lines = []
    for name, section in [("Interface", file["Interface"])] + [("Peer", p) for p in file["Peers"]]:
        lines.append(f"[{name}]")
        for key, value in section.items():
            if value not in (None, []):
                lines.append(f"{key} = {', '.join(value) if isinstance(value, list) else value}")
    return "".join(f"{line}\n" for line in lines)

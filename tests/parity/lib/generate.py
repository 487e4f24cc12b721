# SPDX-License-Identifier: GPL-2.0-or-later
"""Random cases: a host, and a configuration that somebody might have for it.

Left out is what wgq does differently on purpose: see the cases with `differs`.
"""

import base64
import ipaddress
import os
import random
import string

NAMES = ("wg0", "wg1", "tun0", "vpn-a", "wg_test")
KEYED = string.ascii_letters + string.digits + "_.-"
MTUS = (1500, 1500, 1500, 1492, 1420, 1400, 1380, 9000)
TABLES = ("auto", "auto", "off", "main", "local", "default", "51820", "51821", "1234",
          "100", "0x64", "254", "70", "4294967295", "vpn")
MARKS = ("off", "0", "51820", "0xca6c", "51821", "0x3", "1234", "0xFFFFFFFF")
RULES = ("pref 100 fwmark 0x1 table 100", "pref 32764 iif lo table main",
         "pref 32765 not fwmark 0x99 table 100", "pref 33000 oif eth0 unreachable",
         "pref 3 fwmark 0x1/0xff table 99", "pref 30000 tos 0x10 table main",
         "pref 5210 ipproto tcp dport 22 table main suppress_prefixlength 1",
         "pref 4 to 10.1.0.0/16 table main")
HOSTS = (
    "nft 'add table inet filter; add chain inet filter input"
    " { type filter hook input priority 0; }; add rule inet filter input tcp dport 22 accept'",
    "nft add table inet wg-quick-other",
    "sysctl -qw net.ipv4.conf.all.rp_filter=1 net.ipv4.conf.default.rp_filter=2",
    "sysctl -qw net.ipv4.conf.all.src_valid_mark=1",
    "ip route add default dev eth0 table 100",
    "ip route add 10.66.0.0/16 dev eth0 table 51820",
    "ip -6 route add fd66::/64 dev eth0 table 51820",
    "ip route add default dev lo table 51821 metric 9",
    "ip link add br0 type bridge; ip addr add 10.1.0.1/16 dev br0; ip link set br0 up",
    "ip link set eth0 down",
    "mkdir -p /etc/resolvconf; printf '%s\\n' 'tun*' 'eth*' >/etc/resolvconf/interface-order")
WATCHING = (
    'echo "%i $INTERFACE $CONFIG_FILE" >>$LOG/hooks',
    'ip -4 rule >>$LOG/hooks; ip -4 route show table all >>$LOG/hooks',
    'wg show %i fwmark >>$LOG/hooks || true',
    'wg show %i allowed-ips | tr " \\t" "\\n" | sort >>$LOG/hooks || true',
    'echo a#b >>$LOG/hooks # not a comment',
    'pwd >>$LOG/hooks; umask >>$LOG/hooks; cat >>$LOG/hooks; echo "$LC_ALL" >>$LOG/hooks',
    '[[ %i == * ]] && nft list tables >>$LOG/hooks')
CHANGING = {
    "PreUp": ("ip link set %i mtu 1333", "ip addr add 10.0.0.99/16 dev %i",
              "ip addr add fd00::99/64 dev %i"),
    "PostUp": ("ip route add 10.78.0.0/16 dev %i", "ip link set %i mtu 1300",
               "nft add table inet hook-%i", "iptables -A FORWARD -i %i -j ACCEPT",
               "ip addr add 10.79.0.1/24 dev %i", "ip rule add pref 900 fwmark 7 table 70"),
    "PreDown": ("ip route del 10.78.0.0/16 dev %i || true", "ip link set %i down"),
    "PostDown": ("ip rule del pref 900 || true", "nft delete table inet hook-%i || true")}
CHANGES = ("ip link set $N mtu 1290", "wg set $N listen-port 50500", "ip link set $N down",
           "ip addr add 10.200.0.1/24 dev $N", "ip route add 10.201.0.0/16 dev $N || :",
           "ip rule add pref 3 fwmark 4 table 5", "ip route flush dev $N")
STEPS = (None, None, None, "up; up; down; down", "up; sh change; down", "down; up; down",
         "up; down; up; down")


class Generator:
    """The same seed makes the same case."""

    def __init__(self, seed):
        self.random = random.Random(seed)
        self.any = self.random.choice
        self.addresses = []

    def maybe(self, chance):
        return self.random.random() < chance

    def some(self, most, choices):
        return [self.any(choices) for _ in range(self.random.randint(0, most))]

    def key(self):
        octets = bytearray(self.random.randbytes(32))
        octets[0] &= 248
        octets[31] = octets[31] & 127 | 64
        return base64.b64encode(octets).decode()

    # The host

    def ways(self, links):
        """Routes to where endpoints and allowed IPs are."""
        for _ in range(self.random.randint(0, 2)):
            i = self.any(links)
            extra = self.any(("", "", " metric 10", " mtu 1370", " proto static"))
            yield f"ip route add default via 192.0.{2 + i}.1{extra}"
            yield f"ip -6 route add default via 2001:db8:{i}::1 dev eth{i}{extra}"
        for _ in range(self.random.randint(0, 3)):
            i = self.any(links)
            extra = self.any(("", f" mtu {self.any((1380, 1400, 8000))}", " metric 9"))
            to = self.any(("203.0.113.0/24", "203.0.113.7", "198.51.100.0/25", "10.0.0.0/8",
                           "10.1.0.0/16", "192.168.0.0/16", "0.0.0.0/1", "128.0.0.0/1"))
            yield f"ip route add {to} via 192.0.{2 + i}.1{extra}"
        for to in self.some(2, ("2001:db8:aaaa::/48", "fd00::/8", "fd01::/48", "2000::/3", "::/1")):
            yield f"ip -6 route add {to} dev eth0" + self.any(("", " metric 3", " mtu 1380"))
        for to in self.some(1, ("unreachable 198.51.100.9", "blackhole 10.2.3.0/24")):
            yield f"ip route add {to}"

    def setup(self):
        links = list(range(self.any((1, 1, 2, 3))))
        yield "echo 77 vpn >>/etc/iproute2/rt_tables"
        for i in links:
            mtu = self.any(MTUS)
            yield f"ip link add eth{i} mtu {mtu} type veth peer name out{i} mtu {mtu}"
            yield f"ip link set out{i} addrgenmode none up; ip link set eth{i} addrgenmode none up"
            yield f"ip addr add 192.0.{2 + i}.2/24 dev eth{i}"
            yield f"ip addr add 2001:db8:{i}::2/64 dev eth{i} nodad"
        yield from self.ways(links)
        for rule in self.some(3, RULES):
            yield f"ip {self.any(('', '-6')) if ' 10.' not in rule else ''} rule add {rule}"
        yield from self.some(2, HOSTS)

    # The configuration

    def address(self):
        if self.maybe(0.4):
            network = self.any(("fd00::", "fd00:1::", "2001:DB8:9::"))
            length = self.any(("", "/64", "/128", "/48", "/127"))
            return f"{network}{self.random.randint(1, 99):x}{length}"
        network = self.any(("10.0.0", "10.1.0", "192.168.1", "172.16.5"))
        length = self.any(("", "/24", "/32", "/16", "/8", "/31", "/30"))
        return f"{network}.{self.random.randint(1, 254)}{length}"

    def allowed(self):
        if self.addresses and self.maybe(0.25):
            own = ipaddress.ip_interface(self.any(self.addresses))
            return self.any((str(own.network), str(own.ip),
                             f"{own.ip}/{self.any((16, 24, 30, 31))}"))
        if self.maybe(0.4):
            length = self.any((16, 32, 48, 64, 64, 127, 128))
            network = self.any(("fd00", "fd01", "2001:db8", "2a00"))
            text = f"{network}:{self.random.randint(0, 9)}::1"
        else:
            length = self.any((4, 8, 12, 16, 16, 20, 24, 24, 31, 32, 32))
            network = self.any((10, 10, 172, 192, 100))
            text = f"{network}.{self.random.randint(0, 255)}.{self.random.randint(0, 3)}.7"
        if self.maybe(0.2):     # wg cuts it to the prefix
            return f"{text}/{length}"
        return str(ipaddress.ip_network(f"{text}/{length}", False))

    def endpoint(self):
        host = self.any(("192.0.2.9", "203.0.113.7", "198.51.100.9", "8.8.8.8", "10.1.2.3",
                         "192.0.3.7", "[2001:db8::9]", "[2001:db8:aaaa::1]", "[2A00::5]",
                         "[fd00::9]", "localhost"))
        return f"{host}:{self.any((51820, 1, 443, 65535))}"

    def hooks(self):
        for kind, changing in CHANGING.items():
            if self.maybe(0.4):
                yield kind, self.any(WATCHING)
            if self.maybe(0.15):
                yield kind, self.any(changing)

    def interface(self):
        yield "PrivateKey", self.key()
        for part in self.parted(self.addresses):
            yield "Address", part
        for key, chance, values in (
                ("ListenPort", 0.4, (51820, 0, 12345, "domain")),
                ("MTU", 0.3, (1420, 1280, 1380, 1290, 9000, "0x500", 65535)),
                ("Table", 0.3, TABLES), ("FwMark", 0.2, MARKS),
                ("DNS", 0.3, ("1.1.1.1", "9.9.9.9, corp.lan", "fd00::53 10.0.0.1", "~x.y,8.8.8.8")),
                ("SaveConfig", 0.05, ("false",))):
            if self.maybe(chance):
                yield key, self.any(values)
        yield from self.hooks()

    def peer(self, full):
        yield "PublicKey", self.key()
        allowed = [self.allowed() for _ in range(self.any((0, 1, 1, 2, 3, 9)))] + full
        self.random.shuffle(allowed)
        for part in self.parted(allowed):
            yield "AllowedIPs", part
        if self.maybe(0.75):
            yield "Endpoint", self.endpoint()
        if self.maybe(0.15):
            yield "PresharedKey", self.key()
        if self.maybe(0.3):
            yield "PersistentKeepalive", self.any((25, 0, "off", 65535))

    def parted(self, items):
        """Over one or several lines, parted as people do."""
        while items:
            count = self.random.randint(1, len(items))
            yield self.any((", ", ",", " , ")).join(items[:count])
            items = items[count:]

    def block(self, name, pairs):
        pairs = list(pairs)
        if self.maybe(0.3):
            self.random.shuffle(pairs)
        yield self.spelled(f"[{name}]") + self.any(("", "", " # x"))
        for key, value in pairs:
            tail = "" if key.startswith(("Pre", "Post")) and key != "PresharedKey" \
                else self.any(("", "", " ", "# x", "  # c = d"))
            yield (self.any(("", "", "\t")) + self.spelled(key) +
                   self.any((" = ", " = ", "=", "\t=\t")) + f"{value}{tail}")
            if self.maybe(0.05):
                yield self.any(("", "# note", "# Address = 1.2.3.4/8"))
        yield ""

    def spelled(self, key):
        return self.any((key, key, key, key.lower(), key.upper()))

    def config(self):
        self.addresses = [self.address() for _ in range(self.any((0, 1, 1, 2, 2, 3)))]
        blocks = [list(self.block("Interface", self.interface()))]
        for number in range(self.any((0, 1, 1, 1, 2, 3, 12))):
            full = [] if number else self.some(2, ("0.0.0.0/0", "0.0.0.0/0", "::/0"))
            blocks.append(list(self.block("Peer", self.peer(full))))
        if self.maybe(0.06):
            self.random.shuffle(blocks)
        lines = [line for block in blocks for line in block]
        return self.any(("\n", "\n", "\n", "\r\n")).join(lines)

    def name(self):
        if self.maybe(0.7):
            return self.any(NAMES)
        return self.any(string.ascii_letters) + "".join(self.some(14, KEYED))

    def case(self):
        """The files of a case, by their names."""
        name = self.name()
        argument = self.any((name, name, f"/etc/wireguard/{name}.conf"))
        files = {f"{name}.conf": self.config(),
                 "setup": "".join(f"{{ {line}; }} || :\n" for line in self.setup()),
                 "options": f"arg = {argument}\n"}
        steps = self.any(STEPS)
        if steps:
            files["options"] += f"steps = {steps}\n"
            files["change"] = f"N={name}\n{self.any(CHANGES)}\n"
        return files


def write_cases(corpus, first_seed, count):
    """Folders of the form of corpus/, named by their seeds."""
    for seed in range(first_seed, first_seed + count):
        folder = f"{corpus}/random-{seed}"
        os.makedirs(folder)
        for name, text in Generator(seed).case().items():
            with open(f"{folder}/{name}", "w", encoding="utf-8", newline="") as file:
                file.write(text)

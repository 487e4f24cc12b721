#!/usr/bin/python3
# SPDX-License-Identifier: GPL-2.0-or-later
"""By which link packets leave, as three witnesses say: `wgq why`, `ip route get`, and a counter.

ways.py WGQ LINK OTHER COUNT SEED EXCLUDED ALLOWED: run on the host that sends. Makes COUNT random
addresses a family, half of them inside of the excluded prefixes or close to them. What is allowed and
not excluded has to leave by LINK, all else by OTHER. Prints each mistake, then `AGREED of ALL`.
"""

import ipaddress
import json
import random
import socket
import subprocess
import sys

WGQ, LINK, OTHER, COUNT, SEED, EXCLUDED, ALLOWED = sys.argv[1:]
RULES = f"""
table inet ways {{
	counter link {{ }}
	counter other {{ }}
	chain out {{
		type filter hook output priority 300
		udp dport 7777 oifname "{LINK}" counter name link
		udp dport 7777 oifname "{OTHER}" counter name other
	}}
}}
"""


def networks(text):
    return [ipaddress.ip_network(word, strict=False) for word in text.replace(",", " ").split()]


def inside(address, prefixes):
    return any(p.version == address.version and address in p for p in prefixes)


def output(*command, text=None):
    return subprocess.run(command, input=text, capture_output=True, text=True, check=False).stdout


def addresses(rng, version, prefixes):
    bits = 32 if version == 4 else 128
    kind = ipaddress.IPv4Address if version == 4 else ipaddress.IPv6Address
    near = [p for p in prefixes if p.version == version]
    found = []
    while len(found) < int(COUNT):
        if near and rng.random() < 0.6:
            p = rng.choice(near)
            at = int(p.network_address) + rng.choice(
                [0, -1, p.num_addresses - 1, p.num_addresses, rng.randrange(p.num_addresses)])
        else:
            at = rng.getrandbits(bits) if version == 4 else 0x2 << 124 | rng.getrandbits(124)
        if not 0 < at < 1 << bits:
            continue
        address = kind(at)
        if not (address.is_multicast or address.is_loopback or address.is_link_local or
                address.is_reserved or at >> (bits - 8) == 0):
            found.append(address)
    return found


def by_why(address):
    said = json.loads(output(WGQ, "why", "--json", str(address)) or "{}")
    return (said.get("legs", [{}])[0].get("interface") or {}).get("name")


def by_kernel(address):
    words = output("ip", "route", "get", str(address)).split()
    return words[words.index("dev") + 1] if "dev" in words else None


def counters():
    listed = json.loads(output("nft", "-j", "list", "counters", "table", "inet", "ways"))
    return {c["counter"]["name"]: c["counter"]["packets"] for c in listed["nftables"]
            if "counter" in c}


def by_counter(address):
    before = counters()
    family = socket.AF_INET if address.version == 4 else socket.AF_INET6
    with socket.socket(family, socket.SOCK_DGRAM) as s:
        try:
            s.sendto(b"?", (str(address), 7777))
        except OSError as error:
            return str(error)
    after = counters()
    return {(1, 0): LINK, (0, 1): OTHER}.get(tuple(after[n] - before[n] for n in ("link", "other")))


def main():
    rng = random.Random(int(SEED))
    output("nft", "-f", "-", text=RULES)
    excluded, allowed = networks(EXCLUDED), networks(ALLOWED)
    agreed = asked = 0
    for version in 4, 6:
        for address in addresses(rng, version, excluded):
            goes = inside(address, allowed) and not inside(address, excluded)
            want = LINK if goes else OTHER
            got = (by_why(address), by_kernel(address), by_counter(address))
            asked += 1
            agreed += got == (want,) * 3
            if got != (want,) * 3:
                print(f"{address}: should leave by {want}; why, ip route get, counter: {got}")
    output("nft", "delete", "table", "inet", "ways")
    print(f"{agreed} of {asked}")
    return agreed != asked or not asked


sys.exit(main())

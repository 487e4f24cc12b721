# SPDX-License-Identifier: GPL-2.0-or-later
"""What the kernel and the helpers say, as sections of text that can be compared.

Only what no tool can choose is masked: interface numbers, random ports,
random link-local addresses, ages, and what the kernel sets some time later
(carrier, tentative). Everything else must be the same.
"""

import os
import re
import socket
import struct
import subprocess
import time

from meaning import meaning
from world import CONFIGS, PORTS, WORK

RANDOM_PORT = re.compile(rf"\b{PORTS.start // 1000}\d\d\d\b")
LINK_LOCAL = re.compile(r"fe80::[0-9a-f:]+")
STAYING = ("sleep", "python3")      # what cases run in the background
NETLINK_NETFILTER = 12
NFT_GET_TABLE = 10 << 8 | 1
NLM_F_REQUEST, NLM_F_DUMP = 0x1, 0x300
NLMSG_ERROR, NLMSG_DONE = 2, 3
MAC = re.compile(r"\b(?:[0-9a-f]{2}:){5}[0-9a-f]{2}\b")


def _output(*command, text=None):
    done = subprocess.run(command, input=text, capture_output=True, text=True,
                          errors="replace", check=False)
    return done.stdout


def _ip(family, *lines):
    """Several `ip` commands for one fork: the machine may be slow."""
    return _output("ip", f"-{family}", "-d", "-o", "-N", "-force", "-batch", "-",
                   text="".join(f"{line}\n" for line in lines))


def _squeeze(line):
    return " ".join(line.replace("\\", " ").split())


def _has_nft_tables():
    """Asks the kernel itself: nft takes its time to say that there are none."""
    ask = struct.pack("=IHHII4x", 20, NFT_GET_TABLE, NLM_F_REQUEST | NLM_F_DUMP, 1, 0)
    with socket.socket(socket.AF_NETLINK, socket.SOCK_RAW, NETLINK_NETFILTER) as kernel:
        kernel.sendto(ask, (0, 0))
        answer = kernel.recv(1 << 16)
    return struct.unpack_from("=H", answer, 4)[0] not in (NLMSG_DONE, NLMSG_ERROR)


def _ruleset():
    return _output("nft", "-s", "-nn", "list", "ruleset") if _has_nft_tables() else ""


def _may_have_wireguard(listings):
    return (os.path.exists("/run/wireguard") or
            any("kind wireguard" in line for line in listings["link"]))


class Snapshot:
    """Takes snapshots of this process's world; knows what the case wrote."""

    def __init__(self, case):
        self.known = set(LINK_LOCAL.findall(case.text()))
        self.known_ports = set(RANDOM_PORT.findall(case.text()))
        self.saves = re.search(r"(?i)\bsave", case.text()) is not None
        self.originals = self._config_files()

    def mask(self, text):
        """Masks what is random and was not asked for by the case itself."""
        text = LINK_LOCAL.sub(lambda m: m[0] if m[0] in self.known
                              else "fe80::RANDOM", text)
        return MAC.sub("MAC", text)

    def mask_ports(self, text):
        return RANDOM_PORT.sub(lambda m: m[0] if m[0] in self.known_ports
                               else "RANDOM", text)

    def take(self):
        processes = _processes()        # first: it waits for what is ending
        listings = self._listings()
        return {**{name: "".join(f"{line}\n" for line in lines)
                   for name, lines in listings.items()},
                "nft": self.mask(_ruleset()),
                "wg": self._wireguard() if _may_have_wireguard(listings) else "",
                "sysctl": _sysctl(),
                "files": self._files(),
                "log": _logs(),
                "process": processes}

    def _listings(self):
        four = _ip(4, "link show", "addr show", "rule show",
                   "route show table all").splitlines()
        six = _ip(6, "addr show", "rule show",
                  "route show table all").splitlines()
        out = {"link": [], "address": [], "rule": [], "route": []}
        for family, lines in (("4", four), ("6", six)):
            for line in lines:
                _sort_in(out, family, self.mask(_squeeze(line)))
        out["route"].sort()     # masked: else random addresses would order them
        out["link"].sort()
        return out

    def _wireguard(self):
        devices, peers = [], []
        for line in _devices():
            part = line.split("\t")
            if len(part) == 5:
                devices.append("{0}: private {1} port {3} fwmark {4}".format(*part))
            elif len(part) == 9:
                part[4] = " ".join(sorted(part[4].split(",")))
                peers.append("{0}: peer {1} psk {2} endpoint {3} keepalive {8}"
                             " allowed {4}".format(*part))
        lines = [self.mask_ports(d) for d in sorted(devices)] + sorted(peers)
        return "".join(f"{line}\n" for line in lines)

    @staticmethod
    def _config_files():
        found = {}
        for name in sorted(os.listdir(CONFIGS)):
            path = f"{CONFIGS}/{name}"
            if os.path.isfile(path):
                with open(path, "rb") as file:
                    found[name] = (os.lstat(path).st_mode, file.read())
        return found

    def remember_files(self):
        self.originals = self._config_files()

    def _files(self):
        """Each config's mode, what it asks for where it is saved, and its text
        where it is not but was changed all the same."""
        out = []
        for name, (mode, data) in self._config_files().items():
            changed = self.originals.get(name, (0, None))[1] != data
            text = data.decode(errors="replace")
            if self.saves:
                out.append(f"{mode:o} {name}\n")
                out.append(meaning(text, lambda value: self.mask(self.mask_ports(value))))
                continue
            out.append(f"{mode:o} {name}{' changed' if changed else ''}\n")
            if changed:
                out.append(self.mask(self.mask_ports(text)))
        return "".join(out)


def _devices():
    """wireguard-go opens its port a moment after the link is up."""
    end = time.monotonic() + 10
    while True:
        lines = _output("wg", "show", "all", "dump").splitlines()
        opening = [part[0] for part in (line.split("\t") for line in lines)
                   if len(part) == 5 and part[3] == "0" and _is_tun(part[0]) and _is_up(part[0])]
        if not opening or time.monotonic() > end:
            return lines
        time.sleep(0.02)


def _sort_in(out, family, line):
    """Puts one line of `ip -o` where it belongs; -o tells them apart."""
    if re.match(r"\d+: \S+ +inet6? ", line):
        out["address"].append(_sub_age(re.sub(r"^\d+: ", "", line)))
    elif re.match(r"\d+: \S+: <", line):
        if family == "4":
            out["link"].append(_link(line))
    elif re.match(r"\d+: ", line):
        out["rule"].append(f"ipv{family} {_rule(line)}")
    elif not re.search(r"^\S+ \S*:.* table 255 proto 2 ", line):
        # Left out: IPv6 local routes of the kernel's own, added after carrier.
        out["route"].append(f"ipv{family} {_sub_age(line)}")


def _rule(line):
    """`ip rule` prints the protocols 0 and 2 only with -d. wg-quick's rules have
    none, wgq's are the kernel's, to be left alone by systemd-networkd."""
    return re.sub(r" proto [02]$", "", line)


def _sub_age(line):
    line = re.sub(r"\b(valid_lft|preferred_lft) \d+sec", r"\1 SOME", line)
    return re.sub(r" (expires \S+|tentative|linkdown|used \d+|age \d+)", "", line)


def _link(line):
    """The link's name, flags, MTU and type; its queues are the kernel's own."""
    head = re.match(r"\d+: ([^:@]+)\S* <(\S*)> mtu (\d+)", line)
    kind = re.search(r"\b(wireguard|dummy|veth|bridge|ipvlan|vlan)\b"
                     r"|\b(tun) type tun\b", line)
    qlen = re.search(r"qlen (\d+)", line)
    alias = re.search(r"\balias (\S+)", line)
    flags = ",".join(sorted(set(head[2].split(",")) - {"M-DOWN", "NO-CARRIER"}))
    return " ".join(filter(None, (
        f"{head[1]}: {flags} mtu {head[3]}",
        f"qlen {qlen[1]}" if qlen else "",
        f"kind {kind[1] or kind[2]}" if kind else "",
        f"alias {alias[1]}" if alias else "")))


def _sysctl():
    with open("/proc/sys/net/ipv4/conf/all/src_valid_mark", encoding="ascii") as f:
        return f"src_valid_mark {f.read()}"


def _logs():
    out = []
    for name in sorted(os.listdir(f"{WORK}/log")):
        with open(f"{WORK}/log/{name}", encoding="utf-8", errors="replace") as file:
            out += [f"{name}: {line.rstrip()}\n" for line in file]
    return "".join(out)


def _process_names():
    for pid in filter(str.isdigit, os.listdir("/proc")):
        try:
            with open(f"/proc/{pid}/stat", encoding="utf-8") as file:
                name, state = re.search(r"\((.*)\) (\S)", file.read()).groups()
        except (FileNotFoundError, ProcessLookupError):
            continue
        if pid != "1" and state != "Z":
            yield name


def _processes():
    """What still runs. Helpers of the tool need a moment to end, and so does
    wireguard-go to see that its link is gone; only what a case started stays."""
    end = time.monotonic() + 3
    while True:
        names = sorted(_process_names())
        ending = [name for name in names if name not in STAYING + ("wireguard-go",)]
        links = sum(1 for name in os.listdir("/sys/class/net") if _is_tun(name))
        done = not ending and names.count("wireguard-go") <= links
        if done or time.monotonic() > end:
            return "".join(f"{name}\n" for name in names)
        time.sleep(0.02)


def _is_up(name):
    with open(f"/sys/class/net/{name}/flags", encoding="ascii") as file:
        return int(file.read(), 16) & 1


def _is_tun(name):
    return os.path.exists(f"/sys/class/net/{name}/tun_flags")

# SPDX-License-Identifier: GPL-2.0-or-later
"""Plays a case in a world of its own, and judges it.

The host sends a datagram to each of some addresses, again and again. The port says in which stage it
was sent, and the namespace on the far side of the uplinks notes what arrives. What the file sends into
the tunnel must not.
"""

import ipaddress
import json
import os
import random
import signal
import socket
import subprocess
import sys
import threading
import time
from collections import Counter
from glob import glob

from cases import ELSEWHERE, ENDPOINTS, FILE, LINK, text_of
from snap import Snapshot
from world import WORK

FIRST_PORT = 9000
# What may differ once the tunnel is gone: src_valid_mark, as with wg-quick, and the helpers' logs.
STAYS = ("sysctl", "files", "log")


def output(*command):
    return subprocess.run(command, capture_output=True, text=True, check=False).stdout


def listed(*command):
    return json.loads(output(*command).strip() or "[]")


class Sender(threading.Thread):
    """Sends to each address all the time."""

    def __init__(self, targets):
        super().__init__(daemon=True)
        self.targets = targets
        self.port = FIRST_PORT
        self.lock = threading.Lock()
        self.sockets = {4: socket.socket(socket.AF_INET, socket.SOCK_DGRAM),
                        6: socket.socket(socket.AF_INET6, socket.SOCK_DGRAM)}

    def send(self):
        with self.lock:
            for target in self.targets:
                try:
                    self.sockets[target.version].sendto(b"in the clear", (str(target), self.port))
                except OSError:
                    pass        # blocked, or no route: nothing leaves

    def begin(self, port):
        """From now on nothing is sent to another one."""
        with self.lock:
            self.port = port
        self.send()

    def run(self):
        while True:
            self.send()
            time.sleep(0.005)


def targets_of(steps, seed):
    """An address in each prefix of each file, and some that only default routes have."""
    chance = random.Random(seed)
    found = [ipaddress.ip_address(text) for text in ELSEWHERE + ENDPOINTS]
    for prefix in sorted({p for step in steps for peer in step.get("file", {}).get("Peers", ())
                          for p in peer["AllowedIPs"]}):
        network = ipaddress.ip_network(prefix)
        address = network[chance.getrandbits(network.max_prefixlen - network.prefixlen)]
        if not (address.is_multicast or address.is_loopback or address.is_reserved):
            found.append(address)
    return found


def host_prefixes():
    """What the host has routes to, but for default routes and those of the tunnel."""
    return [ipaddress.ip_network(route["dst"]) for option in ("-4", "-6")
            for table in ("main", "local")
            for route in listed("ip", option, "-j", "route", "show", "table", table)
            if route.get("dev") != LINK and route["dst"] != "default"]


def tunnelled(file, targets):
    """Those of the addresses that the file sends into the tunnel: where the host has a route that is as
    specific, that is its own business."""
    if file["Interface"]["Table"] not in (None, "auto"):
        return set()
    past = [ipaddress.ip_network(p) for p in file["Interface"]["ExcludedIPs"] or ()]
    ours = [ipaddress.ip_network(p) for peer in file["Peers"] for p in peer["AllowedIPs"]]
    theirs = host_prefixes()

    def longest(prefixes, target):
        return max((p.prefixlen for p in prefixes if target in p), default=-1)

    return {t for t in targets if longest(ours, t) > longest(theirs, t)
            and not any(t in prefix for prefix in past)}


def is_closed(file):
    return file["Interface"]["KillSwitch"] in ("yes", "lan")


def inside_of(file, targets):
    """What must not be seen on the uplinks: with KillSwitch whatever the file does not let pass."""
    if not is_closed(file):
        return tunnelled(file, targets)
    past = [ipaddress.ip_network(p) for p in file["Interface"]["ExcludedIPs"] or ()]
    if file["Interface"]["KillSwitch"] == "lan":
        past += host_prefixes()
    return {t for t in targets if not t.is_link_local and not any(t in prefix for prefix in past)}


def changes(before, after):
    """The lines that went and those that came, of each section that is not the same."""
    counts = {name: (Counter(before[name].splitlines()), Counter(after[name].splitlines()))
              for name in before}
    return {name: (old - new, new - old) for name, (old, new) in counts.items() if old != new}


class Judge:
    """One case: its steps, what must not be seen leaving in which stage, and what was wrong."""

    def __init__(self, case, wgq, environment):
        with open(f"{WORK}/case/case.json", encoding="utf-8") as file:
            self.case = json.load(file)
        self.wgq = wgq
        self.environment = environment
        self.snapshot = Snapshot(case)
        self.targets = targets_of(self.case["steps"], self.case["seed"])
        self.sender = Sender(self.targets)
        self.stages = []        # by port: a name, the addresses, and whether the host has all its ways
        self.killed = False     # a reload, and no other has mended it
        self.running = None     # the file that is up
        self.inside = set()     # the addresses that are sent into the tunnel now
        self.before = None      # the host without the tunnel
        self.problems = []
        self.did = []

    def problem(self, text):
        self.problems.append(text)
        print(f"FAIL {text}", file=sys.stderr, flush=True)

    def sh(self, line):
        print(f"$ {line}", file=sys.stderr, flush=True)
        return subprocess.run(["sh", "-c", f". {WORK}/case/host.sh; {line}"], env=self.environment,
                              stdin=subprocess.DEVNULL, stdout=sys.stderr, check=False).returncode

    def run(self, *words, fault=None, prefix=()):
        """With a fault, that request to the kernel fails of those that a dry run does not make, or is
        the last that wgq lives to see."""
        if fault:
            number, error = fault
            trace = f"{WORK}/strace"
            subprocess.run(["strace", "-qq", "-o", trace, "-e", "trace=sendto", self.wgq, words[0],
                            "--dry-run", *words[1:]], env=self.environment, capture_output=True,
                           check=False)
            with open(trace, encoding="utf-8") as file:
                number += sum(line.startswith("sendto(") for line in file)
            how = "signal=KILL" if error == "KILL" else f"error={error}"
            prefix = ("strace", "-qq", "-o", "/dev/null", "-e", "trace=sendto",
                      "-e", f"inject=sendto:{how}:when={number}")
        command = [*prefix, self.wgq, *words]
        print(f"$ {' '.join(command)}", file=sys.stderr, flush=True)
        return subprocess.run(command, env=self.environment, stdin=subprocess.DEVNULL,
                              stdout=sys.stderr, check=False).returncode

    def state(self):
        state = self.snapshot.take()
        state = {name: text for name, text in state.items() if name not in STAYS}
        state["dns"] = "".join(f"{path}\n" + output("cat", path) for path in sorted(glob(f"{WORK}/dns.*")))
        state["twin"] = self.snapshot.mask(output(
            "sh", "-c", "ip -n twin -o addr; ip -n twin rule; ip -n twin route show table all"))
        return state

    def same(self, before, after, what):
        for name, (gone, come) in changes(before, after).items():
            self.problem(f"{what}: {name}\n" + "".join(
                [f"  - {line}\n" for line in gone.elements()] +
                [f"  + {line}\n" for line in come.elements()]).rstrip())

    def stage(self, name, inside):
        """From now on: the addresses must not be seen on the uplinks."""
        self.stages.append((name, inside, not self.killed and not name.startswith("during") and
                            not (self.running and is_closed(self.running))))
        self.sender.begin(FIRST_PORT + len(self.stages) - 1)

    def write(self, file):
        with open(FILE, "w", encoding="utf-8") as out:
            out.write(text_of(file))

    # The steps. Each says whether the tunnel is still up.

    def up(self, step):
        self.write(step["file"])
        self.stage("during up", set())
        return self.settle("up", step, self.before)

    def reload(self, step):
        before = self.state()
        self.write(step["file"])
        self.stage("during reload", self.inside & inside_of(step["file"], self.targets))
        return self.settle("reload", step, before)

    def settle(self, verb, step, before):
        """What up and reload have in common: done, or nothing has changed; killed: something between."""
        status = self.run(verb, LINK, fault=step["fault"])
        if status == -signal.SIGKILL:
            self.running, self.killed = step["file"], True
            self.inside = self.inside & inside_of(step["file"], self.targets)
            self.did.append(f"{verb} killed")
        elif status == 0:
            self.running, self.killed = step["file"], False
            self.inside = inside_of(step["file"], self.targets)
            self.did.append(verb)
            if self.run("diff", LINK) != 0:
                self.problem(f"diff is not empty after {verb}")
        else:
            self.did.append(f"{verb} {'fails' if step['fault'] else 'refused'}")
            self.same(before, self.state(), f"{verb} ends with {status}, and has changed")
            if self.running:
                self.write(self.running)
        self.stage(f"after {verb}, which ends with {status}", self.inside)
        return self.running is not None

    def event(self, step):
        """Others change the host: what was before the tunnel is now something else, too."""
        before = self.state()
        self.stage("during an event", set())
        self.sh(step["line"])
        for name, (gone, come) in changes(before, self.state()).items():
            lines = Counter(self.before[name].splitlines()) - gone
            lines += Counter({line: n for line, n in come.items() if LINK not in line})
            self.before[name] = "\n".join(lines.elements())
        self.inside &= inside_of(self.running, self.targets)
        # What the kernel has taken off the link is mended by the next reload.
        if "disable_ipv6" in step["line"]:
            self.inside = {t for t in self.inside if t.version == 4}
        self.stage(f"after {step['line']}", self.inside)
        return True

    def twin(self, _step):
        """The same verbs where another namespace has the same /run: nothing of it is theirs."""
        before = self.state()
        there = ["ip", "netns", "exec", "twin"]
        self.stage("in the twin", self.inside)
        for words in (["status", LINK], ["down", LINK], ["down", "--all"], ["up", LINK],
                      ["down", LINK]):
            if words[0] != "up" or f" {LINK}" not in before["twin"]:
                self.run(*words, prefix=there)
        after = self.state()
        # Whose resolvconf's entry is, of a tunnel in the kernel, cannot be told: SECURITY.md.
        if not os.path.exists(f"/run/wireguard/{LINK}.sock"):
            after["dns"] = before["dns"]
        self.same(before, after, "verbs in another namespace have changed")
        return True

    def down(self, step):
        self.stage("during down", set())
        status = self.run("down", LINK)
        if status != 0:
            self.problem(f"down ends with {status}")
        self.same(self.before, self.state(), "down has left, or taken")
        self.stage("after down", set())
        return False

    # The whole.

    def seen(self):
        """(stage, address) of what has arrived on the far side."""
        time.sleep(0.05)
        for name in "v4", "v6":
            found = listed("ip", "netns", "exec", "far", "nft", "-j", "list", "set", "inet", "uplink",
                           name)
            for element in found["nftables"][-1]["set"].get("elem", ()):
                address, port = element["concat"]
                yield port - FIRST_PORT, ipaddress.ip_address(address)

    def own_ways(self):
        """Endpoints to which the host has a route of its own, which no tunnel hides."""
        theirs = host_prefixes()
        return {t for t in map(ipaddress.ip_address, ENDPOINTS) if ipaddress.ip_network(t) in theirs}

    def outside(self):
        """Addresses that must be seen leaving without a tunnel: else nothing is proved."""
        families = {version for version, option in ((4, "-4"), (6, "-6"))
                    if listed("ip", option, "-j", "route", "show", "default")}
        elsewhere = [ipaddress.ip_address(text) for text in ELSEWHERE]
        theirs = host_prefixes()
        return {t for t in elsewhere if t.version in families and
                not any(t in prefix for prefix in theirs)}

    def play(self):
        for line in ["far", *self.case["host"]]:
            self.sh(line)
        self.stage("before", set())
        outside = self.outside()
        self.sender.start()
        # Neighbours take a moment to be found.
        for _ in range(100):
            if {(0, t) for t in outside} <= set(self.seen()):
                break
        self.before = self.state()
        for step in self.case["steps"]:
            if not getattr(self, step["do"])(step):
                break
        seen = set(self.seen())
        missed = {t for t in outside if (0, t) not in seen}
        if missed:
            self.problem(f"not seen without a tunnel: {sorted(map(str, missed))}")
        own_ways = self.own_ways()
        for number, (name, inside, is_whole) in enumerate(self.stages):
            lost = [str(t) for t in own_ways if (number, t) not in seen and is_whole]
            if lost:
                self.problem(f"the host's own way is lost {name}: {', '.join(lost)}")
            leaked = sorted(str(t) for t in inside if (number, t) in seen)
            if leaked:
                self.problem(f"in the clear {name}: {', '.join(leaked[:3])}")


def job(case, wgq, out):
    """What the world's first process does; the verdict goes to the file out."""
    def run(environment):
        judge = Judge(case, wgq.name, environment)
        judge.play()
        judged = sum(len(stage[1]) for stage in judge.stages)
        json.dump({"problems": judge.problems, "did": judge.did, "judged": judged}, out)
        out.flush()
    return run

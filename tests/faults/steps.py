# SPDX-License-Identifier: GPL-2.0-or-later
"""The verbs that the sweeps go through: the state in which each begins, and the system calls that it
makes."""

import os
import re
import sys
import time

import host

TRACE = host.FOLDER + "/strace"
# No error comes of these. Of close() one may, but Linux has closed the descriptor by then, which an
# injected error would prevent.
NEVER = {"exit_group", "exit", "rt_sigreturn", "getpid", "gettid", "restart_syscall", "execve",
         "close"}
# The same one each time: what save makes of it is known.
NEW_PEER = "zzzz" + "A" * 39 + "="


def calls_of(argv):
    """(name, number among its like) of each call from main() on, as a run makes them."""
    status, said = host.wgq(*argv, prefix=["strace", "-o", TRACE])
    if status != 0:
        sys.exit("%s: ends with %d\n%s" % (" ".join(argv), status, said))
    count, calls, begun = {}, [], False
    for line in host.read(TRACE).splitlines():
        match = re.match(r"(\w+)\(", line)
        if not match:
            continue
        name = match[1]
        count[name] = count.get(name, 0) + 1
        begun = begun or line.startswith("fcntl(0, F_GETFD)")
        if begun and name not in NEVER:
            calls.append((name, count[name]))
    return calls


def each(name, items, seconds):
    """The items, until the seconds are over (0: all), with a word now and then of how far it is."""
    begun = time.monotonic()
    for done, item in enumerate(items):
        if seconds and time.monotonic() - begun > seconds:
            print("%s: time is up after %d of %d" % (name, done, len(items)))
            return
        if done and done % 500 == 0:
            print("%s: %d of %d" % (name, done, len(items)), flush=True)
        yield item


def is_up():
    return os.path.exists("/sys/class/net/" + host.LINK)


def must(*argv):
    status, said = host.wgq(*argv)
    if status != 0:
        sys.exit("wgq %s: status %d\n%s" % (" ".join(argv), status, said))


class Verbs:
    """How the host gets into the state in which each verb begins."""

    def __init__(self, peers=host.PEERS):
        self.text = host.config(peers)
        host.write_config(self.text)
        host.clear()
        self.down_state = host.look()
        self.up_state = None
        # One peer less, one allowed IP and one address more, another port and other name servers.
        peers = self.text.split("\n\n")
        self.new_text = "\n\n".join(peers[:2] + peers[3:]).replace(
            "10.77.7.0/24", "10.77.7.0/24, 10.78.7.0/24").replace(
            "ListenPort = 51820", "ListenPort = 51821").replace("eth0, ", "lo, ").replace(
            "Address = ", "Address = 10.9.2.1/24, ").replace("10.9.1.53", "10.9.1.54")

    def measure(self):
        """What up makes of the host."""
        self.up()
        self.up_state = host.steady_look()
        self.down()

    def all(self):
        """The name of each, its arguments, and what makes the state before it."""
        return [(name, [*words, host.CONF], prepare) for name, words, prepare in (
            ("up", ["up"], self.down), ("save", ["save"], self.changed),
            ("reload", ["reload"], self.edited), ("replace", ["up", "--replace"], self.edited),
            ("down", ["down"], self.up))]

    def down(self):
        host.write_config(self.text)
        if is_up():
            host.wgq("-q", "down", host.CONF)
        if host.settles(self.down_state)[0] is None:
            host.clear()

    def up(self):
        self.down()
        must("-q", "up", host.CONF)

    def edited(self):
        """Up, and then the file is another one."""
        self.up()
        host.write_config(self.new_text)

    def changed(self):
        """Up, with what the file does not have: a peer, an address."""
        if not is_up():
            self.up()
            host.run("wg", "set", host.LINK, "peer", NEW_PEER, "allowed-ips", "10.99.0.0/24",
                     "persistent-keepalive", "25")
            host.run("ip", "addr", "add", "10.9.9.9/32", "dev", host.LINK)
        host.write_config(self.text)
        for path in os.listdir(host.FOLDER):
            if path.startswith("t1.conf."):
                os.unlink(host.FOLDER + "/" + path)

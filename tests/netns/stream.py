#!/usr/bin/python3
# SPDX-License-Identifier: GPL-2.0-or-later
"""Numbered packets through a tunnel, both ways at once, and by which uplink their encrypted ones go.

stream.py RATE FAMILY: host `us` is 10.9.0.1 in the tunnel, `hub` 10.9.0.2, at port 7002 outside of it, with
the uplinks up1 and up2. Commands are lines of standard input, each has one line of answer:

  until N LIMIT  waits until packets both ways go by uplink N alone for a second, at most LIMIT seconds.
                 Says how long it took, or `never', and what was lost to the hub and from the hub since
                 the last command, together with what it was waited for.
  rest SECONDS   says how many packets both ways went by each uplink meanwhile, and what was lost.

What falls behind on a slow machine is not caught up with at once: a burst would be lost in a queue."""

import ctypes
import os
import select
import socket
import struct
import sys
import time

PORT, OUTER_PORT = 5000, 7002
SECOND = 1.0
LOOK = 0.05  # how often the uplinks are looked at
CLONE_NEWNET = 0x40000000
IP_FREEBIND = 15
ETH_P_ALL, SOL_PACKET, PACKET_STATISTICS, SO_ATTACH_FILTER = 3, 263, 6, 26
LOAD, LENGTH, EQUAL, GREATER, RETURN = 0x30, 0x80, 0x15, 0x25, 0x06
HALF = 0x28


def in_namespace(name, make):
    """What make() makes in a namespace."""
    libc = ctypes.CDLL(None, use_errno=True)
    with open("/proc/self/ns/net", "rb") as own, open(f"/var/run/netns/{name}", "rb") as other:
        if libc.setns(other.fileno(), CLONE_NEWNET) < 0:
            raise OSError(ctypes.get_errno(), "setns")
        try:
            return make()
        finally:
            libc.setns(own.fileno(), CLONE_NEWNET)


class Counter:
    """Counts WireGuard's data on a link of the hub, in one direction. Nothing is read: the kernel counts
    what a socket that takes nothing has dropped."""

    def __init__(self, link, family, incoming):
        head = 20 if family == 4 else 40
        port = head + (2 if incoming else 0)
        checks = [
            (HALF, port, EQUAL, OUTER_PORT),
            (LOAD, head + 8, EQUAL, 4),
            (LOAD, 6 if family == 6 else 9, EQUAL, 17),
            (LENGTH, 0, GREATER, head + 8 + 32),
        ]
        program = []
        for i, (load, at, test, value) in enumerate(checks):
            left = 2 * (len(checks) - 1 - i)
            program += [(load, 0, 0, at), (test, 0, left + 1, value)]
        program += [(RETURN, 0, 0, 1), (RETURN, 0, 0, 0)]
        code = b"".join(struct.pack("HBBI", *line) for line in program)
        self.code = ctypes.create_string_buffer(code)
        head = struct.pack("HP", len(program), ctypes.addressof(self.code))
        self.socket = socket.socket(socket.AF_PACKET, socket.SOCK_DGRAM, 0)
        self.socket.setsockopt(socket.SOL_SOCKET, SO_ATTACH_FILTER, head)
        self.socket.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 0)
        self.socket.bind((link, ETH_P_ALL))

    def count(self):
        """Since the last time."""
        return struct.unpack("II", self.socket.getsockopt(SOL_PACKET, PACKET_STATISTICS, 8))[0]


class End:
    """One end of the stream."""

    def __init__(self, own, peer):
        self.socket = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
        self.socket.setsockopt(socket.IPPROTO_IP, IP_FREEBIND, 1)  # the tunnel may not be up yet
        self.socket.bind((own, PORT))
        self.socket.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 4 << 20)
        self.socket.setblocking(False)
        self.peer = peer
        self.sent, self.got = 0, bytearray()

    def send(self):
        try:
            self.socket.sendto(struct.pack("I", self.sent), (self.peer, PORT))
        except OSError:
            pass
        self.sent += 1

    def receive(self, sender):
        try:
            while True:
                number = struct.unpack("I", self.socket.recv(16))[0]
                sender.got.extend(bytes(max(0, number + 1 - len(sender.got))))
                sender.got[number] = 1
        except BlockingIOError:
            pass
        except OSError:  # what the network says to an earlier packet
            pass

    def lost(self, begin, end):
        return end - begin - sum(self.got[begin:end])


class Stream:
    """Both ends, and the uplinks."""

    def __init__(self, rate, family):
        self.us = in_namespace("us", lambda: End("10.9.0.1", "10.9.0.2"))
        self.hub = in_namespace("hub", lambda: End("10.9.0.2", "10.9.0.1"))
        self.counters = in_namespace(
            "hub",
            lambda: [[Counter(f"up{n}", family, incoming) for incoming in (True, False)] for n in (1, 2)],
        )
        self.apart = 1 / rate
        self.due = self.looked = time.monotonic()
        self.asked = (0, 0)  # what was sent before the last answer

    def turn(self):
        """Until the next packet is due. None, or the packets by each uplink, in and out, since the last."""
        now = time.monotonic()
        wait = max(0, self.due - now)
        select.select([self.us.socket, self.hub.socket], [], [], wait)
        self.us.receive(self.hub)
        self.hub.receive(self.us)
        now = time.monotonic()
        if now >= self.due:
            self.us.send()
            self.hub.send()
            self.due = max(self.due + self.apart, now + self.apart / 2)
        if now - self.looked < LOOK:
            return None
        self.looked = now
        return [[counter.count() for counter in pair] for pair in self.counters]

    def losses(self):
        """Of what was sent since the last answer; what is under way has a second to arrive."""
        before, sent = self.asked, (self.us.sent, self.hub.sent)
        until = time.monotonic() + SECOND
        while time.monotonic() < until:
            self.turn()
        self.asked = sent
        return f"{self.us.lost(before[0], sent[0])} {self.hub.lost(before[1], sent[1])}"

    def until(self, uplink, limit):
        begin = last_wrong = time.monotonic()
        self.turn(), [c.count() for pair in self.counters for c in pair]
        first, right = [None, None], [0, 0]
        while time.monotonic() < begin + limit:
            counts = self.turn()
            if not counts:
                continue
            if sum(counts[2 - uplink]):
                last_wrong, first, right = self.looked, [None, None], [0, 0]
                continue
            for i, count in enumerate(counts[uplink - 1]):
                right[i] += count
                if count and first[i] is None:
                    first[i] = self.looked
            if None in first or self.looked - max(first) < SECOND or min(right) < 0.5 / self.apart:
                continue
            return f"{max(first) - begin:.1f} {self.losses()}"
        return f"never {self.losses()}"

    def rest(self, seconds):
        end, by = time.monotonic() + seconds, [0, 0]
        while time.monotonic() < end:
            for i, pair in enumerate(self.turn() or []):
                by[i] += sum(pair)
        return f"{by[0]} {by[1]} {self.losses()}"


def main():
    stream = Stream(int(sys.argv[1]), int(sys.argv[2]))
    pending = b""
    while True:
        stream.turn()
        if not select.select([0], [], [], 0)[0]:
            continue
        read = os.read(0, 4096)
        if not read:
            return
        pending += read
        while b"\n" in pending:
            line, pending = pending.split(b"\n", 1)
            word = line.decode().split()
            if word[0] == "until":
                print(stream.until(int(word[1]), float(word[2])), flush=True)
            else:
                print(stream.rest(float(word[1])), flush=True)


main()

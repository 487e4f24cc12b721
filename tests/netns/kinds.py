#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-2.0-or-later
"""Sends packets of every kind without an end, to where only the default route leads and, with `lan`,
to the neighbour on the cable.

usage: kinds.py far|lan root|other     other: as nobody, who has no raw sockets"""
import os
import socket
import struct
import sys
import time

FAR = "203.0.113.7", "2001:db8:99::7"
NEAR = "192.0.2.2", "2001:db8::2"
UDP_PORT = {"root": 9, "other": 10}[sys.argv[2]]


def send(family, kind, protocol, data, to):
    with socket.socket(family, kind, protocol) as s:
        s.sendto(data, to)


def connect(family, to):
    with socket.socket(family, socket.SOCK_STREAM) as s:
        s.setblocking(False)
        s.connect_ex((to, 80))
        time.sleep(0.002)


def raw_ip(protocol, fragment, to):
    """A whole packet with its header; fragment: flags and offset."""
    head = struct.pack("!BBHHHBBH4s4s", 0x45, 0, 60, 7, fragment, 64, protocol, 0,
                       bytes(4), socket.inet_aton(to))
    send(socket.AF_INET, socket.SOCK_RAW, socket.IPPROTO_RAW, head + b"x" * 40, (to, 0))


def packets(ip, ip6):
    for family, to in (socket.AF_INET, ip), (socket.AF_INET6, ip6):
        for port in UDP_PORT, 53, 51820:
            yield lambda: send(family, socket.SOCK_DGRAM, 0, b"x" * 40, (to, port))
        yield lambda: send(family, socket.SOCK_DGRAM, 0, b"x" * 4000, (to, UDP_PORT))
        yield lambda: connect(family, to)
    if sys.argv[2] == "other":
        return
    echo = struct.pack("!BBHHH", 8, 0, 0, 1, 1), struct.pack("!BBHHH", 128, 0, 0, 1, 1)
    yield lambda: send(socket.AF_INET, socket.SOCK_RAW, socket.IPPROTO_ICMP, echo[0], (ip, 0))
    yield lambda: send(socket.AF_INET6, socket.SOCK_RAW, socket.IPPROTO_ICMPV6, echo[1], (ip6, 0))
    for protocol in 1, 6, 17, 47, 50, 99:
        for fragment in 0, 0x2005:
            yield lambda: raw_ip(protocol, fragment, ip)


if sys.argv[2] == "other":
    os.setuid(65534)
while True:
    for ip, ip6 in (FAR, NEAR) if sys.argv[1] == "lan" else (FAR,):
        for packet in packets(ip, ip6):
            try:
                packet()
            except OSError:
                pass
    time.sleep(0.002)

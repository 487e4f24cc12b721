#!/usr/bin/python3
# SPDX-License-Identifier: GPL-2.0-or-later
"""Sends numbered UDP packets at a steady rate, and receives the other side's: flood.py OWN_ADDRESS
PEER_ADDRESS RATE. Begins on a line of standard input, stops on the next, and prints how many were sent and
received, and numbers that are missing. RATE 0 only receives. What falls behind on a slow machine is not
caught up with at once: a burst would be lost in a queue."""

import os
import select
import socket
import sys
import time

PORT = 5000
LATE = 5  # seconds without a packet after which none is expected any more


def main():
    own, peer, rate = sys.argv[1], sys.argv[2], int(sys.argv[3])
    s = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
    s.bind((own, PORT))
    s.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 4 << 20)
    print("ready", flush=True)
    os.read(0, 1)
    due = last = time.monotonic()
    sent, received, sends = 0, set(), True
    while sends or time.monotonic() < last + LATE:
        now = time.monotonic()
        if sends and rate and now >= due:
            try:
                s.sendto(str(sent).encode(), (peer, PORT))
            except OSError:
                pass
            sent += 1
            due = max(due + 1 / rate, now + 0.5 / rate)
        until = due if sends and rate else now + LATE
        ready = select.select([s, 0] if sends else [s], [], [], max(0, until - time.monotonic()))[0]
        if s in ready:
            received.add(int(s.recv(2048)))
            last = time.monotonic()
        if 0 in ready:
            os.read(0, 1)
            sends, last = False, time.monotonic()
    gaps = sorted(set(range(max(received, default=-1) + 1)) - received)
    print("sent", sent)
    print("received", len(received))
    print("gaps", *gaps[:10], "..." if len(gaps) > 10 else "", flush=True)


main()

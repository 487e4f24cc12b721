#!/usr/bin/python3
# SPDX-License-Identifier: GPL-2.0-or-later
"""Sends numbered UDP packets at a steady rate, receives the other side's, and prints how many of those
are missing, and which: flood.py OWN_ADDRESS PEER_ADDRESS RATE TO_SEND TO_RECEIVE. Begins on a line of
standard input, so that both sides have their sockets by then. What falls behind on a slow machine is
not caught up with at once: a burst would be lost in a queue."""

import select
import socket
import sys
import time

PORT = 5000
LATE = 10  # seconds without a packet, once all is sent, after which none is expected


def main():
    own, peer = sys.argv[1:3]
    rate, to_send, to_receive = (int(a) for a in sys.argv[3:])
    s = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
    s.bind((own, PORT))
    s.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 4 << 20)
    print("ready", flush=True)
    sys.stdin.readline()
    begin = due = last = time.monotonic()
    sent, received = 0, set()
    while sent < to_send or (len(received) < to_receive and time.monotonic() < last + LATE):
        until = due if sent < to_send else last + LATE
        if select.select([s], [], [], max(0, until - time.monotonic()))[0]:
            received.add(int(s.recv(2048)))
            last = time.monotonic()
        now = time.monotonic()
        if sent < to_send and now >= due:
            try:
                s.sendto(str(sent).encode(), (peer, PORT))
            except OSError:
                pass
            sent += 1
            last = now
            due = max(due + 1 / rate, now + 0.5 / rate)
    missing = sorted(set(range(to_receive)) - received)
    print("seconds", round(time.monotonic() - begin, 1))
    print("missing", len(missing), *missing[:10], *(["..."] + missing[-3:] if len(missing) > 10 else []), flush=True)


main()

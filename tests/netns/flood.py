#!/usr/bin/python3
# SPDX-License-Identifier: GPL-2.0-or-later
"""Sends numbered UDP packets at a steady rate, receives the other side's, and prints how many of those
are missing, and where: flood.py OWN_ADDRESS PEER_ADDRESS RATE TO_SEND TO_RECEIVE. Begins on a line of
standard input, so that both sides have their sockets by then."""

import select
import socket
import sys
import time

PORT = 5000
LATE = 3  # seconds that the last packets may take


def main():
    own, peer = sys.argv[1:3]
    rate, to_send, to_receive = (int(a) for a in sys.argv[3:])
    s = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
    s.bind((own, PORT))
    s.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 1 << 20)
    print("ready", flush=True)
    sys.stdin.readline()
    begin = time.monotonic()
    end = begin + max(to_send, to_receive) / rate + LATE
    sent, received, arrivals = 0, set(), []
    while time.monotonic() < end and (sent < to_send or len(received) < to_receive):
        due = begin + sent / rate if sent < to_send else end
        if select.select([s], [], [], max(0, min(due, end) - time.monotonic()))[0]:
            number = int(s.recv(2048))
            received.add(number)
            arrivals.append(number)
        while sent < to_send and time.monotonic() >= begin + sent / rate:
            try:
                s.sendto(str(sent).encode(), (peer, PORT))
            except OSError:
                pass
            sent += 1
    missing = sorted(set(range(to_receive)) - received)
    print("missing", len(missing), *missing[:20], flush=True)


main()

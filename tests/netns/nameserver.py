#!/usr/bin/python3
# SPDX-License-Identifier: GPL-2.0-or-later
"""A name server that does what a real one should not: what it does to a question is in the name.

usage: nameserver.py ADDRESS PORT

  servfail.*    says SERVFAIL
  silent.*      does not answer
  half.*        has an A record, and does not answer for AAAA
  halffail.*    has an A record, and says SERVFAIL for AAAA
  garbage.*     answers with bytes that are no message
  short.*       answers with the beginning of a message
  foreign.*     answers another question
  loop.*        answers with an alias of itself
  zero.*        has an A record with a TTL of 0
  alias.*       has an alias with a TTL of 5 to a name with a TTL of 600
  else          has an A record, 192.0.2.7, with a TTL of 600, and no AAAA
"""

import socket
import struct
import sys

A, CNAME, AAAA = 1, 5, 28
SERVFAIL = 2


def name_of(labels):
    return b"".join(bytes([len(label)]) + label for label in labels) + b"\0"


def record(name, kind, ttl, data):
    return name + struct.pack("!HHIH", kind, 1, ttl, len(data)) + data


def answer(query):
    at, labels = 12, []
    while query[at]:
        labels.append(query[at + 1:at + 1 + query[at]])
        at += 1 + query[at]
    question = query[12:at + 5]
    kind = struct.unpack("!H", query[at + 1:at + 3])[0]
    what, name = labels[0].decode(), name_of(labels)
    records, code = [], 0
    if what == "silent" or (what == "half" and kind == AAAA):
        return None
    if what == "garbage":
        return query[:2] + b"\xff" * 40
    if what == "servfail" or (what == "halffail" and kind == AAAA):
        code = SERVFAIL
    elif what == "foreign":
        question = name_of([b"other", b"test"]) + question[-4:]
        records = [record(name_of([b"other", b"test"]), A, 600, bytes([192, 0, 2, 66]))]
    elif what == "loop":
        records = [record(name, CNAME, 600, name)]
    elif kind == A:
        if what == "alias":
            target = name_of([b"target", b"test"])
            records = [record(name, CNAME, 5, target)]
            name = target
        records.append(record(name, A, 0 if what == "zero" else 600, bytes([192, 0, 2, 7])))
    header = query[:2] + struct.pack("!HHHHH", 0x8180 | code, 1, len(records), 0, 0)
    message = header + question + b"".join(records)
    return message[:len(message) - 9] if what == "short" else message


def main():
    address, port = sys.argv[1], int(sys.argv[2])
    family = socket.AF_INET6 if ":" in address else socket.AF_INET
    with socket.socket(family, socket.SOCK_DGRAM) as sock:
        sock.bind((address, port))
        while True:
            query, peer = sock.recvfrom(4096)
            message = answer(query)
            if message is not None:
                sock.sendto(message, peer)


main()

#!/usr/bin/python3
# SPDX-License-Identifier: GPL-2.0-or-later
"""What a terminal shows of block characters, as a picture (PBM) of cells of 8 by 16 pixels: from standard
input to standard output. Other lines are left out. Blocks are light, as on a black terminal."""

import re
import sys

# By what is filled: above left, above right, below left, below right.
QUARTERS = dict(zip(" ▘▝▀▖▌▞▛▗▚▐▜▄▙▟█", range(16)))


def main():
    rows = []
    for line in sys.stdin.read().splitlines():
        line = re.sub(r"\x1b\[[0-9;]*m", "", line.rstrip("\r"))
        if not line or any(c not in QUARTERS for c in line) or not line.strip():
            continue
        for half in (0, 2):
            bits = [QUARTERS[c] >> (half + side) & 1 for c in line for side in (0, 1)]
            rows += ["".join("%d" % (1 - bit) * 4 for bit in bits)] * 8
    width = max(map(len, rows))
    # A terminal is black around it.
    print("P1\n%d %d" % (width + 32, len(rows) + 32))
    for row in ["1" * width] * 16 + rows + ["1" * width] * 16:
        print("1" * 16 + row.ljust(width, "1") + "1" * 16)


main()

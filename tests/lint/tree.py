# SPDX-License-Identifier: GPL-2.0-or-later
"""What the checks written in Python share: the tree's files, and complaints."""

import os
import sys

ROOT = os.path.realpath(os.path.join(os.path.dirname(__file__), "..", ".."))

complaints = 0


def complain(where, what):
    """Says what is wrong; the check goes on and fails in the end."""
    global complaints
    complaints += 1
    print(f"{where}: {what}")


def finish(counted, what):
    """Ends the check. One that has looked at nothing has not passed."""
    if not counted:
        complain(sys.argv[0], f"found no {what} to look at")
    print(f"{counted} {what}, {complaints} complaints")
    sys.exit(1 if complaints else 0)


def read(path):
    with open(os.path.join(ROOT, path), encoding="utf-8") as file:
        return file.read()


def files(folders, endings=("",)):
    """Paths below folders, relative to the tree, of files that end so."""
    found = []
    for folder in folders:
        for where, _, names in os.walk(os.path.join(ROOT, folder)):
            if "__pycache__" not in where:
                found += [os.path.relpath(os.path.join(where, name), ROOT)
                          for name in names if name.endswith(tuple(endings))]
    return sorted(found)

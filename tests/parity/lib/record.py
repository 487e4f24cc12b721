# SPDX-License-Identifier: GPL-2.0-or-later
"""Records: what wg-quick did with a case, on one or more kernels, in one file.

    == 5.10 6.1: up/link up/address     the kernels and sections that this is for
    @3 1                                after line 3 of the section as the setup
    +wg0: POINTOPOINT,NOARP,UP ...      left it, 1 line goes, these come

A section without lines is as the setup left it. Of the setup nothing is kept:
whoever compares has just done the same one.
"""

import difflib
import os


def _edits(old, new):
    """What makes the lines new out of the lines old, as text."""
    out = []
    matcher = difflib.SequenceMatcher(None, old, new, autojunk=False)
    for tag, i, end, j, stop in matcher.get_opcodes():
        if tag != "equal":
            out += [f"@{i} {end - i}\n"] + [f"+{line}\n" for line in new[j:stop]]
    return "".join(out)


def _apply(old, edits):
    out, done = [], 0
    for line in edits.splitlines():
        if line[0] == "+":
            out.append(line[1:])
            continue
        start, count = map(int, line[1:].split())
        out += old[done:start]
        done = start + count
    return "".join(f"{line}\n" for line in out + old[done:])


def _base(result, name):
    """The section of the setup that this one is compared with; none for stdout."""
    return result.get(f"setup/{name.rpartition('/')[2]}", "").splitlines()


class Record:
    """The record of one case: kernel -> section -> edits."""

    def __init__(self, text=""):
        self.kernels = {}
        heads, body = [], ""
        for line in text.splitlines():
            if line.startswith("== "):
                self._put(heads, body)
                labels, _, names = line[3:].partition(": ")
                heads = [(label, name) for label in labels.split()
                         for name in names.split(", ")]
                body = ""
            elif heads:
                body += f"{line}\n"
        self._put(heads, body)

    def _put(self, heads, body):
        for label, name in heads:
            self.kernels.setdefault(label, {})[name] = body

    def learn(self, label, result):
        """What wg-quick did on this kernel, instead of what was known of it."""
        self.kernels[label] = {name: _edits(_base(result, name), text.splitlines())
                               for name, text in result.items()
                               if not name.startswith("setup/")}

    def tell(self, label, result):
        """What wg-quick would have done in the world that result comes from."""
        setup = {name: text for name, text in result.items()
                 if name.startswith("setup/")}
        return {**setup, **{name: _apply(_base(result, name), edits)
                            for name, edits in self.kernels[label].items()}}

    def text(self):
        """Sections with the same edits stand together, and so do kernels."""
        labels = sorted(self.kernels, key=lambda label: [
            int(part) if part.isdigit() else 0 for part in label.split(".")])
        sections = {}           # name -> edits -> kernels
        for label in labels:
            for name, edits in self.kernels[label].items():
                sections.setdefault(name, {}).setdefault(edits, []).append(label)
        groups = {}             # kernels, edits -> names
        for name, variants in sections.items():
            for edits, found in variants.items():
                groups.setdefault((" ".join(found), edits), []).append(name)
        return "".join(f"== {found}: {', '.join(names)}\n{edits}"
                       for (found, edits), names in groups.items())


def load(path):
    """The record in that file; an empty one if there is none."""
    try:
        with open(path, encoding="utf-8") as file:
            return Record(file.read())
    except FileNotFoundError:
        return Record()


def save(path, record):
    os.makedirs(os.path.dirname(path), exist_ok=True)
    with open(path, "w", encoding="utf-8") as file:
        file.write(record.text())

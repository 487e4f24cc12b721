# SPDX-License-Identifier: GPL-2.0-or-later
"""Results: sections of text, kept as one file a case, and how they differ.

A result is a dict "STEP/SECTION" -> text. The file `differs` of a case says
what wgq does differently on purpose, as entries of

    STEP/SECTION: the reason, in one line
    -the lines that wg-quick's has
    +and that wgq's has instead

STEP/SECTION may be a pattern (`down/*`). Without -+ lines any difference
will do; but one there must be, else the entry is stale and the case fails.
"""

import difflib
import fnmatch

MISSING = "(no such step)\n"


def dump(result, header):
    out = [f"# {header}\n"]
    for name, text in result.items():
        out.append(f"== {name}\n")
        out += [f" {line}\n" for line in text.splitlines()]
    return "".join(out)


def parse(text):
    """The header and the result that dump() wrote."""
    header, result, name = "", {}, None
    for line in text.splitlines():
        if line.startswith("== "):
            name = line[3:]
            result[name] = ""
        elif name is None:
            header = line.removeprefix("# ")
        else:
            result[name] += f"{line[1:]}\n"
    return header, result


def _diff(old, new, context):
    lines = list(difflib.unified_diff(old.splitlines(), new.splitlines(),
                                      lineterm="", n=context))
    return lines[2:]            # without the two lines of file names


class Differs:
    """The differences a case expects, and which of them were seen."""

    def __init__(self, text):
        self.entries = []       # [pattern, reason, lines, seen]
        for line in text.splitlines():
            if line[:1] in "-+" and line and self.entries:
                self.entries[-1][2].append(line)
            elif line.strip() and not line.startswith("#"):
                pattern, _, reason = line.partition(": ")
                self.entries.append([pattern, reason, [], False])

    def allows(self, name, old, new):
        """Whether this difference is one of the expected ones."""
        changes = [line for line in _diff(old, new, 0) if line[0] != "@"]
        for entry in self.entries:
            if fnmatch.fnmatch(name, entry[0]):
                entry[3] = True
                if not entry[2] or entry[2] == changes:
                    return True
        return False

    def names(self, name):
        """Whether a difference there is among the expected ones."""
        return any(fnmatch.fnmatch(name, entry[0]) for entry in self.entries)

    def stale(self):
        return [f"{pattern}: {reason}" for pattern, reason, _, seen in self.entries
                if not seen]


def compare(old, new, differs):
    """Unified diffs of all sections that differ and should not, as text."""
    out = []
    for name in list(old) + [name for name in new if name not in old]:
        before, after = old.get(name, MISSING), new.get(name, MISSING)
        if before != after and not differs.allows(name, before, after):
            out += [f"--- wg-quick {name}", f"+++ wgq      {name}"]
            out += _diff(before, after, 3)
    out += [f"differs: not seen: {entry}" for entry in differs.stale()]
    return "".join(f"{line}\n" for line in out)


STATE = ("link", "address", "rule", "route", "nft", "wg", "process")


def leftovers(result, last):
    """What the last step left behind, compared with what the setup made."""
    out = []
    for section in STATE:
        before = result.get(f"setup/{section}", "")
        after = result.get(f"{last}/{section}", MISSING)
        if before != after:
            out += [f"--- before  {section}", f"+++ after   {section}"]
            out += _diff(before, after, 0)
    return "".join(f"{line}\n" for line in out)

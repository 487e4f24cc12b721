# SPDX-License-Identifier: GPL-2.0-or-later
"""Plays a case's steps with one tool, inside a world, into a result."""

import os
import subprocess
import sys

from compare import dump
from snap import Snapshot
from world import WORK


class Tool:
    """Who does which verb: one program, or in cross mode two."""

    def __init__(self, name, up, other=None):
        self.name = name
        self.up = up
        self.other = other or up
        self.crossed = other is not None

    def program(self, verb):
        return self.up if verb == "up" else self.other


def labels(steps):
    """A name for each step: its verb, or all its words where that is not enough."""
    verbs = [step[0] for step in steps]
    names = []
    for step in steps:
        name = step[0] if verbs.count(step[0]) == 1 else " ".join(step)
        again = sum(1 for old in names if old.split(" #")[0] == name)
        names.append(f"{name} #{again + 1}" if again else name)
    return names


def steps_for(case, tool):
    """Crossed tools only take turns; strip and save are compared elsewhere."""
    if not tool.crossed:
        return case.steps
    return [step for step in case.steps if step[0] not in ("strip", "save")]


def _run(command, environment):
    """Standard output goes to a file: a background job may keep it open."""
    stdin = f"{WORK}/case/stdin"
    print(f"$ {' '.join(command)}", file=sys.stderr, flush=True)
    with open(stdin if os.path.exists(stdin) else "/dev/null", "rb") as source, \
            open(f"{WORK}/stdout", "w+b") as out:
        status = subprocess.run(command, stdin=source, stdout=out,
                                env=environment, check=False).returncode
        out.seek(0)
        return status, out.read().decode(errors="backslashreplace")


def _play(case, tool, environment, result):
    snapshot = Snapshot(case)
    if case.setup:
        status, _ = _run(["sh", "-eu", f"{WORK}/case/setup"], environment)
        if status != 0:
            sys.exit("the case's setup failed")
        snapshot.remember_files()

    def keep(label, sections):
        result.update({f"{label}/{name}": text for name, text in sections.items()})

    keep("setup", snapshot.take())
    steps = steps_for(case, tool)
    for label, (verb, *words) in zip(labels(steps), steps):
        command = (["sh", "-eu"] if verb == "sh" else [tool.program(verb), verb])
        status, output = _run(command + words, environment)
        keep(label, {"status": "zero\n" if status == 0 else "not zero\n",
                     "stdout": snapshot.mask(snapshot.mask_ports(output))})
        if verb != "strip":
            keep(label, snapshot.take())
        if verb == "up" and status != 0 and case.default_steps:
            break


def job(case, tool, out):
    """What the world's first process does; the result goes to the file out."""
    def run(environment):
        result = {}
        _play(case, tool, environment, result)
        out.write(dump(result, case.name))
        out.flush()
    return run

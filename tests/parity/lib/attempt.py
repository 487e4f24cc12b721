# SPDX-License-Identifier: GPL-2.0-or-later
"""Several worlds at a time, each with one tool in one case."""

import os
import signal
import tempfile
import time

import world

HERE = os.path.dirname(os.path.realpath(__file__))
WIREGUARD_GO_BANNER = ("┌", "│", "└")


class Attempt:
    """One tool in one case: a process, its log and its result."""

    def __init__(self, case, tool, job, timeout):
        self.case = case
        self.tool = tool
        self.log = tempfile.TemporaryFile("w+")
        self.out = tempfile.TemporaryFile("w+")
        self.pid = world.start(case, f"{HERE}/bin", job(case, tool, self.out),
                               self.log.fileno())
        self.deadline = time.monotonic() + timeout
        self.status = None
        self.late = False

    def poll(self):
        """Whether it has ended; ends it when it is late."""
        if self.status is None:
            pid, status = os.waitpid(self.pid, os.WNOHANG)
            if pid:
                self.status = status
            elif time.monotonic() > self.deadline and not self.late:
                self.late = True
                os.kill(self.pid, signal.SIGTERM)
        return self.status is not None

    def trouble(self):
        if self.late:
            return "took too long"
        return None if self.status == 0 else "did not get to its end"

    def said(self):
        self.log.seek(0)
        lines = [line for line in self.log.read().splitlines()
                 if line[:1] not in WIREGUARD_GO_BANNER]
        return "".join(f"    {line}\n" for line in
                       [f"({self.tool.name} said:)"] + lines)

    def result(self):
        self.out.seek(0)
        return self.out.read()

    def close(self):
        self.log.close()
        self.out.close()


def run_all(cases, chosen, job, judge, jobs, timeout):
    """Keeps so many attempts running, of each case one for each tool; judges a case once all are in."""
    # Kept back for sigtimedwait(); polling would cost a slow machine much.
    signal.pthread_sigmask(signal.SIG_BLOCK, [signal.SIGCHLD])
    waiting = [(case, tool) for case in cases for tool in chosen]
    running, done = [], {}
    try:
        while waiting or running:
            while waiting and len(running) < jobs:
                running.append(Attempt(*waiting.pop(0), job, timeout))
            ended = [attempt for attempt in running if attempt.poll()]
            for attempt in ended:
                running.remove(attempt)
                group = done.setdefault(attempt.case.name, [])
                group.append(attempt)
                if len(group) == len(chosen):
                    group.sort(key=lambda a: chosen.index(a.tool))
                    judge(done.pop(attempt.case.name))
                    for member in group:
                        member.close()
            if not ended:
                signal.sigtimedwait([signal.SIGCHLD], 1)
    finally:
        for attempt in running:
            os.kill(attempt.pid, signal.SIGTERM)

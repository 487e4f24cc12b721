#!/usr/bin/python3
# SPDX-License-Identifier: GPL-2.0-or-later
"""Runs a command that draws on a terminal, ends it in each way there is, and looks at what it has
written: frames that change, no wider than the terminal, and a terminal left as it was.

usage: watch.py COMMAND...
"""

import fcntl
import os
import pty
import re
import select
import signal
import struct
import sys
import termios
import time

ENTER, LEAVE = b"\x1b[?1049h\x1b[?25l\x1b[?7l", b"\x1b[0m\x1b[?7h\x1b[?25h\x1b[?1049l"


def become_shell(command):
    """As a shell does it, runs the command in a foreground group of its own: one that can be
    stopped, which a session's leader cannot."""
    signal.signal(signal.SIGTTOU, signal.SIG_IGN)
    child = os.fork()
    if child == 0:
        os.setpgid(0, 0)
        os.tcsetpgrp(0, os.getpid())
        signal.signal(signal.SIGTTOU, signal.SIG_DFL)
        os.environ.update(TERM="xterm", LC_ALL="C.UTF-8")
        time.sleep(0.3)  # until the size is set
        os.execvp(command[0], command)
    os._exit(os.waitstatus_to_exitcode(os.waitpid(child, 0)[1]))


class Terminal:
    def __init__(self, command, columns, lines):
        self.text = b""
        self.pid, self.fd = pty.fork()
        if self.pid == 0:
            become_shell(command)
        self.resize(columns, lines)
        self.before = termios.tcgetattr(self.fd)

    def signal(self, number):
        os.killpg(os.tcgetpgrp(self.fd), number)

    def resize(self, columns, lines):
        fcntl.ioctl(self.fd, termios.TIOCSWINSZ, struct.pack("HHHH", lines, columns, 0, 0))

    def read(self, seconds):
        """What is written in this time; None at the end."""
        new, end = b"", time.monotonic() + seconds
        while (left := end - time.monotonic()) > 0:
            if not select.select([self.fd], [], [], left)[0]:
                break
            try:
                piece = os.read(self.fd, 65536)
            except OSError:
                break
            if not piece:
                break
            new += piece
        self.text += new
        return new

    def wait_frames(self, count):
        for _ in range(600):
            if self.text.count(b"\x1b[H") >= count:
                return
            self.read(0.1)
        raise AssertionError(f"fewer than {count} frames: {self.text!r}")

    def last_frame(self):
        """Of what was done just now: the frame that comes next may have been on its way before."""
        self.wait_frames(2)
        return frames(self.text)[-1]

    def wait_end(self):
        for _ in range(100):
            self.read(0.1)
            pid, status = os.waitpid(self.pid, os.WNOHANG)
            if pid:
                return os.waitstatus_to_exitcode(status)
            time.sleep(0.1)
        raise AssertionError("does not end")


def frames(text):
    return text.split(LEAVE)[0].split(b"\x1b[H")[1:]


def check_frame(frame, columns, lines):
    text = re.sub(rb"\x1b\[[0-9;]*[mKJ]", b"", frame).decode()
    rows = text.split("\r\n")
    assert len(rows) <= lines, f"{len(rows)} lines of {lines}: {rows}"
    for row in rows:
        assert len(row) <= columns, f"more than {columns} columns: {row!r}"
    return rows


def check_left(terminal):
    assert terminal.text.count(ENTER) == terminal.text.count(LEAVE), "screen not left"
    assert terminal.text.endswith(LEAVE), f"ends with {terminal.text[-80:]!r}"
    assert termios.tcgetattr(terminal.fd)[:4] == terminal.before[:4], "terminal settings"


def run(command, columns, lines, end, expected):
    terminal = Terminal(command, columns, lines)
    terminal.wait_frames(3)
    end(terminal)
    status = terminal.wait_end()
    assert status == expected, f"ended with {status}, not {expected}"
    check_left(terminal)
    drawn = [check_frame(frame, columns, lines) for frame in frames(terminal.text)]
    assert any(a != b for a, b in zip(drawn, drawn[1:])), "frames do not change"
    return drawn


def resized(command):
    terminal = Terminal(command, 120, 50)
    terminal.wait_frames(1)
    terminal.text = b""
    terminal.resize(40, 12)
    rows = check_frame(terminal.last_frame(), 40, 12)
    assert len(rows) == 12 and rows[-1] == "...", rows
    os.write(terminal.fd, b"q")
    assert terminal.wait_end() == 0


def still(row):
    """A row without what changes by itself: times, traffic, and the width of its columns."""
    row = re.sub(r"just now|\d+ \w+ ago", "0 ago", row)
    row = re.sub(r" +(-|[\d.]+ \w*B(/s)?)(?= |$)", "", row)
    return re.sub(r" {2,}", "  ", re.sub(r"\d+", "0", row))


def scrolled(command):
    """What is shown moves below a head that stays, whichever way a key is sent."""
    terminal = Terminal(command, 80, 12)
    terminal.wait_frames(1)

    def press(keys, lines=12):
        for piece in keys:
            terminal.text = b""
            os.write(terminal.fd, piece)
            terminal.read(0.1)
        return [still(row) for row in check_frame(terminal.last_frame(), 80, lines)]

    top = press([b"x"])
    assert top[0].startswith("wgq status ") and "0 of 0 peers on line" in top[1], top
    for down, up in ([b"\x1b[B"], [b"\x1b[A"]), ([b"\x1bOB"], [b"\x1bOA"]), ([b"j"], [b"k"]), \
            ([b"\x1b", b"[", b"B"], [b"\x1b[", b"A"]), ([b"\x1b[6~"], [b"\x1b[5~"]):
        moved = press(down)
        assert moved[1] == top[1], moved
        by = 9 if b"6" in down[0] else 1
        end = press([b"\x1b[F"])
        assert moved[2:4] in [(top[2:] + end[2:])[i:i + 2] for i in range(1, 20)], (top, moved)
        assert by == 9 or moved[2] == top[3], (top, moved)
        assert end[-1] not in ("", "..."), end
        beyond = press([b"\x1b[B"])
        assert beyond[-1] == end[-1], ("goes beyond the end", end, beyond)
        assert press([b"\x1b[H"])[2] == top[2], "not at the top"
        press(down)
        assert press(up)[2] == top[2], "not back"
    terminal.text = b""
    terminal.resize(80, 60)
    terminal.last_frame()
    assert press([b"G"], 60)[2] == top[2], "stays below when there is room for all"
    os.write(terminal.fd, b"q")
    assert terminal.wait_end() == 0
    assert terminal.text.endswith(LEAVE), "screen not left"


def suspended(command):
    terminal = Terminal(command, 80, 24)
    terminal.wait_frames(1)
    os.write(terminal.fd, b"\x1a")
    for _ in range(100):
        terminal.read(0.1)
        if terminal.text.endswith(LEAVE):
            break
    check_left(terminal)
    terminal.signal(signal.SIGCONT)
    seen = terminal.text.count(b"\x1b[H")
    terminal.wait_frames(seen + 1)
    os.write(terminal.fd, b"q")
    assert terminal.wait_end() == 0
    check_left(terminal)


def main():
    command = sys.argv[1:]
    for columns in 40, 80, 200:
        drawn = run(command, columns, 60, lambda t: os.write(t.fd, b"q"), 0)
    assert any("in/s" in row for row in drawn[-1]), "no rates"
    run(command, 80, 24, lambda t: os.write(t.fd, b"\x03"), 128 + signal.SIGINT)
    run(command, 80, 24, lambda t: t.signal(signal.SIGTERM), 128 + signal.SIGTERM)
    for number in signal.SIGHUP, signal.SIGQUIT, signal.SIGUSR1, signal.SIGUSR2, signal.SIGALRM:
        run(command, 80, 24, lambda t, n=number: t.signal(n), 128 + number)
    resized(command)
    scrolled(command)
    suspended(command)


main()

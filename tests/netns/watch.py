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
    time.sleep(0.2)
    terminal.read(0.2)
    last = frames(terminal.text)[-1]
    rows = check_frame(last, 40, 12)
    assert len(rows) == 12 and rows[-1] == "...", rows
    os.write(terminal.fd, b"q")
    assert terminal.wait_end() == 0


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
    resized(command)
    suspended(command)


main()

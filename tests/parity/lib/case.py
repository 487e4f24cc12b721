# SPDX-License-Identifier: GPL-2.0-or-later
"""One case of the corpus: a folder of files, read once, and what it asks for.

options   lines `key = value`:
  steps   what to run, separated by `;` (default: strip; up; save; down, with
          save only where SaveConfig is in the config). A step is a verb with
          optional words, or `sh FILE` for a script of the case.
  arg     what a verb without words is given (default: the config's name)
  hide    programs that must not be found in PATH
  needs   programs or /paths without which the case is skipped
  cross   `no`: the case leaves things behind by itself
  slow    `yes`: wg-quick takes a minute; only with --slow
  kernel  `kernel` or `userspace`: the only WireGuard it is for
env       lines `KEY=value` for the tools and the setup
setup     a sh script, run in /run/t/case before all; may write /etc/wireguard
stdin     what the tools' standard input is (default: nothing)
*.conf    copied to /etc/wireguard, mode 0600
differs   see compare.py

Hooks find the folder of the logs in $LOG: what they write to any file in it
is compared.
"""

import os
import re
import shutil


class CaseError(Exception):
    """The case itself is wrong: not a difference, a mistake."""


def _read(path):
    try:
        with open(path, encoding="utf-8", errors="replace") as file:
            return file.read()
    except FileNotFoundError:
        return ""


def _pairs(path, separator):
    pairs = {}
    for line in _read(path).splitlines():
        if line.strip() and not line.startswith("#"):
            key, found, value = line.partition(separator)
            if not found:
                raise CaseError(f"{path}: no {separator!r} in: {line}")
            pairs[key.strip()] = value.strip()
    return pairs


class Case:
    """A folder of the corpus."""

    KEYS = {"steps", "arg", "hide", "needs", "cross", "kernel", "slow"}

    def __init__(self, folder):
        self.folder = folder
        self.name = os.path.basename(folder)
        self.environment = _pairs(f"{folder}/env", "=")
        options = _pairs(f"{folder}/options", "=")
        if set(options) - self.KEYS:
            raise CaseError(f"{folder}/options: unknown {set(options) - self.KEYS}")
        self.hidden = options.get("hide", "").split()
        self.needs = options.get("needs", "").split()
        self.cross = options.get("cross") != "no"
        self.slow = options.get("slow") == "yes"
        self.kernel = options.get("kernel")
        self.arg = options.get("arg") or self._default_arg()
        self.steps = self._steps(options.get("steps"))
        self.default_steps = "steps" not in options
        self.setup = os.path.exists(f"{folder}/setup")
        self.differs_text = _read(f"{folder}/differs")

    def configs(self):
        return sorted(name for name in os.listdir(self.folder)
                      if name.endswith(".conf"))

    def text(self):
        """All the case says: what is written here was not picked at random."""
        return "\n".join(_read(f"{self.folder}/{name}")
                         for name in sorted(os.listdir(self.folder)))

    def _default_arg(self):
        configs = self.configs()
        return configs[0].removesuffix(".conf") if configs else "wg0"

    def _steps(self, text):
        if text is None:
            saves = re.search(r"(?im)^\s*saveconfig\s*=\s*true", self.text())
            text = "strip; up; save; down" if saves else "strip; up; down"
        steps = [step.split() for step in text.split(";")]
        return [step if step[0] == "sh" or len(step) > 1 else [step[0], self.arg]
                for step in steps]

    def why_skip(self, label):
        """Why this machine cannot run the case, or None."""
        if self.kernel and label and self.kernel != label:
            return f"only for {self.kernel} WireGuard"
        for need in self.needs:
            found = os.path.exists(need) if need[0] == "/" else shutil.which(need)
            if not found:
                return f"no {need}"
        return None


def load(corpus, names):
    """The named cases, or all; in the order of their names."""
    known = sorted(name for name in os.listdir(corpus)
                   if os.path.isdir(f"{corpus}/{name}"))
    unknown = set(names) - set(known)
    if unknown:
        raise CaseError(f"no such case: {' '.join(sorted(unknown))}")
    return [Case(f"{corpus}/{name}") for name in known if not names or name in names]

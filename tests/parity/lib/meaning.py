# SPDX-License-Identifier: GPL-2.0-or-later
"""What a configuration asks for, in one form: wg-quick writes a saved file
anew, wgq changes only what is not true any more, and both may be right.

Left out are comments, defaults, what the machine picks at random (ports of the
worlds' range, link-local addresses) unless the case names it, and the order of
everything but hooks and name servers.
"""

import ipaddress
import re

HOOKS = ("PreUp", "PostUp", "PreDown", "PostDown")
LISTS = ("Address", "DNS", "AllowedIPs", *HOOKS)
KEYS = {key.lower(): key for key in (
    "Address", "DNS", "MTU", "Table", "SaveConfig", *HOOKS, "PrivateKey",
    "ListenPort", "FwMark", "PublicKey", "PresharedKey", "AllowedIPs",
    "Endpoint", "PersistentKeepalive")}


def _items(value, parse):
    out = []
    for item in re.split(r"[,\s]+", value):
        try:
            out += [str(parse(item))] if item else []
        except ValueError:
            out.append(item)
    return out


def _values(key, value):
    if key == "Address":
        return sorted(_items(value, ipaddress.ip_interface))
    if key == "AllowedIPs":
        return sorted(_items(value, lambda item: ipaddress.ip_network(item, False)))
    if key == "DNS":
        return _items(value, str)
    if key in ("MTU", "FwMark"):
        number = int(value, 0) if re.fullmatch(r"(0x)?[0-9a-fA-F]+", value) else 0
        return [str(number) if number else ""]
    if key == "SaveConfig":
        return ["true"] if value.lower() == "true" else [""]
    if key == "PersistentKeepalive":
        return ["" if value in ("0", "off") else value]
    return [value]


def _sections(text):
    sections = [("", [])]
    for line in text.splitlines():
        stripped = line.partition("#")[0].strip()
        if stripped.startswith("["):
            sections.append((stripped, []))
            continue
        key, _, value = stripped.partition("=")
        key = KEYS.get(key.strip().lower(), key.strip())
        if key in HOOKS:
            value = line.partition("=")[2]
        if stripped:
            sections[-1][1].extend((key, v) for v in _values(key, value.strip()))
    return [(name, _last_wins(keys)) for name, keys in sections if name or keys]


def _last_wins(pairs):
    return [(key, value) for i, (key, value) in enumerate(pairs)
            if key in LISTS or key not in (later for later, _ in pairs[i + 1:])]


def _order(pair):
    key, value = pair
    return (HOOKS.index(key) if key in HOOKS else -1, key,
            value if key in ("Address", "AllowedIPs") else "")


def meaning(text, mask):
    """mask() hides what is random, as RANDOM."""
    out = []
    for name, keys in _sections(text):
        keys = [(key, mask(value)) for key, value in keys]
        lines = [f"  {key} = {value}\n" for key, value in sorted(keys, key=_order)
                 if value and "RANDOM" not in value]
        out.append(f" {name}\n" + "".join(lines))
    return "".join(sorted(out))

# SPDX-License-Identifier: GPL-2.0-or-later
"""One host in namespaces of its own, with a full tunnel of 50 peers to bring up, and what can be
seen of it. For the scripts beside; they call host.enter() first."""

import glob
import os
import re
import signal
import subprocess
import sys
import time
from collections import Counter

TOP = os.path.dirname(os.path.dirname(os.path.dirname(os.path.abspath(__file__))))
WGQ = os.path.realpath(os.environ.get("WGQ", TOP + "/build/wgq"))
FOLDER = "/run/faults"
CONF = FOLDER + "/t1.conf"
LINK = "t1"
PEERS = 50
HANGS_SECONDS = 30

RESOLVCONF = """#!/bin/sh
# Like resolvconf: one file for each interface that has told its servers.
case $1 in
-a) cat >/run/faults/resolvconf/"$2" ;;
-d) rm -f /run/faults/resolvconf/"$2" ;;
-l) echo "# resolv.conf from $2" && cat /run/faults/resolvconf/"$2" ;;
esac
"""


def enter():
    """The script again, in namespaces of its own: all it makes is gone when it ends. The shell
    above it is process 1, which sees orphans off."""
    if os.environ.get("WGQ_OWN"):
        return
    if os.getuid() != 0:
        print("skip %s: needs root\n0 passed, 0 failed, 1 skipped" % sys.argv[0])
        sys.exit(os.environ.get("WGQ_MUST_WORK") == "1")
    os.environ["WGQ_OWN"] = "1"
    os.execvp("unshare", [
        "unshare", "--net", "--mount", "--pid", "--fork", "--kill-child", "bash", "-c",
        "mount -t proc proc /proc && mount -t sysfs sysfs /sys && mount -t tmpfs tmpfs /run &&"
        " ip link set lo up && python3 \"$@\"; exit $?", "own"] + sys.argv)


def run(*argv, **options):
    """Standard output of a command that has to work."""
    options.setdefault("check", True)
    return subprocess.run(argv, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True,
                          **options).stdout


def make():
    """The cable, the way out, the programs and the configuration."""
    os.umask(0o077)
    os.makedirs(FOLDER + "/resolvconf")
    os.makedirs(FOLDER + "/bin")
    with open(FOLDER + "/bin/resolvconf", "w") as f:
        f.write(RESOLVCONF)
    os.chmod(FOLDER + "/bin/resolvconf", 0o755)
    # Short: a search through many folders is many system calls that are all alike.
    os.environ["PATH"] = FOLDER + "/bin:/usr/sbin:/usr/bin:/sbin:/bin"
    run("ip", "-b", "-", input="""link add eth0 type veth peer name eth1
addr add 192.0.2.1/24 dev eth0
addr add 2001:db8::1/64 dev eth0 nodad
link set eth0 addrgenmode none
link set eth1 addrgenmode none
link set eth1 up
link set eth0 up
route add default via 192.0.2.2
""")
    run("ip", "-6", "route", "add", "default", "via", "2001:db8::2")
    run("nft", "-s", "list", "ruleset")
    # Where Masquerade switches it on it stays.
    run("sysctl", "-qw", "net.ipv4.ip_forward=1", "net.ipv6.conf.all.forwarding=1")
    # The kernel adds some routes a moment after the cable carries.
    while "ff00::/8" not in run("ip", "-6", "route", "show", "table", "all", "dev", "eth0"):
        time.sleep(0.05)
    while "linkdown" in run("ip", "route") + run("ip", "-6", "route"):
        time.sleep(0.05)


def config(peers=PEERS):
    """The text of a full tunnel with two families, DNS and hooks, and a way to each peer's own."""
    key = run("wg", "genkey").strip()
    public = run("wg", "pubkey", input=key).strip()
    lines = ["[Interface]", "PrivateKey = " + key, "ListenPort = 51820",
             "ListenOn = eth0, 192.0.2.1", "Multicast = yes", "Masquerade = yes", "IsolatePeers = yes", "KillSwitch = lan",
             "Address = 10.9.1.1/24, fd09::1/64", "DNS = 10.9.1.53, fd09::53, corp.example"]
    lines += ["%s = echo %s >>%s/hooks" % (hook, hook, FOLDER)
              for hook in ("PreUp", "PostUp", "PreDown", "PostDown")]
    for i in range(1, peers + 1):
        # Any 32 bytes are a public key; they differ in the first characters.
        lines += ["", "[Peer]", "PublicKey = %04d%s" % (i, public[4:]),
                  "PresharedKey = %s" % run("wg", "genpsk").strip(),
                  "Endpoint = 192.0.2.2:%d" % (51820 + i),
                  "AllowedIPs = 10.77.%d.0/24, fd77:%d::/64" % (i, i)]
    lines += ["AllowedIPs = 0.0.0.0/0, ::/0", ""]
    return "\n".join(lines)


def write_config(text):
    with open(CONF, "w") as f:
        f.write(text)


def read(path):
    try:
        with open(path) as f:
            return f.read()
    except OSError as e:
        return str(e)


def steady(text):
    """Without what is new at each up: indices, and the address that a tun device chooses."""
    text = re.sub(r"^\d+: ", "", text, flags=re.M)
    text = re.sub(r"fe80::[0-9a-f:]+", "fe80::x", text)
    text = re.sub(r"valid_lft .*|tentative |if\d+|table 5182\d|qlen \d+", "", text)
    # In order, because the kernel lists some by time; rules have their priority before them.
    return "\n".join(sorted(line.rstrip() for line in text.splitlines()))


def processes(name):
    return sum(read(path) == name + "\n" for path in glob.glob("/proc/[0-9]*/comm"))


def files():
    names = glob.glob(FOLDER + "/*") + glob.glob(FOLDER + "/resolvconf/*")
    names += glob.glob("/run/wireguard/*")
    hidden = ("/hooks", "/strace")
    return "\n".join("%s %o" % (name, os.lstat(name).st_mode) for name in sorted(names)
                     if not name.endswith(hidden))


IP_BATCH = "link show\naddr show\nrule show\nroute show table all\n"
LOOKS = (("ip", "-o", "-b", "-"), ("ip", "-o", "-6", "-b", "-"), ("nft", "-s", "list", "ruleset"),
         ("wg", "showconf", LINK))


def look():
    """What up may change of a host, as text."""
    asked = [subprocess.Popen(argv, stdin=subprocess.PIPE, stdout=subprocess.PIPE,
                              stderr=subprocess.DEVNULL, text=True) for argv in LOOKS]
    text = [process.communicate(IP_BATCH if process.args[0] == "ip" else "")[0]
            for process in asked]
    return "\n".join([steady("\n".join(text)), files(), read(CONF),
                      "wireguard-go %d" % processes("wireguard-go")])


def settles(*wanted):
    """Whether the host is in one of the states: its number; None, and what it is, if not. Programs
    in the background get some time to end, and the kernel to list what it has."""
    for _ in range(25):
        now = look()
        if now in wanted:
            return wanted.index(now), now
        time.sleep(0.02)
    return None, now


def steady_look():
    """The state, once it stays as it is."""
    before, now = None, look()
    while now != before:
        time.sleep(0.2)
        before, now = now, look()
    return now


def clear():
    """By hand, whatever state the host is in."""
    for name in os.listdir("/sys/class/net"):
        if name not in ("lo", "eth0", "eth1"):
            subprocess.run(["ip", "link", "del", name], stderr=subprocess.DEVNULL)
    for family in ("-4", "-6"):
        run("ip", family, "rule", "flush")
        for priority, table in ((32766, "main"), (32767, "default")):
            subprocess.run(["ip", family, "rule", "add", "priority", str(priority), "table", table,
                            "protocol", "kernel"], stderr=subprocess.DEVNULL)
    run("nft", "flush", "ruleset")
    for path in glob.glob(FOLDER + "/resolvconf/*") + glob.glob("/run/wireguard/*"):
        os.unlink(path)
    for path in glob.glob(CONF + ".*"):
        os.unlink(path)


def wgq(*argv, prefix=(), **options):
    """Exit status (negative: the signal that killed it) and standard error."""
    with subprocess.Popen([*prefix, WGQ, *argv], stdin=subprocess.DEVNULL,
                          stdout=subprocess.DEVNULL, stderr=subprocess.PIPE, text=True,
                          errors="replace", start_new_session=True, **options) as process:
        try:
            said = process.communicate(timeout=HANGS_SECONDS)[1]
        except subprocess.TimeoutExpired:
            os.killpg(process.pid, signal.SIGKILL)
            said = process.communicate()[1] + "\nit hangs"
        return process.returncode, said


def difference(before, after):
    before, after = Counter(before.splitlines()), Counter(after.splitlines())
    lines = ["- " + line for line in (before - after).elements()]
    lines += ["+ " + line for line in (after - before).elements()]
    # What stands alone in its line says nothing here.
    return "\n".join("    " + line for line in [line for line in lines if len(line) > 4][:6])

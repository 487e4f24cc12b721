# SPDX-License-Identifier: GPL-2.0-or-later
"""A throw-away world for one tool: own network, mounts and processes.

/run, /etc and /sys are the world's own, so that nothing a case does reaches
the machine, and so that two worlds can use the same interface name at once.
When the world's first process ends the kernel kills all others in it, which
is what makes wireguard-go and background hooks go away whatever happened.
"""

import ctypes
import fcntl
import os
import shutil
import signal
import socket
import struct
import sys
import traceback

CLONE_NEWNS = 0x00020000
CLONE_NEWPID = 0x20000000
CLONE_NEWNET = 0x40000000
MS_BIND = 0x1000
MS_REC = 0x4000
MS_PRIVATE = 0x40000
SIOCSIFFLAGS = 0x8914
IFF_UP = 1

PORTS = range(50000, 51000)     # where the kernel picks random ports from
WORK = "/run/t"                 # the case, its helpers and its logs
CONFIGS = "/etc/wireguard"

# What programs need of /etc; all else there is the machine's own business.
ETC = ("alternatives", "group", "ld.so.cache", "ld.so.conf", "ld.so.conf.d",
       "passwd", "protocols", "services", "xtables")
ETC_TEXT = {
    "hosts": "127.0.0.1 localhost\n::1 localhost ip6-localhost\n",
    "nsswitch.conf": "passwd: files\ngroup: files\nhosts: files\n"
                     "services: files\nprotocols: files\n",
    "resolv.conf": "",
    "iproute2/rt_tables": "255 local\n254 main\n253 default\n0 unspec\n",
    "iproute2/rt_tables.d/README": "\n",
}
SYSCTLS = {
    "net/ipv4/ip_local_port_range": f"{PORTS.start} {PORTS.stop - 1}",
    "net/ipv6/conf/default/accept_dad": "0",
    "net/ipv6/conf/default/accept_ra": "0",
}

_libc = ctypes.CDLL(None, use_errno=True)
PR_SET_PDEATHSIG = 1


def _die_with_parent(how):
    _check(_libc.prctl(PR_SET_PDEATHSIG, ctypes.c_ulong(how)), "prctl")


def _check(result, what):
    if result != 0:
        raise OSError(ctypes.get_errno(), what)


def _unshare(flags):
    _check(_libc.unshare(ctypes.c_int(flags)), "unshare")


def _mount(source, target, fstype=None, flags=0, data=None):
    encode = lambda text: None if text is None else text.encode()
    _check(_libc.mount(encode(source), encode(target), encode(fstype),
                       ctypes.c_ulong(flags), encode(data)),
           f"mount {target}")


def write(path, text, mode=0o644):
    os.makedirs(os.path.dirname(path), exist_ok=True)
    with open(path, "w", encoding="utf-8") as out:
        out.write(text)
    os.chmod(path, mode)


def _make_etc():
    """/etc: a few of the machine's own files, fixed text for others."""
    new = "/run/etc"
    os.mkdir(new)
    for name in ETC:
        old = f"/etc/{name}"
        if os.path.isdir(old):
            os.mkdir(f"{new}/{name}")
            _mount(old, f"{new}/{name}", flags=MS_BIND)
        elif os.path.exists(old):
            shutil.copy(old, f"{new}/{name}")
    for name, text in ETC_TEXT.items():
        write(f"{new}/{name}", text)
    os.mkdir(f"{new}/wireguard", 0o700)
    _mount(new, "/etc", flags=MS_BIND | MS_REC)


def _make_path(hidden):
    """PATH: the helpers first; with programs to hide, links to all others."""
    system = ["/usr/local/sbin", "/usr/local/bin", "/usr/sbin", "/usr/bin"]
    if not hidden:
        return ":".join([f"{WORK}/bin"] + system)
    os.mkdir(f"{WORK}/path")
    for folder in system:
        for entry in os.scandir(folder) if os.path.isdir(folder) else ():
            link = f"{WORK}/path/{entry.name}"
            if entry.name not in hidden and not os.path.lexists(link):
                os.symlink(entry.path, link)
    for name in hidden:
        if os.path.exists(f"{WORK}/bin/{name}"):
            os.remove(f"{WORK}/bin/{name}")
    return f"{WORK}/bin:{WORK}/path"


def _make_world(case, helpers):
    _mount("none", "/", flags=MS_REC | MS_PRIVATE)
    _mount("proc", "/proc", "proc")
    _mount("sysfs", "/sys", "sysfs")
    _mount("tmpfs", "/run", "tmpfs", data="mode=755")
    _make_etc()
    shutil.copytree(case.folder, f"{WORK}/case")
    shutil.copytree(helpers, f"{WORK}/bin")
    os.mkdir(f"{WORK}/log")
    for name in case.configs():
        shutil.copy(f"{case.folder}/{name}", f"{CONFIGS}/{name}")
        os.chmod(f"{CONFIGS}/{name}", 0o600)
    for name, value in SYSCTLS.items():
        write_sysctl(name, value)
    _bring_up("lo")


def _bring_up(name):
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as any_socket:
        fcntl.ioctl(any_socket, SIOCSIFFLAGS,
                    struct.pack("16sH22x", name.encode(), IFF_UP))


def write_sysctl(name, value):
    try:
        with open(f"/proc/sys/{name}", "w", encoding="ascii") as out:
            out.write(value)
    except FileNotFoundError:
        pass                    # a kernel without IPv6


def _first_process(case, helpers, job, log):
    _die_with_parent(signal.SIGKILL)
    os.setsid()
    os.dup2(os.open("/dev/null", os.O_RDONLY), 0)
    os.dup2(log, 1)
    os.dup2(log, 2)
    _make_world(case, helpers)
    environment = {"PATH": _make_path(case.hidden), "HOME": "/root",
                   "LANG": "C.UTF-8", "LOG": f"{WORK}/log", **case.environment}
    os.chdir(f"{WORK}/case")
    os.umask(0o022)
    job(environment)


def _run_guarded(function, *arguments):
    """Runs it as the last thing this process does: never returns."""
    status = 1
    try:
        function(*arguments)
        status = 0
    except SystemExit as error:
        print(error, file=sys.stderr, flush=True)
    except BaseException:       # whatever it is, the parent must see it
        traceback.print_exc()
    finally:
        os._exit(status)


def _keeper(case, helpers, job, log):
    """Stays outside the process namespace and ends it at the parent's word."""
    _die_with_parent(signal.SIGTERM)
    _unshare(CLONE_NEWNS | CLONE_NEWNET | CLONE_NEWPID)
    pid = os.fork()
    if pid == 0:
        signal.signal(signal.SIGTERM, signal.SIG_DFL)
        _run_guarded(_first_process, case, helpers, job, log)

    def end(_signal, _frame):
        os.kill(pid, signal.SIGKILL)

    signal.signal(signal.SIGTERM, end)
    _, status = os.waitpid(pid, 0)
    os._exit(0 if status == 0 else 1)


def start(case, helpers, job, log):
    """Runs job(environment) in a new world; gives the pid to wait for.

    SIGTERM to that pid ends the world and everything in it. What job and
    its children print goes to the open file log.
    """
    pid = os.fork()
    if pid == 0:
        signal.pthread_sigmask(signal.SIG_SETMASK, ())
        signal.signal(signal.SIGINT, signal.SIG_IGN)
        os.dup2(log, 2)
        _run_guarded(_keeper, case, helpers, job, log)
    return pid

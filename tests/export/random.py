#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-2.0-or-later
"""Random configurations through wgq export and nmcli: random.py WGQ NMCLI"""
import base64, os, random, subprocess, sys, tempfile

wgq, nmcli = sys.argv[1:]
folder = tempfile.TemporaryDirectory()
failed = 0


def key(rng):
    return base64.b64encode(bytes(rng.randrange(256) for _ in range(32))).decode()


def call(*words, text=None):
    return subprocess.run(words, input=text, capture_output=True, text=True, env={'PATH': os.environ['PATH'], 'LC_ALL': 'C'})


def export(text, *options):
    path = folder.name + '/wg0.conf'
    with open(path, 'w') as file:
        os.fchmod(file.fileno(), 0o600)
        file.write(text)
    return call(wgq, 'export', *options, 'networkmanager', path)


def check(name, right, *shown):
    global failed
    if not right:
        failed += 1
        print('FAIL', name, *shown, sep='\n')


def random_conf(rng):
    """The configuration, and the lines that have to be in the keyfile."""
    private = key(rng)
    lines, want = ['[Interface]', 'PrivateKey = ' + private], {'private-key=' + private}

    def maybe(line, wanted):
        if rng.random() < .5:
            lines.append(line)
            want.add(wanted)
    port, mark, mtu = rng.randrange(1, 65536), rng.randrange(1, 2**32), rng.randrange(1280, 1501)
    maybe(f'ListenPort = {port}', f'listen-port={port}')
    maybe(f'FwMark = {mark:#x}', f'fwmark={mark}')
    maybe(f'MTU = {mtu}', f'mtu={mtu}')
    maybe('Table = off', 'peer-routes=false')
    number = rng.randrange(256)
    lines.append(f'Address = 10.{number}.0.1/24, fd00::{number + 1:x}/64')
    want |= {f'address1=10.{number}.0.1/24', f'address1=fd00::{number + 1:x}/64'}
    if rng.random() < .5:
        lines.append('DNS = 10.0.0.53, fd00::53, example.org')
        want |= {'dns=10.0.0.53;', 'dns=fd00::53;', 'dns-search=example.org;~.;', 'dns-priority=-50'}
    for i in range(rng.randrange(4)):
        public, psk, seconds = key(rng), key(rng), rng.randrange(1, 65536)
        lines += ['[Peer]', 'PublicKey = ' + public, f'AllowedIPs = 10.{number}.{i}.0/24, fd00:{i + 1}::/64']
        want |= {f'[wireguard-peer.{public}]', f'allowed-ips=10.{number}.{i}.0/24;fd00:{i + 1}::/64;'}
        maybe('PresharedKey = ' + psk, 'preshared-key=' + psk)
        maybe(f'PersistentKeepalive = {seconds}', f'persistent-keepalive={seconds}')
        host = rng.choice(['192.0.2.1', '[2001:db8::1]', 'vpn.example.org'])
        maybe(f'Endpoint = {host}:{i + 1}', f'endpoint={host}:{i + 1}')
    return '\n'.join(lines) + '\n', want


def read_again(name, text, want):
    done = export(text)
    check(name + ': exported', done.returncode == 0, text, done.stderr)
    read = call(nmcli, '--offline', 'connection', 'modify', 'connection.autoconnect', 'no', text=done.stdout)
    ours, theirs = ({line for line in t.split('\n') if line} for t in (done.stdout, read.stdout))
    theirs = {line for line in theirs if not line.startswith('uuid=')} - {'[proxy]'}
    check(name + ': read by NetworkManager', read.returncode == 0 and ours == theirs, text, ours ^ theirs, read.stderr)
    check(name + ': all of it', want <= ours, text, want - ours)


def refused(name, said, interface='', peer='', options=()):
    rng = random.Random(1)
    done = export(f'[Interface]\nPrivateKey = {key(rng)}\nAddress = 10.0.0.1/24\n{interface}\n'
                  f'[Peer]\nPublicKey = {key(rng)}\n{peer}\n', *options)
    check(name + ': refused', done.returncode == 1 and not done.stdout, done.stdout)
    check(name + ': said', said in ' '.join(done.stderr.split()), done.stderr)


for seed in range(100):
    read_again(f'seed {seed}', *random_conf(random.Random(seed)))
refused('a hook', 'wg0.conf:4: warning: NetworkManager runs no hooks', 'PostUp = true')
refused('SaveConfig', 'nothing like SaveConfig', 'SaveConfig = true')
refused('an own key', 'wg0.conf:4: warning: NetworkManager has nothing like Metric', 'Metric = 3')
refused('a full tunnel', 'does not keep neighbours', peer='AllowedIPs = 0.0.0.0/0')
refused('an IPv6 name server', 'name server of a family only', 'DNS = fd00::53')
for options in (), ('--lossy',):
    refused('past the tunnel', 'wg0.conf:7: error: without an IPv6 address', peer='AllowedIPs = ::/0', options=options)
    refused('a table', 'wg0.conf:4: error: NetworkManager would put', 'Table = 7', options=options)
    refused('a port by name', 'no name of a port', peer='Endpoint = a.example:domain', options=options)
done = export(f'[Interface]\nPrivateKey = {key(random.Random(2))}\nAddress = 10.0.0.1/24\nPostUp = true\n', '--lossy')
check('lossy', done.returncode == 0 and 'true' not in done.stdout.split('\n'), done.stderr)
sys.exit(failed > 0)

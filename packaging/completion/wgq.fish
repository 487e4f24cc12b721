# SPDX-License-Identifier: GPL-2.0-or-later
# fish completion for wgq: verbs, the options of each, interfaces and configuration files.

# What stands there already is not offered again.
function __wgq_new
    while read -l name
        contains -- $name (commandline -opc)
        or echo $name
    end
end

function __wgq_configured
    for file in /etc/wireguard/*.conf
        string replace -r '.*/(.*)\.conf$' '$1' $file
    end | __wgq_new
end

# The interfaces that are up: the kernel's, and those of a WireGuard in userspace, whose sockets may be
# of other network namespaces.
function __wgq_running
    for file in /sys/class/net/*/uevent
        grep -qs '^DEVTYPE=wireguard$' $file
        and string replace -r '.*/(.*)/uevent$' '$1' $file
    end | __wgq_new
    for file in /var/run/wireguard/*.sock
        set -l name (string replace -r '.*/(.*)\.sock$' '$1' $file)
        test -e /sys/class/net/$name/tun_flags
        and echo $name
    end | __wgq_new
end

# Only where a path has been begun: a word without a slash is the name of an interface.
function __wgq_files
    set -l word (commandline -ct)
    string match -q '*/*' -- $word
    or return
    printf '%s\n' $word*.conf
    __fish_complete_directories $word
end

# The address comes first.
function __wgq_why_interface
    __fish_seen_subcommand_from why
    and test (count (commandline -opc | string match -v -- '-*')) -ge 3
end

# The word of that number behind the verb peer, and whether so many are there.
function __wgq_peer_place -a count
    set -l words (commandline -opc | string match -v -- '-*')
    test (count $words) -eq (math $count + 2)
    and test "$words[2]" = peer
end

function __wgq_peers
    set -l words (commandline -opc | string match -v -- '-*')
    test (count $words) -ge 4 -a "$words[2]" = peer -a "$words[3]" != add
    and wgq peer list --json $words[4] 2>/dev/null | string replace -rf '^ *"name": "(.*)",$' '$1' | __wgq_new
end

complete -c wgq -f
complete -c wgq -s q -l quiet -d 'Print errors and warnings only'
complete -c wgq -s v -l verbose -d 'Print every step'
complete -c wgq -l json -d 'Print JSON, errors too'
complete -c wgq -s h -l help -d 'Show help'
complete -c wgq -s V -l version -d 'Show the version'

complete -c wgq -n __fish_use_subcommand -a up -d 'Bring interfaces up'
complete -c wgq -n __fish_use_subcommand -a down -d 'Take interfaces down'
complete -c wgq -n __fish_use_subcommand -a reload -d 'Make running interfaces match their files'
complete -c wgq -n __fish_use_subcommand -a run -d 'Bring interfaces up, and keep them so'
complete -c wgq -n __fish_use_subcommand -a diff -d 'Show what reload would do'
complete -c wgq -n __fish_use_subcommand -a status -d 'Show interfaces, and what is wrong with them'
complete -c wgq -n __fish_use_subcommand -a why -d 'Follow a packet through this host'
complete -c wgq -n __fish_use_subcommand -a guard -d 'Let nothing pass but by the interface'
complete -c wgq -n __fish_use_subcommand -a probe -d 'Ask peers whether they answer'
complete -c wgq -n __fish_use_subcommand -a check -d 'Find what is legal, but wrong'
complete -c wgq -n __fish_use_subcommand -a save -d 'Write what is running into the files'
complete -c wgq -n __fish_use_subcommand -a strip -d 'Print what wg takes of a configuration'
complete -c wgq -n __fish_use_subcommand -a init -d 'Write a first configuration'
complete -c wgq -n __fish_use_subcommand -a export -d 'Print a configuration as NetworkManager takes it'
complete -c wgq -n '__fish_seen_subcommand_from export' -l lossy -d 'Leave out what the format cannot say'
complete -c wgq -n '__fish_seen_subcommand_from export' -a networkmanager
complete -c wgq -n __fish_use_subcommand -a edit -d 'Edit a configuration, check it, load it'
complete -c wgq -n __fish_use_subcommand -a peer -d 'Add, remove, rename, disable, enable, list peers'

set -l up '__fish_seen_subcommand_from up'
set -l down '__fish_seen_subcommand_from down'
set -l reload '__fish_seen_subcommand_from reload'
set -l run '__fish_seen_subcommand_from run'
set -l status_verb '__fish_seen_subcommand_from status'
set -l why '__fish_seen_subcommand_from why'
set -l save '__fish_seen_subcommand_from save'
set -l init '__fish_seen_subcommand_from init'

complete -c wgq -n '__fish_seen_subcommand_from up down reload guard' -s n -l dry-run -d 'Print a shell script'
complete -c wgq -n '__fish_seen_subcommand_from up down reload run diff status' -l dns -x -a 'auto resolvconf resolved off' -d 'How name servers are set'
complete -c wgq -n '__fish_seen_subcommand_from up reload run diff status' -l firewall -x -a 'auto off' -d 'Whether a full tunnel has a firewall'
complete -c wgq -n '__fish_seen_subcommand_from up run' -l userspace -x -a 'auto never (__fish_complete_command)' -d 'Who serves the interface'
complete -c wgq -n $up -l ensure -d 'Reload what is up already'
complete -c wgq -n $up -l replace -d 'Take down what has the name first'
complete -c wgq -n $down -l guard -d 'Leave the rules of KillSwitch'
complete -c wgq -n $down -l if-exists -d 'One that is not there is no error'
complete -c wgq -n $down -s a -l all -d 'Every WireGuard interface'
complete -c wgq -n $reload -l run-hooks -d 'Run the hooks, too'
complete -c wgq -n $run -s a -l all -d 'Every configuration'
complete -c wgq -n $run -l leave -d 'Leave up what run has brought up'
complete -c wgq -n '__fish_seen_subcommand_from reload run diff' -l forget -d 'Remove allowed IPs that follow routes'
complete -c wgq -n $status_verb -s a -l all -d 'Show every peer'
complete -c wgq -n $status_verb -l openmetrics -d 'Print metrics for Prometheus'
complete -c wgq -n $status_verb -s w -l watch -d 'Show it again every second'
complete -c wgq -n $why -l from -x -d 'The source address'
complete -c wgq -n $why -l mark -x -d 'The mark of the packet'
complete -c wgq -n '__fish_seen_subcommand_from reload diff' -l endpoints -d 'Set endpoints also of roamed peers'
complete -c wgq -n '__fish_seen_subcommand_from guard' -l off -d 'Let everything pass again'
complete -c wgq -n '__fish_seen_subcommand_from check' -l probe -d 'Ask the peers whether they answer'
complete -c wgq -n $save -l endpoints -d 'Save all endpoints'
complete -c wgq -n '__fish_seen_subcommand_from strip' -l wg-quick -d 'Print what wg-quick takes'
complete -c wgq -n $init -l endpoint -x -d 'How the peer reaches this host'
complete -c wgq -n $init -l address-from-key -d 'Let the addresses follow from the keys'
complete -c wgq -n $init -l qr -d 'Print a QR code in any case'
set -l peer '__fish_seen_subcommand_from peer'
complete -c wgq -n $peer -s a -l all -d 'Of every configuration'
complete -c wgq -n $peer -l public-key -x -d 'Of a peer that keeps its private key'
complete -c wgq -n $peer -l address -x -d 'The addresses of the peer'
complete -c wgq -n $peer -l allowed-ips -x -a 'network all' -d 'What the peer sends into the tunnel'
complete -c wgq -n $peer -l dns -x -d 'The name servers of the peer'
complete -c wgq -n $peer -l endpoint -x -d 'How the peer reaches this host'
complete -c wgq -n $peer -l keepalive -x -d 'Seconds'
complete -c wgq -n $peer -l mtu -x -d 'The MTU of the peer'
complete -c wgq -n $peer -l expires -x -d 'When it is removed'
complete -c wgq -n $peer -l expired -d 'Remove those whose time is over'
complete -c wgq -n $peer -l output -r -F -d 'A new file for its configuration'
complete -c wgq -n $peer -l qr -d 'Print a QR code, or write it'

complete -c wgq -n '__wgq_peer_place 0' -a 'add remove rename disable enable list show'
complete -c wgq -n '__wgq_peer_place 1' -a '(__wgq_configured; __wgq_files)'
complete -c wgq -n $peer -a '(__wgq_peers)'
complete -c wgq -n '__fish_seen_subcommand_from up run guard probe check strip export edit' -a '(__wgq_configured; __wgq_files)'
complete -c wgq -n '__fish_seen_subcommand_from down save reload status diff' -a '(__wgq_running; __wgq_files)'
complete -c wgq -n __wgq_why_interface -a '(__wgq_running)'

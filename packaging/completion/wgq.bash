# SPDX-License-Identifier: GPL-2.0-or-later
# bash completion for wgq: verbs, the options of each, interfaces and configuration files.
# shellcheck shell=bash

# The names of the configurations.
_wgq_configured() {
	local file
	for file in /etc/wireguard/*.conf; do
		[ -e "$file" ] || continue
		file=${file##*/}
		printf '%s\n' "${file%.conf}"
	done
}

# The interfaces that are up: the kernel's, and those of a WireGuard in userspace, whose sockets may be
# of other network namespaces.
_wgq_running() {
	local file
	for file in /sys/class/net/*/uevent; do
		grep -qs '^DEVTYPE=wireguard$' "$file" || continue
		file=${file%/uevent}
		printf '%s\n' "${file##*/}"
	done
	for file in /var/run/wireguard/*.sock; do
		file=${file##*/} file=${file%.sock}
		[ ! -e "/sys/class/net/$file/tun_flags" ] || printf '%s\n' "$file"
	done
}

# The names of an interface's peers, a line each.
_wgq_peers() {
	wgq peer list --json "$1" 2>/dev/null | sed -n 's/^ *"name": "\(.*\)",$/\1/p'
}

# _wgq_peer PLACE WORD: actions, then interfaces, then names of peers, which may have blanks.
_wgq_peer() {
	local names='' name
	case $1 in
	0) names='add remove rename disable enable list show' ;;
	1) names=$(_wgq_configured) ;;
	esac
	if [[ $1 -lt 2 ]]; then
		mapfile -t COMPREPLY < <(compgen -W "$names" -- "$2")
		return
	fi
	[[ $(_wgq_place 0) != add ]] || return
	while read -r name; do
		printf -v name %q "$name"
		[[ $name != "$2"* || " ${COMP_WORDS[*]:1:COMP_CWORD - 1} " == *" $name "* ]] || COMPREPLY+=("$name")
	done < <(_wgq_peers "$(_wgq_place 1)")
}

# _wgq_place N: the Nth word behind the verb that is no option.
_wgq_place() {
	local i count=-1
	for ((i = 1; i < COMP_CWORD; i++)); do
		[[ ${COMP_WORDS[i]} == -* ]] || count=$((count + 1))
		[[ $count != $(($1 + 1)) ]] || { printf '%s\n' "${COMP_WORDS[i]}"; return; }
	done
}

# _wgq_value OPTION WORD: what may stand behind the option's =.
_wgq_value() {
	case $1 in
	--dns) mapfile -t COMPREPLY < <(compgen -W 'auto resolvconf resolved off' -- "$2") ;;
	--firewall) mapfile -t COMPREPLY < <(compgen -W 'auto off' -- "$2") ;;
	--userspace) mapfile -t COMPREPLY < <(compgen -W 'auto never' -c -- "$2") ;;
	esac
}

_wgq() {
	local word=${COMP_WORDS[COMP_CWORD]} before=${COMP_WORDS[COMP_CWORD - 1]}
	local verbs='up down reload run guard diff status why probe check save strip export init peer edit'
	local options='--quiet --verbose --json --help --version' verb='' names='' i place=0
	COMPREPLY=()
	for ((i = 1; i < COMP_CWORD; i++)); do
		if [[ -n $verb ]]; then
			[[ ${COMP_WORDS[i]} == -* ]] || place=$((place + 1))
		elif [[ " $verbs " == *" ${COMP_WORDS[i]} "* ]]; then
			verb=${COMP_WORDS[i]}
		fi
	done
	# bash takes = for a word of its own: --dns = o
	if [[ $word == = ]]; then
		_wgq_value "$before" ''
		return
	elif [[ $before == = ]]; then
		_wgq_value "${COMP_WORDS[COMP_CWORD - 2]}" "$word"
		return
	fi
	case $verb in
	up) options+=' --dry-run --dns= --firewall= --userspace= --ensure --replace' ;;
	down) options+=' --dry-run --dns= --guard --if-exists --all' ;;
	reload) options+=' --dry-run --dns= --firewall= --run-hooks --endpoints --forget' ;;
	run) options+=' --dns= --firewall= --userspace= --all --leave --forget' ;;
	guard) options+=' --dry-run --off' ;;
	diff) options+=' --dns= --firewall= --endpoints --forget' ;;
	status) options+=' --all --watch --openmetrics --dns= --firewall=' ;;
	why) options+=' --from= --mark=' ;;
	check) options+=' --probe' ;;
	save) options+=' --endpoints' ;;
	strip) options+=' --wg-quick' ;;
	export) options+=' --lossy' ;;
	init) options+=' --address-from-key --endpoint= --qr' ;;
	peer) options+=' --all --endpoint= --public-key= --address= --allowed-ips= --keepalive= --mtu= --expires=
		--expired --output= --qr --dns=' ;;
	esac
	if [[ $word == -* ]]; then
		mapfile -t COMPREPLY < <(compgen -W "$options" -- "$word")
		[[ ${#COMPREPLY[@]} != 1 || ${COMPREPLY[0]} != *= ]] || compopt -o nospace
		return
	fi
	if [[ $verb == peer ]]; then
		_wgq_peer "$place" "$word"
		return
	fi
	case $verb in
	'') names=$verbs ;;
	init) ;;
	export) [[ $place == 0 ]] && names=networkmanager || names=$(_wgq_configured) ;;
	why) [[ $place == 0 ]] || names=$(_wgq_running) ;;
	probe) [[ $place != 0 ]] || names="$(_wgq_running) $(_wgq_configured)" ;;
	up | run | check | strip | edit) names=$(_wgq_configured) ;;
	*) names=$(_wgq_running) ;;
	esac
	if [[ -n $verb && $word == */* ]]; then
		compopt -o filenames
		mapfile -t COMPREPLY < <(compgen -f -X '!*.conf' -- "$word"; compgen -d -- "$word")
	else
		# What stands there already is not offered again.
		mapfile -t COMPREPLY < <(compgen -W "$names" -- "$word" | sort -u |
			grep -vxFf <(printf '%s\n' "${COMP_WORDS[@]:1:COMP_CWORD - 1}"))
	fi
}

complete -F _wgq wgq

# SPDX-License-Identifier: GPL-2.0-or-later
# bash completion for wgq: verbs, the options of each, and interfaces.
# shellcheck shell=bash

# Prints the names of the configurations, for a verb that brings them up, else of what is up.
_wgq_interfaces() {
	local file
	case $1 in
	down | save) wg show interfaces 2>/dev/null | tr ' ' '\n' ;;
	esac
	for file in /etc/wireguard/*.conf; do
		[ -e "$file" ] || continue
		file=${file##*/}
		printf '%s\n' "${file%.conf}"
	done
}

_wgq() {
	local word=${COMP_WORDS[COMP_CWORD]} before=${COMP_WORDS[COMP_CWORD - 1]}
	local verbs='up down save strip' options='--quiet --verbose --help --version'
	local verb='' choice='' i
	COMPREPLY=()
	for ((i = 1; i < COMP_CWORD; i++)); do
		if [[ " $verbs " == *" ${COMP_WORDS[i]} "* ]]; then
			verb=${COMP_WORDS[i]}
			break
		fi
	done
	# bash takes = for a word of its own: --dns = o
	if [[ $word == = ]]; then
		choice=$before word=
	elif [[ $before == = ]]; then
		choice=${COMP_WORDS[COMP_CWORD - 2]}
	fi
	case $choice in
	--dns) mapfile -t COMPREPLY < <(compgen -W 'auto resolvconf resolved off' -- "$word") ;;
	--firewall) mapfile -t COMPREPLY < <(compgen -W 'auto off' -- "$word") ;;
	--userspace) mapfile -t COMPREPLY < <(compgen -W 'auto never' -c -- "$word") ;;
	esac
	[[ -z $choice ]] || return 0
	case $verb in
	up) options+=' --dry-run --dns= --firewall= --userspace= --replace' ;;
	down) options+=' --dry-run --dns= --if-exists --all' ;;
	esac
	if [[ $word == -* ]]; then
		mapfile -t COMPREPLY < <(compgen -W "$options" -- "$word")
		[[ ${#COMPREPLY[@]} != 1 || ${COMPREPLY[0]} != *= ]] || compopt -o nospace
	elif [[ -z $verb ]]; then
		mapfile -t COMPREPLY < <(compgen -W "$verbs" -- "$word")
	elif [[ $word == */* ]]; then
		compopt -o filenames
		mapfile -t COMPREPLY < <(compgen -f -X '!*.conf' -- "$word"; compgen -d -- "$word")
	else
		mapfile -t COMPREPLY < <(compgen -W "$(_wgq_interfaces "$verb" | sort -u)" -- "$word")
	fi
}

complete -F _wgq wgq

# SPDX-License-Identifier: GPL-2.0-or-later
# What tests need of Debian's archive beyond what is installed. tests/setup fetches it into
# ${WGQ_CACHE:-/var/cache/wgq-tests}; a test only looks there. Sourced, with set -e.
# shellcheck shell=bash

die() {
	printf '%s: %s\n' "${0##*/}" "$*" >&2
	exit 1
}

# kept NAME FETCH...: prints the folder of that name. With WGQ_FETCH it is checked first, and, where
# it is missing or damaged, filled by `FETCH... FOLDER SCRATCH`.
kept() {
	local folder=${WGQ_CACHE:-/var/cache/wgq-tests}/$1
	shift
	[ -z "${WGQ_FETCH:-}" ] || fill "$folder" "$@"
	[ -d "$folder" ] || die "there is no $folder: tests/setup fetches it"
	echo "$folder"
}

fill() {
	local folder=$1
	shift
	mkdir -p "${folder%/*}" || die 'be root, or set WGQ_CACHE to a folder of your own'
	exec 9>"$folder.lock"
	flock 9
	if [ ! -e "$folder.sums" ] || ! (cd "$folder" && sha256sum --quiet --check "$folder.sums") >&2; then
		printf '%s: fetching %s\n' "${0##*/}" "$folder" >&2
		# A run that was killed may have left its own; the lock makes it ours.
		scratch=$folder.scratch
		rm -rf "$scratch"
		trap 'rm -rf "$scratch"' EXIT
		trap 'exit 130' INT TERM
		mkdir -p "$scratch/done"
		"$@" "$scratch/done" "$scratch"
		(cd "$scratch/done" && find . -type f -exec sha256sum {} +) >"$scratch/sums"
		rm -rf "$folder" "$folder.sums"
		mv "$scratch/done" "$folder"
		mv "$scratch/sums" "$folder.sums"
		rm -rf "$scratch"
	fi
	exec 9>&-
}

# Prints "URI KEYRING" of every enabled Debian main archive in the machine's
# sources. Both formats are parsed here because apt itself names its sources
# only once it has downloaded their lists.
debian_sources() {
	local file
	for file in /etc/apt/sources.list.d/*.sources; do
		[[ -r $file ]] && awk -v RS= -v FS='\n' '
			{
				split("", field)
				for (i = 1; i <= NF; i++) {
					if ($i ~ /^#/ || !(colon = index($i, ":")))
						continue
					name = tolower(substr($i, 1, colon - 1))
					field[name] = substr($i, colon + 1)
					gsub(/^[ \t]+|[ \t]+$/, "", field[name])
				}
				if (tolower(field["enabled"]) == "no" || " " field["types"] " " !~ / deb / ||
				    " " field["components"] " " !~ / main /)
					next
				split(field["uris"], uri, /[ \t]+/)
				print uri[1], field["signed-by"]
			}' "$file"
	done
	for file in /etc/apt/sources.list /etc/apt/sources.list.d/*.list; do
		[[ -r $file ]] && sed -nE '
			/^[ \t]*deb[ \t].*[ \t]main([ \t]|$)/!d
			s/^[ \t]*deb[ \t]+//
			s/^\[[^]]*signed-by=([^] \t]+)[^]]*\][ \t]+([^ \t]+).*/\2 \1/p; t
			s/^\[[^]]*\][ \t]+//
			s/^([^ \t]+).*/\1/p' "$file"
	done
	return 0
}

# The other suites live in the archive the machine's own packages came from.
source_line() {
	local suite=$1 uri keyring
	while read -r uri keyring; do
		[[ $uri =~ /debian(/|$) && ! $uri =~ security ]] || continue
		# A keyring given as text instead of a path falls back to Debian's own.
		[[ $keyring == /* ]] || keyring=/usr/share/keyrings/debian-archive-keyring.gpg
		[[ -r $keyring ]] || die "$keyring is missing; install debian-archive-keyring"
		printf 'deb [signed-by=%s] %s %s main\n' "$keyring" "$uri" "$suite"
		return
	done < <([[ -n ${WGQ_MIRROR:-} ]] && printf '%s\n' "$WGQ_MIRROR"; debian_sources)
	die 'no Debian archive in /etc/apt; name one, ending in /debian, in WGQ_MIRROR'
}

# archive SUITE ARCHITECTURE SCRATCH: apt then reads that suite's index, and no other. The machine's
# own apt state stays untouched, its proxy settings still count.
archive() {
	local suite=$1 architecture=$2 state=$3
	mkdir -p "$state/lists/partial" "$state/archives/partial"
	: >"$state/status"
	source_line "$suite" >"$state/sources.list"
	cat >"$state/apt.conf" <<-CONF
		Dir::Etc::SourceList "$state/sources.list";
		Dir::Etc::SourceParts "/dev/null";
		Dir::Etc::Preferences "/dev/null";
		Dir::Etc::PreferencesParts "/dev/null";
		Dir::State "$state";
		Dir::State::Lists "$state/lists";
		Dir::State::Status "$state/status";
		Dir::Cache "$state";
		Acquire::Languages "none";
		Acquire::Retries "3";
		APT::Architecture "$architecture";
		APT::Sandbox::User "root";
		#clear APT::Update::Pre-Invoke;
		#clear APT::Update::Post-Invoke;
		#clear APT::Update::Post-Invoke-Success;
		#clear Acquire::IndexTargets::deb::Contents-deb;
		#clear Acquire::IndexTargets::deb::DEP-11;
	CONF
	export APT_CONFIG=$state/apt.conf
	apt-get -qq update -o APT::Update::Error-Mode=any >"$state/log" 2>&1 ||
		die "cannot read the index of $suite: $(grep -m1 -E '^[EW]:' "$state/log" || tail -n1 "$state/log")"
}

# download FOLDER PACKAGE...: of the archive.
download() {
	local folder=$1
	shift
	(cd "$folder" && apt-get -qq download "$@") >"$folder/log" 2>&1 ||
		die "cannot download $*: $(grep -m1 '^E:' "$folder/log" || tail -n1 "$folder/log")"
}

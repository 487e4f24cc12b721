# SPDX-License-Identifier: GPL-2.0-or-later
# A real name server on h2, whose records change. Sourced after one-host.sh.
# shellcheck shell=bash disable=SC2154 # variables of those who source this

# wait_for_port NUMBER ADDRESS: until somebody listens there.
wait_for_port() {
	for _ in {1..1000}; do
		! on h2 ss -Hlun "src $2 and sport = $1" | grep -q . || return 0
		sleep 0.05
	done
	fail "nobody listens on $2, port $1"
}

# serve_names ADDRESS...: what it has is in $folder/hosts.
serve_names() {
	# Without a shell between, which signals would end.
	ip netns exec h2 dnsmasq --keep-in-foreground --conf-file=/dev/null --no-resolv --no-hosts --user=root \
		--pid-file= --local=/test/ --local=/arpa/ --local=// --local=/lan.example/ --local-ttl=77 \
		--bind-interfaces "${@/#/--listen-address=}" --log-queries \
		--log-facility=$folder/queries --addn-hosts=$folder/hosts \
		--cname=alias.test,two.test --host-record=short.test,192.0.2.41,5 >$folder/dnsmasq 2>&1 &
	dnsmasq=$!
	servers+=("$dnsmasq")
	wait_for_port 53 "$1"
}

# After a change of the file.
load_hosts() {
	local known
	known=$(grep -c 'read .*hosts' $folder/queries)
	kill -HUP $dnsmasq
	for _ in {1..1000}; do
		[ "$(grep -c 'read .*hosts' $folder/queries)" = "$known" ] || return 0
		sleep 0.05
	done
	fail 'the server does not read its file again'
}

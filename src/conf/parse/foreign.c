// SPDX-License-Identifier: GPL-2.0-or-later
// What other programs call keys, and files that are another program's altogether.
#include <string.h>

#include "wgq/conf/parse/keys.h"

const struct foreign_word *foreign_words(void)
{
	static const char routes[] = "routes come from AllowedIPs; others can be added by PostUp";
	static const char comment[] = "write it as a comment: # Name = and the name";
	static const char android[] = "only WireGuard for Android knows it: delete the line";
	static const char later[] = "a later version of wgq will know this key: delete the line";
	static const struct foreign_word words[] = {
		{"addresses", KEY_ADDRESS, NULL},
		{"adresse", KEY_ADDRESS, NULL},
		{"ip", KEY_ADDRESS, NULL},
		{"ips", KEY_ADDRESS, NULL},
		{"ipaddress", KEY_ADDRESS, NULL},
		{"localaddress", KEY_ADDRESS, NULL},
		{"dnsserver", KEY_DNS, NULL},
		{"nameserver", KEY_DNS, NULL},
		{"dnssearch", KEY_DNS, NULL},
		{"search", KEY_DNS, NULL},
		{"searchdomain", KEY_DNS, NULL},
		{"domain", KEY_DNS, NULL},
		{"domains", KEY_DNS, NULL},
		{"mtubytes", KEY_MTU, NULL},
		{"routetable", KEY_TABLE, NULL},
		{"up", KEY_POST_UP, NULL},
		{"postconnect", KEY_POST_UP, NULL},
		{"preconnect", KEY_PRE_UP, NULL},
		{"down", KEY_POST_DOWN, NULL},
		{"postdisconnect", KEY_POST_DOWN, NULL},
		{"predisconnect", KEY_PRE_DOWN, NULL},
		{"privkey", KEY_PRIVATE_KEY, NULL},
		{"secretkey", KEY_PRIVATE_KEY, NULL},
		{"port", KEY_LISTEN_PORT, NULL},
		{"localport", KEY_LISTEN_PORT, NULL},
		{"listeningport", KEY_LISTEN_PORT, NULL},
		{"mark", KEY_FWMARK, NULL},
		{"firewallmark", KEY_FWMARK, NULL},
		{"pubkey", KEY_PUBLIC_KEY, NULL},
		{"peerpublickey", KEY_PUBLIC_KEY, NULL},
		{"serverpublickey", KEY_PUBLIC_KEY, NULL},
		{"psk", KEY_PRESHARED_KEY, NULL},
		{"sharedkey", KEY_PRESHARED_KEY, NULL},
		{"sharedsecret", KEY_PRESHARED_KEY, NULL},
		{"allowips", KEY_ALLOWED_IPS, NULL},
		{"allowedipaddresses", KEY_ALLOWED_IPS, NULL},
		{"allowedranges", KEY_ALLOWED_IPS, NULL},
		{"allowednetworks", KEY_ALLOWED_IPS, NULL},
		{"allowedsubnets", KEY_ALLOWED_IPS, NULL},
		{"includedips", KEY_ALLOWED_IPS, NULL},
		{"subnets", KEY_ALLOWED_IPS, NULL},
		{"server", KEY_ENDPOINT, NULL},
		{"serveraddress", KEY_ENDPOINT, NULL},
		{"remote", KEY_ENDPOINT, NULL},
		{"host", KEY_ENDPOINT, NULL},
		{"endpointhost", KEY_ENDPOINT, NULL},
		{"endpointip", KEY_ENDPOINT, NULL},
		{"endpointaddress", KEY_ENDPOINT, NULL},
		{"keepalive", KEY_KEEPALIVE, NULL},
		{"keepaliveinterval", KEY_KEEPALIVE, NULL},
		{"disallowedips", KEY_EXCLUDED_IPS, NULL},
		{"excludeips", KEY_EXCLUDED_IPS, NULL},
		{"excludedroutes", KEY_EXCLUDED_IPS, NULL},
		{"excluderoutes", KEY_EXCLUDED_IPS, NULL},
		{"followroute", KEY_FOLLOW_ROUTES, NULL},
		{"routeprotocols", KEY_FOLLOW_ROUTES, NULL},
		{"acceptedroutes", KEY_ACCEPT_ROUTES, NULL},
		{"acceptprefixes", KEY_ACCEPT_ROUTES, NULL},
		{"maxprefixes", KEY_MAX_ROUTES, NULL},
		{"maximumprefix", KEY_MAX_ROUTES, NULL},
		{"routelimit", KEY_MAX_ROUTES, NULL},
		{"deniedips", KEY_EXCLUDED_IPS, NULL},
		{"blockedips", KEY_EXCLUDED_IPS, NULL},
		{"bypassips", KEY_EXCLUDED_IPS, NULL},
		{"gateway", KEY_COUNT, routes},
		{"route", KEY_COUNT, routes},
		{"routes", KEY_COUNT, routes},
		{"routemetric", KEY_METRIC, NULL},
		{"routeallowedips", KEY_COUNT, routes},
		{"name", KEY_COUNT, comment},
		{"friendlyname", KEY_COUNT, comment},
		{"nickname", KEY_COUNT, comment},
		{"description", KEY_COUNT, comment},
		{"comment", KEY_COUNT, comment},
		{"excludedapplications", KEY_COUNT, android},
		{"includedapplications", KEY_COUNT, android},
		{"privatekeypath", KEY_PRIVATE_KEY_FILE, NULL},
		{"presharedkeypath", KEY_PRESHARED_KEY_FILE, NULL},
		{"pskfile", KEY_PRESHARED_KEY_FILE, NULL},
		{"bindinterface", KEY_LISTEN_ON, NULL},
		{"listenaddress", KEY_LISTEN_ON, NULL},
		{"binddevice", KEY_LISTEN_ON, NULL},
		{"backupendpoint", KEY_FALLBACK_ENDPOINT, NULL},
		{"namespace", KEY_COUNT, later},
		{"forward", KEY_COUNT, later},
		{"masquerade", KEY_COUNT, later},
		{"isolatepeers", KEY_COUNT, later},
		{"killswitch", KEY_COUNT, later},
		{"followroutes", KEY_COUNT, later},
		{"acceptroutes", KEY_COUNT, later},
		{"maxroutes", KEY_COUNT, later},
		{"publickeyfile", KEY_COUNT, "write PublicKey = and what is in the file"},
		{0},
	};

	return words;
}

const struct foreign_file *foreign_file(struct slice line)
{
	static const struct foreign_file networkd = {
		"this is a file of systemd-networkd",
		"it belongs in /etc/systemd/network; wgq takes [Interface] and [Peer]"};
	static const struct foreign_file manager = {
		"this is a connection of NetworkManager",
		"nmcli brings it up; wgq takes [Interface] and [Peer]"};
	static const struct foreign_file openvpn = {
		"this is a configuration of OpenVPN, which is not WireGuard",
		"openvpn --config FILE takes it"};
	static const struct foreign_file web = {
		"this is a web page, not a configuration",
		"download it again: what was saved may be a page to sign in"};
	static const struct foreign_file show = {
		"this is what wg show prints, which is no configuration", "wg showconf prints one"};
	static const struct foreign_file json = {
		"this is JSON, not a configuration",
		"write [Interface] and [Peer], and below them KEY = VALUE"};
	/* How a line begins. */
	static const struct {
		const char *begin;
		const struct foreign_file *file;
	} signs[] = {
		{"[NetDev]", &networkd},
		{"[WireGuardPeer]", &networkd},
		{"[Network]", &networkd},
		{"[Match]", &networkd},
		{"[connection]", &manager},
		{"[wireguard-peer.", &manager},
		{"[ipv4]", &manager},
		{"[ipv6]", &manager},
		{"dev tun", &openvpn},
		{"proto udp", &openvpn},
		{"proto tcp", &openvpn},
		{"<ca>", &openvpn},
		{"auth-user-pass", &openvpn},
		{"<!doctype", &web},
		{"<html", &web},
		{"<?xml", &web},
		{"interface: ", &show},
		{"{", &json},
	};

	line = slice_trim(line);
	for (size_t i = 0; i < sizeof(signs) / sizeof(signs[0]); i++)
		if (slice_begins(line, signs[i].begin))
			return signs[i].file;
	return slice_is(line, "client") ? &openvpn : NULL;
}

bool foreign_is_amneziawg(struct slice key)
{
	static const char *const keys[] = {
		"Jc", "Jmin", "Jmax", "S1", "S2", "S3",    "S4",
		"H1", "H2",   "H3",   "H4", "I1", "I2",    "I3",
		"I4", "I5",   "J1",   "J2", "J3", "Itime", "AdvancedSecurity"};

	for (size_t i = 0; i < sizeof(keys) / sizeof(keys[0]); i++)
		if (slice_squeezed_is(key, keys[i]))
			return true;
	return false;
}

// SPDX-License-Identifier: GPL-2.0-or-later
// What can be wrong with an interface, and the words for it.
#include "wgq/plan/health/finding.h"

#include <errno.h>

#include "wgq/base/mem.h"

/* In a remedy %i stands for the interface, and %f for its configuration as wgq takes it. */
static const struct {
	const char *name;
	bool wrong;
	const char *text, *remedy;
} kinds[FINDING_KINDS] = {
	[FINDING_LEFTOVER] = {"leftover", true, "the interface is gone, but its firewall is left",
			      "wgq down %f"},
	[FINDING_INTERFACE_DOWN] = {"interface-down", true, "the interface is down",
				    "ip link set dev %i up, then wgq reload %f"},
	[FINDING_NO_PRIVATE_KEY] = {"no-private-key", true,
				    "there is no private key, so that nothing is sent or received",
				    "set PrivateKey in the configuration, then wgq reload %f"},
	[FINDING_NO_ADDRESS] = {"no-address", false, "the interface has no address",
				"ip address add ADDRESS dev %i, unless it is meant to have none"},
	[FINDING_IPV6_OFF] = {"ipv6-off", true,
			      "IPv6 is switched off on the interface: what is to go into the "
			      "tunnel goes past it in the clear",
			      "sysctl -w net/ipv6/conf/%i/disable_ipv6=0, then wgq reload %f"},
	[FINDING_ADDRESS_MISSING] = {"address-missing", true,
				     "an address of the configuration is missing", "wgq reload %f"},
	[FINDING_NO_MARK] = {"no-mark", true,
			     "a full tunnel without a mark: its own packets are sent into it",
			     "wgq reload %f"},
	[FINDING_RULE_MISSING] = {"rule-missing", true,
				  "the rule that sends packets into the tunnel is missing",
				  "wgq reload %f"},
	[FINDING_SUPPRESS_MISSING] = {"suppress-rule-missing", true,
				      "the rule that lets local networks pass by the tunnel is "
				      "missing",
				      "wgq reload %f"},
	[FINDING_RULES_ORDER] = {"rules-out-of-order", true,
				 "the rules of the tunnel are in the wrong order", "wgq reload %f"},
	[FINDING_OTHER_TUNNEL] =
		{"other-tunnel", true, "another tunnel takes what this one is to get",
		 "take one of the two down, or write into its AllowedIPs only what "
		 "is behind its peers"},
	[FINDING_DEFAULT_ROUTE_MISSING] = {"default-route-missing", true,
					   "the tunnel's routing table has no default route",
					   "wgq reload %f"},
	[FINDING_ROUTE_MISSING] = {"route-missing", true, "routes to allowed IPs are missing",
				   "wgq reload %f"},
	[FINDING_TAKEN_NETWORK] = {"taken-network", true,
				   "another interface has a route to a network of the tunnel as "
				   "well",
				   "ip route and ip -6 route show which one; choose another "
				   "network for one of the two"},
	[FINDING_FIREWALL_MISSING] = {"firewall-missing", true,
				      "the firewall is missing: a neighbour on the local network "
				      "can send packets to the tunnel's addresses",
				      "wgq reload %f; where that is meant, wgq status "
				      "--firewall=off"},
	[FINDING_FIREWALL_CHANGED] = {"firewall-changed", true,
				      "the firewall is not the one that the configuration needs",
				      "wgq reload %f"},
	[FINDING_DNS_MISSING] = {"dns-missing", true,
				 "the name servers of the configuration are not set",
				 "wgq reload %f; where that is meant, wgq status --dns=off"},
	[FINDING_NO_DNS_TOOL] =
		{"no-dns-tool", true,
		 "the name servers of the configuration are not set, since this host "
		 "has no way to set name servers",
		 "install openresolv or systemd-resolved, then wgq reload %f; where "
		 "that is meant, wgq status --dns=off"},
	[FINDING_SRC_VALID_MARK] = {"src-valid-mark", true,
				    "strict reverse path filtering drops the answers of peers",
				    "sysctl -w net.ipv4.conf.all.src_valid_mark=1"},
	[FINDING_IPV6_LEAK] = {"ipv6-leak", true,
			       "IPv4 goes through the tunnel, but IPv6 goes past it",
			       "add ::/0 to the AllowedIPs, then wgq reload "
			       "%f"},
	[FINDING_IPV4_LEAK] = {"ipv4-leak", false,
			       "IPv6 goes through the tunnel, but IPv4 goes past it",
			       "add 0.0.0.0/0 to the AllowedIPs, unless it is meant so"},
	[FINDING_MTU_ABOVE_PATH] = {"mtu-above-path", true,
				    "the MTU is above what the way to a peer carries",
				    "set MTU in the configuration, then wgq reload %f"},
	[FINDING_MTU_BELOW_IPV6] = {"mtu-below-ipv6", true,
				    "the MTU is below 1280, so the interface has no IPv6",
				    "set MTU to 1280 or more in the configuration, or leave it out "
				    "there, then wgq reload %f"},
	[FINDING_NEIGHBOURS] = {"neighbour-table", true,
				"this host's table of IPv6 neighbours is nearly full",
				"raise net.ipv6.neigh.default.gc_thresh3 with sysctl"},
	[FINDING_ENDPOINT_INSIDE] = {"endpoint-inside", true,
				     "the way to the endpoint leads into the tunnel itself",
				     "set FwMark with Table = auto, or take the endpoint's address "
				     "out of the AllowedIPs"},
	[FINDING_ENDPOINT_UNREACHABLE] = {"endpoint-unreachable", true,
					  "there is no route to the endpoint",
					  "ip route get ENDPOINT; is the network up?"},
	[FINDING_NO_HANDSHAKE] = {"no-handshake", true,
				  "packets were sent, but the peer has never answered",
				  "check both public keys, the endpoint, and that UDP passes the "
				  "firewalls"},
	[FINDING_HANDSHAKE_OLD] = {"handshake-old", true,
				   "no handshake for more than 3 minutes, though packets are sent",
				   "is the peer on line, and is its endpoint still right?"},
	[FINDING_ALLOWED_IPS_LOST] = {"allowed-ips-lost", true,
				      "another peer has taken its allowed IPs",
				      "give each prefix to one peer, then wgq reload %f"},
	[FINDING_NO_ALLOWED_IPS] = {"no-allowed-ips", false,
				    "without allowed IPs nothing is sent to the peer, and all "
				    "from it is dropped",
				    "wg set %i peer KEY allowed-ips PREFIX, or AllowedIPs"},
};

const char *finding_name(enum finding_kind kind)
{
	return kinds[kind].name;
}

const char *finding_text(enum finding_kind kind)
{
	return kinds[kind].text;
}

bool finding_is_wrong(enum finding_kind kind)
{
	return kinds[kind].wrong;
}

void finding_remedy(enum finding_kind kind, const char *ifname, const char *file,
		    struct buf *ret_text)
{
	for (const char *at = kinds[kind].remedy; *at; at++) {
		if (at[0] != '%')
			buf_char(ret_text, *at);
		else if (*++at == 'i')
			buf_shell_word(ret_text, ifname);
		else
			buf_shell_word(ret_text, file);
	}
}

int finding_add(struct finding_vec *findings, enum finding_kind kind, long peer, struct buf *detail)
{
	char *text = detail && detail->len ? buf_steal(detail) : mem_strndup("", 0);
	struct finding *finding = text ? vec_push(findings) : NULL;

	if (!finding) {
		free(text);
		return -ENOMEM;
	}
	finding->kind = kind;
	finding->peer = peer;
	finding->detail = text;
	return 0;
}

void findings_release(struct finding_vec *findings)
{
	vec_each(finding, findings)
		free(finding->detail);
	vec_release(findings);
}

// SPDX-License-Identifier: GPL-2.0-or-later
// What changes of the nftables of tunnels.
#include "wgq/kernel/nft/notices.h"

#include <libmnl/libmnl.h>
#include <linux/netfilter/nf_tables.h>
#include <linux/netfilter/nfnetlink.h>
#include <string.h>

#include "wgq/kernel/netlink/netlink.h"

/* A program has to tell them by four letters. */
static const char *const prefixes[] = {"wg-quick-", "wgq-"};

/* The table's name has the same number in all messages that have one. */
enum { TABLE_NAME = 1 };
_Static_assert((int)NFTA_TABLE_NAME == TABLE_NAME && (int)NFTA_CHAIN_TABLE == TABLE_NAME &&
		       (int)NFTA_RULE_TABLE == TABLE_NAME && (int)NFTA_SET_TABLE == TABLE_NAME &&
		       (int)NFTA_SET_ELEM_LIST_TABLE == TABLE_NAME,
	       "attribute 1 is the name of the table");

enum { PASS = -1, DROP = 0 };

/* Loads are in network order, the length of a message is in the host's: its lower two bytes. */
#if __BYTE_ORDER__ == __ORDER_LITTLE_ENDIAN__
enum { LENGTH_LOW = 0, LENGTH_HIGH = 1 };
#else
enum { LENGTH_LOW = 3, LENGTH_HIGH = 2 };
#endif

/* The kernel puts the messages of a transaction together (nft_commit_notify()), and a filter sees
 * only the first: what has more than one passes. */
static const struct sock_filter program[] = {
	BPF_STMT(BPF_LD | BPF_B | BPF_ABS, LENGTH_LOW),
	BPF_STMT(BPF_ST, 0),
	BPF_STMT(BPF_LD | BPF_B | BPF_ABS, LENGTH_HIGH),
	BPF_STMT(BPF_ALU | BPF_LSH | BPF_K, 8),
	BPF_STMT(BPF_LDX | BPF_MEM, 0),
	BPF_STMT(BPF_ALU | BPF_ADD | BPF_X, 0),
	BPF_STMT(BPF_MISC | BPF_TAX, 0),
	BPF_STMT(BPF_LD | BPF_W | BPF_LEN, 0),
	BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_X, 0, 1, 0),
	BPF_STMT(BPF_RET | BPF_K, (uint32_t)PASS),
	BPF_STMT(BPF_LD | BPF_IMM, NLMSG_HDRLEN + NLMSG_ALIGN(sizeof(struct nfgenmsg))),
	BPF_STMT(BPF_LDX | BPF_IMM, TABLE_NAME),
	BPF_STMT(BPF_LD | BPF_B | BPF_ABS, (uint32_t)(SKF_AD_OFF + SKF_AD_NLATTR)),
	BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, 0, 4, 0),
	BPF_STMT(BPF_MISC | BPF_TAX, 0),
	BPF_STMT(BPF_LD | BPF_W | BPF_IND, sizeof(struct nlattr)),
	BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, 'w' << 24 | 'g' << 16 | '-' << 8 | 'q', 2, 0),
	BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, 'w' << 24 | 'g' << 16 | 'q' << 8 | '-', 1, 0),
	BPF_STMT(BPF_RET | BPF_K, DROP),
	BPF_STMT(BPF_RET | BPF_K, (uint32_t)PASS),
};

int nft_notices_open(struct notices *n)
{
	static const uint32_t groups[] = {NFNLGRP_NFTABLES};
	int r = notices_open(n, NETLINK_NETFILTER, groups, 1);

	if (r == 0)
		r = notices_filter(n, program, sizeof(program) / sizeof(program[0]));
	if (r < 0)
		notices_release(n);
	return r;
}

bool nft_notice_parse(const struct nlmsghdr *message, char ret_ifname[IFNAMSIZ])
{
	const struct nlattr *attributes[TABLE_NAME + 1];
	const struct netlink_table sorted = {attributes, NULL, TABLE_NAME};
	char table[64];

	if (message->nlmsg_type >> 8 != NFNL_SUBSYS_NFTABLES ||
	    netlink_sort(message, sizeof(struct nfgenmsg), &sorted) < 0 || !attributes[TABLE_NAME])
		return false;
	netlink_text(attributes[TABLE_NAME], table, sizeof(table));
	for (size_t i = 0; i < sizeof(prefixes) / sizeof(prefixes[0]); i++) {
		size_t n = strlen(prefixes[i]);

		if (strncmp(table, prefixes[i], n) != 0 || strlen(table + n) >= IFNAMSIZ)
			continue;
		memcpy(ret_ifname, table + n, strlen(table + n) + 1);
		return true;
	}
	return false;
}

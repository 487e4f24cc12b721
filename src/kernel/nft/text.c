// SPDX-License-Identifier: GPL-2.0-or-later
// Writes nftables messages as lines that compare equal when they do the same to packets.
#include "wgq/kernel/nft/text.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include <libnftnl/chain.h>
#include <libnftnl/expr.h>
#include <libnftnl/rule.h>
#include <libnftnl/table.h>
#include <linux/netfilter/nf_tables.h>
#include <linux/netfilter/nfnetlink.h>

#include "wgq/base/buf.h"
#include "wgq/base/mem.h"

/* The text of one expression; libnftnl cuts longer ones, and ours are below 100. */
enum { EXPRESSION_MAX = 512 };

/* Hostile or new messages may lack what ours always have. */
static const char *or_none(const char *s)
{
	return s ? s : "(none)";
}

static int table_line(const struct nlmsghdr *m, struct buf *line)
{
	struct nftnl_table *t = nftnl_table_alloc();
	int r = !t ? -ENOMEM : nftnl_table_nlmsg_parse(m, t) < 0 ? -EPROTO : 0;

	/* NFT_TABLE_F_DORMANT switches the table off. */
	if (r == 0)
		buf_addf(line, "table %u %s flags %u", nftnl_table_get_u32(t, NFTNL_TABLE_FAMILY),
			 or_none(nftnl_table_get_str(t, NFTNL_TABLE_NAME)),
			 nftnl_table_get_u32(t, NFTNL_TABLE_FLAGS));
	if (t)
		nftnl_table_free(t);
	return r;
}

static int chain_line(const struct nlmsghdr *m, struct buf *line)
{
	struct nftnl_chain *c = nftnl_chain_alloc();
	int r = !c ? -ENOMEM : nftnl_chain_nlmsg_parse(m, c) < 0 ? -EPROTO : 0;

	if (r == 0)
		buf_addf(line, "chain %u %s %s type %s hook %u priority %d policy %u",
			 nftnl_chain_get_u32(c, NFTNL_CHAIN_FAMILY),
			 or_none(nftnl_chain_get_str(c, NFTNL_CHAIN_TABLE)),
			 or_none(nftnl_chain_get_str(c, NFTNL_CHAIN_NAME)),
			 or_none(nftnl_chain_get_str(c, NFTNL_CHAIN_TYPE)),
			 nftnl_chain_get_u32(c, NFTNL_CHAIN_HOOKNUM),
			 nftnl_chain_get_s32(c, NFTNL_CHAIN_PRIO),
			 nftnl_chain_get_u32(c, NFTNL_CHAIN_POLICY));
	if (c)
		nftnl_chain_free(c);
	return r;
}

/* Counters change by themselves, and decide nothing. */
static int expression_text(struct nftnl_expr *e, void *data)
{
	struct buf *line = data;
	const char *name = or_none(nftnl_expr_get_str(e, NFTNL_EXPR_NAME));
	char text[EXPRESSION_MAX] = "";

	if (strcmp(name, "counter") == 0)
		return 0;
	nftnl_expr_snprintf(text, sizeof(text), e, NFTNL_OUTPUT_DEFAULT, 0);
	buf_addf(line, " [%s %s]", name, text);
	return 0;
}

/* A rule with an expression that libnftnl does not know is none of ours, but no error. */
static int rule_line(const struct nlmsghdr *m, struct buf *line)
{
	struct nftnl_rule *r = nftnl_rule_alloc();

	if (r == 0)
		return -ENOMEM;
	if (nftnl_rule_nlmsg_parse(m, r) < 0) {
		buf_str(line, "rule of unknown form");
	} else {
		buf_addf(line, "rule %u %s %s", nftnl_rule_get_u32(r, NFTNL_RULE_FAMILY),
			 or_none(nftnl_rule_get_str(r, NFTNL_RULE_TABLE)),
			 or_none(nftnl_rule_get_str(r, NFTNL_RULE_CHAIN)));
		nftnl_expr_foreach(r, expression_text, line);
	}
	nftnl_rule_free(r);
	return 0;
}

int nft_text_add(struct nft_text *t, const struct nlmsghdr *m)
{
	_cleanup_buf_ struct buf line = {0};
	int r = -EPROTO;

	switch (NFNL_MSG_TYPE(m->nlmsg_type)) {
	case NFT_MSG_NEWTABLE:
		r = table_line(m, &line);
		break;
	case NFT_MSG_NEWCHAIN:
		r = chain_line(m, &line);
		break;
	case NFT_MSG_NEWRULE:
		r = rule_line(m, &line);
		break;
	}
	if (r < 0)
		return r;

	char *text = buf_steal(&line);
	char **new = text ? vec_push(t) : NULL;
	if (!new) {
		free(text);
		return -ENOMEM;
	}
	*new = text;
	return 0;
}

int nft_text_add_batch(struct nft_text *t, const struct nft_batch *b)
{
	int r = nft_batch_status(b);

	for (size_t i = 0; r == 0 && i < b->len; i++)
		r = nft_text_add(t, nft_batch_at(b, i));
	return r;
}

static int compare_lines(const void *a, const void *b)
{
	char *const *left = a, *const *right = b;

	return strcmp(*left, *right);
}

bool nft_text_equal(struct nft_text *a, struct nft_text *b)
{
	if (a->len != b->len)
		return false;
	if (a->len == 0)
		return true;
	qsort(a->at, a->len, sizeof(*a->at), compare_lines);
	qsort(b->at, b->len, sizeof(*b->at), compare_lines);
	for (size_t i = 0; i < a->len; i++)
		if (strcmp(a->at[i], b->at[i]) != 0)
			return false;
	return true;
}

void nft_text_truncate(struct nft_text *t, size_t len)
{
	while (t->len > len)
		free(t->at[--t->len]);
}

void nft_text_release(struct nft_text *t)
{
	nft_text_truncate(t, 0);
	vec_release(t);
}

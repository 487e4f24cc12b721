// SPDX-License-Identifier: GPL-2.0-or-later
// What a new peer is given: how it reaches this host, and a QR code.
#include "wgq/cmd/peer/handout.h"

#include <errno.h>
#include <unistd.h>

#include "wgq/cmd/terminal/qr.h"
#include "wgq/cmd/terminal/term.h"
#include "wgq/conf/save/starter.h"
#include "wgq/net/subnet.h"
#include "wgq/sys/resolve/udp.h"

int handout_endpoint(const char *given, uint16_t *port, struct buf *ret_text, struct diag *d)
{
	char text[ADDR_TEXT_MAX];
	struct addr own;

	if (!given && udp_own_address(&own) < 0) {
		diag_warn(d, "this host has no route to the Internet: the peer's half has no "
			     "Endpoint");
		diag_hint(d, "give one with --endpoint=HOST");
		return 0;
	}
	if (!given) {
		const struct prefix p = {.addr = own, .len = addr_bits(&own)};

		addr_format(&own, text);
		if (subnet_matters(&p)) {
			diag_warn(d, "the Endpoint for the peer is %s, which is a private address",
				  text);
			diag_hint(d, "where the peer is not in the same network, use "
				     "--endpoint=HOST with a public name or address");
		}
	}
	int r = starter_endpoint(given ? given : text, port, ret_text);
	if (r == -ENOMEM)
		return diag_no_memory(d);
	return r < 0 ? diag_refuse(d, EINVAL, "--endpoint is HOST or HOST:PORT, not `%s'", given)
		     : 0;
}

int handout_qr(const struct options *options, const struct buf *text, struct buf *out,
	       struct diag *d)
{
	bool asked = (options->given & OPTION_QR) && !options->qr;
	struct term t;

	term_look(STDOUT_FILENO, &t);
	if (!asked && ((options->given & OPTION_QR) || !(t.is_terminal && t.utf8)))
		return 0;
	int r = qr_add(&t, buf_text(text), text->len, out, asked ? d : NULL);
	return asked ? r : 0;
}

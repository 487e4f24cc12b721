// SPDX-License-Identifier: GPL-2.0-or-later
// Netlink's acknowledgements: finds the kernel's own words in them, and passes them on.
#include "wgq/kernel/netlink/ack.h"

#include <errno.h>
#include <stdarg.h>
#include <string.h>

#include "wgq/base/buf.h"

/* include/linux/err.h, MAX_ERRNO: what lies beyond is no error number. */
enum { ERRNO_MAX = 4095 };

static void text_copy(char *ret, size_t size, const uint8_t *text, size_t n)
{
	size_t length = strnlen((const char *)text, n);

	if (length >= size)
		length = size - 1;
	memcpy(ret, text, length);
	ret[length] = '\0';
}

/* The attributes of an acknowledgement; what does not fit ends them. */
static void attributes_parse(const uint8_t *at, size_t left, struct ack *ret)
{
	struct nlattr attribute;

	while (left >= sizeof(attribute)) {
		memcpy(&attribute, at, sizeof(attribute));
		if (attribute.nla_len < sizeof(attribute) || attribute.nla_len > left)
			return;
		if ((attribute.nla_type & NLA_TYPE_MASK) == NLMSGERR_ATTR_MSG)
			text_copy(ret->text, sizeof(ret->text), at + sizeof(attribute),
				  attribute.nla_len - sizeof(attribute));

		size_t step = NLA_ALIGN(attribute.nla_len);
		if (step > left)
			return;
		at += step;
		left -= step;
	}
}

/* Where the attributes begin, counted from the payload: behind the error, and the request that it
 * answers, of which NETLINK_CAP_ACK leaves only the header (netlink_ack(), af_netlink.c). */
static size_t attributes_offset(const struct nlmsghdr *message, const uint8_t *payload,
				size_t length, int error)
{
	struct nlmsgerr head;

	if (message->nlmsg_type == NLMSG_DONE)
		return NLMSG_ALIGN(sizeof(int));
	if (length < sizeof(head))
		return length;
	memcpy(&head, payload, sizeof(head));
	if (!error || message->nlmsg_flags & NLM_F_CAPPED || head.msg.nlmsg_len < NLMSG_HDRLEN)
		return sizeof(head);
	if (head.msg.nlmsg_len - NLMSG_HDRLEN > length - sizeof(head))
		return length;
	return sizeof(head) + NLMSG_ALIGN(head.msg.nlmsg_len - NLMSG_HDRLEN);
}

int ack_parse(const struct nlmsghdr *message, struct ack *ret)
{
	const uint8_t *payload = (const uint8_t *)message + NLMSG_HDRLEN;
	int error;

	*ret = (struct ack){.seq = message->nlmsg_seq};
	if (message->nlmsg_type != NLMSG_ERROR && message->nlmsg_type != NLMSG_DONE)
		return -EPROTO;
	if (message->nlmsg_len < NLMSG_HDRLEN + sizeof(error))
		return -EPROTO;

	size_t length = message->nlmsg_len - NLMSG_HDRLEN;
	memcpy(&error, payload, sizeof(error));
	if (error > 0 || error < -ERRNO_MAX)
		return -EPROTO;
	ret->error = -error;

	if (message->nlmsg_flags & NLM_F_ACK_TLVS) {
		size_t offset = attributes_offset(message, payload, length, error);

		if (offset < length)
			attributes_parse(payload + offset, length - offset, ret);
	}
	return 0;
}

int ack_fail(struct diag *d, const struct ack *ack, const char *format, ...)
{
	_cleanup_buf_ struct buf what = {0};
	va_list args;

	va_start(args, format);
	buf_addv(&what, format, args);
	va_end(args);

	size_t before = d ? d->len : 0;
	int r = diag_fail(d, ack->error, "cannot %s", buf_text(&what));
	if (d && d->len > before && ack->text[0])
		diag_note(d, "kernel: %s", ack->text);
	return r;
}

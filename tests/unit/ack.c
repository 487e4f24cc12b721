// SPDX-License-Identifier: GPL-2.0-or-later
// Acknowledgements as the kernel sends them, and as it never should.
#include "wgq/kernel/netlink/ack.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>

#include <cmocka.h>

#include <errno.h>
#include <limits.h>
#include <stdlib.h>
#include <string.h>

#include "wgq/base/mem.h"

/* A message in the making. */
struct made {
	uint8_t bytes[1024];
	size_t len;
};

static void put(struct made *m, const void *data, size_t n)
{
	memcpy(m->bytes + m->len, data, n);
	m->len += NLMSG_ALIGN(n);
}

static void put_attribute(struct made *m, uint16_t type, const void *data, size_t n)
{
	struct nlattr head = {.nla_len = (uint16_t)(sizeof(head) + n), .nla_type = type};

	put(m, &head, sizeof(head));
	put(m, data, n);
}

/* An NLMSG_ERROR; echo is how much of the request's payload comes back with it. */
static struct made error_made(int error, uint16_t flags, uint32_t echo)
{
	static const uint8_t payload[256] = {0xff, 0xff, 1, 1, 8, 0, 1, 0, 'n', 'o'};
	struct made m = {0};
	struct nlmsghdr head = {.nlmsg_type = NLMSG_ERROR, .nlmsg_flags = flags, .nlmsg_seq = 7};
	struct nlmsgerr body = {.error = error, .msg.nlmsg_len = NLMSG_HDRLEN + echo};

	put(&m, &head, sizeof(head));
	put(&m, &body, sizeof(body));
	if (!(flags & NLM_F_CAPPED))
		put(&m, payload, echo);
	return m;
}

static struct made done_made(int error, uint16_t flags)
{
	struct made m = {0};
	struct nlmsghdr head = {.nlmsg_type = NLMSG_DONE, .nlmsg_flags = flags, .nlmsg_seq = 7};

	put(&m, &head, sizeof(head));
	put(&m, &error, sizeof(error));
	return m;
}

/* Parses the first n bytes, which lie at the end of their memory, so that a read too far is seen
 * by the sanitizer. */
static int parse(const struct made *m, size_t n, struct ack *ret)
{
	_cleanup_free_ uint8_t *copy = malloc(n);
	uint32_t length = (uint32_t)n;

	assert_non_null(copy);
	memcpy(copy, m->bytes, n);
	memcpy(copy, &length, sizeof(length));
	return ack_parse((const struct nlmsghdr *)(const void *)copy, ret);
}

static void assert_ack(const struct made *m, int error, const char *text)
{
	struct ack ack;

	assert_int_equal(parse(m, m->len, &ack), 0);
	assert_int_equal(ack.seq, 7);
	assert_int_equal(ack.error, error);
	assert_string_equal(ack.text, text);
}

static const char words[] = "Invalid prefix for given prefix length";

static void the_kernels_answers(void **state)
{
	(void)state;
	struct made ok = error_made(0, NLM_F_CAPPED, 0);
	struct made plain = error_made(-EEXIST, 0, 36);
	struct made capped = error_made(-EINVAL, NLM_F_CAPPED | NLM_F_ACK_TLVS, 36);
	struct made echoed = error_made(-EINVAL, NLM_F_ACK_TLVS, 37);
	struct made warned = error_made(0, NLM_F_ACK_TLVS, 0);
	struct made done = done_made(0, NLM_F_MULTI);
	struct made failed = done_made(-ENOENT, NLM_F_MULTI | NLM_F_ACK_TLVS);
	uint32_t offset = 20;

	put_attribute(&capped, NLMSGERR_ATTR_OFFS, &offset, sizeof(offset));
	put_attribute(&capped, NLMSGERR_ATTR_MSG, words, sizeof(words));
	put_attribute(&echoed, NLMSGERR_ATTR_MSG, words, sizeof(words));
	put_attribute(&warned, NLMSGERR_ATTR_MSG, words, sizeof(words));
	put_attribute(&failed, NLMSGERR_ATTR_MSG, words, sizeof(words));
	assert_ack(&ok, 0, "");
	assert_ack(&plain, EEXIST, "");
	assert_ack(&capped, EINVAL, words);
	assert_ack(&echoed, EINVAL, words);
	assert_ack(&warned, 0, words);
	assert_ack(&done, 0, "");
	assert_ack(&failed, ENOENT, words);
}

static void a_text_without_an_end(void **state)
{
	struct made m = error_made(-EINVAL, NLM_F_CAPPED | NLM_F_ACK_TLVS, 0);
	char text[300], cut[128];

	(void)state;
	memset(text, 'x', sizeof(text));
	memset(cut, 'x', sizeof(cut));
	cut[sizeof(cut) - 1] = '\0';
	put_attribute(&m, NLMSGERR_ATTR_MSG, text, sizeof(text));
	assert_ack(&m, EINVAL, cut);
}

static void no_acknowledgements(void **state)
{
	static const int errors[] = {1, INT_MAX, INT_MIN, -4096};
	struct made data = error_made(0, 0, 0);
	struct ack ack;

	(void)state;
	((struct nlmsghdr *)(void *)data.bytes)->nlmsg_type = NLMSG_MIN_TYPE;
	assert_int_equal(parse(&data, data.len, &ack), -EPROTO);
	for (size_t i = 0; i < sizeof(errors) / sizeof(errors[0]); i++) {
		struct made m = error_made(errors[i], 0, 0);

		assert_int_equal(parse(&m, m.len, &ack), -EPROTO);
	}
}

/* Cut anywhere, and with any one byte changed: whatever comes of it, nothing is read behind it. */
static void damaged(void **state)
{
	struct made whole[] = {error_made(-EINVAL, NLM_F_ACK_TLVS, 40),
			       error_made(-EINVAL, NLM_F_CAPPED | NLM_F_ACK_TLVS, 40),
			       done_made(-EINVAL, NLM_F_ACK_TLVS)};
	struct ack ack;

	(void)state;
	for (size_t i = 0; i < sizeof(whole) / sizeof(whole[0]); i++) {
		put_attribute(&whole[i], NLMSGERR_ATTR_MSG, words, sizeof(words));
		for (size_t n = NLMSG_HDRLEN; n < whole[i].len; n++) {
			int r = parse(&whole[i], n, &ack);

			assert_int_equal(r, n < NLMSG_HDRLEN + sizeof(int) ? -EPROTO : 0);
		}
		for (size_t at = NLMSG_HDRLEN; at < whole[i].len; at++) {
			for (int value = 0; value < 256; value++) {
				struct made changed = whole[i];

				changed.bytes[at] = (uint8_t)value;
				(void)parse(&changed, changed.len, &ack);
				assert_true(memchr(ack.text, '\0', sizeof(ack.text)) != NULL);
			}
		}
	}
}

static void what_the_user_reads(void **state)
{
	struct ack ack = {.error = ENETUNREACH, .text = "Nexthop has invalid gateway"};
	_cleanup_diag_ struct diag d = {0};
	_cleanup_buf_ struct buf text = {0}, expected = {0};

	(void)state;
	buf_addf(&expected,
		 "wgq: error: cannot add route 10.1.0.0/16: %s\n"
		 "  kernel: Nexthop has invalid gateway\n",
		 strerror(ENETUNREACH));
	assert_int_equal(ack_fail(&d, &ack, "add route %s", "10.1.0.0/16"), -ENETUNREACH);
	diag_format(&d, 0, "wgq", false, 0, &text);
	assert_string_equal(buf_text(&text), buf_text(&expected));
	ack.text[0] = '\0';
	assert_int_equal(ack_fail(&d, &ack, "add it"), -ENETUNREACH);
	assert_int_equal(diag_errors(&d), 2);
	assert_null(d.at[1].notes);
	assert_int_equal(ack_fail(NULL, &ack, "add it"), -ENETUNREACH);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(the_kernels_answers), cmocka_unit_test(a_text_without_an_end),
		cmocka_unit_test(no_acknowledgements), cmocka_unit_test(damaged),
		cmocka_unit_test(what_the_user_reads),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}

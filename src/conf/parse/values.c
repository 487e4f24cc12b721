// SPDX-License-Identifier: GPL-2.0-or-later
// The grammar that both programs' values share: numbers, lists, names and what is wrong with them.
#include <errno.h>
#include <string.h>

#include "wgq/conf/parse/keys.h"

static unsigned int digit_value(char c)
{
	char letter = (char)(c | 0x20);

	if (c >= '0' && c <= '9')
		return (unsigned int)(c - '0');
	return letter >= 'a' && letter <= 'f' ? (unsigned int)(letter - 'a') + 10 : 16;
}

int number_read(struct slice s, unsigned int base, uint64_t max, uint64_t *ret)
{
	uint64_t value = 0;
	bool above = false;

	if (base == 0) {
		bool zero = s.len > 1 && s.at[0] == '0';
		bool hex = zero && (s.at[1] | 0x20) == 'x';

		base = hex ? 16 : zero ? 8 : 10;
		s.at += hex ? 2 : 0;
		s.len -= hex ? 2 : 0;
	}
	if (!s.len)
		return -EINVAL;
	for (size_t i = 0; i < s.len; i++) {
		unsigned int digit = digit_value(s.at[i]);

		if (digit >= base)
			return -EINVAL;
		above = above || value > (max - digit) / base;
		value = value * base + digit;
	}
	*ret = value;
	return above ? -ERANGE : 0;
}

void refuse_length(struct parser *p, struct slice item, unsigned int base, int bits)
{
	const char *slash = memchr(item.at, '/', item.len);
	const char *end = item.at + item.len;
	struct slice length = {slash + 1, (size_t)(end - slash) - 1};
	struct slice value = shown(p, length);
	uint64_t unused;

	if (number_read(length, base, UINT8_MAX, &unused) != -EINVAL)
		parse_error(p, item, NULL, "prefix length %.*s is above %d", SLICE_ARG(value),
			    bits);
	else
		parse_error(p, item, "write the number of bits, as in 10.0.0.0/24 or fd00::/64",
			    "the prefix length has to be a number from 0 to %d", bits);
}

/* The bytes of the character at the beginning of s; 0: no name has it. */
static size_t name_char(struct slice s)
{
	char c = s.at[0];

	if ((unsigned char)c >= 0x80)
		return buf_utf8_length(s.at, s.len);
	return digit_value(c) < 10 || ((c | 0x20) >= 'a' && (c | 0x20) <= 'z') || c == '-' ||
	       c == '_';
}

bool name_plausible(struct slice s)
{
	enum { NAME_MAX = 253, LABEL_MAX = 63 };
	struct slice unused;
	size_t label = 0;
	bool number = true;

	if (s.len && s.at[s.len - 1] == '.')
		s.len--;
	if (!s.len || s.len > NAME_MAX || s.at[0] == '-' || odd_find(s, s, &unused))
		return false;
	for (size_t n; s.len; s.at += n, s.len -= n) {
		bool dot = s.at[0] == '.';

		n = dot ? 1 : name_char(s);
		if (dot ? !label : !n || label + n > LABEL_MAX)
			return false;
		label = dot ? 0 : label + n;
		number = dot || (number && digit_value(s.at[0]) < 10);
	}
	return label && !number;
}

const char *name_advice(struct slice s)
{
	static const char placeholder[] =
		"write the address or the name itself: nothing is filled in here";
	size_t digits = 0;

	for (size_t i = 0; i < s.len; i++) {
		if (s.at[i] == '/')
			return "write the address or the name alone, with no / in it";
		if (strchr("<>(){}$", s.at[i]))
			return placeholder;
		digits += digit_value(s.at[i]) < 10 || s.at[i] == '.';
	}
	return digits == s.len ? "an IPv4 address is four numbers from 0 to 255, with dots between"
			       : "a name has letters, digits, - and _, with dots between; its last "
				 "part is no number";
}

bool list_is_emptied(const struct parser *p)
{
	return p->file > 0 && !p->line->value.len;
}

/* Cuts an item of that length off, and what ends it. */
static struct slice cut_item(struct slice *rest, size_t len)
{
	struct slice item = {rest->at, len};
	bool last = len == rest->len;

	rest->at = last ? NULL : rest->at + len + 1;
	rest->len -= last ? len : len + 1;
	return slice_trim(item);
}

bool list_next_quick(struct slice *rest, struct slice *ret)
{
	do {
		size_t n = 0;

		if (!rest->at)
			return false;
		while (n < rest->len && rest->at[n] != ',' && rest->at[n] != ' ' &&
		       rest->at[n] != '\t')
			n++;
		*ret = cut_item(rest, n);
	} while (!ret->len);
	return true;
}

bool list_next_wg(struct slice *rest, struct slice *ret)
{
	if (!rest->at)
		return false;
	const char *comma = memchr(rest->at, ',', rest->len);
	*ret = cut_item(rest, comma ? (size_t)(comma - rest->at) : rest->len);
	return true;
}

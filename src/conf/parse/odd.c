// SPDX-License-Identifier: GPL-2.0-or-later
// Characters that are not what they look like, or that are not seen.
#include <string.h>

#include "wgq/conf/parse/keys.h"

/* The first one in s. */
static const struct odd_text *first_in(const struct odd_text *odd, struct slice s,
				       struct slice *ret_at)
{
	const struct odd_text *first = NULL;

	for (; odd->bytes; odd++) {
		size_t n = strlen(odd->bytes);
		const char *found = s.len ? memmem(s.at, s.len, odd->bytes, n) : NULL;

		if (found && (!first || found < ret_at->at)) {
			first = odd;
			*ret_at = (struct slice){found, n};
		}
	}
	return first;
}

const struct odd_text *odd_find(struct slice line, struct slice value, struct slice *ret_at)
{
	static const char blank[] = "delete it, and type a blank if there has to be one";
#define LOOKS_BLANK ", which looks like a blank or like nothing"
	static const char quote[] = "delete it: a value has no quotes";
	static const char dash[] = "type a hyphen: -";
	static const char wide[] = "type the plain one, of ASCII";
	static const struct odd_text unseen[] = {
		{"\xc2\xa0", "a no-break space (U+00A0)" LOOKS_BLANK, blank},
		{"\xe2\x80\xaf", "a narrow no-break space (U+202F)" LOOKS_BLANK, blank},
		{"\xe3\x80\x80", "an ideographic space (U+3000)" LOOKS_BLANK, blank},
		{"\xe2\x80\x8b", "a zero-width space (U+200B)" LOOKS_BLANK, blank},
		{"\xef\xbb\xbf", "a byte order mark (U+FEFF)" LOOKS_BLANK, blank},
		{"\r", "a carriage return (CR) in the middle of a line",
		 "end lines by a newline: tr '\\r' '\\n' <FILE makes newlines of all CR"},
		{"\\n", "a backslash and an n, where a line should end",
		 "write each section and each key on a line of its own"},
		{"\xef\xbc\x8c", "a full-width comma (U+FF0C)", wide},
		{"\xef\xbc\x9a", "a full-width colon (U+FF1A)", wide},
		{"\xef\xbc\x9d", "a full-width equals sign (U+FF1D)", wide},
		{0},
	};
#undef LOOKS_BLANK
	/* Prose has them, too. */
	static const struct odd_text in_values[] = {
		{"\xe2\x80\x98", "a typographic quote (U+2018)", quote},
		{"\xe2\x80\x99", "a typographic quote (U+2019)", quote},
		{"\xe2\x80\x9a", "a typographic quote (U+201A)", quote},
		{"\xe2\x80\x9c", "a typographic quote (U+201C)", quote},
		{"\xe2\x80\x9d", "a typographic quote (U+201D)", quote},
		{"\xe2\x80\x9e", "a typographic quote (U+201E)", quote},
		{"\xe2\x80\xb2", "a prime (U+2032)", quote},
		{"\xe2\x80\xb3", "a double prime (U+2033)", quote},
		{"\xc2\xab", "a typographic quote (U+00AB)", quote},
		{"\xc2\xbb", "a typographic quote (U+00BB)", quote},
		{"\xe2\x80\x90", "a typographic hyphen (U+2010)", dash},
		{"\xe2\x80\x91", "a no-break hyphen (U+2011)", dash},
		{"\xe2\x80\x93", "a dash (U+2013), which looks like a hyphen", dash},
		{"\xe2\x80\x94", "a dash (U+2014), which looks like a hyphen", dash},
		{"\xe2\x88\x92", "a minus sign (U+2212), which looks like a hyphen", dash},
		{0},
	};
	const struct odd_text *odd = first_in(unseen, line, ret_at);

	return odd ? odd : first_in(in_values, value, ret_at);
}

// SPDX-License-Identifier: GPL-2.0-or-later
// Keys from the bytes that a terminal sends for them.
#include "wgq/cmd/terminal/typed.h"

static enum typed plain(char c)
{
	switch (c) {
	case 'q':
		return TYPED_QUIT;
	case 'k':
		return TYPED_UP;
	case 'j':
		return TYPED_DOWN;
	case 'b':
		return TYPED_PAGE_UP;
	case ' ':
	case 'f':
		return TYPED_PAGE_DOWN;
	case 'g':
		return TYPED_TOP;
	case 'G':
		return TYPED_BOTTOM;
	}
	return TYPED_NOTHING;
}

/* ESC [ A and ESC O A; of ESC [ 5 ~ the number. Terminals differ in Home and End. */
static enum typed sequence(char end, int number)
{
	switch (end) {
	case 'A':
		return TYPED_UP;
	case 'B':
		return TYPED_DOWN;
	case 'H':
		return TYPED_TOP;
	case 'F':
		return TYPED_BOTTOM;
	}
	if (end != '~')
		return TYPED_NOTHING;
	switch (number) {
	case 1:
	case 7:
		return TYPED_TOP;
	case 4:
	case 8:
		return TYPED_BOTTOM;
	case 5:
		return TYPED_PAGE_UP;
	case 6:
		return TYPED_PAGE_DOWN;
	}
	return TYPED_NOTHING;
}

enum typed typed_take(struct typing *keys, char c)
{
	if (c == '\033') {
		*keys = (struct typing){TYPING_ESCAPE, 0};
		return TYPED_NOTHING;
	}
	if (keys->state == TYPING_PLAIN)
		return plain(c);
	if (keys->state == TYPING_ESCAPE) {
		keys->state = c == '[' || c == 'O' ? TYPING_SEQUENCE : TYPING_PLAIN;
		return TYPED_NOTHING;
	}
	if (c >= '0' && c <= '9') {
		keys->number = (keys->number * 10 + c - '0') % 1000;
		return TYPED_NOTHING;
	}
	/* Other parameters, such as of Shift, and what comes before the end. */
	if (c < '@')
		return TYPED_NOTHING;
	keys->state = TYPING_PLAIN;
	return sequence(c, keys->number);
}

/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What is typed at a terminal, byte by byte: keys that move what is shown, as less(1) has them. */
#pragma once

enum typed {
	TYPED_NOTHING, /* another one, or not yet a whole one */
	TYPED_UP,
	TYPED_DOWN,
	TYPED_PAGE_UP,
	TYPED_PAGE_DOWN,
	TYPED_TOP,
	TYPED_BOTTOM,
	TYPED_QUIT,
};

/* Zeroed: nothing was typed yet. */
struct typing {
	enum { TYPING_PLAIN, TYPING_ESCAPE, TYPING_SEQUENCE } state;
	int number; /* of the sequence */
};

enum typed typed_take(struct typing *keys, char c);

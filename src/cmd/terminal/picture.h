/* SPDX-License-Identifier: GPL-2.0-or-later */
/* A square of dark and light squares as a file. */
#pragma once

#include <stdbool.h>

#include "wgq/base/buf.h"

struct picture {
	unsigned int side;   /* squares */
	unsigned int pixels; /* of each of them, to a side */
	bool (*is_dark)(const void *context, unsigned int row, unsigned int column);
	const void *context;
};

void picture_png(const struct picture *picture, struct buf *out);
void picture_svg(const struct picture *picture, struct buf *out);

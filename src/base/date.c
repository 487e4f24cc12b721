// SPDX-License-Identifier: GPL-2.0-or-later
// Days and moments in UTC as text.
#include "wgq/base/date.h"

#include <errno.h>
#include <stdbool.h>

enum { DAY = 24 * 60 * 60, YEAR_MIN = 1970, YEAR_MAX = 9999 };

static bool is_leap(int year)
{
	return (year % 4 == 0 && year % 100 != 0) || year % 400 == 0;
}

static int days_of(int year, int month)
{
	static const int days[] = {31, 28, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31};

	return days[month - 1] + (month == 2 && is_leap(year));
}

/* So many digits, then a character; '\0': none. */
static bool take(const char **s, const char *end, int digits, char behind, int *ret)
{
	*ret = 0;
	for (; digits > 0; digits--, (*s)++) {
		if (*s == end || **s < '0' || **s > '9')
			return false;
		*ret = *ret * 10 + (**s - '0');
	}
	if (behind && (*s == end || *(*s)++ != behind))
		return false;
	return true;
}

int date_read(const char *s, size_t n, int64_t *ret)
{
	int year, month, day, hour = 0, minute = 0, second = 0;
	const char *end = s + n;

	if (!take(&s, end, 4, '-', &year) || !take(&s, end, 2, '-', &month) ||
	    !take(&s, end, 2, '\0', &day))
		return -EINVAL;
	if (s != end) {
		if (*s++ != 'T' || !take(&s, end, 2, ':', &hour) ||
		    !take(&s, end, 2, '\0', &minute))
			return -EINVAL;
		if (s != end && *s == ':' && (s++, !take(&s, end, 2, '\0', &second)))
			return -EINVAL;
		if (s == end || *s++ != 'Z' || s != end)
			return -EINVAL;
	}
	if (year < YEAR_MIN || month < 1 || month > 12 || day < 1 || day > days_of(year, month) ||
	    hour > 23 || minute > 59 || second > 59)
		return -EINVAL;
	int64_t days = day - 1;
	for (int y = YEAR_MIN; y < year; y++)
		days += is_leap(y) ? 366 : 365;
	for (int m = 1; m < month; m++)
		days += days_of(year, m);
	*ret = days * DAY + hour * 3600 + minute * 60 + second;
	return 0;
}

void date_add(int64_t seconds, struct buf *out)
{
	int64_t days = seconds / DAY;
	int year = YEAR_MIN, month = 1, rest = (int)(seconds % DAY);

	for (; year < YEAR_MAX && days >= (is_leap(year) ? 366 : 365); year++)
		days -= is_leap(year) ? 366 : 365;
	for (; month < 12 && days >= days_of(year, month); month++)
		days -= days_of(year, month);
	buf_addf(out, "%04d-%02d-%02d", year, month, (int)days + 1);
	if (rest)
		buf_addf(out, "T%02d:%02d:%02dZ", rest / 3600, rest / 60 % 60, rest % 60);
}

// SPDX-License-Identifier: GPL-2.0-or-later
// What Debian's libraries ask of glibc and musl does not have: calls that check the size of memory.
// Only for tests/cross/musl, which has those libraries run with musl.
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

int __vfprintf_chk(FILE *f, int flag, const char *format, va_list args);
int __fprintf_chk(FILE *f, int flag, const char *format, ...);
int __printf_chk(int flag, const char *format, ...);
int __vsnprintf_chk(char *s, size_t n, int flag, size_t room, const char *format, va_list args);
int __snprintf_chk(char *s, size_t n, int flag, size_t room, const char *format, ...);
int __sprintf_chk(char *s, int flag, size_t room, const char *format, ...);
int __vasprintf_chk(char **ret, int flag, const char *format, va_list args);
int __asprintf_chk(char **ret, int flag, const char *format, ...);
void *__memcpy_chk(void *to, const void *from, size_t n, size_t room);

int __vfprintf_chk(FILE *f, int flag, const char *format, va_list args)
{
	(void)flag;
	return vfprintf(f, format, args);
}

int __vsnprintf_chk(char *s, size_t n, int flag, size_t room, const char *format, va_list args)
{
	(void)flag;
	return vsnprintf(s, n < room ? n : room, format, args);
}

int __vasprintf_chk(char **ret, int flag, const char *format, va_list args)
{
	(void)flag;
	return vasprintf(ret, format, args);
}

/* The rest is made of those. */
#define WITH_ARGS(CALL)                                                                            \
	va_list args;                                                                              \
	va_start(args, format);                                                                    \
	int written = CALL;                                                                        \
	va_end(args);                                                                              \
	return written

int __fprintf_chk(FILE *f, int flag, const char *format, ...)
{
	WITH_ARGS(__vfprintf_chk(f, flag, format, args));
}

int __printf_chk(int flag, const char *format, ...)
{
	WITH_ARGS(__vfprintf_chk(stdout, flag, format, args));
}

int __snprintf_chk(char *s, size_t n, int flag, size_t room, const char *format, ...)
{
	WITH_ARGS(__vsnprintf_chk(s, n, flag, room, format, args));
}

int __sprintf_chk(char *s, int flag, size_t room, const char *format, ...)
{
	WITH_ARGS(__vsnprintf_chk(s, room, flag, room, format, args));
}

int __asprintf_chk(char **ret, int flag, const char *format, ...)
{
	WITH_ARGS(__vasprintf_chk(ret, flag, format, args));
}

void *__memcpy_chk(void *to, const void *from, size_t n, size_t room)
{
	(void)room;
	return memcpy(to, from, n);
}

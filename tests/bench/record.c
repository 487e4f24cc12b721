// SPDX-License-Identifier: GPL-2.0-or-later
// Preloaded into wgq, writes what it sends over netlink, and to a userspace WireGuard, into the
// file $RECORD, for floor.c to send again.
#include <dlfcn.h>
#include <fcntl.h>
#include <pthread.h>
#include <stdint.h>
#include <stdlib.h>
#include <sys/socket.h>
#include <sys/uio.h>
#include <unistd.h>

#include "record.h"

ssize_t send(int fd, const void *bytes, size_t n, int flags);
ssize_t sendto(int fd, const void *bytes, size_t n, int flags, const struct sockaddr *to,
	       socklen_t to_len);

static pthread_mutex_t lock = PTHREAD_MUTEX_INITIALIZER;

static int recording(void)
{
	static int file = -1;

	if (file < 0 && getenv("RECORD"))
		file = open(getenv("RECORD"), O_WRONLY | O_CREAT | O_APPEND | O_CLOEXEC, 0600);
	return file;
}

static void record(int fd, const void *bytes, size_t n)
{
	struct record head = {.len = (uint32_t)n};
	socklen_t len = sizeof(int), cookie_len = sizeof(head.socket);
	struct iovec parts[] = {{&head, sizeof(head)}, {(void *)bytes, n}};

	if (getsockopt(fd, SOL_SOCKET, SO_DOMAIN, &head.domain, &len) < 0 ||
	    getsockopt(fd, SOL_SOCKET, SO_PROTOCOL, &head.protocol, &len) < 0 ||
	    getsockopt(fd, SOL_SOCKET, SO_COOKIE, &head.socket, &cookie_len) < 0)
		return;
	if (head.domain != AF_NETLINK && head.domain != AF_UNIX)
		return;
	pthread_mutex_lock(&lock);
	if (writev(recording(), parts, 2) < 0)
		abort();
	pthread_mutex_unlock(&lock);
}

ssize_t sendto(int fd, const void *bytes, size_t n, int flags, const struct sockaddr *to,
	       socklen_t to_len)
{
	static ssize_t (*next)(int, const void *, size_t, int, const struct sockaddr *, socklen_t);

	if (!next)
		*(void **)&next = dlsym(RTLD_NEXT, "sendto");
	ssize_t sent = next(fd, bytes, n, flags, to, to_len);
	if (sent > 0)
		record(fd, bytes, (size_t)sent);
	return sent;
}

ssize_t send(int fd, const void *bytes, size_t n, int flags)
{
	return sendto(fd, bytes, n, flags, NULL, 0);
}

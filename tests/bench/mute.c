// SPDX-License-Identifier: GPL-2.0-or-later
// A userspace WireGuard that says yes to everything and does nothing: for figures of all the rest.
//
//     mute INTERFACE
#include <err.h>
#include <fcntl.h>
#include <linux/if_tun.h>
#include <net/if.h>
#include <poll.h>
#include <stdio.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <unistd.h>

static int make_link(const char *name)
{
	struct ifreq request = {.ifr_flags = IFF_TUN | IFF_NO_PI};
	int fd = open("/dev/net/tun", O_RDWR | O_CLOEXEC);

	snprintf(request.ifr_name, sizeof(request.ifr_name), "%s", name);
	if (fd < 0 || ioctl(fd, TUNSETIFF, &request) < 0)
		err(1, "%s", name);
	return fd;
}

static int listen_at(const struct sockaddr_un *at)
{
	int fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);

	mkdir("/var/run/wireguard", 0700);
	unlink(at->sun_path);
	if (fd < 0 || bind(fd, (const struct sockaddr *)at, sizeof(*at)) < 0 || listen(fd, 5) < 0)
		err(1, "%s", at->sun_path);
	return fd;
}

/* Reads to the empty line, then agrees. */
static void serve(int fd)
{
	static char text[65536];
	char last = 0;

	for (;;) {
		ssize_t n = read(fd, text, sizeof(text));

		if (n <= 0)
			break;
		int ended = n >= 2 ? memcmp(text + n - 2, "\n\n", 2) == 0
				   : text[0] == '\n' && last == '\n';
		last = text[n - 1];
		if (ended && write(fd, "errno=0\n\n", 9) < 0)
			break;
	}
	close(fd);
}

int main(int argc, char **argv)
{
	struct sockaddr_un at = {.sun_family = AF_UNIX};

	if (argc != 2)
		errx(1, "mute INTERFACE");
	snprintf(at.sun_path, sizeof(at.sun_path), "/var/run/wireguard/%s.sock", argv[1]);
	int tun = make_link(argv[1]), server = listen_at(&at);
	if (daemon(1, 0) < 0)
		err(1, "daemon");
	for (;;) {
		struct pollfd wait[] = {{.fd = server, .events = POLLIN}, {.fd = tun}};

		/* The link is gone. */
		if (poll(wait, 2, -1) < 0 || wait[1].revents)
			break;
		serve(accept(server, NULL, NULL));
	}
	unlink(at.sun_path);
	return 0;
}

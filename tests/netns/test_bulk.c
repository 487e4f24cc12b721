// SPDX-License-Identifier: GPL-2.0-or-later
// Many routes on the real kernel, while what lies between us and it goes wrong: in the middle of a
// list a message is not taken, refused, or its answer lost.
#include "rtnetlink.h"

#include <errno.h>
#include <linux/rtnetlink.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/syscall.h>
#include <unistd.h>

/* Of each family: enough for two threads. */
enum { MANY = 10000, TABLE = 51820 };

/* What happens to the batch of messages of this type in which the route at `place` is. */
struct fault {
	const char *name;
	int type; /* RTM_NEWROUTE, RTM_DELROUTE; 0: nothing happens */
	size_t place;
	int send_error; /* errno: it is not sent, so often */
	int times;
	int refuse;       /* errno: the kernel does not do it with that route */
	bool lose_answer; /* it is sent, but the receive buffer overruns */
	/* What comes of it. */
	int error;
	size_t refused;
};

static struct fault fault;
static struct prefix aim;
static volatile int lose_on = -1; /* the socket whose next answer is lost */
static volatile uint32_t refused_seq;

static struct rtattr *destination(struct nlmsghdr *m)
{
	struct rtattr *a = RTM_RTA((struct rtmsg *)NLMSG_DATA(m));
	int left = (int)RTM_PAYLOAD(m);

	for (; RTA_OK(a, left); a = RTA_NEXT(a, left))
		if (a->rta_type == RTA_DST)
			return a;
	return NULL;
}

static struct nlmsghdr *find_aim(char *bytes, size_t n)
{
	struct nlmsghdr *m = (struct nlmsghdr *)(void *)bytes;

	for (; NLMSG_OK(m, n); m = NLMSG_NEXT(m, n)) {
		struct rtattr *dst = m->nlmsg_type == fault.type ? destination(m) : NULL;

		if (dst && RTA_PAYLOAD(dst) == addr_bits(&aim.addr) / 8U &&
		    memcmp(RTA_DATA(dst), aim.addr.bytes, RTA_PAYLOAD(dst)) == 0)
			return m;
	}
	return NULL;
}

/* In place of the C library's. */
ssize_t send(int fd, const void *bytes, size_t n, int flags)
{
	struct nlmsghdr *m = fault.type ? find_aim((char *)bytes, n) : NULL;

	if (m && fault.times > 0) {
		fault.times--;
		if (fault.send_error) {
			errno = fault.send_error;
			return -1;
		}
		if (fault.lose_answer)
			lose_on = fd;
		if (fault.refuse) {
			refused_seq = m->nlmsg_seq;
			((struct rtmsg *)NLMSG_DATA(m))->rtm_dst_len = UINT8_MAX;
		}
	}
	return syscall(SYS_sendto, fd, bytes, n, flags, NULL, 0);
}

ssize_t recvfrom(int fd, void *bytes, size_t size, int flags, struct sockaddr *from,
		 socklen_t *from_len)
{
	ssize_t n = syscall(SYS_recvfrom, fd, bytes, size, flags, from, from_len);
	struct nlmsghdr *m = bytes;

	if (n > 0 && lose_on == fd) {
		lose_on = -1;
		errno = ENOBUFS;
		return -1;
	}
	if (n > 0 && fault.refuse && refused_seq && m->nlmsg_type == NLMSG_ERROR &&
	    m->nlmsg_seq == refused_seq)
		((struct nlmsgerr *)NLMSG_DATA(m))->error = -fault.refuse;
	return n;
}

static const struct fault faults[] = {
	{.name = "interrupted",
	 .type = RTM_NEWROUTE,
	 .place = 7001,
	 .send_error = EINTR,
	 .times = 5,
	 .refused = 2 * MANY},
	{.name = "the kernel had no buffer",
	 .type = RTM_NEWROUTE,
	 .place = 7001,
	 .send_error = ENOBUFS,
	 .times = 2,
	 .refused = 2 * MANY},
	{.name = "the kernel has no buffer",
	 .type = RTM_NEWROUTE,
	 .place = 1,
	 .send_error = ENOBUFS,
	 .times = 1000,
	 .error = ENOBUFS,
	 .refused = 1},
	{.name = "the kernel has no memory, IPv4",
	 .type = RTM_NEWROUTE,
	 .place = 7777,
	 .refuse = ENOMEM,
	 .times = 1,
	 .error = ENOMEM,
	 .refused = 7777},
	{.name = "the kernel has no memory, IPv6",
	 .type = RTM_NEWROUTE,
	 .place = 19998,
	 .refuse = ENOMEM,
	 .times = 1,
	 .error = ENOMEM,
	 .refused = 19998},
	{.name = "the answer is lost",
	 .type = RTM_NEWROUTE,
	 .place = 1,
	 .lose_answer = true,
	 .times = 1,
	 .error = ENOBUFS,
	 .refused = 1},
};

static bool names(const struct diag *d, const struct route *route)
{
	_cleanup_buf_ struct buf said = {0};
	char text[PREFIX_TEXT_MAX];

	prefix_format(&route->prefix, text);
	diag_format(d, 0, "test", 0, 0, &said);
	return strstr(buf_text(&said), text) != NULL;
}

static void adding(void **state)
{
	_cleanup_free_ struct route *routes = routes_mixed(2 * MANY);

	(void)state;
	for (size_t i = 0; i < sizeof(faults) / sizeof(faults[0]); i++) {
		_cleanup_rtnetlink_ struct rtnetlink *r = fresh();
		uint32_t index = link_up(r, "d0");
		_cleanup_diag_ struct diag d = {0};
		const struct fault *f = &faults[i];
		size_t refused;

		aim = routes[f->place].prefix;
		fault = *f;
		int error = rtnetlink_route_add(r, ROUTES(routes, 2 * MANY, index, TABLE), &refused,
						&d);
		fault = (struct fault){0};
		print_message("%s: %d, place %zu\n", f->name, error, refused);
		assert_int_equal(error, -f->error);
		assert_int_equal(refused, f->refused);
		assert_int_equal(routes_found(r, TABLE, index), error ? 0 : 2 * MANY);
		if (!error)
			continue;
		assert_int_equal(diag_errors(&d), 1);
		assert_true(names(&d, &routes[f->refused]));
	}
}

/* To delete what is gone is no error, so that what may not have arrived is asked again. */
static void deleting(void **state)
{
	_cleanup_free_ struct route *routes = routes_mixed(2 * MANY);
	_cleanup_rtnetlink_ struct rtnetlink *r = fresh();
	uint32_t index = link_up(r, "d0");
	size_t refused;

	(void)state;
	assert_int_equal(
		rtnetlink_route_add(r, ROUTES(routes, 2 * MANY, index, TABLE), &refused, NULL), 0);
	aim = routes[5000].prefix;
	fault = (struct fault){.type = RTM_DELROUTE, .lose_answer = true, .times = 2};
	assert_int_equal(rtnetlink_route_del(r, ROUTES(routes, 2 * MANY, index, TABLE), NULL), 0);
	assert_int_equal(routes_found(r, TABLE, index), 0);

	/* And so it is when they are taken back, after a refusal: the one that is there stays. */
	assert_int_equal(
		rtnetlink_route_add(r, ROUTES(&routes[15000], 1, index, TABLE), &refused, NULL), 0);
	fault = (struct fault){.type = RTM_DELROUTE, .lose_answer = true, .times = 2};
	assert_int_equal(
		rtnetlink_route_add(r, ROUTES(routes, 2 * MANY, index, TABLE), &refused, NULL),
		-EEXIST);
	fault = (struct fault){0};
	assert_int_equal(refused, 15000);
	assert_int_equal(routes_found(r, TABLE, index), 1);
}

static const struct fault deletion_faults[] = {
	{.name = "refused, IPv4",
	 .type = RTM_DELROUTE,
	 .place = 7001,
	 .refuse = EPERM,
	 .times = 1,
	 .error = EPERM,
	 .refused = 7001},
	{.name = "refused, IPv6",
	 .type = RTM_DELROUTE,
	 .place = 7000,
	 .refuse = ENOMEM,
	 .times = 1,
	 .error = ENOMEM,
	 .refused = 7000},
	{.name = "the kernel has no buffer",
	 .type = RTM_DELROUTE,
	 .place = 19997,
	 .send_error = ENOBUFS,
	 .times = 1000,
	 .error = ENOBUFS,
	 .refused = SIZE_MAX},
};

/* All of them are there again, with those that were not to be deleted. */
static void failing_to_delete(void **state)
{
	_cleanup_free_ struct route *routes = routes_mixed(2 * MANY);
	_cleanup_rtnetlink_ struct rtnetlink *r = fresh();
	uint32_t index = link_up(r, "d0");
	size_t refused;

	(void)state;
	assert_done(rtnetlink_route_add(r, ROUTES(routes, 2 * MANY, index, TABLE), &refused, d));
	for (size_t i = 0; i < sizeof(deletion_faults) / sizeof(deletion_faults[0]); i++) {
		const struct fault *f = &deletion_faults[i];
		_cleanup_diag_ struct diag d = {0};

		aim = routes[f->place].prefix;
		fault = *f;
		int error = rtnetlink_route_del(r, ROUTES(routes, 2 * MANY - 1, index, TABLE), &d);
		fault = (struct fault){0};
		print_message("%s: %d\n", f->name, error);
		assert_int_equal(error, -f->error);
		assert_int_equal(diag_errors(&d), 1);
		if (f->refused != SIZE_MAX)
			assert_true(names(&d, &routes[f->refused]));
		assert_int_equal(routes_found(r, TABLE, index), 2 * MANY);
	}
}

/* What was added stays where the caller will delete the link; also then the first is named. */
static void leaving(void **state)
{
	_cleanup_free_ struct route *routes = routes_mixed(2 * MANY);
	_cleanup_rtnetlink_ struct rtnetlink *r = fresh();
	uint32_t index = link_up(r, "d0");
	size_t refused;

	(void)state;
	struct rtnetlink_routes left = *ROUTES(routes, 2 * MANY, index, TABLE);

	left.leaves = true;
	assert_int_equal(
		rtnetlink_route_add(r, ROUTES(&routes[15000], 1, index, TABLE), &refused, NULL), 0);
	assert_int_equal(rtnetlink_route_add(r, &left, &refused, NULL), -EEXIST);
	assert_int_equal(refused, 15000);
	assert_true(routes_found(r, TABLE, index) >= 15001);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(adding),
		cmocka_unit_test(deleting),
		cmocka_unit_test(failing_to_delete),
		cmocka_unit_test(leaving),
	};
	int skip = ns_need_root();

	return skip ? skip : cmocka_run_group_tests(tests, NULL, NULL);
}

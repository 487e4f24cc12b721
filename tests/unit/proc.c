// SPDX-License-Identifier: GPL-2.0-or-later
// Other programs: what they inherit, what comes back, and how hooks behave.
#include "wgq/sys/process/proc.h"
#include "wgq/conf/hook/hooks.h"

#include <errno.h>
#include <limits.h>
#include <signal.h>
#include <sys/prctl.h>
#include <time.h>

#include "scratch.h"
#include "wgq/base/mem.h"

#include "../../src/sys/process/proc_internal.h"

static struct scratch s;

static int run(const char *program, const char *a, const char *b)
{
	const char *const argv[] = {program, a, b, NULL};
	int status = -1;

	assert_int_equal(proc_run(argv, NULL, &status, NULL), 0);
	return status;
}

/* An emulator between us and the kernel has its own exit statuses and signals. */
static void skip_if_emulated(void)
{
	if (getenv("MESON_EXE_WRAPPER"))
		skip();
}

static void test_status(void **state)
{
	(void)state;
	skip_if_emulated();
	assert_int_equal(run("true", NULL, NULL), 0);
	assert_int_equal(run("sh", "-c", "exit 3"), 3);
	assert_int_equal(run("sh", "-c", "kill -TERM $$"), 128 + SIGTERM);
	assert_int_equal(run("no-such-program", NULL, NULL), 127);
	assert_int_equal(run("/etc/passwd", NULL, NULL), 126);
	assert_int_equal(
		run(scratch_write(&s, "no-interpreter", "#!/nonexistent\n", 0755), NULL, NULL),
		127);

	/* also where our parent made us ignore what our children do */
	signal(SIGCHLD, SIG_IGN);
	assert_int_equal(run("sh", "-c", "exit 4"), 4);
}

/* Far more than a pipe holds, to a program that copies it, and to one that does not read. */
static void test_large(void **state)
{
	enum { N = 8 << 20 };
	_cleanup_free_ char *text = mem_calloc(N + 1, 1);
	_cleanup_buf_ struct buf out = {0}, err = {0};
	const char *const cat[] = {"cat", NULL}, *const no[] = {"true", NULL};
	const char *const noisy[] = {"sh", "-c", "head -c 100000 /dev/zero | tr '\\0' e >&2", NULL};
	struct proc_files files = {.input = text, .ret_out = &out};
	int status;

	(void)state;
	alarm(60);
	memset(text, 'x', N);
	assert_int_equal(proc_run_files(cat, &files, &status, NULL), 0);
	assert_int_equal(status, 0);
	assert_int_equal(out.len, N);
	assert_memory_equal(out.data, text, N);
	assert_int_equal(proc_run(no, text, &status, NULL), 0);
	assert_int_equal(status, 0);

	/* standard error is kept up to a limit, and passed on whole */
	int saved = dup(STDERR_FILENO);
	int to = open(scratch_path(&s, "passed-on"), O_RDWR | O_CREAT | O_CLOEXEC, 0600);
	dup2(to, STDERR_FILENO);
	files = (struct proc_files){.ret_err = &err};
	int r = proc_run_files(noisy, &files, &status, NULL);
	dup2(saved, STDERR_FILENO);
	close(saved);
	assert_int_equal(r, 0);
	assert_int_equal(err.len, PROC_KEEP_MAX);
	assert_int_equal(lseek(to, 0, SEEK_END), 100000);
	close(to);
	alarm(0);
}

/* A daemon that keeps standard error open does not keep us. */
static void test_daemon(void **state)
{
	_cleanup_buf_ struct buf err = {0};
	const char *const argv[] = {"sh", "-c", "echo said >&2; sleep 5 >/dev/null & exit 6", NULL};
	struct proc_files files = {.ret_err = &err};
	time_t start = time(NULL);
	int status;

	(void)state;
	assert_int_equal(proc_run_files(argv, &files, &status, NULL), 0);
	assert_int_equal(status, 6);
	assert_string_equal(buf_text(&err), "said\n");
	assert_true(time(NULL) - start < 4);
}

/* No foreign descriptor, no blocked signal, none that we ignore for ourselves. */
static void test_inheritance(void **state)
{
	const char *const argv[] = {
		"sh", "-c",
		"ls /proc/self/fd | tr '\\n' ' '; "
		"grep -E '^Sig(Blk|Ign)' /proc/self/status | tr -s '\\t\\n' ' ' | "
		"sed s/180000000/000000000/; " /* glibc's own two signals */
		"echo $LC_ALL $WGQ_TEST",
		NULL};
	_cleanup_buf_ struct buf out = {0};
	struct proc_files files = {.input = "", .ret_out = &out};
	sigset_t set;
	int status, fd = open("/dev/null", O_RDONLY); /* not CLOEXEC */

	(void)state;
	skip_if_emulated();
	setenv("LC_ALL", "de_DE.UTF-8", 1);
	setenv("WGQ_TEST", "kept", 1);
	/* A shell ignores them for what it starts behind its back; ignored, they would stay so. */
	signal(SIGINT, SIG_DFL);
	signal(SIGQUIT, SIG_DFL);
	signal(SIGHUP, SIG_DFL);
	signal(SIGPIPE, SIG_IGN);
	sigfillset(&set);
	sigprocmask(SIG_BLOCK, &set, NULL);
	assert_int_equal(proc_run_files(argv, &files, &status, NULL), 0);
	sigprocmask(SIG_UNBLOCK, &set, NULL);
	signal(SIGPIPE, SIG_DFL);
	close(fd);
	/* 3 is ls looking */
	assert_string_equal(buf_text(&out), "0 1 2 3 SigBlk: 0000000000000000 "
					    "SigIgn: 0000000000000000 C kept\n");
}

/* With our own standard files closed the child's are right all the same. */
static void test_closed_standard(void **state)
{
	pid_t child = fork();
	int status;

	(void)state;
	if (child == 0) {
		const char *const argv[] = {"sh", "-c", "cat; echo err >&2", NULL};
		struct buf out = {0}, err = {0};
		struct proc_files files = {.input = "in", .ret_out = &out, .ret_err = &err};

		close(0);
		close(1);
		close(2);
		_exit(proc_run_files(argv, &files, &status, NULL) != 0 || status != 0 ||
		      strcmp(buf_text(&out), "in") != 0 || strcmp(buf_text(&err), "err\n") != 0);
	}
	waitpid(child, &status, 0);
	assert_int_equal(status, 0);
}

static volatile sig_atomic_t seen;

static void on_int(int signal_number)
{
	seen = signal_number;
}

/* nohup wgq up: what a hook leaves running outlives the terminal, too. */
static void test_ignored_stays(void **state)
{
	(void)state;
	skip_if_emulated();
	signal(SIGHUP, SIG_IGN);
	assert_int_equal(run("sh", "-c", "kill -HUP $$"), 0);
	signal(SIGHUP, SIG_DFL);
	assert_int_equal(run("sh", "-c", "kill -HUP $$"), 128 + SIGHUP);
}

/* Ctrl-C while a hook runs: it gets the signal, we wait for its end and know of it. */
static void test_interrupt(void **state)
{
	const struct sigaction action = {.sa_handler = on_int};
	const struct hook_context context = {.ifname = "wg0", .config_file = "/x"};
	int status = -1;

	(void)state;
	setpgid(0, 0);
	sigaction(SIGINT, &action, NULL);
	assert_int_equal(
		proc_run_hook("trap 'exit 9' INT; kill -INT 0; sleep 5", &context, &status, NULL),
		0);
	assert_int_equal(status, 9);
	assert_int_equal(seen, SIGINT);
	signal(SIGINT, SIG_DFL);
}

/* A helper that hangs is ended with what it has started, deaf to SIGTERM or not; a signal makes
 * that soon. Its words up to then are kept. */
static void test_hanging(void **state)
{
	static const char *const scripts[] = {
		"echo said >&2; echo $$; sleep 1000 & echo $!; wait",
		"trap '' TERM; echo said >&2; echo $$; sleep 1000 & echo $!; while :; do wait; "
		"done",
	};
	const struct sigaction action = {.sa_handler = on_int};

	(void)state;
	skip_if_emulated();
	/* Its children become ours. */
	prctl(PR_SET_CHILD_SUBREAPER, 1);
	for (size_t i = 0; i < 4; i++) {
		const char *const argv[] = {"sh", "-c", scripts[i % 2], NULL};
		_cleanup_buf_ struct buf out = {0}, err = {0};
		_cleanup_diag_ struct diag d = {0};
		char *const environment[] = {(char[]){"PATH=/usr/bin:/bin"}, NULL};
		struct proc_files files = {.ret_out = &out, .ret_err = &err, .hold_err = true};
		int status = 0, helper, child;

		seen = 0;
		sigaction(SIGALRM, &action, NULL);
		if (i >= 2)
			alarm(1);
		assert_int_equal(proc_run_in(argv, &files, environment, i < 2 ? 300 : UINT_MAX / 2,
					     &status, &d),
				 -ETIMEDOUT);
		assert_int_equal(seen, i < 2 ? 0 : SIGALRM);
		assert_string_equal(d.at[0].message, "sh did not end, and was killed");
		assert_string_equal(buf_text(&err), "said\n");
		assert_int_equal(sscanf(buf_text(&out), "%d %d", &helper, &child), 2);
		assert_int_equal(kill(helper, 0), -1);
		assert_int_equal(waitpid(child, &status, 0), child);
		assert_true(WIFSIGNALED(status));
	}
	signal(SIGALRM, SIG_DFL);
}

struct hook_case {
	const char *command;
	int status;
	const char *output;
};

static const struct hook_case hooks[] = {
	{"echo a; echo b", 0, "a\nb\n"},
	{"false; echo not reached", 1, ""}, /* set -e */
	{"echo %i-%i-%%i", 0, "wg0-wg0-%wg0\n"},
	{"echo $INTERFACE $CONFIG_FILE", 0, "wg0 /etc/wireguard/wg0.conf\n"},
	{"echo 'a b' '#' $((1 + 1))", 0, "a b # 2\n"},
	{"cat", 0, "typed\n"}, /* standard input is ours */
	{"exit 42", 42, ""},
	{"kill -KILL $$", 128 + SIGKILL, ""},
	{"no-such-command-here", 127, ""},
	{"", 0, ""},
	{"-x", 127, ""}, /* a command, not an option */
	{"echo \"$LC_ALL\"", 0, "C\n"},
	{"true && echo hi & wait", 0, "hi\n"},
};

/* What only bash does. */
static const struct hook_case bash_hooks[] = {
	{"false | cat; echo not reached", 1, ""}, /* pipefail */
	{"[[ a == b ]] && echo no", 1, ""},
	{"[[ wg0 == wg+([0-9]) ]] && echo yes", 0, "yes\n"}, /* extglob */
	{"case ab in @(ab|c)) echo m;; esac", 0, "m\n"},
	{"cat <(echo sub)", 0, "sub\n"},
};

static void run_hooks(const struct hook_case *cases, size_t count)
{
	const struct hook_context context = {.ifname = "wg0",
					     .config_file = "/etc/wireguard/wg0.conf"};

	scratch_write(&s, "in", "typed\n", 0600);
	for (size_t i = 0; i < count; i++) {
		int saved[3], status = -1;

		for (int fd = 0; fd < 3; fd++)
			saved[fd] = dup(fd);
		int in = open(scratch_path(&s, "in"), O_RDONLY | O_CLOEXEC);
		int out = open(scratch_path(&s, "out"), O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC,
			       0600);
		int null = open("/dev/null", O_WRONLY | O_CLOEXEC);
		fflush(NULL);
		dup2(in, 0);
		dup2(out, 1);
		dup2(null, 2);
		int r = proc_run_hook(cases[i].command, &context, &status, NULL);
		for (int fd = 0; fd < 3; fd++) {
			dup2(saved[fd], fd);
			close(saved[fd]);
		}
		close(in);
		close(out);
		close(null);
		if (r != 0 || status != cases[i].status ||
		    strcmp(scratch_read(&s, "out"), cases[i].output) != 0)
			fail_msg("%s: %d, status %d, output %s", cases[i].command, r, status,
				 scratch_read(&s, "out"));
	}
}

static void test_hooks_bash(void **state)
{
	(void)state;
	if (!proc_exists("bash"))
		scratch_skip("bash");
	run_hooks(hooks, sizeof(hooks) / sizeof(hooks[0]));
	run_hooks(bash_hooks, sizeof(bash_hooks) / sizeof(bash_hooks[0]));
}

static void link_program(const char *name)
{
	_cleanup_free_ char *path = proc_find(name);
	char at[64];

	assert_non_null(path);
	snprintf(at, sizeof(at), "bin/%s", name);
	assert_int_equal(symlink(path, scratch_path(&s, at)), 0);
}

static void test_hooks_sh(void **state)
{
	const char *const old = getenv("PATH");
	_cleanup_free_ char *saved = mem_strndup(old, strlen(old));
	const struct hook_context context = {.ifname = "wg0", .config_file = "/x"};
	_cleanup_diag_ struct diag d = {0};
	int status;

	(void)state;
	scratch_path(&s, "bin/x");
	link_program("sh");
	link_program("cat");
	setenv("PATH", scratch_path(&s, "bin"), 1);
	assert_false(proc_exists("bash"));
	run_hooks(hooks, sizeof(hooks) / sizeof(hooks[0]));

	setenv("PATH", "/nonexistent", 1);
	assert_int_equal(proc_run_hook("true", &context, &status, &d), -ENOENT);
	assert_int_equal(diag_errors(&d), 1);
	setenv("PATH", saved, 1);
}

static void test_exists(void **state)
{
	(void)state;
	assert_true(proc_exists("sh"));
	assert_true(proc_exists("/bin/sh"));
	assert_false(proc_exists("/etc"));
	assert_false(proc_exists("/etc/passwd"));
	assert_false(proc_exists(""));
	assert_false(proc_exists("no-such-program"));
}

static void test_expand(void **state)
{
	static const char *const cases[][2] = {
		{"%i", "wg0"}, {"", ""}, {"a%", "a%"}, {"%%ii", "%wg0i"}, {"a & %i &", "a & wg0 &"},
	};

	(void)state;
	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		_cleanup_buf_ struct buf text = {0};

		hook_expand(cases[i][0], "wg0", &text);
		assert_string_equal(buf_text(&text), cases[i][1]);
	}
}

static int setup(void **state)
{
	(void)state;
	scratch_init(&s);
	return 0;
}

static int teardown(void **state)
{
	(void)state;
	scratch_release(&s);
	return 0;
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_status),        cmocka_unit_test(test_large),
		cmocka_unit_test(test_daemon),        cmocka_unit_test(test_inheritance),
		cmocka_unit_test(test_ignored_stays), cmocka_unit_test(test_closed_standard),
		cmocka_unit_test(test_interrupt),     cmocka_unit_test(test_hanging),
		cmocka_unit_test(test_hooks_bash),    cmocka_unit_test(test_hooks_sh),
		cmocka_unit_test(test_exists),        cmocka_unit_test(test_expand),
	};

	return cmocka_run_group_tests(tests, setup, teardown);
}

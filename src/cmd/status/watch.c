// SPDX-License-Identifier: GPL-2.0-or-later
// wgq status --watch: draws on the terminal's other screen, and leaves all as it was.
#include <errno.h>
#include <poll.h>
#include <signal.h>
#include <string.h>
#include <termios.h>
#include <time.h>
#include <unistd.h>

#include "wgq/base/mem.h"
#include "wgq/cmd/status/status.h"
#include "wgq/cmd/terminal/columns.h"
#include "wgq/cmd/terminal/typed.h"
#include "wgq/sys/clock.h"
#include "wgq/sys/file/io.h"

/* The alternate screen, no cursor, and no wrapping of lines that turn out too long. Wrapping is
 * switched on again on the screen that it was switched off for. */
#define ENTER "\033[?1049h\033[?25l\033[?7l"
#define LEAVE "\033[0m\033[?7h\033[?25h\033[?1049l"
#define HOME  "\033[H"
/* To the end of the line, to the end of the screen. */
#define CLEAR_LINE "\033[K"
#define CLEAR_REST "\033[J"

enum { INTERVAL_NS = 1000000000 };

static volatile sig_atomic_t stop_signal, suspended, resized;

struct watch {
	const struct options *options;
	struct status_vec seen;
	struct termios before; /* of standard input */
	sigset_t unblocked;
	bool has_keys, entered;
	bool keys_ended; /* standard input did */
	struct typing keys;
	size_t top;         /* the first line that is shown, below the head */
	size_t lines, room; /* as drawn: of the whole, and on the screen below the head */
};

static void on_signal(int signal)
{
	if (signal == SIGWINCH)
		resized = 1;
	else if (signal == SIGTSTP)
		suspended = 1;
	else
		stop_signal = signal;
}

/* They come only while we wait, so that no frame is cut in two. */
static void catch_signals(struct watch *w)
{
	static const int caught[] = {SIGINT,  SIGTERM, SIGHUP,   SIGQUIT, SIGALRM,
				     SIGUSR1, SIGUSR2, SIGWINCH, SIGTSTP};
	const struct sigaction action = {.sa_handler = on_signal};
	sigset_t blocked;

	sigemptyset(&blocked);
	for (size_t i = 0; i < sizeof(caught) / sizeof(caught[0]); i++) {
		sigaddset(&blocked, caught[i]);
		sigaction(caught[i], &action, NULL);
	}
	sigprocmask(SIG_BLOCK, &blocked, &w->unblocked);
	for (size_t i = 0; i < sizeof(caught) / sizeof(caught[0]); i++)
		sigdelset(&w->unblocked, caught[i]);
}

static int put(const char *text, size_t n)
{
	return io_write_all(STDOUT_FILENO, text, n);
}

static int enter(struct watch *w)
{
	struct termios raw;

	w->has_keys = tcgetattr(STDIN_FILENO, &w->before) == 0;
	if (w->has_keys) {
		raw = w->before;
		raw.c_lflag &= ~(tcflag_t)(ICANON | ECHO);
		raw.c_cc[VMIN] = 1;
		raw.c_cc[VTIME] = 0;
		tcsetattr(STDIN_FILENO, TCSAFLUSH, &raw);
	}
	w->entered = true;
	return put(ENTER, strlen(ENTER));
}

static void leave(struct watch *w)
{
	if (!w->entered)
		return;
	put(LEAVE, strlen(LEAVE));
	if (w->has_keys)
		tcsetattr(STDIN_FILENO, TCSAFLUSH, &w->before);
	w->entered = false;
}

static void watch_release(struct watch *w)
{
	leave(w);
	statuses_release(&w->seen);
}

/* As many lines as there is room for; the newline of the last one would scroll. */
static void add_lines(struct buf *frame, const char *text, size_t room)
{
	while (*text && room) {
		size_t n = strcspn(text, "\n");
		bool cut = room == 1 && text[n] && text[n + 1];

		if (cut)
			buf_str(frame, "...");
		else
			buf_mem(frame, text, n);
		buf_str(frame, CLEAR_LINE);
		text += n + (text[n] == '\n');
		if (--room && *text)
			buf_char(frame, '\n');
	}
}

static size_t count_lines(const struct buf *text)
{
	size_t lines = 0;

	for (const char *at = buf_text(text); (at = strchr(at, '\n')); at++)
		lines++;
	return lines;
}

/* What stays where it is: the time, and a line of each interface. */
static void add_head(const struct watch *w, const struct status_view *view, struct buf *text)
{
	_cleanup_buf_ struct buf title = {0};
	time_t now = time(NULL);
	struct tm local;
	char shown[32] = "";

	if (localtime_r(&now, &local))
		strftime(shown, sizeof(shown), "%H:%M:%S", &local);
	buf_addf(&title, "wgq status  %s  arrows and Page keys scroll, q quits", shown);
	columns_wrap(view->term, 0, STYLE_DIM, buf_text(&title), text);
	vec_each(s, &w->seen)
		status_head(s, view, text);
}

/* Moves to what there is: a screen may have become larger, or the text shorter. */
static const char *scroll(struct watch *w, const struct buf *body)
{
	const char *at = buf_text(body);
	size_t last;

	w->lines = count_lines(body);
	last = w->lines > w->room ? w->lines - w->room : 0;
	w->top = w->top < last ? w->top : last;
	for (size_t i = 0; i < w->top; i++)
		at = strchr(at, '\n') + 1;
	return at;
}

static int draw(struct watch *w, struct diag *d)
{
	_cleanup_buf_ struct buf head = {0}, body = {0}, frame = {0};
	struct term term;
	const struct status_view view = {
		.term = &term, .all = true, .rates = true, .headless = w->seen.len == 1};

	term_look(STDOUT_FILENO, &term);
	size_t height = term.height ? term.height : SIZE_MAX;
	add_head(w, &view, &head);
	status_text(&w->seen, &view, &body);
	/* On a screen that is too low for both, the head scrolls as well. */
	size_t fixed = count_lines(&head);
	struct buf *moves = &body;
	if (fixed >= height / 2) {
		buf_mem(&head, buf_text(&body), body.len);
		moves = &head;
		fixed = 0;
	}
	if (buf_status(&head) < 0 || buf_status(&body) < 0)
		return diag_no_memory(d);
	w->room = height - fixed;
	buf_str(&frame, HOME);
	if (fixed) {
		add_lines(&frame, buf_text(&head), SIZE_MAX);
		buf_char(&frame, '\n');
	}
	add_lines(&frame, scroll(w, moves), w->room);
	buf_str(&frame, CLEAR_REST);
	if (buf_status(&frame) < 0)
		return diag_no_memory(d);
	int r = put(buf_text(&frame), frame.len);
	return r < 0 ? diag_fail(d, -r, "cannot draw on the terminal") : 0;
}

static int look(struct watch *w, struct diag *d)
{
	struct status_vec now = {0};
	int r = status_look(w->options, &w->seen, &now, d);

	if (r < 0) {
		statuses_release(&now);
		return r;
	}
	statuses_release(&w->seen);
	w->seen = now;
	return 0;
}

/* As if Ctrl-Z had been pressed in a program that knows nothing of screens. */
static int suspend(struct watch *w, struct diag *d)
{
	const struct sigaction usual = {.sa_handler = SIG_DFL}, ours = {.sa_handler = on_signal};
	sigset_t stop;

	suspended = 0;
	leave(w);
	sigaction(SIGTSTP, &usual, NULL);
	raise(SIGTSTP);
	sigemptyset(&stop);
	sigaddset(&stop, SIGTSTP);
	sigprocmask(SIG_UNBLOCK, &stop, NULL);
	/* Here it stands still until SIGCONT. */
	sigprocmask(SIG_BLOCK, &stop, NULL);
	sigaction(SIGTSTP, &ours, NULL);
	int r = enter(w);
	return r < 0 ? diag_fail(d, -r, "cannot draw on the terminal") : draw(w, d);
}

/* Returns whether there is to be an end. draw() keeps it from going too far. */
static bool obey(struct watch *w, enum typed key)
{
	size_t page = w->room > 1 ? w->room - 1 : 1;

	switch (key) {
	case TYPED_NOTHING:
		break;
	case TYPED_UP:
		w->top -= w->top > 0;
		break;
	case TYPED_DOWN:
		w->top++;
		break;
	case TYPED_PAGE_UP:
		w->top -= w->top < page ? w->top : page;
		break;
	case TYPED_PAGE_DOWN:
		w->top += page;
		break;
	case TYPED_TOP:
		w->top = 0;
		break;
	case TYPED_BOTTOM:
		w->top = w->lines;
		break;
	case TYPED_QUIT:
		return true;
	}
	return false;
}

static int read_keys(struct watch *w, bool *ret_quit, struct diag *d)
{
	char typed[64];
	ssize_t n = read(STDIN_FILENO, typed, sizeof(typed));

	if (n <= 0)
		w->keys_ended = n == 0 || errno != EINTR;
	for (ssize_t i = 0; i < n && !*ret_quit; i++)
		*ret_quit = obey(w, typed_take(&w->keys, typed[i]));
	return n > 0 && !*ret_quit ? draw(w, d) : 0;
}

/* Until the time has come, or a signal or q says otherwise. */
static int wait_until(struct watch *w, int64_t then, bool *ret_quit, struct diag *d)
{
	int r = 0;

	while (r == 0 && !*ret_quit && !stop_signal) {
		int64_t left = then - clock_ns();
		struct timespec time = {(time_t)(left / INTERVAL_NS), (long)(left % INTERVAL_NS)};
		struct pollfd keys = {.fd = w->has_keys && !w->keys_ended ? STDIN_FILENO : -1,
				      .events = POLLIN};

		if (left <= 0)
			break;
		int ready = ppoll(&keys, 1, &time, &w->unblocked);
		if (ready > 0)
			r = read_keys(w, ret_quit, d);
		if (suspended && r == 0)
			r = suspend(w, d);
		if (resized && r == 0)
			r = draw(w, d);
		resized = 0;
	}
	return r;
}

int watch_run(const struct options *options, struct diag *d)
{
	_cleanup_(watch_release) struct watch w = {.options = options};
	bool quit = false;
	int r;

	if (!isatty(STDOUT_FILENO)) {
		diag_refuse(d, ENOTTY, "--watch needs a terminal to draw on");
		return STATUS_USAGE;
	}
	r = look(&w, d);
	if (r < 0)
		return STATUS_FAILED;
	catch_signals(&w);
	r = enter(&w);
	if (r < 0)
		diag_fail(d, -r, "cannot draw on the terminal");
	while (r == 0 && !quit && !stop_signal) {
		int64_t next = clock_ns() + INTERVAL_NS;

		r = draw(&w, d);
		if (r == 0)
			r = wait_until(&w, next, &quit, d);
		if (r == 0 && !quit && !stop_signal)
			r = look(&w, d);
	}
	if (stop_signal)
		return STATUS_SIGNAL + stop_signal;
	return r < 0 ? STATUS_FAILED : STATUS_OK;
}

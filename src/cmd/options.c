// SPDX-License-Identifier: GPL-2.0-or-later
// The command line: options, help and usage errors.
#include "wgq/cmd/options.h"

#include <getopt.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "wgq/base/buf.h"
#include "wgq/cmd/terminal/columns.h"
#include "wgq/cmd/terminal/term.h"
#include "wgq/cmd/verbs.h"
#include "wgq/sys/file/config_path.h"

/* Values of getopt_long() for options without a letter. */
enum {
	LONG_DNS = 256,
	LONG_FIREWALL,
	LONG_USERSPACE,
	LONG_REPLACE,
	LONG_ENSURE,
	LONG_IF_EXISTS,
	LONG_JSON,
	LONG_FROM,
	LONG_MARK,
	LONG_RUN_HOOKS,
	LONG_ENDPOINT,
	LONG_QR,
	LONG_ENDPOINTS,
	LONG_LEAVE,
	LONG_PROBE,
	LONG_ADDRESS_FROM_KEY,
	LONG_WG_QUICK,
	LONG_PUBLIC_KEY,
	LONG_ADDRESS,
	LONG_ALLOWED_IPS,
	LONG_KEEPALIVE,
	LONG_MTU,
	LONG_EXPIRES,
	LONG_OUTPUT,
	LONG_EXPIRED,
	LONG_FORGET,
	LONG_OFF,
	LONG_GUARD,
	LONG_OPENMETRICS,
	LONG_LOSSY,
};

/* In the order in which help lists them. */
static const struct cli_option {
	const char *name;
	int value;            /* a letter, or one of the above */
	unsigned option;      /* 0: every verb takes it */
	const char *verb;     /* whose help has this line; NULL: of all */
	const char *argument; /* NULL: none */
	const char *help;
} cli_options[] = {
	{"dry-run", 'n', OPTION_DRY_RUN, NULL, NULL,
	 "print a shell script instead of changing anything"},
	{"ensure", LONG_ENSURE, OPTION_ENSURE, NULL, NULL,
	 "reload what is up already; print nothing if it is as its file says"},
	{"replace", LONG_REPLACE, OPTION_REPLACE, NULL, NULL,
	 "take down what has the interface's name first"},
	{"if-exists", LONG_IF_EXISTS, OPTION_IF_EXISTS, NULL, NULL,
	 "an interface that is not there is no error"},
	{"all", 'a', OPTION_ALL, "down", NULL, "take down every WireGuard interface"},
	{"all", 'a', OPTION_ALL, "status", NULL, "show every peer, not only the first ones"},
	{"all", 'a', OPTION_ALL, "run", NULL, "look after every configuration in /etc/wireguard"},
	{"all", 'a', OPTION_ALL, "peer", NULL, "of every configuration"},
	{"guard", LONG_GUARD, OPTION_GUARD, NULL, NULL,
	 "leave the rules of KillSwitch, as wgq guard makes them"},
	{"off", LONG_OFF, OPTION_OFF, NULL, NULL, "let everything pass again"},
	{"leave", LONG_LEAVE, OPTION_LEAVE, NULL, NULL,
	 "leave up at the end what run has brought up"},
	{"forget", LONG_FORGET, OPTION_FORGET, "run", NULL,
	 "remove at the end the allowed IPs that follow routes"},
	{"forget", LONG_FORGET, OPTION_FORGET, "reload", NULL,
	 "remove the allowed IPs that follow routes"},
	{"forget", LONG_FORGET, OPTION_FORGET, "diff", NULL,
	 "count allowed IPs that follow routes as too many"},
	{"watch", 'w', OPTION_WATCH, NULL, NULL, "show it again every second, with rates"},
	{"openmetrics", LONG_OPENMETRICS, OPTION_OPENMETRICS, NULL, NULL,
	 "print metrics for Prometheus"},
	{"lossy", LONG_LOSSY, OPTION_LOSSY, NULL, NULL, "leave out what the format cannot say"},
	{"run-hooks", LONG_RUN_HOOKS, OPTION_RUN_HOOKS, NULL, NULL,
	 "run PreDown and PostDown before, PreUp and PostUp after"},
	{"endpoints", LONG_ENDPOINTS, OPTION_ENDPOINTS, "save", NULL,
	 "save endpoints that the file does not have, too"},
	{"endpoints", LONG_ENDPOINTS, OPTION_ENDPOINTS, "reload", NULL,
	 "set the file's endpoints also of peers that have roamed"},
	{"endpoints", LONG_ENDPOINTS, OPTION_ENDPOINTS, "diff", NULL,
	 "compare endpoints also of peers that have roamed"},
	{"from", LONG_FROM, OPTION_FROM, NULL, "ADDRESS", "the packet has this source address"},
	{"mark", LONG_MARK, OPTION_MARK, NULL, "NUMBER", "the packet has this mark"},
	{"endpoint", LONG_ENDPOINT, OPTION_ENDPOINT, NULL, "HOST[:PORT]",
	 "how the peer reaches this host"},
	{"probe", LONG_PROBE, OPTION_PROBE, NULL, NULL,
	 "ask the peers whether they answer, as wgq probe does"},
	{"address-from-key", LONG_ADDRESS_FROM_KEY, OPTION_ADDRESS_FROM_KEY, NULL, NULL,
	 "let both addresses follow from the keys"},
	{"wg-quick", LONG_WG_QUICK, OPTION_WG_QUICK, NULL, NULL,
	 "print what wg-quick takes, and warn of what it lacks"},
	{"public-key", LONG_PUBLIC_KEY, OPTION_PEER_NEW, NULL, "KEY",
	 "of a peer that keeps its private key to itself"},
	{"address", LONG_ADDRESS, OPTION_PEER_NEW, NULL, "LIST",
	 "the peer's addresses; else the next free ones"},
	{"allowed-ips", LONG_ALLOWED_IPS, OPTION_PEER_NEW, NULL, "LIST",
	 "what the peer sends into the tunnel: network, all, or a list"},
	{"keepalive", LONG_KEEPALIVE, OPTION_PEER_NEW, NULL, "SECONDS",
	 "the peer's PersistentKeepalive; 0: none"},
	{"mtu", LONG_MTU, OPTION_PEER_NEW, NULL, "NUMBER", "the peer's MTU"},
	{"expires", LONG_EXPIRES, OPTION_PEER_NEW, NULL, "WHEN",
	 "30d, 12h, or a date: the peer is removed then"},
	{"expired", LONG_EXPIRED, OPTION_EXPIRED, NULL, NULL,
	 "remove the peers whose time is over"},
	{"output", LONG_OUTPUT, OPTION_OUTPUT, NULL, "FILE",
	 "write the peer's configuration to a new file"},
	{"qr", LONG_QR, OPTION_QR, "init", NULL, "print a QR code even if this is no terminal"},
	{"qr", LONG_QR, OPTION_QR, "peer", "FILE",
	 "write the QR code to a new file, .png or .svg; --qr alone prints it"},
	{"dns", LONG_DNS, OPTION_DNS, "peer", "LIST", "the peer's name servers"},
	{"dns", LONG_DNS, OPTION_DNS, NULL, "HOW",
	 "set name servers by resolvconf, resolved, auto, or off"},
	{"firewall", LONG_FIREWALL, OPTION_FIREWALL, NULL, "HOW", "auto, or off: do without"},
	{"userspace", LONG_USERSPACE, OPTION_USERSPACE, NULL, "HOW",
	 "never, auto, or the program that serves the interface"},
	{"json", LONG_JSON, OPTION_JSON, NULL, NULL, "print JSON, errors too"},
	{"quiet", 'q', 0, NULL, NULL, "print errors and warnings only"},
	{"verbose", 'v', 0, NULL, NULL, "print every step, those of bulk work included"},
	{"help", 'h', 0, NULL, NULL, "show this help"},
	{"version", 'V', 0, NULL, NULL, "show the version, and what is built in"},
};
enum { CLI_OPTIONS = sizeof(cli_options) / sizeof(cli_options[0]) };

static void print_option(const struct cli_option *option)
{
	char letter[] = {'-', (char)option->value, ',', '\0'};
	int width = printf("  %-3s --%s%s%s", option->value < LONG_DNS ? letter : "", option->name,
			   option->argument ? "=" : "", option->argument ? option->argument : "");

	printf("%*s %s\n", width < 26 ? 26 - width : 1, "", option->help);
}

/* Those of a verb; NULL: those that every verb takes. */
static void print_options(const struct verb *verb)
{
	const char *last = "";

	for (size_t i = 0; i < CLI_OPTIONS; i++) {
		const struct cli_option *option = &cli_options[i];
		bool takes = !option->option ||
			     (verb && verb->options & option->option &&
			      (!option->verb || strcmp(option->verb, verb->name) == 0));

		/* What holds for one verb comes before what holds for others. */
		if (takes && strcmp(option->name, last) != 0) {
			print_option(option);
			last = option->name;
		}
	}
}

static int print_help(const struct verb *verb)
{
	if (verb) {
		printf("Usage: wgq %s [OPTION ...] %s\n\nwgq %s: %s.\n\n", verb->name, verb->args,
		       verb->name, verb->summary);
		print_options(verb);
		printf("\nSee wgq(8), and wgq.conf(5) for the configuration.\n");
		return STATUS_OK;
	}
	fputs("Usage: wgq [-q | -v] VERB [OPTION ...] INTERFACE | CONFIG_FILE ...\n\n", stdout);
	for (verb = verbs; verb->name; verb++)
		printf("  wgq %-6s %-19s %s\n", verb->name, verb->args, verb->summary);
	fputs("\n"
	      "INTERFACE is the name of /etc/wireguard/INTERFACE.conf; CONFIG_FILE is the path\n"
	      "of another one, whose name ends in INTERFACE.conf.\n"
	      "\n",
	      stdout);
	print_options(NULL);
	fputs("\n`wgq help VERB' shows the options of a verb. See wgq(8) for the whole story.\n",
	      stdout);
	return STATUS_OK;
}

static int print_usage(void)
{
	fputs("Usage: wgq VERB [OPTION ...] [INTERFACE ...]\n"
	      "\n"
	      "  wgq up wg0         bring up /etc/wireguard/wg0.conf\n"
	      "  wgq status         show what is up, and what is wrong with it\n"
	      "  wgq reload wg0     load the edited file; sessions go on\n"
	      "  wgq why 1.1.1.1    show which way a packet goes\n"
	      "  wgq down wg0       take it down\n"
	      "  wgq init wg0       write a first configuration\n"
	      "\n"
	      "All verbs: wgq --help. The options of one: wgq help VERB. The manual: man wgq.\n",
	      stderr);
	return STATUS_USAGE;
}

__attribute__((format(printf, 1, 2))) static int usage_error(const char *format, ...)
{
	_cleanup_buf_ struct buf message = {0}, text = {0}, shown = {0};
	struct term term;
	va_list args;

	va_start(args, format);
	buf_addv(&message, format, args);
	va_end(args);
	buf_str(&text, "wgq: ");
	buf_printable(&text, buf_text(&message), message.len);
	term_look(STDERR_FILENO, &term);
	columns_wrap(&term, 0, STYLE_PLAIN, buf_text(&text), &shown);
	fprintf(stderr, "%sTry 'wgq --help'.\n", buf_text(&shown));
	return STATUS_USAGE;
}

/* name was taken for the verb; next stands behind it, NULL: nothing. */
static int unknown_verb(const char *name, const char *next)
{
	const char *meant = verb_meant(name);

	if (next && verb_find(next))
		return usage_error("the verb comes first: wgq %s %s", next, name);
	if (meant)
		return usage_error("'%s' is not a wgq verb. Did you mean '%s'?", name, meant);
	return usage_error("'%s' is not a wgq verb.", name);
}

/* What getopt_long() has refused: a letter, or the last word that it looked at. */
static int unknown_option(const char *word, bool lacks_value)
{
	if (optopt > 0 && optopt < LONG_DNS && strncmp(word, "--", 2) != 0)
		return usage_error("there is no option -%c", optopt);
	if (lacks_value)
		return usage_error("%s needs a value", word);
	return optopt ? usage_error("'%s': this option takes no value", word)
		      : usage_error("there is no option %s", word);
}

static int check_args(struct options *options)
{
	const struct verb *verb = options->verb;
	unsigned foreign = options->given & ~verb->options;
	bool is_peer = verb->all == verb_peer;
	const char *what = verb->all == verb_why ? "an address"
			   : is_peer             ? "an action"
				     : "the name of an interface or of a configuration file";

	if (foreign & OPTION_PEER_NEW)
		return usage_error("'%s' has no --%s", verb->name, options->peer.first);
	for (size_t i = 0; i < CLI_OPTIONS; i++)
		if (foreign & cli_options[i].option)
			return usage_error("'%s' has no --%s", verb->name, cli_options[i].name);
	if (options->qr && !is_peer)
		return usage_error("'--qr=%s': this option takes no value", options->qr);
	if (options->dns && !is_peer && dns_backend_parse(options->dns, &options->choices.dns) < 0)
		return usage_error("--dns is off, resolvconf, resolved or auto, not '%s'",
				   options->dns);
	if ((options->given & OPTION_ENSURE) && (options->given & OPTION_REPLACE))
		return usage_error("--ensure and --replace exclude each other");
	if (options->quiet && options->verbose)
		return usage_error("--quiet and --verbose exclude each other");
	if ((options->given & OPTION_ALL) && verb->least > 0 && !is_peer)
		return options->arg_count ? usage_error("--all takes no names") : -1;
	if (options->arg_count < verb->least) {
		_cleanup_buf_ struct buf there = {0};

		if (verb->all != verb_why && verb->all != verb_init && !is_peer)
			config_path_list(&there);
		return usage_error("'%s' needs %s: wgq %s %s%s%s", verb->name, what, verb->name,
				   verb->args, there.len ? "; there is " : "", buf_text(&there));
	}
	if (options->arg_count > verb->most)
		return usage_error("'%s' takes no more than %d: wgq %s %s", verb->name, verb->most,
				   verb->name, verb->args);
	return -1;
}

static int set_userspace(const char *value, struct choices *ret)
{
	ret->userspace_never = strcmp(value, "never") == 0;
	if (!*value)
		return usage_error("--userspace is never, auto or a program");
	if (!ret->userspace_never && strcmp(value, "auto") != 0)
		ret->userspace = value;
	return -1;
}

static int set_mark(const char *value, uint32_t *ret)
{
	char *end;
	unsigned long number = strtoul(value, &end, 0);

	if (value[0] < '0' || value[0] > '9' || *end || number > UINT32_MAX)
		return usage_error("--mark is a number of 32 bits, not '%s'", value);
	*ret = (uint32_t)number;
	return -1;
}

/* Returns as options_parse() does. */
static int set_option(int option, const char *value, struct options *ret)
{
	for (size_t i = 0; i < CLI_OPTIONS; i++)
		if (cli_options[i].value == option) {
			ret->given |= cli_options[i].option;
			if (cli_options[i].option == OPTION_PEER_NEW)
				ret->peer.first = cli_options[i].name;
		}
	switch (option) {
	case 'q':
		ret->quiet = true;
		return -1;
	case 'v':
		ret->verbose = true;
		return -1;
	case LONG_DNS:
		ret->dns = value; /* whose meaning the verb gives */
		return -1;
	case LONG_FIREWALL:
		ret->choices.firewall = strcmp(value, "off") == 0 ? FIREWALL_OFF : FIREWALL_AUTO;
		return ret->choices.firewall == FIREWALL_OFF || strcmp(value, "auto") == 0
			       ? -1
			       : usage_error("--firewall is auto or off, not '%s'", value);
	case LONG_USERSPACE:
		return set_userspace(value, &ret->choices);
	case LONG_FROM:
		return addr_parse(value, strlen(value), &ret->from) == 0
			       ? -1
			       : usage_error("--from is an address, not '%s'", value);
	case LONG_MARK:
		return set_mark(value, &ret->mark);
	case LONG_ENDPOINT:
		ret->endpoint = value;
		return -1;
	case LONG_QR:
		ret->qr = value;
		return -1;
	case LONG_OUTPUT:
		ret->output = value;
		return -1;
	case LONG_PUBLIC_KEY:
		ret->peer.public_key = value;
		return -1;
	case LONG_ADDRESS:
		ret->peer.address = value;
		return -1;
	case LONG_ALLOWED_IPS:
		ret->peer.allowed_ips = value;
		return -1;
	case LONG_KEEPALIVE:
		ret->peer.keepalive = value;
		return -1;
	case LONG_MTU:
		ret->peer.mtu = value;
		return -1;
	case LONG_EXPIRES:
		ret->peer.expires = value;
		return -1;
	case 'V':
		puts("wgq " WGQ_VERSION "\n" WGQ_FEATURES);
		return STATUS_OK;
	default: /* that it was given is all */
		return -1;
	}
}

int options_parse(int argc, char **argv, struct options *ret)
{
	struct option long_options[CLI_OPTIONS + 1] = {0};
	bool help = false;
	int c, status;

	for (size_t i = 0; i < CLI_OPTIONS; i++) {
		bool has_value = cli_options[i].argument;
		int value = cli_options[i].value;

		long_options[i] = (struct option){cli_options[i].name,
						  value == LONG_QR ? optional_argument
						  : has_value      ? required_argument
								   : no_argument,
						  NULL, value};
	}
	ret->choices.dns = DNS_AUTO;
	opterr = 0;
	while ((c = getopt_long(argc, argv, ":qvnahwV", long_options, NULL)) != -1) {
		status = c == '?' || c == ':' ? unknown_option(argv[optind - 1], c == ':')
					      : set_option(c, optarg, ret);
		if (status >= 0)
			return status;
		help |= c == 'h';
	}
	if (optind < argc && strcmp(argv[optind], "help") == 0) {
		help = true;
		optind++;
	}
	if (optind == argc)
		return help ? print_help(NULL) : print_usage();
	ret->verb = verb_find(argv[optind]);
	if (!ret->verb)
		return unknown_verb(argv[optind], argv[optind + 1]);
	if (help)
		return print_help(ret->verb);
	ret->args = argv + optind + 1;
	ret->arg_count = argc - optind - 1;
	return check_args(ret);
}

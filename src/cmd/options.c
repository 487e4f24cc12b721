// SPDX-License-Identifier: GPL-2.0-or-later
// The command line: options, help and usage errors.
#include "wgq/cmd/options.h"

#include <getopt.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "wgq/base/buf.h"
#include "wgq/cmd/verbs.h"

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
};

static const struct option long_options[] = {
	{"quiet", no_argument, NULL, 'q'},
	{"verbose", no_argument, NULL, 'v'},
	{"dry-run", no_argument, NULL, 'n'},
	{"dns", required_argument, NULL, LONG_DNS},
	{"firewall", required_argument, NULL, LONG_FIREWALL},
	{"userspace", required_argument, NULL, LONG_USERSPACE},
	{"replace", no_argument, NULL, LONG_REPLACE},
	{"ensure", no_argument, NULL, LONG_ENSURE},
	{"if-exists", no_argument, NULL, LONG_IF_EXISTS},
	{"all", no_argument, NULL, 'a'},
	{"run-hooks", no_argument, NULL, LONG_RUN_HOOKS},
	{"json", no_argument, NULL, LONG_JSON},
	{"watch", no_argument, NULL, 'w'},
	{"from", required_argument, NULL, LONG_FROM},
	{"mark", required_argument, NULL, LONG_MARK},
	{"endpoint", required_argument, NULL, LONG_ENDPOINT},
	{"qr", no_argument, NULL, LONG_QR},
	{"endpoints", no_argument, NULL, LONG_ENDPOINTS},
	{"help", no_argument, NULL, 'h'},
	{"version", no_argument, NULL, 'V'},
	{0},
};

/* The verbs say which of these they take; the others are for all. */
static unsigned option_of(int value)
{
	static const struct {
		int value;
		unsigned option;
	} options[] = {
		{'n', OPTION_DRY_RUN},
		{LONG_DNS, OPTION_DNS},
		{LONG_FIREWALL, OPTION_FIREWALL},
		{LONG_USERSPACE, OPTION_USERSPACE},
		{LONG_REPLACE, OPTION_REPLACE},
		{LONG_ENSURE, OPTION_ENSURE},
		{LONG_IF_EXISTS, OPTION_IF_EXISTS},
		{'a', OPTION_ALL},
		{LONG_RUN_HOOKS, OPTION_RUN_HOOKS},
		{LONG_JSON, OPTION_JSON},
		{'w', OPTION_WATCH},
		{LONG_FROM, OPTION_FROM},
		{LONG_MARK, OPTION_MARK},
		{LONG_ENDPOINT, OPTION_ENDPOINT},
		{LONG_QR, OPTION_QR},
		{LONG_ENDPOINTS, OPTION_ENDPOINTS},
	};

	for (size_t i = 0; i < sizeof(options) / sizeof(options[0]); i++)
		if (options[i].value == value)
			return options[i].option;
	return 0;
}

static void print_usage(FILE *to)
{
	fputs("Usage: wgq [-q | -v] VERB [OPTION ...] INTERFACE | CONFIG_FILE ...\n\n", to);
	for (const struct verb *verb = verbs; verb->name; verb++)
		fprintf(to, "  wgq %-6s %-19s %s\n", verb->name, verb->args, verb->summary);
	fputs("\n"
	      "INTERFACE is the name of /etc/wireguard/INTERFACE.conf; CONFIG_FILE is the path of\n"
	      "another one, whose name ends in INTERFACE.conf.\n"
	      "\n"
	      "For up, down and reload:\n"
	      "  -n, --dry-run          print what would be done as a shell script; do nothing\n"
	      "For up, down, reload, diff and status:\n"
	      "      --dns=HOW          set name servers by resolvconf, resolved (systemd's), "
	      "auto,\n"
	      "                         or not at all: off\n"
	      "For up, reload, diff and status:\n"
	      "      --firewall=HOW     auto, or off: do without\n"
	      "For up:\n"
	      "      --ensure           reload what is up already; say nothing if it is as it "
	      "should be\n"
	      "      --replace          take down what has the interface's name first\n"
	      "      --userspace=HOW    never, auto, or the program that serves the interface\n"
	      "For down:\n"
	      "      --if-exists        an interface that is not there is no error\n"
	      "  -a, --all              take down every WireGuard interface\n"
	      "For reload and diff:\n"
	      "      --endpoints        set the file's endpoints also of peers that have roamed\n"
	      "For reload:\n"
	      "      --run-hooks        run PreDown and PostDown before, PreUp and PostUp after\n"
	      "For save:\n"
	      "      --endpoints        save endpoints that the file does not have, too\n"
	      "For status:\n"
	      "  -a, --all              show every peer, not only the first ones\n"
	      "  -w, --watch            show it again every second, with rates\n"
	      "For why:\n"
	      "      --from=ADDRESS     the packet has this source address\n"
	      "      --mark=NUMBER      the packet has this mark\n"
	      "For init:\n"
	      "      --endpoint=HOST[:PORT] how the peer reaches this host\n"
	      "      --qr               print a QR code also where that is no terminal\n"
	      "For all:\n"
	      "      --json             print JSON: what diff, status, why and check show, and "
	      "errors\n"
	      "  -q, --quiet            print errors and warnings only\n"
	      "  -v, --verbose          print every step, those of bulk work included\n"
	      "  -h, --help             show this help\n"
	      "  -V, --version          show the version\n"
	      "\n"
	      "See wgq(8) for the whole story.\n",
	      to);
}

__attribute__((format(printf, 1, 2))) static int usage_error(const char *format, ...)
{
	_cleanup_buf_ struct buf message = {0}, text = {0};
	va_list args;

	va_start(args, format);
	buf_addv(&message, format, args);
	va_end(args);
	buf_printable(&text, buf_text(&message), message.len);
	fprintf(stderr, "wgq: %s\nTry 'wgq --help'.\n", buf_text(&text));
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

static int check_args(const struct options *options)
{
	const struct verb *verb = options->verb;
	unsigned foreign = options->given & ~verb->options;
	const char *what = verb->run == verb_why
				   ? "an address"
				   : "the name of an interface or of a configuration file";

	for (const struct option *option = long_options; option->name; option++)
		if (foreign & option_of(option->val))
			return usage_error("'%s' has no --%s", verb->name, option->name);
	if ((options->given & OPTION_ENSURE) && (options->given & OPTION_REPLACE))
		return usage_error("--ensure and --replace exclude each other");
	if (options->quiet && options->verbose)
		return usage_error("--quiet and --verbose exclude each other");
	if ((options->given & OPTION_ALL) && verb->least > 0)
		return options->arg_count ? usage_error("--all takes no names") : -1;
	if (options->arg_count < verb->least)
		return usage_error("'%s' needs %s: wgq %s %s", verb->name, what, verb->name,
				   verb->args);
	if (options->arg_count > verb->most)
		return usage_error("'%s' takes no more than %d: wgq %s %s", verb->name, verb->most,
				   verb->name, verb->args);
	return -1;
}

static int set_dns(const char *value, struct choices *ret)
{
	if (!dns_backend_parse(value, &ret->dns))
		return usage_error("--dns is off, resolvconf, resolved or auto, not '%s'", value);
	return -1;
}

static int set_firewall(const char *value, struct choices *ret)
{
	ret->firewall = strcmp(value, "off") == 0 ? FIREWALL_OFF : FIREWALL_AUTO;
	if (strcmp(value, "off") != 0 && strcmp(value, "auto") != 0)
		return usage_error("--firewall is auto or off, not '%s'", value);
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

static int set_from(const char *value, struct addr *ret)
{
	if (addr_parse(value, strlen(value), ret) < 0)
		return usage_error("--from is an address, not '%s'", value);
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
	ret->given |= option_of(option);
	switch (option) {
	case 'q':
		ret->quiet = true;
		return -1;
	case 'v':
		ret->verbose = true;
		return -1;
	case LONG_DNS:
		return set_dns(value, &ret->choices);
	case LONG_FIREWALL:
		return set_firewall(value, &ret->choices);
	case LONG_USERSPACE:
		return set_userspace(value, &ret->choices);
	case LONG_FROM:
		return set_from(value, &ret->from);
	case LONG_MARK:
		return set_mark(value, &ret->mark);
	case LONG_ENDPOINT:
		ret->endpoint = value;
		return -1;
	case 'h':
		print_usage(stdout);
		return STATUS_OK;
	case 'V':
		puts("wgq " WGQ_VERSION);
		return STATUS_OK;
	default: /* that it was given is all */
		return -1;
	}
}

int options_parse(int argc, char **argv, struct options *ret)
{
	int c, status;

	ret->choices.dns = DNS_AUTO;
	opterr = 0;
	while ((c = getopt_long(argc, argv, ":qvnahwV", long_options, NULL)) != -1) {
		status = c == '?' || c == ':' ? unknown_option(argv[optind - 1], c == ':')
					      : set_option(c, optarg, ret);
		if (status >= 0)
			return status;
	}
	if (optind == argc) {
		print_usage(stderr);
		return STATUS_USAGE;
	}
	if (strcmp(argv[optind], "help") == 0) {
		print_usage(stdout);
		return STATUS_OK;
	}
	ret->verb = verb_find(argv[optind]);
	if (!ret->verb)
		return unknown_verb(argv[optind], argv[optind + 1]);
	ret->args = argv + optind + 1;
	ret->arg_count = argc - optind - 1;
	return check_args(ret);
}

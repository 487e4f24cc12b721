/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Inside conf_parse(): its state, the names of the keys, and one function a key that reads the
 * key's value.
 *
 * A wrong value is reported by parse_error(), and parsing goes on: the functions return 0 then as
 * well, and -ENOMEM only when there is no memory. */
#pragma once

#include <stddef.h>
#include <stdint.h>

#include "wgq/base/diag.h"
#include "wgq/conf/conf.h"
#include "wgq/conf/parse/parse.h"
#include "wgq/conf/parse/scan.h"

/* The keys, a row each: its id, its name, its section, whose it is (enum conf_key_owner), whether
 * it has one value or is a list, and the function that reads a line of it. This is all that the
 * parser knows of a key; its value is in struct conf. */
#define CONF_KEYS(KEY)                                                                             \
	KEY(ADDRESS, "Address", Interface, WG_QUICK, LIST, quick_address)                          \
	KEY(DNS, "DNS", Interface, WG_QUICK, LIST, quick_dns)                                      \
	KEY(MTU, "MTU", Interface, WG_QUICK, ONE, quick_mtu)                                       \
	KEY(TABLE, "Table", Interface, WG_QUICK, ONE, quick_table)                                 \
	KEY(SAVE_CONFIG, "SaveConfig", Interface, WG_QUICK, ONE, quick_save_config)                \
	KEY(PRE_UP, "PreUp", Interface, WG_QUICK, LIST, quick_hook)                                \
	KEY(POST_UP, "PostUp", Interface, WG_QUICK, LIST, quick_hook)                              \
	KEY(PRE_DOWN, "PreDown", Interface, WG_QUICK, LIST, quick_hook)                            \
	KEY(POST_DOWN, "PostDown", Interface, WG_QUICK, LIST, quick_hook)                          \
	KEY(PRIVATE_KEY, "PrivateKey", Interface, WG, ONE, wg_key)                                 \
	KEY(LISTEN_PORT, "ListenPort", Interface, WG, ONE, wg_listen_port)                         \
	KEY(FWMARK, "FwMark", Interface, WG, ONE, wg_fwmark)                                       \
	KEY(PUBLIC_KEY, "PublicKey", Peer, WG, ONE, wg_key)                                        \
	KEY(PRESHARED_KEY, "PresharedKey", Peer, WG, ONE, wg_key)                                  \
	KEY(ALLOWED_IPS, "AllowedIPs", Peer, WG, LIST, wg_allowed_ips)                             \
	KEY(ENDPOINT, "Endpoint", Peer, WG, ONE, wg_endpoint)                                      \
	KEY(KEEPALIVE, "PersistentKeepalive", Peer, WG, ONE, wg_keepalive)                         \
	KEY(PRIVATE_KEY_FILE, "PrivateKeyFile", Interface, WGQ, ONE, own_key_file)                 \
	KEY(ADDRESS_FROM_KEY, "AddressFromKey", Interface, WGQ, LIST, own_address_from_key)        \
	KEY(EXCLUDED_IPS, "ExcludedIPs", Interface, WGQ, LIST, own_excluded_ips)                   \
	KEY(METRIC, "Metric", Interface, WGQ, ONE, own_metric)                                     \
	KEY(MULTICAST, "Multicast", Interface, WGQ, ONE, own_multicast)                            \
	KEY(SHARED_NEIGHBOUR, "SharedNeighbour", Interface, WGQ, ONE, own_shared_neighbour)        \
	KEY(LISTEN_ON, "ListenOn", Interface, WGQ, LIST, own_listen_on)                            \
	KEY(FOLLOW_ROUTES, "FollowRoutes", Interface, WGQ, LIST, own_follow_routes)                \
	KEY(FORWARD, "Forward", Interface, WGQ, ONE, own_forward)                                  \
	KEY(MASQUERADE, "Masquerade", Interface, WGQ, LIST, own_masquerade)                        \
	KEY(ISOLATE_PEERS, "IsolatePeers", Interface, WGQ, ONE, own_isolate_peers)                 \
	KEY(KILL_SWITCH, "KillSwitch", Interface, WGQ, ONE, own_kill_switch)                       \
	KEY(PRESHARED_KEY_FILE, "PresharedKeyFile", Peer, WGQ, ONE, own_key_file)                  \
	KEY(FALLBACK_ENDPOINT, "FallbackEndpoint", Peer, WGQ, LIST, own_fallback_endpoint)         \
	KEY(PUBLIC_ENDPOINT, "PublicEndpoint", Interface, WGQ, ONE, own_public_endpoint)           \
	KEY(EXPIRES, "Expires", Peer, WGQ, ONE, own_expires)                                       \
	KEY(ACCEPT_ROUTES, "AcceptRoutes", Peer, WGQ, LIST, own_accept_routes)                     \
	KEY(MAX_ROUTES, "MaxRoutes", Peer, WGQ, ONE, own_max_routes)

#define KEY_ID(id, ...) KEY_##id,
enum key_id { CONF_KEYS(KEY_ID) KEY_COUNT };

/* A text that is not what it looks like, or that is not seen at all. */
struct odd_text {
	const char *bytes, *name, *hint;
};

/* Of a line that there is something to be said about. */
struct line_facts {
	uint32_t line;              /* 0: of none yet */
	bool secret;                /* it must not be shown */
	const struct odd_text *odd; /* what is odd in it; NULL: nothing */
	struct slice odd_at;
	bool odd_said;
};

/* Of a [Peer], beside the one in conf->wg.peers. */
struct peer_facts {
	uint32_t file;         /* index into conf->sources */
	bool empties_ips;      /* AllowedIPs is empty at first, whatever files before have */
	bool empties_fallback; /* so is FallbackEndpoint */
};

struct parser {
	struct conf *conf;
	struct diag *d;
	const struct scan_line *line; /* being read, */
	enum key_id id;               /* and its key */
	enum scan_section section;    /* as meant: [Peers] counts as [Peer] once it is reported */
	struct wg_peer *peer;         /* of the section; NULL: none */
	struct scan_line peer_header;
	bool peer_has_key;
	uint32_t file; /* index into conf->sources; above 0 it is a drop-in */
	struct {
		VEC(struct peer_facts);
	} peers;
	uint32_t seen[KEY_COUNT]; /* the last line of each key in its section; 0: none */
	struct slice last_key;    /* of the last line of wg(8)'s, and what it is */
	enum key_id last_id;
	struct slice hook;   /* the last one, */
	enum key_id hook_id; /* its key, */
	uint32_t hook_end;   /* and the last line that was meant to be part of it; 0: none */
	bool hook_goes_on;   /* over several lines */
	struct line_facts facts;
	bool begun;        /* there was an [Interface] or [Peer], or what was meant as one */
	bool told_foreign; /* whose file it is: there is no more to say */
	bool told_amneziawg;
	size_t errors, warnings; /* also those that are too many to be shown */
};

/* The key as wg-quick compares it, or as wg(8) does, with its blanks squeezed out. KEY_COUNT: there
 * is no such key. */
enum key_id key_find(struct slice key);
enum key_id key_find_squeezed(struct slice key);
enum scan_section key_section(enum key_id id);
/* wg-quick keeps it to itself when it is in its [Interface]. */
bool key_is_quick(enum key_id id);
/* Only wgq knows it. */
bool key_is_own(enum key_id id);
/* Which one a word that is none may be meant as; KEY_COUNT: none, and *ret_advice, which may be
 * NULL, is what to do; NULL: nothing is known of it. */
enum key_id key_meant(struct slice key, const char **ret_advice);
/* The key as far as it looks like one: up to a blank, colon or the like. None where it goes on like
 * the letters at the beginning of a secret. */
struct slice key_first_word(struct slice key);
/* Whether all of it has the form of a name. */
bool key_is_name(struct slice s);
enum scan_section section_meant(struct slice header); /* SECTION_OTHER: none is near */
/* Whether the line may hold a private or preshared key, so that it must not be shown. */
bool line_is_secret(const struct scan_line *line);

/* report.c. So many errors and so many warnings are shown: a list may have a million items. */
enum { PARSE_SHOWN_MAX = 100 };
/* About the part `at` of the line being read; hint may be NULL. */
void parse_error(struct parser *p, struct slice at, const char *hint, const char *format, ...)
	__attribute__((format(printf, 4, 5)));
/* "AT" is not WHAT. */
void parse_not(struct parser *p, struct slice at, const char *what, const char *hint);
/* id: see base/diag.h. */
void parse_warning(struct parser *p, struct slice at, const char *id, const char *hint,
		   const char *format, ...) __attribute__((format(printf, 5, 6)));

/* Notes in conf that only wgq knows what the line being read asks for. 0 or -ENOMEM, with the error
 * added. */
int parse_own(struct parser *p, bool is_hook);

/* Says how many were not shown. */
void parse_count_hidden(const struct parser *p);

/* s as far as a message may show it: not what may be a key, nor more than fits. */
struct slice shown(struct parser *p, struct slice s);
/* For %.*s. */
#define SLICE_ARG(s) (int)(s).len, (s).at

/* Digits of the base, nothing else; base 0 takes 0x and octal 0 like strtoul(3). 0, -EINVAL, or
 * -ERANGE above max. */
int number_read(struct slice s, unsigned int base, uint64_t max, uint64_t *ret);

/* That the length of the prefix `item` is none of 0 to bits; base as for number_read(). */
void refuse_length(struct parser *p, struct slice item, unsigned int base, int bits);

/* Whether a host or a domain can have this name: letters of any script, digits, - and _ in parts of
 * 63 bytes at most, 253 together (RFC 1035, 2.3.4), of which the last is no number (RFC 3696, 2).
 */
bool name_plausible(struct slice s);
/* What to write in the place of one that is not plausible. */
const char *name_advice(struct slice s);

/* The next item of a list; false at the end. In wg-quick's lists commas and blanks end items, and
 * there are no empty ones (linux.bash:59,61); in those of wg(8) only commas do. */
bool list_next_quick(struct slice *rest, struct slice *ret);
bool list_next_wg(struct slice *rest, struct slice *ret);

/* A prefix of a list; one with host bits or without a length is a warning, and counts as the
 * network. False: it is none, which is an error then. */
bool prefix_read(struct parser *p, struct slice item, struct prefix *ret);
/* HOST:PORT without white space, which stands at `at` in the line. *ret_number has no address where
 * one of the two is a name. False: it is none, which is an error then. */
bool endpoint_read(struct parser *p, struct slice text, struct slice at, struct slice *ret_host,
		   struct slice *ret_port, union endpoint *ret_number);

/* The readers of quick_keys.c, wg_keys.c, wg_ports.c and own_keys.c. */
#define KEY_READER(id, name, section, owner, count, reader) int reader(struct parser *p);
CONF_KEYS(KEY_READER)

/* What others call a key: in small letters, and which one it is; KEY_COUNT: none, and what to do.
 * The last has no word. */
struct foreign_word {
	const char *word;
	enum key_id id;
	const char *advice;
};
const struct foreign_word *foreign_words(void);

/* A file of another program. */
struct foreign_file {
	const char *name, *hint;
};
/* The program whose file this is, as a line that is not ours shows; NULL: not known. */
const struct foreign_file *foreign_file(struct slice line);
bool foreign_is_amneziawg(struct slice key);

/* What of a line is odd, or of its value; NULL: nothing. */
const struct odd_text *odd_find(struct slice line, struct slice value, struct slice *ret_at);

/* Whether the line being read has no value, which in a drop-in empties a list. */
bool list_is_emptied(const struct parser *p);

/* merge.c, once all is read. A [Peer] of a drop-in whose key a file before has adds to that one's
 * allowed IPs, and does not replace them. 0 or -ENOMEM, with the error added. */
int merge_mark(struct parser *p);
/* Then such a [Peer] is made part of that one. */
int merge_peers(struct parser *p);

/* Once all is read: keys that are in the place of others. 0 or -ENOMEM, with the error added. */
int mixed_keys(struct parser *p);

/* advice.c: what to write instead. */
/* A key that conf_parse() did not know, or that is in the wrong place. */
void advice_unknown_key(struct parser *p, const struct scan_line *line);
void advice_unknown_section(struct parser *p, const struct scan_line *line);
void advice_no_value(struct parser *p, const struct scan_line *line);

/* SPDX-License-Identifier: GPL-2.0-or-later */
/* One step of a plan, as data: what is done to the host, how it is undone, and how it reads.
 *
 * A plan is what --dry-run prints and what up and down apply, step for step. Steps borrow what
 * they point at from the configuration, the snapshot and the wanted state they were made from. */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "wgq/base/buf.h"
#include "wgq/base/diag.h"
#include "wgq/conf/conf.h"
#include "wgq/net/spec.h"
#include "wgq/net/walls.h"
#include "wgq/net/wg.h"
#include "wgq/plan/means.h"

enum op_kind {
	OP_LINK_ADD,
	OP_LINK_DEL,
	OP_LINK_UP,   /* with an MTU, in one message */
	OP_LINK_DOWN, /* with an MTU: only to take OP_LINK_UP back */
	OP_LINK_MTU,
	OP_LINK_MULTICAST, /* IFF_MULTICAST, on or off */
	OP_WG_SET,
	OP_WG_CHANGE,       /* of a device that is up: the least that differs */
	OP_WG_MARK,         /* sets the fwmark alone */
	OP_WG_NOTE,         /* want/endpoints.h; nothing is lost where it cannot be left */
	OP_WG_REMOVE_PEERS, /* before OP_LINK_DEL: a link with many peers goes slowly */
	OP_ADDR_ADD,
	OP_ADDR_DEL,
	OP_ROUTE_ADD, /* any number in one step */
	OP_ROUTE_DEL,
	OP_RESTORE, /* of the addresses and routes that were kept, those that are gone */
	OP_RULE_ADD,
	OP_RULE_DEL,
	OP_UNPIN, /* `wgq run` makes them; not taken back */
	OP_SYSCTL_SET,
	OP_FIREWALL_SET,
	OP_FIREWALL_REMOVE,
	OP_WALLS_SET, /* before the link is there, but for the rules of a port that is not known */
	OP_WALLS_REMOVE,
	OP_DNS_SET,
	OP_DNS_UNSET,
	OP_HOOK,
	OP_SAVE, /* replaces the configuration's text */
	OP_KINDS
};

/* Name servers and search domains of an interface. Borrowed. */
struct dns_setting {
	const struct conf_text_vec *servers, *search;
	bool catch_all; /* the tunnel has a default route */
};

struct op_number {
	uint32_t value, before;
};

struct op {
	enum op_kind kind;
	bool back_only; /* only taken by an undo, once the step after it is undone */
	bool may_fail;  /* of a hook: its failure is a warning */
	uint32_t line;  /* of the configuration that asked for it; 0: none */
	union {
		bool returns; /* OP_LINK_DEL: the link is made again when the step is taken back;
			       * OP_LINK_ADD: is that link */
		struct op_number mtu;       /* OP_LINK_UP, OP_LINK_DOWN, OP_LINK_MTU; 0: as it is */
		struct op_number multicast; /* OP_LINK_MULTICAST */
		struct op_number mark;      /* OP_WG_MARK */
		struct op_number note;      /* OP_WG_NOTE */
		struct {
			const struct wg_device *device; /* to be set, or to go back to */
			uint32_t private_key_line;      /* of the configuration */
		} wg;                                   /* OP_WG_SET, OP_WG_REMOVE_PEERS */
		struct {
			const struct wg_device *forth, *back; /* see peers/peers.h */
			/* The whole of each peer in forth, with NULL for one that the file does
			 * not have; NULL altogether: forth removes peers, back restores them */
			const struct wg_peer_pointers *wanted;
			uint32_t private_key_line;
		} change;              /* OP_WG_CHANGE */
		struct link_addr addr; /* OP_ADDR_* */
		struct {
			const struct route *at;
			size_t count;
			struct route_group group;
			bool put_back;           /* were there before */
			bool temporary;          /* until a later step of the plan takes it back */
		} routes;                        /* OP_ROUTE_* */
		const struct buf *kept;          /* OP_RESTORE: as snap.kept */
		struct rule rule;                /* OP_RULE_* */
		const struct endpoint_vec *pins; /* OP_UNPIN */
		struct {
			const char *name; /* as sysctl_set() takes it */
			long value, before;
			bool temporary; /* until a later step of the plan sets it back */
		} sysctl;
		/* What was there before, and is restored when the step is taken back; NULL:
		 * nothing, or not known. */
		struct {
			struct firewall rules;
			const struct firewall *before;
		} firewall; /* OP_FIREWALL_* */
		struct {
			const struct walls *is, *before;
			bool of_port; /* made or done with since the port becomes another */
		} walls;              /* OP_WALLS_* */
		struct {
			struct dns_setting is;
			const struct dns_setting *before;
		} dns;            /* OP_DNS_* */
		const char *hook; /* OP_HOOK: the command, %i not replaced */
		struct {
			const char *name;                        /* as `wgq save` takes it */
			const struct config_text *before, *text; /* secrets: never shown */
			bool is_edit; /* which an undo takes back; the texts live as long */
		} save;               /* OP_SAVE */
	};
};

/* Failure is sticky, as that of struct buf: whoever builds a plan adds its steps and checks once.
 */
struct plan {
	VEC(struct op);
	bool failed;
	struct op lost; /* the step for which there was no memory */
};

enum op_form {
	OP_ECHO,   /* the command in wg-quick's words, a line each */
	OP_SCRIPT, /* a command that does it when run by sh */
};

/* What the texts need to know beside the step. */
struct op_context {
	const char *ifname;
	const char *config_file;
	const struct conf *conf; /* whose lines the steps name */
	const struct means *means;
	enum op_form form;
	/* Bulk steps have a line for each object; beyond it one line sums up the rest. */
	size_t limit;
};

/* What it runs or asks, which may take long: the lock is not held meanwhile. It is held while a
 * userspace WireGuard is started, which has a time limit: another wgq must not take its link and
 * socket for leftovers. */
enum op_program { OP_RUNS_NONE, OP_RUNS_PROGRAM, OP_RUNS_IPTABLES /* where the host has no nft */ };

struct change_vec;

/* Everything about a kind of step but how it is carried out, which is in run/host/exec.c. */
struct op_type {
	void (*format)(const struct op *op, const struct op_context *context, struct buf *ret_text);
	/* Appends what it changes (text/change.h), 0 or -ENOMEM; NULL: it only prepares others. */
	int (*list)(const struct op *op, struct change_vec *changes);
	/* Makes a step of this kind its own inverse, whose kind is set. false: it has none. NULL:
	 * no step of this kind has. */
	bool (*invert)(struct op *op);
	enum op_kind inverse;
	bool dies_with_link; /* see op_dies_with_link() */
	bool removes;        /* takes away what another step has made, or sets it back */
	bool of_ip;          /* wg-quick has ip(8) do it, which ends with 2 on failure */
	enum op_program program;
};
extern const struct op_type op_types[OP_KINDS];

/* The step that takes this one back. false: there is none, since nothing is to be taken back
 * (hooks) or since it cannot be (a deleted link). */
bool op_inverse(const struct op *op, struct op *ret);
/* Whether the step puts a firewall or name servers in the place of others, which its inverse brings
 * back. */
bool op_replaces(const struct op *op);

/* Whether deleting the link takes the step back as well, so that an undo that deletes the link
 * need not do it. */
bool op_dies_with_link(const struct op *op);
/* A new step at the end, never NULL. */
struct op *plan_add(struct plan *plan, enum op_kind kind, uint32_t line);
/* For the way back alone. */
struct op *plan_add_back_only(struct plan *plan, enum op_kind kind);
/* 0 or -ENOMEM, with the error added. */
int plan_check(const struct plan *plan, struct diag *d);
void plan_release(struct plan *plan);

#define _cleanup_plan_ _cleanup_(plan_release)

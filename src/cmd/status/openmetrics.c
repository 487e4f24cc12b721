// SPDX-License-Identifier: GPL-2.0-or-later
// wgq status: draws interfaces for Prometheus, as text of OpenMetrics 1.0.
#include <inttypes.h>
#include <string.h>

#include "wgq/cmd/status/status.h"
#include "wgq/cmd/value.h"

/* What begins with wireguard_ is called as by prometheus_wireguard_exporter, and means the same. */
enum metric {
	METRIC_SENT,
	METRIC_RECEIVED,
	METRIC_HANDSHAKE,
	METRIC_ALLOWED_IPS,
	METRIC_UP,
	METRIC_PEERS,
	METRIC_NOT_SEEN,
	METRIC_PROBLEMS,
	METRIC_PROBLEM,
	METRICS
};

static const struct {
	const char *name, *type, *suffix;
	const char *unit; /* the name ends with it; NULL: none */
	const char *help;
} metrics[METRICS] = {
	[METRIC_SENT] = {"wireguard_sent_bytes", "counter", "_total", "bytes",
			 "Bytes sent to the peer"},
	[METRIC_RECEIVED] = {"wireguard_received_bytes", "counter", "_total", "bytes",
			     "Bytes received from the peer"},
	[METRIC_HANDSHAKE] = {"wireguard_latest_handshake_seconds", "gauge", "", "seconds",
			      "When the last handshake was, since the epoch; 0: never"},
	[METRIC_ALLOWED_IPS] = {"wgq_peer_allowed_ips", "gauge", "", NULL,
				"How many allowed IPs the peer has"},
	[METRIC_UP] = {"wgq_interface_up", "gauge", "", NULL, "Whether the interface is up"},
	[METRIC_PEERS] = {"wgq_peers", "gauge", "", NULL, "How many peers the interface has"},
	[METRIC_NOT_SEEN] = {"wgq_not_seen", "gauge", "", NULL,
			     "How many things of the interface could not be looked at"},
	[METRIC_PROBLEMS] = {"wgq_problems", "gauge", "", NULL,
			     "How many problems the interface and its peers have"},
	[METRIC_PROBLEM] = {"wgq_problem", "gauge", "", NULL,
			    "How many problems there are of the kind that wgq status --json names"},
};

static void put_label(struct buf *out, const char *separator, const char *name, const char *value)
{
	_cleanup_buf_ struct buf text = {0};

	buf_printable(&text, value, strlen(value));
	buf_addf(out, "%s%s=\"", separator, name);
	for (const char *c = buf_text(&text); *c; c++) {
		if (*c == '"' || *c == '\\')
			buf_char(out, '\\');
		buf_char(out, *c);
	}
	buf_char(out, '"');
	out->failed |= text.failed;
}

/* kind NULL: the metric has none. peer: its place in the device's list. */
static void put_sample(struct buf *out, enum metric metric, const struct status *s, long peer,
		       const char *kind, uint64_t value)
{
	buf_addf(out, "%s%s", metrics[metric].name, metrics[metric].suffix);
	put_label(out, "{", "interface", s->ifname);
	if (peer != FINDING_NO_PEER) {
		const struct key *key = &s->snap.wg.peers.at[peer].public_key;
		const char *name = peer_names_find(&s->names, key);
		char text[KEY_BASE64_LEN + 1];

		key_to_base64(key, text);
		put_label(out, ",", "public_key", text);
		if (name)
			put_label(out, ",", "friendly_name", name);
	}
	if (kind)
		put_label(out, ",", "id", kind);
	buf_addf(out, "} %" PRIu64 "\n", value);
}

static uint64_t of_peer(enum metric metric, const struct wg_peer *peer)
{
	return metric == METRIC_SENT        ? peer->tx_bytes
	       : metric == METRIC_RECEIVED  ? peer->rx_bytes
	       : metric == METRIC_HANDSHAKE ? (uint64_t)peer->last_handshake
					    : peer->allowed_ips.len;
}

/* A peer may have more than one finding of a kind, and a series has one sample only. */
static void put_problems(struct buf *out, const struct status *s)
{
	const struct finding_vec *findings = &s->findings;

	for (size_t i = 0; i < findings->len;) {
		size_t count[FINDING_KINDS] = {0};
		long peer = findings->at[i].peer;

		for (; i < findings->len && findings->at[i].peer == peer; i++)
			count[findings->at[i].kind]++;
		for (enum finding_kind kind = 0; kind < FINDING_KINDS; kind++)
			if (count[kind] && finding_is_wrong(kind))
				put_sample(out, METRIC_PROBLEM, s, peer, finding_name(kind),
					   count[kind]);
	}
}

static void put_samples(struct buf *out, enum metric metric, const struct status *s)
{
	bool seen = snap_has_seen(&s->snap, LOOK_DEVICE);
	uint64_t wrong = 0;

	vec_each(finding, &s->findings)
		wrong += finding_is_wrong(finding->kind);
	switch (metric) {
	case METRIC_SENT:
	case METRIC_RECEIVED:
	case METRIC_HANDSHAKE:
	case METRIC_ALLOWED_IPS:
		for (size_t i = 0; seen && i < s->snap.wg.peers.len; i++)
			put_sample(out, metric, s, (long)i, NULL,
				   of_peer(metric, &s->snap.wg.peers.at[i]));
		break;
	case METRIC_UP:
		put_sample(out, metric, s, FINDING_NO_PEER, NULL,
			   s->snap.link.index && s->snap.link.up);
		break;
	case METRIC_PEERS:
		if (seen)
			put_sample(out, metric, s, FINDING_NO_PEER, NULL, s->snap.wg.peers.len);
		break;
	case METRIC_NOT_SEEN:
		put_sample(out, metric, s, FINDING_NO_PEER, NULL, s->unseen.len);
		break;
	case METRIC_PROBLEMS:
		put_sample(out, metric, s, FINDING_NO_PEER, NULL, wrong);
		break;
	case METRIC_PROBLEM:
		put_problems(out, s);
		break;
	case METRICS:
		break;
	}
}

void status_openmetrics(const struct status_vec *statuses, struct buf *out)
{
	for (enum metric metric = 0; metric < METRICS; metric++) {
		const char *name = metrics[metric].name;

		buf_addf(out, "# TYPE %s %s\n", name, metrics[metric].type);
		if (metrics[metric].unit)
			buf_addf(out, "# UNIT %s %s\n", name, metrics[metric].unit);
		buf_addf(out, "# HELP %s %s\n", name, metrics[metric].help);
		vec_each(s, statuses)
			put_samples(out, metric, s);
	}
	buf_str(out, "# EOF\n");
}

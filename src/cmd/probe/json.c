// SPDX-License-Identifier: GPL-2.0-or-later
// wgq probe: the results for programs.
#include "wgq/base/json.h"

#include <string.h>

#include "wgq/cmd/probe/probe.h"
#include "wgq/cmd/value.h"

enum { JSON_VERSION = 1 };

static void add_row(const struct probe_row *row, struct json *j)
{
	const struct probe_event *result = &row->result;
	bool has_time = row->is_sent && result->us;

	json_object(j, NULL);
	json_string(j, "configured", row->endpoint);
	value_json_endpoint(j, "endpoint", &row->to);
	value_json_addr(j, "source", &row->by.source);
	json_string(j, "link", row->by.name[0] ? row->by.name : NULL);
	json_bool(j, "routed", row->by.routed);
	json_bool(j, "used", row->is_used);
	json_string(j, "result", probe_result_name(row));
	json_string(j, "meaning", probe_result_meaning(row));
	json_string(j, "error", result->error ? strerror(result->error) : NULL);
	if (has_time)
		json_number(j, "microseconds", result->us);
	else
		json_null(j, "microseconds");
	value_json_addr(j, "answer_to", &result->other);
	json_unsigned(j, "asks", result->asks);
	json_end(j);
}

void probe_json(const struct probe_rows *rows, struct buf *out)
{
	struct json j = {.out = out};

	json_object(&j, NULL);
	json_unsigned(&j, "version", JSON_VERSION);
	json_string(&j, "interface", rows->ifname);
	json_bool(&j, "up", rows->is_up);
	json_array(&j, "peers");
	for (size_t first = 0, next; first < rows->len; first = next) {
		const struct key *key = &rows->wg.peers.at[rows->at[first].peer].public_key;
		const struct probe_row *best = probe_best(rows, first, &next);

		json_object(&j, NULL);
		value_json_key(&j, "public_key", key);
		json_string(&j, "name", peer_names_find(&rows->names, key));
		json_bool(&j, "answers", best->is_sent && best->result.verdict == PROBE_ANSWERED);
		json_array(&j, "probes");
		for (size_t i = first; i < next; i++)
			add_row(&rows->at[i], &j);
		json_end(&j);
		json_end(&j);
	}
	json_end(&j);
	json_end(&j);
}

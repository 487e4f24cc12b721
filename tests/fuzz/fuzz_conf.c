// SPDX-License-Identifier: GPL-2.0-or-later
// Fuzz target: any bytes as a configuration, parsed, reported, stripped.
//
// What has to hold besides not crashing: parsing fails exactly when it says why, and what strip
// leaves is a fixed point of strip, but for the newline that it adds; what is written of the values
// is read as the same values.
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "wgq/base/buf.h"
#include "wgq/base/diag.h"
#include "wgq/conf/conf.h"
#include "wgq/conf/parse/parse.h"
#include "wgq/conf/save/write.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void require(bool holds, const char *what)
{
	if (holds)
		return;
	fprintf(stderr, "does not hold: %s\n", what);
	abort();
}

/* What is written says the same: written again from what was read, it is the same text. */
static void fuzz_write(const struct conf *conf)
{
	_cleanup_buf_ struct buf once = {0}, twice = {0};
	_cleanup_conf_ struct conf again = {0};

	conf_write(conf, READER_WG_QUICK, &once);
	require(conf_parse("fuzz.conf", "fuzz", buf_text(&once), once.len, &again, NULL) == 0,
		"what is written can be read");
	conf_write(&again, READER_WG_QUICK, &twice);
	require(once.len == twice.len && memcmp(once.data, twice.data, once.len) == 0,
		"what is written says what was read");
}

/* A form feed parts a file from its drop-ins. */
static void cut_files(const char *text, size_t n, struct config_text *ret)
{
	for (const char *end = text + n; text <= end;) {
		const char *cut = memchr(text, '\f', (size_t)(end - text));
		size_t len = (size_t)((cut ? cut : end) - text);

		buf_str(&ret->text, ret->files.len ? SOURCES_BETWEEN : "");
		buf_mem(&ret->text, text, len);
		if (sources_add(&ret->files, "fuzz.conf", NULL, buf_text(&ret->text),
				ret->text.len) < 0)
			abort();
		text += len + 1;
	}
}

static void fuzz_parse(const char *bytes, size_t size)
{
	_cleanup_config_text_ struct config_text config = {0};
	_cleanup_conf_ struct conf conf = {0};
	_cleanup_diag_ struct diag d = {0};
	_cleanup_buf_ struct buf shown = {0};

	cut_files(bytes, size, &config);
	const char *text = buf_text(&config.text);
	size_t n = config.text.len;
	int r = conf_parse_files(&config.files, "fuzz", text, &conf, &d);
	require((r < 0) == (diag_errors(&d) > 0), "an error is told, and only an error");
	diag_format(&d, 0, "wgq", true, 0, &shown);
	for (size_t i = 0; i < shown.len; i++)
		require((unsigned char)shown.data[i] >= ' ' || shown.data[i] == '\n' ||
				(shown.data[i] == '\033' && shown.data[i + 1] == '['),
			"messages have no control characters of the file's");
	for (size_t i = 0; r == 0 && i < conf.wg.peers.len; i++)
		require(!key_is_zero(&conf.wg.peers.at[i].public_key) || memmem(text, n, "AAAA", 4),
			"each peer has a public key");
	if (r == 0)
		fuzz_write(&conf);
}

static void fuzz_strip(const char *text, size_t n)
{
	_cleanup_buf_ struct buf once = {0}, twice = {0};

	conf_strip(text, n, READER_WG, &once);
	require(once.len >= 1 && once.data[once.len - 1] == '\n', "strip ends with a newline");
	conf_strip(once.data, once.len - 1, READER_WG, &twice);
	require(once.len == twice.len && memcmp(once.data, twice.data, once.len) == 0,
		"strip has nothing to do after strip");
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	/* A copy of just this size, so that the sanitizer sees reads past its end. */
	char *text = malloc(size ? size : 1);

	if (!text)
		abort();
	if (size)
		memcpy(text, data, size);
	fuzz_parse(text, size);
	fuzz_strip(text, size);
	free(text);
	return 0;
}

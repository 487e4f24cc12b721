// SPDX-License-Identifier: GPL-2.0-or-later
// From what the user typed to the configuration file and the interface's name.
#include "wgq/sys/file/config_path.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>
#include <sys/stat.h>
#include <unistd.h>

#include "wgq/base/mem.h"
#include "wgq/base/spelling.h"
#include "wgq/base/vec.h"
#include "wgq/sys/file/file.h"
#include "wgq/sys/privilege.h"

#define CONFIG_FOLDER "/etc/wireguard"
#define CONFIG_SUFFIX ".conf"
#define NAME_CHARS    "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789_=+.-"

enum { NAME_MAX_LEN = IFNAMSIZ - 1, SUFFIX_LEN = sizeof(CONFIG_SUFFIX) - 1 };

/* So many names of others are told. */
enum { LISTED_MAX = 8 };

/* The bytes at the start of s that may be part of an interface's name. */
static size_t name_span(const char *s, size_t n)
{
	size_t i = 0;

	while (i < n && s[i] && strchr(NAME_CHARS, s[i]))
		i++;
	return i;
}

bool config_path_is_ifname(const char *argument, size_t n)
{
	return n >= 1 && n <= NAME_MAX_LEN && name_span(argument, n) == n;
}

/* The kernel refuses these (dev_valid_name(), net/core/dev.c; sysctl_dev_name_is_allowed(),
 * net/ipv4/devinet.c), which wg-quick's pattern lets pass. */
bool config_path_kernel_allows(const char *name, size_t n)
{
	static const char *const refused[] = {"", ".", "..", "all", "default"};

	for (size_t i = 0; i < sizeof(refused) / sizeof(refused[0]); i++)
		if (n == strlen(refused[i]) && memcmp(name, refused[i], n) == 0)
			return false;
	return true;
}

static const char *base_name(const char *path)
{
	const char *slash = strrchr(path, '/');

	return slash ? slash + 1 : path;
}

static bool has_suffix(const char *name, size_t n)
{
	return n >= SUFFIX_LEN && memcmp(name + n - SUFFIX_LEN, CONFIG_SUFFIX, SUFFIX_LEN) == 0;
}

static bool exists(const char *path)
{
	struct stat st;

	return stat(path, &st) == 0;
}

/* Whether NAME.conf is in the current folder. */
static bool is_here(const char *name)
{
	_cleanup_buf_ struct buf file = {0};

	buf_addf(&file, "%s" CONFIG_SUFFIX, name);
	return buf_status(&file) == 0 && exists(buf_text(&file));
}

static int compare_names(const void *a, const void *b)
{
	return strcmp(*(char *const *)a, *(char *const *)b);
}

static void read_names(const char *folder, struct config_name_vec *ret)
{
	DIR *stream = opendir(folder);

	for (struct dirent *entry; stream && (entry = readdir(stream));) {
		size_t n = strlen(entry->d_name);
		char **name;

		if (!has_suffix(entry->d_name, n) ||
		    !config_path_is_ifname(entry->d_name, n - SUFFIX_LEN) ||
		    !(name = vec_push(ret)))
			continue;
		*name = mem_strndup(entry->d_name, n - SUFFIX_LEN);
		if (!*name)
			ret->len--;
	}
	if (stream)
		closedir(stream);
	if (ret->len)
		qsort(ret->at, ret->len, sizeof(*ret->at), compare_names);
}

void config_path_names(struct config_name_vec *ret)
{
	read_names(CONFIG_FOLDER, ret);
}

void config_names_release(struct config_name_vec *names)
{
	vec_each(name, names)
		free(*name);
	vec_release(names);
}

/* The names of the configurations in a folder, of which one that begins like word, or is spelt
 * nearly so, stands alone: "home", "home, office and 3 more"; "": none can be seen. */
static void list_names(const char *folder, const char *word, struct buf *ret)
{
	_cleanup_(config_names_release) struct config_name_vec names = {0};
	const char *meant = NULL;

	read_names(folder, &names);
	for (size_t i = 0; *word && i < names.len && !meant; i++)
		if (strncasecmp(names.at[i], word, strlen(word)) == 0 ||
		    (strlen(word) > 2 &&
		     spelling_distance(word, strlen(word), names.at[i], strlen(names.at[i])) == 1))
			meant = names.at[i];
	if (meant)
		buf_str(ret, meant);
	for (size_t i = 0; !meant && i < names.len && i < LISTED_MAX; i++)
		buf_addf(ret, "%s%s", i ? ", " : "", names.at[i]);
	if (!meant && names.len > LISTED_MAX)
		buf_addf(ret, " and %zu more", names.len - LISTED_MAX);
}

void config_path_list(struct buf *ret)
{
	list_names(CONFIG_FOLDER, "", ret);
}

static void hint_bad_name(const char *name, struct diag *d)
{
	size_t n = strlen(name);

	if (!has_suffix(name, n)) {
		diag_hint(d, "`%s' does not end in " CONFIG_SUFFIX, name);
		return;
	}
	n -= SUFFIX_LEN;
	if (name_span(name, n) < n)
		diag_hint(d,
			  "`%.*s' has a character that is not a letter, a digit or one of "
			  "_ = + . -",
			  (int)n, name);
	else if (n > NAME_MAX_LEN)
		diag_hint(d, "`%.*s' has %zu characters, and the kernel allows %d: rename the file",
			  (int)n, name, n, NAME_MAX_LEN);
	else if (n == 0)
		diag_hint(d, "there is no name before " CONFIG_SUFFIX);
	else
		diag_hint(d, "the kernel does not allow the name `%.*s'", (int)n, name);
}

/* What to do when there is no such file. The three usual reasons: `wg0.conf` was meant to be the
 * file in this folder, the name is too long to be one, nothing was ever set up. */
static void hint_absent(const char *folder, const char *argument, struct diag *d)
{
	_cleanup_buf_ struct buf there = {0};
	size_t n = strlen(argument);

	list_names(folder, argument, &there);
	if (config_path_is_ifname(argument, n)) {
		if (has_suffix(argument, n) && !config_path_kernel_allows(argument, n - SUFFIX_LEN))
			hint_bad_name(argument, d);
		else if (has_suffix(argument, n) && exists(argument))
			diag_hint(d,
				  "a name without a slash is looked up in %s; for the file here "
				  "write ./%s",
				  folder, argument);
		else if (has_suffix(argument, n))
			diag_hint(d, "the interface's name alone is enough: %.*s",
				  (int)(n - SUFFIX_LEN), argument);
		else if (!exists(folder))
			diag_hint(d,
				  "there is no folder %s: make it (mkdir -m 700 %s) and put "
				  "%s" CONFIG_SUFFIX " there, or give the path of a file",
				  folder, folder, argument);
		else if (is_here(argument))
			diag_hint(d,
				  "put the configuration there, or write ./%s" CONFIG_SUFFIX
				  " for the file here",
				  argument);
		else if (there.len)
			diag_hint(d, "%s has %s; or give the path of a file", folder,
				  buf_text(&there));
		else
			diag_hint(d, "put the configuration there, or give the path of a file");
	} else if (!strchr(argument, '/') && name_span(argument, n) < n) {
		diag_hint(d,
			  "this was taken for a path: as a name it has a character that is not "
			  "a letter, a digit or one of _ = + . -%s%s",
			  there.len ? "; there is " : "", buf_text(&there));
	} else if (name_span(argument, n) == n && n && !has_suffix(argument, n)) {
		diag_hint(d,
			  "this was taken for a path: as a name it has %zu characters, and the "
			  "kernel allows %d%s%s",
			  n, NAME_MAX_LEN, there.len ? "; there is " : "", buf_text(&there));
	}
}

/* The name of the file without its suffix; -EINVAL: not an interface's. */
static int ifname_of(const char *path, char ret[IFNAMSIZ])
{
	const char *name = base_name(path);
	size_t n = strlen(name);

	if (!has_suffix(name, n) || !config_path_is_ifname(name, n - SUFFIX_LEN))
		return -EINVAL;
	n -= SUFFIX_LEN;
	memcpy(ret, name, n);
	ret[n] = '\0';
	return config_path_kernel_allows(name, n) ? 0 : -EINVAL;
}

static char *path_for(const char *folder, const char *argument)
{
	_cleanup_buf_ struct buf path = {0};

	if (config_path_is_ifname(argument, strlen(argument)))
		buf_addf(&path, "%s/%s" CONFIG_SUFFIX, folder, argument);
	else
		buf_str(&path, argument);
	return buf_steal(&path);
}

static int cannot_find(const char *folder, const char *argument, const char *path, int error,
		       struct diag *d)
{
	if (error == ENOENT || error == ENOTDIR) {
		diag_refuse(d, ENOENT, "`%s' does not exist", path);
		hint_absent(folder, argument, d);
		return -ENOENT;
	}
	diag_fail(d, error, "cannot look for `%s'", path);
	privilege_hint(error, d);
	return -error;
}

static int refuse_name(const char *path, struct diag *d)
{
	diag_refuse(d, EINVAL, "The config file must be a valid interface name, followed by .conf");
	hint_bad_name(base_name(path), d);
	return -EINVAL;
}

int config_path_find_in(const char *folder, const char *argument, struct config_path *ret,
			struct diag *d)
{
	_cleanup_config_path_ struct config_path found = {0};

	found.given = path_for(folder, argument);
	if (!found.given)
		return diag_no_memory(d);
	if (!config_path_kernel_allows(argument, strlen(argument)) && *argument)
		return refuse_name(found.given, d);

	found.real = realpath(found.given, NULL);
	if (!found.real)
		return cannot_find(folder, argument, found.given, errno, d);
	if (ifname_of(found.given, found.ifname) < 0)
		return refuse_name(found.given, d);

	*ret = found;
	found = (struct config_path){0};
	return 0;
}

int config_path_find(const char *argument, struct config_path *ret, struct diag *d)
{
	return config_path_find_in(CONFIG_FOLDER, argument, ret, d);
}

int config_path_new(const char *argument, struct config_path *ret, struct diag *d)
{
	_cleanup_config_path_ struct config_path made = {0};
	bool by_name = config_path_is_ifname(argument, strlen(argument));

	made.given = path_for(CONFIG_FOLDER, argument);
	made.real = path_for(CONFIG_FOLDER, argument);
	if (!made.given || !made.real)
		return diag_no_memory(d);
	if (ifname_of(made.given, made.ifname) < 0)
		return refuse_name(made.given, d);
	if (by_name && mkdir(CONFIG_FOLDER, S_IRWXU) < 0 && errno != EEXIST) {
		int error = errno;

		diag_fail(d, error, "cannot make the folder `%s'", CONFIG_FOLDER);
		privilege_hint(error, d);
		return -error;
	}

	*ret = made;
	made = (struct config_path){0};
	return 0;
}

void config_path_release(struct config_path *path)
{
	if (!path)
		return;
	free(path->given);
	free(path->real);
	*path = (struct config_path){0};
}

/* The folder as a descriptor: its mode and the file in it belong together. */
static int open_folder(const char *path)
{
	const char *slash = strrchr(path, '/');
	size_t n = slash ? (size_t)(slash - path) : 0;
	_cleanup_free_ char *folder = n ? mem_strndup(path, n) : mem_strndup("/", 1);

	if (!folder)
		return -ENOMEM;
	int fd = open(folder, O_PATH | O_DIRECTORY | O_CLOEXEC);
	return fd < 0 ? -errno : fd;
}

int config_path_read(struct config_path *path, struct stat *ret_st, struct buf *ret_text,
		     struct diag *d)
{
	struct stat around;
	_cleanup_fd_ int folder = open_folder(path->real);

	if (folder == -ENOMEM)
		return diag_no_memory(d);
	if (folder < 0 || fstat(folder, &around) < 0)
		return diag_fail(d, folder < 0 ? -folder : errno, "cannot read `%s'", path->real);

	int r = file_read_at(folder, base_name(path->real), path->real, ret_st, ret_text, d);
	if (r < 0)
		return r;
	path->world_accessible = (ret_st->st_mode & around.st_mode & S_IRWXO) != 0;
	return 0;
}

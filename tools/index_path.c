/* Owns how the INDEX argument finds its .lode file, and which arguments no command takes. */
#include "index_path.h"

#include <errno.h>
#include <stdbool.h>
#include <stdio.h>
#include <string.h>
#include <strings.h>
#include <sys/stat.h>
#include <unistd.h>

#include "message.h"

enum { PATH_CAP = 4096 };

static bool ends_with(const char *text, const char *ending)
{
    const size_t len = strlen(text), n = strlen(ending);
    return len >= n && strcasecmp(text + len - n, ending) == 0;
}

int tool_check_supported(const char *path)
{
    static const char *const endings[] = {".cram",     ".bam",   ".fastq",     ".fq",
                                          ".fastq.gz", ".fq.gz", ".fastq.bgz", ".fq.bgz"};
    if (strstr(path, "://") != NULL) {
        tool_error("%s: URLs are not supported; download the file first", path);
        return TOOL_USAGE;
    }
    for (size_t i = 0; i < sizeof endings / sizeof *endings; i++) {
        if (ends_with(path, endings[i])) {
            tool_error("%s: %s is not supported: lode reads FASTA, plain or compressed", path,
                       strstr(endings[i], "am") != NULL ? "BAM or CRAM" : "FASTQ");
            return TOOL_USAGE;
        }
    }
    return TOOL_OK;
}

static int join(char path[PATH_CAP], const char *given, const char *between, const char *tail)
{
    if (snprintf(path, PATH_CAP, "%s%s%s", given, between, tail) < PATH_CAP)
        return TOOL_OK;
    tool_error("%.100s...: path too long", given);
    return TOOL_USAGE;
}

static int no_index(const char *given, const char *path)
{
    if (access(given, F_OK) != 0 && strcmp(given, path) == 0)
        tool_error("%s: %s", given, strerror(errno));
    else if (access(given, F_OK) != 0)
        tool_error("%s: %s, nor is there %s", given, strerror(errno), path);
    else
        tool_error("%s: no index (%s does not exist); make it with 'lode index %s'", given, path,
                   given);
    return TOOL_FAILED;
}

static bool is_directory(const char *path)
{
    struct stat info;
    return stat(path, &info) == 0 && S_ISDIR(info.st_mode);
}

/* The path of the index that `given` stands for, in a directory the one called `base`; it may turn
 * out to be none. */
static int resolve(const char *given, const char *base, char path[PATH_CAP])
{
    if (is_directory(given))
        return join(path, given, ends_with(given, "/") ? "" : "/", base);
    if (ends_with(given, ".lode"))
        return join(path, given, "", "");
    const int status = tool_check_supported(given);
    return status == TOOL_OK ? join(path, given, "", ".lode") : status;
}

int tool_open_index(const struct tool_options *options, char path[4096], lode_index **index)
{
    const char *given = options->args[0];
    struct lode_diag diag = {0};
    struct lode_open_options open = LODE_OPEN_OPTIONS_INIT;
    open.map_mode = LODE_MAP_GUARDED;
    open.source_policy = options->allow_outside ? LODE_SOURCES_ANYWHERE : LODE_SOURCES_OWNER;
    open.source_root = options->root;
    const int exit_status = resolve(given, "index.lode", path);
    if (exit_status != TOOL_OK)
        return exit_status;
    if (access(path, F_OK) != 0) {
        /* An index may have any name. */
        const int other = lode_open(given, &open, index, &diag);
        if (other == LODE_E_IO || other == LODE_E_NOT_LODE || strcmp(given, path) == 0)
            return no_index(given, path);
        snprintf(path, PATH_CAP, "%s", given);
        return other == LODE_OK ? TOOL_OK : tool_report(other, &diag);
    }
    const int status = lode_open(path, &open, index, &diag);
    return status == LODE_OK ? TOOL_OK : tool_report(status, &diag);
}

/* May this file be added to, whatever its name? One that is empty is as good as none, as `mktemp`
 * leaves it; of one that is damaged the library says so. */
static bool may_be_index(const char *path)
{
    struct lode_diag diag = {0};
    struct stat info;
    lode_index *index = NULL;
    if (stat(path, &info) != 0 || !S_ISREG(info.st_mode))
        return false;
    const int status = info.st_size > 0 ? lode_open(path, NULL, &index, &diag) : LODE_OK;
    lode_close(index);
    return status != LODE_E_IO && status != LODE_E_NOT_LODE;
}

int tool_find_added_to(const struct tool_options *options, const char *given, char path[4096])
{
    const char *base = options->track != LODE_TRACK_NONE ? "tracks.lode" : "index.lode";
    const int status = resolve(given, base, path);
    /* a new one may be begun by its own name, but not by that of a FASTA or a directory */
    if (status != TOOL_OK || access(path, F_OK) == 0 || strcmp(given, path) == 0)
        return status;
    if (!may_be_index(given))
        return no_index(given, path);
    snprintf(path, PATH_CAP, "%s", given);
    return TOOL_OK;
}

/* Packed bases answer whatever became of the FASTA. Who names the FASTA wants those that are in it.
 */
static int check_named(const lode_index *index, const char *given, const char *path)
{
    struct lode_info info = {.struct_size = sizeof info};
    struct lode_verify_options quick = LODE_VERIFY_OPTIONS_INIT;
    struct lode_diag diag = {0};
    quick.level = LODE_VERIFY_QUICK;
    quick.threads = 1;
    if (ends_with(given, ".lode") || lode_index_info(index, &info) != LODE_OK ||
        info.packed_size == 0 || access(given, F_OK) != 0 || is_directory(given) ||
        lode_verify(index, &quick, &diag) != LODE_E_STALE)
        return TOOL_OK;
    tool_error("%s; to read the bases that were packed, name %s", diag.message, path);
    return TOOL_STALE;
}

/* What is made for bases is not made for numbers. */
static int check_bases(const lode_index *index, const char *path)
{
    struct lode_source_info info = {.struct_size = sizeof info};
    if (lode_source_info(index, 0, &info, NULL) != LODE_OK || info.track == LODE_TRACK_NONE)
        return TOOL_OK;
    tool_error("%s: holds tracks, which are numbers: read them with the library "
               "(lode_fetch_at, in Python lode.open_tracks)",
               path);
    return TOOL_USAGE;
}

int tool_open_bases(const struct tool_options *options, char path[4096], lode_index **index)
{
    int status = tool_open_index(options, path, index);
    if (status == TOOL_OK)
        status = check_named(*index, options->args[0], path);
    if (status == TOOL_OK)
        status = check_bases(*index, path);
    if (status != TOOL_OK) {
        lode_close(*index);
        *index = NULL;
    }
    return status;
}

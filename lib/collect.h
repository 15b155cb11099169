/* Owns the inputs of a build: files and directories -> the sorted list of sources with their paths,
 * locators and NAMEs, and where the index goes (SPEC 5.1, 5.2). */
#ifndef LODE_LIB_COLLECT_H
#define LODE_LIB_COLLECT_H

#include "lode.h"

#include <stdbool.h>

struct lode_bgzfout;

struct lode_input {
    char *path;                /* to open it by, as the user would write it */
    char *locator;             /* relative to the real directory of the index */
    char *name;                /* NAME */
    uint64_t size;             /* bytes, for progress */
    struct lode_bgzfout *made; /* the file is made in the same pass; NULL: it is there */
};

struct lode_collection {
    struct lode_input *inputs; /* sorted by locator bytes */
    size_t count, cap;
    int64_t total_size;
    char *out;       /* path of the index */
    char *out_dir;   /* its real directory */
    int64_t skipped; /* lenient: entries that could not be read */
};

/* Lists the inputs of a collection whose place is chosen (lib/indexplace.h). Reports what a lenient
 * build leaves out through options->message. MISSING, IO, REFUSED (a symbolic link that leads back
 * up), DUPLICATE (two sources of one NAME), FOREIGN, ARG.
 */
int lode_collect(struct lode_collection *collection, const char *const *inputs, size_t n,
                 const struct lode_build_options *options, struct lode_diag *diag);

/* Is this a failure of the input itself, which a lenient build leaves out? Running out of memory,
 * descriptors or disk is not. */
bool lode_input_skippable(const struct lode_diag *diag);

void lode_collection_free(struct lode_collection *collection);

#endif

/* Owns which contigs a finding of `lode verify` concerns. */
#ifndef LODE_TOOL_FINDING_PLACE_H
#define LODE_TOOL_FINDING_PLACE_H

#include <stdbool.h>

#include "lode.h"
#include "names.h"

struct tool_place {
    const lode_index *index;
    const char *index_path, *root; /* root: --root or NULL */
    int64_t source;                /* of the last finding: the next one is there or behind it */
    struct tool_name locator, first, last;
};

/* Damage at a place in a FASTA or in the index: sets the names of the first and the last contig
 * that it may touch; "#12" stands for contig 12 where its name cannot be read. False where no
 * contig can be told. */
bool tool_place_contigs(struct tool_place *place, const struct lode_diag *finding);

void tool_place_free(struct tool_place *place);

#endif

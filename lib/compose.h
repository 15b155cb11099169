/* Owns the look at every base: is it allowed, and what is it. Counts per bin, places where the case
 * changes, runs of bases other than A C G T (SPEC 5.10-5.12). Works on one stretch of a source
 * whose coordinates are known; stretches are independent, tables.h joins them in order. */
#ifndef LODE_LIB_COMPOSE_H
#define LODE_LIB_COMPOSE_H

#include "records.h"

struct lode_bin_counts {
    uint32_t n, gc, lower, other;
};

/* Runs and letters seen of one contig inside the stretch. */
struct lode_contig_part {
    size_t runs_end;   /* its runs end here in the stretch's runs */
    size_t packed_end; /* and its bases here in its packed ones: lib/packlines.h */
    uint64_t bases;
    bool t, u; /* T or t, U or u seen */
    bool ends; /* the contig ends here; else it continues in the next stretch */
};

struct lode_composed {
    uint64_t first_bin; /* bins[i] is bin first_bin + i of the source */
    struct lode_bin_counts *bins;
    size_t bin_count, bin_cap;
    uint64_t *toggles; /* coordinates where the case differs from the letter before */
    size_t toggle_count, toggle_cap;
    bool any_letter, first_lower, last_lower; /* case of the first and the last letter */
    uint64_t first_letter;                    /* its coordinate */
    struct lode_run_row *runs;
    size_t run_count, run_cap;
    bool run_continues; /* the first run may continue one of the stretch before */
    struct lode_contig_part *parts;
    size_t part_count, part_cap;
    uint8_t *packed; /* where the build packs; else NULL */
    size_t packed_cap;
};

void lode_composed_free(struct lode_composed *composed);

/* Looks at the bases that the stretch's items name. FORMAT with path and line number for a byte
 * that no sequence may hold. */
int lode_compose(struct lode_composed *out, const struct lode_stretch *stretch, const uint8_t *text,
                 const char *path, struct lode_diag *diag);

#endif

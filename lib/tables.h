/* Owns the tables of the sources that a build scans: they are added one after another, each as its
 * stretches in text order, and can be taken back whole. */
#ifndef LODE_LIB_TABLES_H
#define LODE_LIB_TABLES_H

#include "compose.h"
#include "digest.h"
#include "keysort.h"
#include "seqindex.h"
#include "spool.h"
#include "textchunk.h"

struct lode_tables {
    struct lode_spool ctig, name, blok, sums, bins, kase, excp, gaps, digs, desc, base;
    bool packs;                      /* base is filled */
    struct lode_digester *digester;  /* NULL: no digests are made */
    struct lode_source_row *sources; /* finished ones; strings and slots not set */
    size_t source_count, source_cap;
    struct lode_name_key *names; /* of all contigs but duplicates; by hash within a source */
    size_t name_count, name_cap;
    uint64_t *name_offs; /* per contig: its name's place in the name spool */
    size_t contig_count, contig_cap;
    uint64_t base_end; /* BASE bytes, as if packed, of finished sources */
    uint64_t bases;    /* of all contigs */
    /* the source being added */
    struct lode_source_row row;
    size_t first_name;
    uint64_t first_bases;
    uint64_t blocks, sum_rows, contig_end_base, contig_first_run, toggles;
    uint32_t crc;
    uint64_t contig_packed; /* bases in BASE, packed, of the contig that is being read */
    bool contig_t, contig_u;
    uint64_t *lines; /* header line numbers of its contigs */
    size_t line_count, line_cap;
    struct lode_bin_row *bin_rows;
    size_t bin_count, bin_cap;
    uint16_t *bin_toggles; /* of the bin last begun */
    size_t bin_toggle_count;
    bool lower; /* case of its last letter */
};

/* Spools go to unnamed files in dir_fd. With digests DIGS is filled too; with packs BASE, and what
 * is added must have been packed. False when out of memory; free is allowed then too, and on zeroed
 * tables. */
bool lode_tables_init(struct lode_tables *tables, int dir_fd, bool digests, bool packs);
void lode_tables_free(struct lode_tables *tables);

/* Starts a source: kind and layout from scan. Functions below: LODE_OK, NOMEM, IO. */
void lode_tables_begin(struct lode_tables *tables, const struct lode_scan_source *scan);

/* The next stretch of the source: its chunk, what records.h and compose.h made of it. */
int lode_tables_add(struct lode_tables *tables, const struct lode_textchunk *chunk,
                    const struct lode_stretch *stretch, const struct lode_composed *composed,
                    struct lode_diag *diag);

/* Finishes the source: file size and fingerprint from scan, whose path is for messages. DUPLICATE
 * names two header lines, unless duplicates_first, then later contigs of a name are marked. */
int lode_tables_end(struct lode_tables *tables, const struct lode_scan_source *scan,
                    bool duplicates_first, struct lode_diag *diag);

/* Takes the source being added back. */
int lode_tables_abandon(struct lode_tables *tables, struct lode_diag *diag);

/* Rows of all tables so far; slots are not counted. */
struct lode_begins lode_tables_now(const struct lode_tables *tables);

/* Steps of lode_tables_add and lode_tables_end, in tables_bases.c; 0, or -1 with errno. */
int lode_tables_add_case(struct lode_tables *tables, const struct lode_composed *composed);
int lode_tables_add_runs(struct lode_tables *tables, const struct lode_run_row *runs, size_t begin,
                         size_t end, bool continues);
int lode_tables_end_runs(struct lode_tables *tables, struct lode_contig_row *row);
int lode_tables_end_bins(struct lode_tables *tables);

/* The same for packed bases, in tables_packed.c: those of a part of the stretch, whose contig ends
 * there with this row, or goes on (NULL). Before the contig's runs are ended. */
int lode_tables_add_packed(struct lode_tables *tables, const struct lode_composed *composed,
                           size_t part, const struct lode_contig_row *row);

#endif

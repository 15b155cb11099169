/* Owns .fai and .gzi: writing them from an index, and telling whether those beside a FASTA are
 * right. They are never read for anything else. */
#ifndef LODE_TOOL_SAMTOOLS_FILES_H
#define LODE_TOOL_SAMTOOLS_FILES_H

#include <stdio.h>

#include "lode.h"

/* The .fai that samtools faidx makes: empty contigs and later ones of a name left out. What the
 * library said; write errors are left to ferror. */
int tool_write_fai(FILE *out, const lode_index *index, int64_t source, struct lode_diag *diag);

/* The .gzi that bgzip -r makes: a row for every block that holds text, but the first. with_eof: the
 * other form seen in the wild, with a row for the end-of-file block. The source must be BGZF. */
int tool_write_gzi(FILE *out, const lode_index *index, int64_t source, int with_eof,
                   struct lode_diag *diag);

/* Warns of every .fai and .gzi beside a source of the index at path that does not describe it. */
void tool_check_samtools_files(const char *path);

#endif

/* Owns a line of a sequence dictionary: MD5 of a contig in upper case, as samtools dict has it. */
#ifndef LODE_TOOL_DICT_H
#define LODE_TOOL_DICT_H

#include "lode.h"

/* MD5 (SAM's M5) of the contig's bases in upper case, as 32 hexadecimal digits and a NUL. Reads the
 * FASTA in bounded memory: buf has size bytes. What the library said, or LODE_E_NOMEM. */
int tool_md5_contig(lode_reader *reader, const struct lode_contig *contig, char *buf, int64_t size,
                    char hex[33], struct lode_diag *diag);

#endif

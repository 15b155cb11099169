/* Owns what harnesses hold answers against: slow, plain ways to the same answer that share no code
 * with the library's. */
#ifndef LODE_FUZZ_ORACLE_H
#define LODE_FUZZ_ORACLE_H

#include "lode.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* The text of a source as zlib gives it, block after block, where the index says they are. No sum
 * is asked. */
enum oracle_byte { ORACLE_UNKNOWN, ORACLE_KNOWN, ORACLE_DISPUTED };
struct oracle_text {
    uint8_t *text;
    uint8_t *known; /* enum oracle_byte; disputed: rows of two blocks claim the place */
    size_t n;
};

enum { ORACLE_TEXT_MAX = 1 << 21 };

/* Of source number 0, whose file has these bytes. False: too long, or its row is damaged. */
bool oracle_text_of(struct oracle_text *oracle, const lode_index *index, const uint8_t *file,
                    size_t n);
void oracle_text_free(struct oracle_text *oracle);

/* Are these bases [begin, end) of the contig, by its record and that text? Bytes that the oracle
 * does not know are passed over. */
bool oracle_bases(const struct oracle_text *oracle, const lode_index *index,
                  const struct lode_contig *contig, int64_t begin, int64_t end,
                  const uint8_t *bases);

/* FASTA by SPEC 11, line after line. */
struct oracle_record {
    size_t name, name_len; /* in the text */
    size_t bases, length;  /* in struct oracle_fasta's */
};
struct oracle_fasta {
    struct oracle_record *records;
    size_t count;
    uint8_t *bases;
    bool good;
    const char *why; /* it is not */
};
void oracle_fasta_parse(struct oracle_fasta *fasta, const uint8_t *text, size_t n);
void oracle_fasta_free(struct oracle_fasta *fasta);

/* An index that verify finds nothing in answers every question: each contig by number and by name,
 * the first of its name in its source, by comparing with all of them. */
void oracle_sound(const lode_index *index);

#endif

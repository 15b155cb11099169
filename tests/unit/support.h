/* Owns what the unit tests share: a directory of their own, random numbers from a seed, and FASTA
 * texts made together with the bases they hold, so that no parser is needed to know what is right.
 */
#ifndef LODE_TESTS_SUPPORT_H
#define LODE_TESTS_SUPPORT_H

#include "lode.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#define COUNT_OF(array) (sizeof(array) / sizeof *(array))

/* ---- random numbers ------------------------------------------------------------------------- */

struct rng {
    uint64_t s; /* not zero */
};
uint64_t rng_next(struct rng *rng);
uint64_t rng_below(struct rng *rng, uint64_t n);               /* [0, n), n > 0 */
uint64_t rng_range(struct rng *rng, uint64_t lo, uint64_t hi); /* [lo, hi] */

/* ---- files ---------------------------------------------------------------------------------- */

/* Setup and teardown of a test with a directory of its own, tmp_root, without symbolic links. */
int tmp_make(void **state);
int tmp_drop(void **state);
extern char tmp_root[512];

/* A path inside it; the last 16 results stay valid. */
const char *tmp_path(const char *format, ...) __attribute__((format(printf, 1, 2)));

#define TMP_TEST(test) cmocka_unit_test_setup_teardown(test, tmp_make, tmp_drop)

struct bytes {
    uint8_t *p;
    size_t n, cap;
};
void bytes_add(struct bytes *b, const void *p, size_t n);
void bytes_free(struct bytes *b);

void file_write(const char *path, const void *data, size_t n); /* in place, created when absent */
struct bytes file_read(const char *path);

/* ---- FASTA ---------------------------------------------------------------------------------- */

enum style_eol { STYLE_LF, STYLE_CRLF, STYLE_EITHER };

struct style {
    size_t records;
    size_t max_length; /* a record has 0 .. max_length bases */
    size_t max_width;  /* and lines of 1 .. max_width */
    enum style_eol eol;
    const char *letters; /* that bases are drawn from, in stretches; NULL: "ACGTacgtN" */
    const char *prefix;  /* of the names; NULL: "c" */
    bool blank_lines;    /* between records, some of them */
    bool open_end;       /* the last line may have no end */
    bool same_length;    /* all records have max_length bases, all lines max_width */
};

struct record {
    char name[64], description[64];
    char *bases;
    int64_t length;
    size_t header_off, text_off, line_bases; /* line_bases 0 when empty, length when one line */
    uint8_t header_eol, lines_eol, last_eol; /* bytes of the line ends, SPEC 5.4 */
    uint64_t line;                           /* of the header, 1-based */
};

struct fasta {
    struct bytes text;
    struct record *records;
    size_t count;
};
struct fasta fasta_random(struct rng *rng, const struct style *style);
void fasta_free(struct fasta *fasta);

/* Letters of an even DNA, a masked one, one with every code, RNA. */
extern const char *const style_letters[4];

/* ---- indexes -------------------------------------------------------------------------------- */

/* Each fails the test when the library does not succeed. */
void compress_ok(const char *in, const char *out, int block_size);
void build_ok(const char *const *inputs, size_t n, const char *out);
lode_index *open_ok(const char *path);
lode_reader *reader_ok(const lode_index *index);

/* A FASTA at leaf (BGZF with these blocks when block_size > 0): its path. And with its index at
 * leaf.lode. */
const char *fasta_file(const struct fasta *fasta, const char *leaf, int block_size);
lode_index *index_of(const struct fasta *fasta, const char *leaf, int block_size);

enum { WRONG_BASES = 1000, DST_TOUCHED = 1001 };

/* Reads [begin, end) of a contig that holds record and judges the answer: LODE_OK for the right
 * bases, the status of a refusal, WRONG_BASES, or DST_TOUCHED after a refusal. Fails no test, so
 * that any thread and process may call it. */
int read_judged(lode_reader *reader, const struct lode_contig *contig, const struct record *record,
                int64_t begin, int64_t end);

/* count random reads over all contigs of the index, which are the records of fasta. The first
 * verdict that is not LODE_OK, or LODE_OK. */
int read_randomly(const lode_index *index, lode_reader *reader, const struct fasta *fasta,
                  struct rng *rng, int count, int64_t max_length);

#endif

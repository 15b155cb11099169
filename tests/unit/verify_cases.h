/* Owns the catalogue of damages that test_verify.c does to an index: one field, and the rule that
 * must be found broken. */
#ifndef LODE_TESTS_VERIFY_CASES_H
#define LODE_TESTS_VERIFY_CASES_H

#include "layout.h"
#include "reseal.h"

#define SRCE(field)    LODE_ID_SRCE, 0, LODE_SRCE_##field
#define SRC1(field)    LODE_ID_SRCE, 1, LODE_SRCE_##field
#define ENDS(field)    LODE_ID_SRCE, 2, LODE_SRCE_##field
#define CTIG(i, field) LODE_ID_CTIG, i, LODE_CTIG_##field
#define BINS(i, field) LODE_ID_BINS, i, LODE_BINS_##field
#define GAPS(i, field) LODE_ID_GAPS, i, LODE_GAPS_##field

static const struct damage sources_damaged[] = {
    {SRC1(PATH_OFF), 8, 1, "S-11"},
    {SRCE(NAME_LEN), 4, 1, "S-11"},
    {LODE_ID_SSTR, 4, 0, 1, 'x', "S-11"}, /* the NUL of the first locator */
    {SRCE(TEXT_LEN), 8, 1, "S-10"},
    {SRCE(FILE_SIZE), 8, INT64_MIN, "S-9"},
    {SRCE(KIND), 2, 3, "S-8"},
    {SRCE(KIND), 2, 1, "B-1"},
    {SRCE(FLAGS), 2, 16, "S-8"},
    {SRCE(FLAGS), 2, LODE_SOURCE_RESTART, "S-23"},
    {SRCE(FLAGS), 2, LODE_SOURCE_FINE, "S-25"},
    {SRC1(FLAGS), 2, LODE_SOURCE_RESTART, "S-25"}, /* it is fine: both */
    {SRC1(FLAGS), 2, LODE_SOURCE_RESTART - LODE_SOURCE_FINE, "T-4"},
    {SRC1(FLAGS), 2, -LODE_SOURCE_FINE, "T-4"},
    {SRC1(FLAGS), 2, -LODE_SOURCE_FINE, "S-25"},
    {SRC1(KIND), 2, -1, "S-25"},
    {SRC1(KIND), 4, -1 - (LODE_SOURCE_FINE << 16), "B-1"}, /* and without its flag */
    {SRC1(TEXT_LEN), 8, 4096, "T-4"},
    {SRC1(TEXT_CRC), 4, 1, "B-4"},
    {SRC1(TEXT_CRC), 4, 1, "B-6"},
    {SRC1(CONTIG), 8, 100, "S-7"},
    {SRC1(BIN), 8, 1, "K-1"},
    {SRC1(SUM), 8, 1, "T-4"},
    {SRC1(NAME), 8, 1, "C-9"},
    {SRC1(BASE), 8, 1, "C-9"},
    {SRC1(SLOT), 8, 1, "N-2"},
    {ENDS(SLOT), 8, -1, "N-3"},
    {SRCE(CONTIG), 8, 1, "S-12"},
    {ENDS(PATH_LEN), 4, 1, "S-18"},
    {ENDS(RUN), 8, -1, "S-12"},
    {ENDS(BASE), 8, 1, "C-9"},
    {LODE_ID_SSTR, 0, 0, 1, 'z' - 'a', "S-13"},
    {LODE_ID_SSTR, 0, 0, 1, '/' - 'a', "S-14"},
    {LODE_ID_OPTS, 0, 0, 1, 'z' - 'd', "O-1"},
    {LODE_ID_OPTS, -1, 0, 1, 1, "O-1"},
};

static const struct damage contigs_damaged[] = {
    {CTIG(0, SOURCE), 4, 9, "C-1"},
    {CTIG(0, SOURCE), 4, 1, "C-2"},
    {CTIG(3, FLAGS), 2, 0x80, "C-3"},
    {CTIG(3, ENCODING), 1, 3, "C-3"},
    {CTIG(1, LENGTH), 8, 1 << 20, "C-4"},
    {CTIG(1, LINE_BASES), 8, -41, "C-4"},
    {CTIG(8, TEXT_OFF), 8, INT64_MIN, "C-4"},
    {CTIG(1, NAME_LEN), 4, 1, "C-5"},
    {CTIG(1, NAME_OFF), 8, INT64_MIN, "C-5"},
    {CTIG(0, DEFLINE_LEN), 4, -24, "C-6"},
    {CTIG(0, DESC_OFF), 8, -1, "C-9"},
    {CTIG(0, DESC_OFF), 8, 1 << 20, "C-7"},
    {CTIG(0, FLAGS), 2, 2, "C-8"},
    {CTIG(0, FLAGS), 2, 0x20, "C-8"},
    {CTIG(2, FLAGS), 2, 0x14, "C-8"},
    {CTIG(6, BASE_OFF), 8, 1, "C-9"},
    {CTIG(6, NAME_OFF), 8, -5, "C-9"},
    {CTIG(1, FLAGS), 2, 0x40, "C-10"},
    {CTIG(2, ENCODING), 1, 1, "C-11"},
    {CTIG(0, NAME_LEN), 4, -4, "C-12"},
    {LODE_ID_NAME, 1, 0, 1, ' ' - 'h', "C-12"},
    {CTIG(0, TEXT_OFF), 8, 1, "G-4"},
    {CTIG(0, LENGTH), 8, 1, "G-4"},
    {CTIG(8, LENGTH), 8, -1, "G-4"},
    {GAPS(0, SOURCE), 4, 7, "G-1"},
    {GAPS(0, LENGTH), 4, -3, "G-1"},
    {GAPS(1, TEXT_OFF), 8, 1 << 20, "G-2"},
    {GAPS(1, DESC_OFF), 8, INT64_MIN, "G-2"},
    {GAPS(1, TEXT_OFF), 8, 1, "G-4"},
    {LODE_ID_DESC, 0, 0, 1, 1, "G-3"},
};

static const struct damage blocks_and_bases_damaged[] = {
    {LODE_ID_BLOK, 0, LODE_BLOK_TEXT_OFF, 1, 1, "B-3"},
    {LODE_ID_BLOK, 0, LODE_BLOK_FILE_OFF, 1, 1, "B-3"},
    {LODE_ID_BLOK, 1, LODE_BLOK_TEXT_OFF + 3, 1, 1, "B-2"},
    {LODE_ID_BLOK, 2, LODE_BLOK_FILE_OFF + 3, 1, 1, "B-2"},
    {LODE_ID_BLOK, -1, LODE_BLOK_TEXT_OFF, 1, 1, "B-4"},
    {LODE_ID_BLOK, -1, LODE_BLOK_CRC_LOW, 1, 1, "B-4"},
    {LODE_ID_BLOK, 1, LODE_BLOK_CRC_HIGH, 1, 1, "B-6"},
    {LODE_ID_SUMS, -1, 0, 4, 1, "T-2"},
    {BINS(0, TOGGLE) + 6, 1, 1, "K-10"},
    {BINS(0, TOGGLE) + 7, 1, INT8_MIN, "K-11"},
    {BINS(0, TOGGLE), 1, 1, "K-2"},
    {BINS(1, TOGGLE), 1, 1, "K-5"},
    {BINS(1, RUN), 8, 1, "K-5"},
    {BINS(1, N), 4, 1, "K-2"},
    {BINS(-1, TOGGLE) + 7, 1, INT8_MIN, "K-2"},
    {BINS(0, N), 4, 70000, "K-3"},
    {BINS(0, LOWER), 4, 1 << 12, "K-3"},
    {BINS(0, N), 4, -2, "K-4"}, /* the protein has one of its own */
    {BINS(2, N), 4, 1, "K-4"},
    {BINS(2, OTHER), 4, 1, "K-4"},
    {BINS(0, RUN), 8, 1, "K-12"},
    {LODE_ID_CASE, 0, 0, 2, 60, "K-6"},
    {LODE_ID_EXCP, 0, LODE_EXCP_RESERVED, 1, 1, "K-8"},
    {LODE_ID_EXCP, 0, LODE_EXCP_LENGTH, 8, -4, "K-8"},
    {LODE_ID_EXCP, 1, LODE_EXCP_LENGTH, 8, INT64_MAX, "K-8"},
    {LODE_ID_EXCP, 0, LODE_EXCP_BYTE, 1, 0x20, "K-8"},
    {LODE_ID_EXCP, 0, LODE_EXCP_BYTE, 1, 'A' - 'N', "K-9"},
    {LODE_ID_EXCP, 0, LODE_EXCP_LENGTH, 8, 12, "K-9"},
    {LODE_ID_EXCP, 0, LODE_EXCP_LENGTH, 8, 2, "K-4"},
};

/* What only the text tells. */
static const struct damage wrong_rows[] = {
    {BINS(0, GC), 4, 1, "K-4"},
    {BINS(0, N), 4, 1, "K-4"},
    {BINS(2, LOWER), 4, 1, "K-4"},
    {LODE_ID_CASE, 0, 0, 2, 1, "K-7"},
    {LODE_ID_EXCP, 2, LODE_EXCP_START, 1, -1, "K-9"},
    {LODE_ID_DESC, 7, 0, 1, 1, "C-13"},
    {CTIG(0, LEAD), 1, -1, "C-13"},
    {LODE_ID_SUMS, 0, 0, 4, 1, "T-3"},
    {LODE_ID_SUMS, 2, 0, 4, 1, "T-3"},
    {SRC1(FLAGS), 2, LODE_SOURCE_NO_EOF, "S-20"},
    {SRCE(TEXT_CRC), 4, 1, "S-19"},
};

static const struct damage large_damaged[] = {
    {BINS(1, TOGGLE), 1, 1, "K-6"}, /* 4,097 entries */
    {BINS(2, TOGGLE) + 7, 1, INT8_MIN, "K-11"},
    {BINS(4, RUN), 8, 1000, "K-2"},
    {BINS(6, RUN), 8, -1, "K-12"},
};

#endif

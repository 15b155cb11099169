/* Owns every constant of the lode file format: magic, versions, ids, flags, field offsets, strides.
 * It holds no code. Each field table below is the one source of an enum of offsets, of the byte
 * tables that tests/unit/test_spec.c compares with SPEC.md, and of the picture in README.md. */
#ifndef LODE_FORMAT_LAYOUT_H
#define LODE_FORMAT_LAYOUT_H

#include <stdint.h>

/* SPEC 3.1: a byte no text file starts with, the name, then CR LF SUB against text-mode copies. */
#define LODE_MAGIC_BYTES                                                                           \
    {                                                                                              \
        0x89, 'L', 'O', 'D', 'E', 0x0D, 0x0A, 0x1A                                                 \
    }

enum {
    LODE_FORMAT_MAJOR = 1, /* files of 0, which came before it, mean the same */
    LODE_FORMAT_MINOR = 0,
    LODE_LAYOUTS_MINOR = 2,   /* of 0: the first that tells of layouts, S-23, S-25 */
    LODE_WRITER_REVISION = 3, /* SPEC 5.15: raised when the rows for the same input change */

    LODE_MAGIC_SIZE = 8,
    LODE_HEADER_SIZE = 64,
    LODE_ENTRY_SIZE = 64,
    LODE_GROWN_SIZE_MAX = 4096, /* header_size and entry_size may grow up to here */
    LODE_ENTRY_COUNT_MAX = 4096,
    LODE_ALIGN = 64,
    LODE_ALIGN_BIG = 4096,        /* sections of at least LODE_BIG_SECTION bytes */
    LODE_BIG_SECTION = 65536,     /* also: the file page of the page sums */
    LODE_PAGE_LOG2 = 16,          /* 64 KiB file pages */
    LODE_SUM_LOG2 = 12,           /* 4 KiB text pieces */
    LODE_RESTART_LOG2 = 10,       /* 1 KiB text pieces of a source with LODE_SOURCE_RESTART */
    LODE_FINE_LOG2 = 10,          /* and of one with LODE_SOURCE_FINE */
    LODE_FINE_BLOCK = 16384,      /* text of a block of such a source, at most; SPEC 5.1 */
    LODE_FIRST_BLOCKS = 8,        /* blocks with text that tell how a source is laid out */
    LODE_BIN_LOG2 = 16,           /* 65,536 bases per bin */
    LODE_CASE_BITMAP = 4096,      /* a bin with this many CASE entries holds a bit map */
    LODE_BGZF_BLOCK_MAX = 65536,  /* text and file bytes of one BGZF block */
    LODE_PLAIN_BLOCK = 65536,     /* plain text is proven as blocks of this size */
    LODE_FINGERPRINT_SPAN = 4096, /* bytes taken from each end of a source */
    LODE_NAME_SEED_MAX = 15,      /* SPEC 5.6 */
    LODE_NAME_PROBE_MAX = 1024,   /* longest probe a writer may store */
    LODE_BASE_TAIL = 64,          /* SPEC 5.14: zero bytes behind the last base of BASE */
};

/* u48 halves of a shared 64-bit word. */
#define LODE_U48_MASK   0xFFFFFFFFFFFFULL
#define LODE_TEXT_MAX   LODE_U48_MASK      /* bytes of one source, text or file, are below 2^48 */
#define LODE_CONTIG_MAX ((1ULL << 39) - 2) /* contigs of one file */
#define LODE_SOURCE_MAX 0xFFFFFFFEULL      /* sources of one file */
#define LODE_STRING_MAX 0xFFFFFFFFULL      /* bytes of one name, path or deflines */

/* Four characters, first one in the lowest byte. */
#define LODE_ID(a, b, c, d)                                                                        \
    ((uint32_t)(a) | (uint32_t)(b) << 8 | (uint32_t)(c) << 16 | (uint32_t)(d) << 24)

/* SECTION(id letters, stride, flags): the sections of SPEC 5 that this revision writes, file order.
 */
#define LODE_SECTIONS(SECTION)                                                                     \
    SECTION(SRCE, 'S', 'R', 'C', 'E', 128, LODE_SECTION_CRITICAL | LODE_SECTION_SORTED)            \
    SECTION(SNAM, 'S', 'N', 'A', 'M', 8, LODE_SECTION_CRITICAL | LODE_SECTION_SORTED)              \
    SECTION(SSTR, 'S', 'S', 'T', 'R', 1, LODE_SECTION_CRITICAL)                                    \
    SECTION(OPTS, 'O', 'P', 'T', 'S', 1, 0)                                                        \
    SECTION(CTIG, 'C', 'T', 'I', 'G', 64, LODE_SECTION_CRITICAL | LODE_SECTION_SORTED)             \
    SECTION(TNAM, 'T', 'N', 'A', 'M', 8, LODE_SECTION_CRITICAL | LODE_SECTION_SORTED)              \
    SECTION(GNAM, 'G', 'N', 'A', 'M', 8, LODE_SECTION_CRITICAL | LODE_SECTION_SORTED)              \
    SECTION(NAME, 'N', 'A', 'M', 'E', 1, LODE_SECTION_CRITICAL)                                    \
    SECTION(BLOK, 'B', 'L', 'O', 'K', 16, LODE_SECTION_CRITICAL | LODE_SECTION_SORTED)             \
    SECTION(SUMS, 'S', 'U', 'M', 'S', 4, LODE_SECTION_CRITICAL)                                    \
    SECTION(BINS, 'B', 'I', 'N', 'S', 32, LODE_SECTION_SORTED)                                     \
    SECTION(CASE, 'C', 'A', 'S', 'E', 2, 0)                                                        \
    SECTION(EXCP, 'E', 'X', 'C', 'P', 16, LODE_SECTION_SORTED)                                     \
    SECTION(GAPS, 'G', 'A', 'P', 'S', 24, LODE_SECTION_SORTED)                                     \
    SECTION(DIGS, 'D', 'I', 'G', 'S', 48, 0)                                                       \
    SECTION(DESC, 'D', 'E', 'S', 'C', 1, LODE_SECTION_BULK)                                        \
    SECTION(BASE, 'B', 'A', 'S', 'E', 1, LODE_SECTION_BULK)                                        \
    SECTION(PSUM, 'P', 'S', 'U', 'M', 8, LODE_SECTION_CRITICAL)

/* The sections of a record store (SPEC 15), one set of them for each group, in file order. */
#define LODE_STORE_SECTIONS(SECTION)                                                               \
    SECTION(RINF, 'R', 'I', 'N', 'F', 64, LODE_SECTION_CRITICAL)                                   \
    SECTION(RTYP, 'R', 'T', 'Y', 'P', 8, LODE_SECTION_CRITICAL)                                    \
    SECTION(RSTR, 'R', 'S', 'T', 'R', 1, LODE_SECTION_CRITICAL)                                    \
    SECTION(RDIC, 'R', 'D', 'I', 'C', 1, LODE_SECTION_CRITICAL)                                    \
    SECTION(RBLK, 'R', 'B', 'L', 'K', 24, LODE_SECTION_CRITICAL)                                   \
    SECTION(ROFF, 'R', 'O', 'F', 'F', 32, LODE_SECTION_CRITICAL)                                   \
    SECTION(RSLT, 'R', 'S', 'L', 'T', 8, LODE_SECTION_CRITICAL | LODE_SECTION_SORTED)              \
    SECTION(RKEY, 'R', 'K', 'E', 'Y', 1, LODE_SECTION_CRITICAL)                                    \
    SECTION(RHEP, 'R', 'H', 'E', 'P', 1, LODE_SECTION_CRITICAL | LODE_SECTION_BULK)

/* The sections of a set (SPEC 16), in file order. */
#define LODE_SET_SECTIONS(SECTION)                                                                 \
    SECTION(MSET, 'M', 'S', 'E', 'T', 64, LODE_SECTION_CRITICAL | LODE_SECTION_SORTED)             \
    SECTION(MSTR, 'M', 'S', 'T', 'R', 1, LODE_SECTION_CRITICAL)                                    \
    SECTION(MDED, 'M', 'D', 'E', 'D', 8, LODE_SECTION_CRITICAL | LODE_SECTION_SORTED)

/* Ids reserved by SPEC 5.17 for sections that later minor versions define. */
#define LODE_RESERVED_IDS(ID)                                                                      \
    ID('T', 'R', 'K', 'S')                                                                         \
    ID('T', 'O', 'F', 'F')

/* SPEC 4: directory entry flags. */
enum {
    LODE_SECTION_CRITICAL = 1u << 0,     /* a reader that does not know the id refuses the file */
    LODE_SECTION_BULK = 1u << 1,         /* read by pread, never copied whole */
    LODE_SECTION_SAFE_TO_COPY = 1u << 2, /* a rewriter that does not know the id may keep it */
    LODE_SECTION_SORTED = 1u << 3,       /* rows ascend by their key */
    LODE_SECTION_FLAGS_KNOWN = (1u << 4) - 1,
};

#define LODE_SECTION_ENUM(name, a, b, c, d, stride, flags)                                         \
    LODE_ID_##name = LODE_ID(a, b, c, d), LODE_STRIDE_##name = (stride),
enum {
    LODE_SECTIONS(LODE_SECTION_ENUM) LODE_STORE_SECTIONS(LODE_SECTION_ENUM)
        LODE_SET_SECTIONS(LODE_SECTION_ENUM)
};
#undef LODE_SECTION_ENUM
#define LODE_SECTION_ENUM(name, a, b, c, d, stride, flags) LODE_FLAGS_##name = (flags),
enum { LODE_STORE_SECTIONS(LODE_SECTION_ENUM) LODE_SET_SECTIONS(LODE_SECTION_ENUM) };
#undef LODE_SECTION_ENUM

/* FIELD(row, name, offset, size, meaning) */
#define LODE_HEADER_FIELDS(FIELD)                                                                  \
    FIELD(HEADER, MAGIC, 0, 8, "magic")                                                            \
    FIELD(HEADER, MAJOR, 8, 2, "major version")                                                    \
    FIELD(HEADER, MINOR, 10, 2, "minor version")                                                   \
    FIELD(HEADER, HEADER_SIZE, 12, 4, "bytes of this header")                                      \
    FIELD(HEADER, INCOMPAT, 16, 4, "features a reader must know")                                  \
    FIELD(HEADER, COMPAT, 20, 4, "features a reader may ignore")                                   \
    FIELD(HEADER, ENTRY_COUNT, 24, 4, "directory entries")                                         \
    FIELD(HEADER, ENTRY_SIZE, 28, 4, "bytes of one directory entry")                               \
    FIELD(HEADER, FILE_SIZE, 32, 8, "bytes of the file")                                           \
    FIELD(HEADER, CONTENT_ID, 40, 8, "XXH64 of PSUM, the name of this content")                    \
    FIELD(HEADER, RESERVED, 48, 8, "zero")                                                         \
    FIELD(HEADER, CHECKSUM, 56, 8, "XXH64 of header and directory, this field zero")

#define LODE_ENTRY_FIELDS(FIELD)                                                                   \
    FIELD(ENTRY, ID, 0, 4, "section id")                                                           \
    FIELD(ENTRY, FLAGS, 4, 4, "CRITICAL 1, BULK 2, SAFE_TO_COPY 4, SORTED 8")                      \
    FIELD(ENTRY, GROUP, 8, 4, "instance, 0 = main")                                                \
    FIELD(ENTRY, RESERVED0, 12, 4, "zero")                                                         \
    FIELD(ENTRY, OFFSET, 16, 8, "first byte in the file")                                          \
    FIELD(ENTRY, LENGTH, 24, 8, "bytes")                                                           \
    FIELD(ENTRY, COUNT, 32, 8, "rows; count * stride = length")                                    \
    FIELD(ENTRY, STRIDE, 40, 4, "bytes of a row")                                                  \
    FIELD(ENTRY, PARAM, 44, 4, "meaning depends on the id")                                        \
    FIELD(ENTRY, CHECKSUM, 48, 8, "XXH64 of the section, PSUM only, else zero")                    \
    FIELD(ENTRY, RESERVED1, 56, 8, "zero")

#define LODE_SRCE_FIELDS(FIELD)                                                                    \
    FIELD(SRCE, PATH_OFF, 0, 8, "locator in SSTR; NAME follows its NUL")                           \
    FIELD(SRCE, PATH_LEN, 8, 4, "bytes of the locator")                                            \
    FIELD(SRCE, NAME_LEN, 12, 4, "bytes of the NAME")                                              \
    FIELD(SRCE, FILE_SIZE, 16, 8, "bytes of the source file")                                      \
    FIELD(SRCE, FINGERPRINT, 24, 8, "XXH64 of size, head and tail")                                \
    FIELD(SRCE, TEXT_LEN, 32, 8, "bytes of the uncompressed text")                                 \
    FIELD(SRCE, TEXT_CRC, 40, 4, "CRC-32 of the whole text")                                       \
    FIELD(SRCE, KIND, 44, 2, "0 plain, 1 BGZF, 2 packed only")                                     \
    FIELD(SRCE, FLAGS, 46, 2, "1 filtered, 2 no EOF marker, 4 restart, 8 fine")                    \
    FIELD(SRCE, CONTIG, 48, 8, "begin in CTIG, rows")                                              \
    FIELD(SRCE, BLOCK, 56, 8, "begin in BLOK, rows")                                               \
    FIELD(SRCE, SUM, 64, 8, "begin in SUMS, rows")                                                 \
    FIELD(SRCE, SLOT, 72, 8, "begin in TNAM, rows")                                                \
    FIELD(SRCE, NAME, 80, 8, "begin in NAME, bytes")                                               \
    FIELD(SRCE, DESC, 88, 8, "begin in DESC, bytes")                                               \
    FIELD(SRCE, BASE, 96, 8, "begin in BASE, bytes")                                               \
    FIELD(SRCE, BIN, 104, 8, "begin in BINS, rows")                                                \
    FIELD(SRCE, TOGGLE, 112, 8, "begin in CASE, rows")                                             \
    FIELD(SRCE, RUN, 120, 8, "begin in EXCP, rows")

#define LODE_CTIG_FIELDS(FIELD)                                                                    \
    FIELD(CTIG, TEXT_OFF, 0, 8, "text offset of the first base")                                   \
    FIELD(CTIG, LENGTH, 8, 8, "bases")                                                             \
    FIELD(CTIG, LINE_BASES, 16, 8, "bases of a full line")                                         \
    FIELD(CTIG, BASE_OFF, 24, 8, "begin in the source's BASE, bytes")                              \
    FIELD(CTIG, NAME_OFF, 32, 8, "begin in the source's NAME, bytes")                              \
    FIELD(CTIG, NAME_LEN, 40, 4, "bytes of the name")                                              \
    FIELD(CTIG, DEFLINE_LEN, 44, 4, "bytes of the header line, > to before its end")               \
    FIELD(CTIG, SOURCE, 48, 4, "source number")                                                    \
    FIELD(CTIG, FLAGS, 52, 2, "line ends and DUPLICATE")                                           \
    FIELD(CTIG, ENCODING, 54, 1, "0 ACGT, 1 ACGU, 2 bytes")                                        \
    FIELD(CTIG, LEAD, 55, 1, "bytes between > and the name")                                       \
    FIELD(CTIG, DESC_OFF, 56, 8, "begin in the source's DESC, bytes")

#define LODE_BLOK_FIELDS(FIELD)                                                                    \
    FIELD(BLOK, TEXT_OFF, 0, 6, "text offset of the block")                                        \
    FIELD(BLOK, CRC_LOW, 6, 2, "CRC-32 of the block's text, bits 0-15")                            \
    FIELD(BLOK, FILE_OFF, 8, 6, "file offset of the block")                                        \
    FIELD(BLOK, CRC_HIGH, 14, 2, "CRC-32 of the block's text, bits 16-31")

#define LODE_BINS_FIELDS(FIELD)                                                                    \
    FIELD(BINS, TOGGLE, 0, 8, "bits 0-47 begin in the source's CASE; bit 63 lower case at start")  \
    FIELD(BINS, RUN, 8, 8, "first run of the source's EXCP that starts at or after the bin")       \
    FIELD(BINS, N, 16, 4, "bases N")                                                               \
    FIELD(BINS, GC, 20, 4, "bases G or C")                                                         \
    FIELD(BINS, LOWER, 24, 4, "bases in lower case")                                               \
    FIELD(BINS, OTHER, 28, 4, "bases other than A C G T U N")

#define LODE_EXCP_FIELDS(FIELD)                                                                    \
    FIELD(EXCP, START, 0, 6, "source coordinate of the first base")                                \
    FIELD(EXCP, BYTE, 6, 1, "the base, upper case")                                                \
    FIELD(EXCP, RESERVED, 7, 1, "zero")                                                            \
    FIELD(EXCP, LENGTH, 8, 8, "bases")

#define LODE_GAPS_FIELDS(FIELD)                                                                    \
    FIELD(GAPS, SOURCE, 0, 4, "source number")                                                     \
    FIELD(GAPS, LENGTH, 4, 4, "bytes")                                                             \
    FIELD(GAPS, TEXT_OFF, 8, 8, "text offset")                                                     \
    FIELD(GAPS, DESC_OFF, 16, 8, "begin in the source's DESC, bytes")

#define LODE_DIGS_FIELDS(FIELD)                                                                    \
    FIELD(DIGS, MD5, 0, 16, "MD5 of the bases in upper case")                                      \
    FIELD(DIGS, SHA512T24, 16, 24, "first 24 bytes of their SHA-512")                              \
    FIELD(DIGS, RESERVED, 40, 8, "zero")

#define LODE_RINF_FIELDS(FIELD)                                                                    \
    FIELD(RINF, RECORDS, 0, 8, "records")                                                          \
    FIELD(RINF, BYTES, 8, 8, "bytes of all records")                                               \
    FIELD(RINF, NAME_OFF, 16, 4, "name of the store in RSTR")                                      \
    FIELD(RINF, NAME_LEN, 20, 4, "bytes of the name")                                              \
    FIELD(RINF, KEYS, 24, 1, "0 none, 1 bytes, 2 text, 3 integers")                                \
    FIELD(RINF, CODEC, 25, 1, "0 raw, 1 zstd, 2 zstd in blocks")                                   \
    FIELD(RINF, ALIGN, 26, 1, "logarithm of what begins are multiples of")                         \
    FIELD(RINF, SHUFFLE, 27, 1, "bytes of an element of shuffled records")                         \
    FIELD(RINF, LEVEL, 28, 4, "zstd level, modulo 2^32")                                           \
    FIELD(RINF, BLOCK_SIZE, 32, 4, "bytes that a block is closed at")                              \
    FIELD(RINF, RESERVED, 36, 28, "zero")

#define LODE_RTYP_FIELDS(FIELD)                                                                    \
    FIELD(RTYP, OFF, 0, 4, "type in RSTR")                                                         \
    FIELD(RTYP, LEN, 4, 4, "bytes of it")

#define LODE_RBLK_FIELDS(FIELD)                                                                    \
    FIELD(RBLK, BEGIN, 0, 8, "zstd frame in RHEP")                                                 \
    FIELD(RBLK, STORED, 8, 4, "bytes of the frame")                                                \
    FIELD(RBLK, LENGTH, 12, 4, "bytes of the block")                                               \
    FIELD(RBLK, SUM, 16, 4, "sum of the frame")                                                    \
    FIELD(RBLK, FLAGS, 20, 4, "8 dictionary")

#define LODE_ROFF_FIELDS(FIELD)                                                                    \
    FIELD(ROFF, BEGIN, 0, 6, "stored bytes in RHEP; number of the block")                          \
    FIELD(ROFF, FLAGS, 6, 2, "1 packed, 2 shuffled, 4 in a block, 8 dictionary")                   \
    FIELD(ROFF, STORED, 8, 6, "stored bytes; offset in the block")                                 \
    FIELD(ROFF, KEY_LEN, 14, 2, "bytes of the key")                                                \
    FIELD(ROFF, KEY, 16, 6, "begin in RKEY")                                                       \
    FIELD(ROFF, TYPE, 22, 2, "type, a row of RTYP + 1; 0 none")                                    \
    FIELD(ROFF, LENGTH, 24, 4, "bytes of the record where packed or in a block, else 0")           \
    FIELD(ROFF, SUM, 28, 4, "sum of the stored bytes; of the record in a block")

#define LODE_MSET_FIELDS(FIELD)                                                                    \
    FIELD(MSET, PATH_OFF, 0, 8, "name of the member's file in MSTR")                               \
    FIELD(MSET, PATH_LEN, 8, 4, "bytes of it")                                                     \
    FIELD(MSET, KIND, 12, 4, "1 sequence index, 2 record store")                                   \
    FIELD(MSET, CONTENT_ID, 16, 8, "content_id of the member")                                     \
    FIELD(MSET, FILE_SIZE, 24, 8, "bytes of its file")                                             \
    FIELD(MSET, FIRST, 32, 8, "contigs or records of the members before")                          \
    FIELD(MSET, SOURCE, 40, 8, "sources of the members before")                                    \
    FIELD(MSET, RESERVED, 48, 16, "zero")

#define LODE_FIELD_ENUM(row, name, off, size, meaning) LODE_##row##_##name = (off),
enum {
    LODE_HEADER_FIELDS(LODE_FIELD_ENUM) LODE_ENTRY_FIELDS(LODE_FIELD_ENUM)
        LODE_SRCE_FIELDS(LODE_FIELD_ENUM) LODE_CTIG_FIELDS(LODE_FIELD_ENUM)
            LODE_BLOK_FIELDS(LODE_FIELD_ENUM) LODE_BINS_FIELDS(LODE_FIELD_ENUM)
                LODE_EXCP_FIELDS(LODE_FIELD_ENUM) LODE_GAPS_FIELDS(LODE_FIELD_ENUM)
                    LODE_DIGS_FIELDS(LODE_FIELD_ENUM) LODE_RINF_FIELDS(LODE_FIELD_ENUM)
                        LODE_RTYP_FIELDS(LODE_FIELD_ENUM) LODE_RBLK_FIELDS(LODE_FIELD_ENUM)
                            LODE_ROFF_FIELDS(LODE_FIELD_ENUM) LODE_MSET_FIELDS(LODE_FIELD_ENUM)
};
#undef LODE_FIELD_ENUM

/* SRCE.KIND and SRCE.FLAGS (SPEC 5.1). */
enum { LODE_KIND_PLAIN = 0, LODE_KIND_BGZF = 1, LODE_KIND_PACKED = 2 };
enum {
    LODE_SOURCE_FILTERED = 1,
    LODE_SOURCE_NO_EOF = 2,
    LODE_SOURCE_RESTART = 4,
    LODE_SOURCE_FINE = 8,
    LODE_SOURCE_DTYPE_SHIFT = 8, /* of four bits: the type of a track's values, 0 for FASTA */
    LODE_SOURCE_DTYPES = 12,     /* the last code */
    LODE_SOURCE_FLAGS_KNOWN = 15 | 15 << LODE_SOURCE_DTYPE_SHIFT,
};

/* SUMS of a source with LODE_SOURCE_RESTART: the start of a piece, and what stands there when it
 * has none (SPEC 5.9). */
enum {
    LODE_RESTART_HALF = 512,  /* literals of the first half of a piece */
    LODE_START_BIT_BITS = 19, /* where the piece begins; above: the bits its first half takes */
    LODE_LITERAL_BITS_MAX = 15,
};
#define LODE_NO_START 0xFFFFFFFFu

/* CTIG.FLAGS (SPEC 5.4): three line ends of two bits each, then DUPLICATE. */
enum { LODE_EOL_NONE = 0, LODE_EOL_LF = 1, LODE_EOL_CRLF = 2 };
enum {
    LODE_CTIG_EOL_HEADER_SHIFT = 0,
    LODE_CTIG_EOL_LINES_SHIFT = 2,
    LODE_CTIG_EOL_LAST_SHIFT = 4,
    LODE_CTIG_DUPLICATE = 1 << 6,
    LODE_CTIG_FLAGS_KNOWN = (1 << 7) - 1,
};

/* CTIG.ENCODING (SPEC 5.4). */
enum {
    LODE_ENCODING_ACGT = 0,
    LODE_ENCODING_ACGU = 1,
    LODE_ENCODING_BYTES = 2,
    LODE_ENCODING_VALUES = 3
};

/* RINF and ROFF (SPEC 15). */
enum { LODE_KEYS_NONE, LODE_KEYS_BYTES, LODE_KEYS_TEXT, LODE_KEYS_INTEGERS };
enum { LODE_CODEC_RAW, LODE_CODEC_ZSTD, LODE_CODEC_BLOCKS };
enum {
    LODE_RECORD_PACKED = 1,
    LODE_RECORD_SHUFFLED = 2,
    LODE_RECORD_IN_BLOCK = 4,
    LODE_RECORD_DICTIONARY = 8,
    LODE_RECORD_FLAGS_KNOWN = 15,
    LODE_KEY_MAX = 65535,      /* bytes of a key */
    LODE_RECORD_ALIGN_MAX = 6, /* logarithm */
    LODE_RECORD_TYPES = 65535,
};

/* MSET (SPEC 16). */
enum { LODE_MEMBER_INDEX = 1, LODE_MEMBER_STORE = 2 };
enum {
    LODE_MEMBERS_MAX = 256,
    LODE_MEMBER_NAME_MAX = 255, /* bytes of the name of a member's file */
};

#define LODE_BIN_LOWER (1ULL << 63) /* BINS.TOGGLE */

/* Name table slots (SPEC 5.6). */
#define LODE_TNAM_ORDINAL_BITS 40 /* TNAM, SNAM: ordinal + 1 below, 24 hash bits above */
#define LODE_GNAM_ORDINAL_BITS 39 /* GNAM: bit 39 = the name is ambiguous */
#define LODE_GNAM_AMBIGUOUS    (1ULL << 39)

#endif

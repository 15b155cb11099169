/* lode: a memory-mapped, checksummed index of compressed FASTA.
 *
 * Conventions. Positions, lengths and counts are int64_t; ranges are 0-based and half-open
 * [begin, end). Names and paths are bytes, not text; functions that take a name take its length
 * too. Functions return LODE_OK (0) or a negative LODE_E_* unless their comment says otherwise.
 * Structs that may grow start with struct_size: set it to sizeof the struct (the LODE_*_INIT macros
 * do), zero the rest. Every release function accepts NULL and keeps errno.
 *
 * Threads. A lode_index is immutable: any number of threads may use one at the same time, and it
 * may be used on both sides of a fork. A lode_reader holds scratch memory and file descriptors: one
 * thread at a time; make one per thread (and per process after fork), as many as wanted per index.
 *
 * The library never prints, exits, aborts or reads the environment; it installs a signal handler
 * only when LODE_MAP_GUARDED asks for it. */
#ifndef LODE_H
#define LODE_H

#include <stddef.h>
#include <stdint.h>

#define LODE_VERSION_MAJOR  0
#define LODE_VERSION_MINOR  3
#define LODE_VERSION_PATCH  0
#define LODE_VERSION_STRING "0.3.0"

#if defined(__GNUC__)
#define LODE_API __attribute__((visibility("default")))
#else
#define LODE_API
#endif

#ifdef __cplusplus
extern "C" {
#endif

/* ---------------------------------------------------------------------------------- status -- */

/* Grouped by what the user should do. Values never change; gaps are deliberate. */
enum lode_status {
    LODE_OK = 0,
    LODE_CLIPPED = 1, /* request: done, and the range was cut to the contig */
    LODE_PADDED = 2, /* request: done, and bytes outside the contig were filled with the pad byte */

    /* Mend the call. */
    LODE_E_ARG = -1,       /* an argument is not allowed; nothing was done */
    LODE_E_RANGE = -2,     /* begin > end, or the range leaves the contig under LODE_BOUNDS_ERROR */
    LODE_E_NOT_FOUND = -3, /* no such contig or source */
    LODE_E_AMBIGUOUS = -4, /* the name stands in several sources: name the source too */
    LODE_E_SPACE = -5,     /* the destination is too small */
    LODE_E_GRAMMAR = -6,   /* a region that is not NAME::CONTIG:BEG-END */
    LODE_E_CANCELLED = -7, /* the caller's cancel flag was seen; untouched requests carry this */
    LODE_E_UNSUPPORTED = -8, /* a combination this version does not offer */

    /* Mend the environment. */
    LODE_E_IO = -10,      /* a system call failed; lode_diag.sys_errno says how */
    LODE_E_NOMEM = -11,   /* out of memory */
    LODE_E_MISSING = -12, /* a source file is not where the index says */
    LODE_E_REFUSED = -13, /* a source path leaves the index's directory, or is no regular file */
    LODE_E_BUSY = -14,    /* another writer is at work on the store: try again when it is done */

    LODE_E_NOT_LODE = -20, /* not a lode file */

    /* Upgrade lode. */
    LODE_E_VERSION = -21, /* written by a newer major version */
    LODE_E_FEATURE = -22, /* uses a feature this version does not know */

    /* Rebuild the index. */
    LODE_E_TRUNCATED = -30,  /* the index is shorter than it says */
    LODE_E_HEADER_SUM = -31, /* header or directory are damaged */
    LODE_E_LAYOUT = -32,     /* header or directory contradict themselves */
    LODE_E_CORRUPT = -33,    /* a row contradicts the file */
    LODE_E_PAGE_SUM = -34,   /* verify: a 64 KiB page is damaged */

    /* Look at the source files. */
    LODE_E_STALE = -40,   /* the source is not the file that was indexed: index it again */
    LODE_E_DAMAGED = -41, /* the source looks the same but its content fails its checksums */

    /* Mend the input of a build. */
    LODE_E_FORMAT = -50,    /* not FASTA, or FASTA that cannot be addressed: line in the message */
    LODE_E_NOT_BGZF = -51,  /* gzip that is not BGZF: run lode compress */
    LODE_E_DUPLICATE = -52, /* two contigs of a source, or two sources, have one name */
    LODE_E_FOREIGN = -53,   /* FASTQ, CRAM, BAM, a URL: not supported */
    LODE_E_SKIPPED = -54,   /* lenient build: done, but some inputs were left out */
};

/* "LODE_E_STALE" and a sentence of static storage; never NULL. */
LODE_API const char *lode_status_name(int status);
LODE_API const char *lode_status_text(int status);

/* What happened, in full. Filled by functions that take one, on failure only; NULL is always
 * allowed. message is a NUL-terminated sentence that names file, place and what to do. */
struct lode_diag {
    int status;
    int sys_errno;   /* errno of the failed system call, or 0 */
    char rule[8];    /* SPEC rule broken, or "" */
    char section[5]; /* section id, or "" */
    uint64_t offset; /* byte offset in the index or the source */
    char message[1024];
};

/* ----------------------------------------------------------------------------------- about -- */

LODE_API const char *lode_version(void);

/* Back ends compiled in, e.g. "inflate=isa-l-2.30 deflate=libdeflate-1.14 hash=xxhash-0.8.1
 * records=zstd-1.5.4". */
LODE_API const char *lode_features(void);

/* ----------------------------------------------------------------------------------- index -- */

typedef struct lode_index lode_index;

/* How the index file is held. */
enum lode_map_mode {
    LODE_MAP_SHARED = 0, /* mapped read-only: O(1) memory per process; the page cache is shared */
    /* Read into private memory, but for packed bases, which each read takes from the file: immune
     * to the file being truncated. */
    LODE_MAP_COPY = 1,
    /* Mapped, and a truncated file gives LODE_E_TRUNCATED instead of SIGBUS. Installs, once for the
     * process, a SIGBUS handler that passes on every fault that is not the index's. */
    LODE_MAP_GUARDED = 2,
};

/* Which source locators are followed (SPEC 5.1). */
enum lode_source_policy {
    LODE_SOURCES_BENEATH = 0, /* only files beneath the index's directory (or source_root) */
    LODE_SOURCES_OWNER = 1,   /* also "..", when the index file belongs to this user or to root */
    LODE_SOURCES_ANYWHERE = 2,
};

struct lode_open_options {
    size_t struct_size;
    int map_mode;      /* enum lode_map_mode */
    int source_policy; /* enum lode_source_policy */
    const char
        *source_root;    /* resolve locators here instead of in the index's directory; or NULL */
    uint64_t content_id; /* fail with LODE_E_STALE unless the index has this one; 0 = any */
};
#define LODE_OPEN_OPTIONS_INIT                                                                     \
    {                                                                                              \
        sizeof(struct lode_open_options), 0, 0, NULL, 0                                            \
    }

/* Opens PATH.lode by one mmap, in O(sections): header and directory are checked, rows are checked
 * when they are used, everything by lode_verify. options may be NULL. *out is set on success only.
 */
LODE_API int lode_open(const char *path, const struct lode_open_options *options, lode_index **out,
                       struct lode_diag *diag);

/* The same on a descriptor, which stays the caller's and may be closed afterwards. Sources resolve
 * in source_root (required). */
LODE_API int lode_open_fd(int fd, const struct lode_open_options *options, lode_index **out,
                          struct lode_diag *diag);

/* The same on bytes that outlive the index and do not change. Sources as lode_open_fd; source_root
 * may be NULL, then only queries that read no source work. */
LODE_API int lode_open_buffer(const void *data, size_t size,
                              const struct lode_open_options *options, lode_index **out,
                              struct lode_diag *diag);

/* Readers of the index must be freed first. */
LODE_API void lode_close(lode_index *index);

struct lode_info {
    size_t struct_size;
    uint64_t content_id; /* names the index's content: equal bytes, equal id */
    uint64_t file_size;
    int64_t sources, contigs;
    int format_major, format_minor, sections;
    int64_t packed_size; /* bytes of packed bases; 0 = reads go to the sources */
    int64_t members; /* of a set: files that answer together; then sizes are of all. 0: no set */
};
LODE_API int lode_index_info(const lode_index *index, struct lode_info *out);

/* ------------------------------------------------------------------------ sources, contigs -- */

/* One input file. */
struct lode_source_info {
    size_t struct_size;
    int64_t first_contig, contigs; /* its contigs are numbers first_contig .. + contigs - 1 */
    int64_t blocks;                /* BGZF blocks, empty ones too; 0 for plain text */
    int64_t bases;
    int64_t file_size, text_size;
    uint32_t text_crc; /* CRC-32 of the uncompressed text */
    int kind;          /* 0 plain FASTA, 1 BGZF, 2 packed only */
    int no_eof_marker; /* BGZF without its final empty block */
    uint64_t fingerprint;
    int restart; /* BGZF whose blocks can be read from the middle (LODE_LAYOUT_RESTART) */
    int small;   /* BGZF of blocks of at most 16,384 bytes of text (as LODE_LAYOUT_SMALL) */
    int track;   /* enum lode_track: the type of its values; LODE_TRACK_NONE: FASTA */
};
LODE_API int lode_source_info(const lode_index *index, int64_t source, struct lode_source_info *out,
                              struct lode_diag *diag);

/* Copies a NAME or a locator into buf (cap bytes, NUL-terminated when cap > length) and stores its
 * length. SPACE when it does not fit; *len is right all the same. */
LODE_API int lode_source_name(const lode_index *index, int64_t source, char *buf, size_t cap,
                              size_t *len);
LODE_API int lode_source_path(const lode_index *index, int64_t source, char *buf, size_t cap,
                              size_t *len);
LODE_API int lode_find_source(const lode_index *index, const char *name, size_t len,
                              int64_t *source);

/* A contig, resolved: everything a read needs, by value. Valid for the index content it came from.
 */
struct lode_contig {
    int64_t id;     /* number over the whole index */
    int64_t length; /* bases; of a track, bytes (a whole number of values) */
    int64_t source;
    int64_t text_off, line_bases, base_off; /* geometry, as in SPEC 5.4 */
    uint64_t content_id;
    uint16_t flags;
    uint8_t encoding;
    uint8_t track; /* enum lode_track */
    uint8_t reserved[4];
};

/* Contig by NAME of its source and name. source = -1: by name alone, AMBIGUOUS where several
 * sources hold it (*out is then the first of them). Without a diag NOT_FOUND costs no more than a
 * hit. */
LODE_API int lode_find(const lode_index *index, int64_t source, const char *name, size_t len,
                       struct lode_contig *out, struct lode_diag *diag);

/* n lookups with their memory accesses overlapped; sources may be NULL (all -1). status[i] is what
 * lode_find would return; out[i] is set where that is LODE_OK. Returns how many were not LODE_OK.
 */
LODE_API int64_t lode_find_many(const lode_index *index, const int64_t *sources,
                                const char *const *names, const size_t *lens, int64_t n,
                                struct lode_contig *out, int *status);

/* Contig by number. RANGE when there is none. */
LODE_API int lode_contig_at(const lode_index *index, int64_t id, struct lode_contig *out,
                            struct lode_diag *diag);

/* The contig's name, and the rest of its header line after the name (what follows the first blank);
 * copied as lode_source_name does. */
LODE_API int lode_contig_name(const lode_index *index, int64_t id, char *buf, size_t cap,
                              size_t *len);
LODE_API int lode_contig_description(const lode_index *index, int64_t id, char *buf, size_t cap,
                                     size_t *len);

/* ---------------------------------------------------------------------------------- region -- */

/* [NAME::]CONTIG[:BEG[-END]], 1-based inclusive, as samtools takes it (SPEC 9): commas, {} around
 * either name, BEG or END left out. Resolution: the whole string as a contig, then CONTIG:range,
 * then NAME::...; two readings are AMBIGUOUS. *begin, *end: 0-based half-open, not clipped; *end =
 * INT64_MAX when the region gave none. GRAMMAR, NOT_FOUND, AMBIGUOUS with candidates in *diag. */
LODE_API int lode_region(const lode_index *index, const char *region, size_t len,
                         struct lode_contig *contig, int64_t *begin, int64_t *end,
                         struct lode_diag *diag);

/* ---------------------------------------------------------------------------------- reader -- */

typedef struct lode_reader lode_reader;

struct lode_reader_options {
    size_t struct_size;
    int max_open; /* source files held open at once; 0 = 64 */
};
#define LODE_READER_OPTIONS_INIT                                                                   \
    {                                                                                              \
        sizeof(struct lode_reader_options), 0                                                      \
    }

LODE_API int lode_reader_new(const lode_index *index, const struct lode_reader_options *options,
                             lode_reader **out);
LODE_API void lode_reader_free(lode_reader *reader);

/* What happens where a range leaves [0, length). Never a silent change: CLIPPED and PADDED tell. */
enum lode_bounds {
    LODE_BOUNDS_ERROR = 0, /* RANGE */
    LODE_BOUNDS_CLIP = 1,  /* the part inside, possibly empty */
    LODE_BOUNDS_PAD = 2,   /* outside positions become the pad byte */
};

/* What the destination receives. */
enum lode_encoding_kind {
    LODE_ENCODE_BYTES = 0,  /* the bases as they stand in the file */
    LODE_ENCODE_TABLE = 1,  /* table[base]: 256 elements of dtype */
    LODE_ENCODE_ONEHOT = 2, /* rows of table[base]: 256 x channels elements of dtype */
};
enum lode_dtype {
    LODE_U8 = 0,
    LODE_I8 = 1,
    LODE_I32 = 2,
    LODE_I64 = 3,
    LODE_F16 = 4,
    LODE_BF16 = 5,
    LODE_F32 = 6,
};
struct lode_encoding {
    size_t struct_size;
    int kind, dtype;
    const void *table;       /* of the kind's shape, or NULL for BYTES */
    int channels;            /* ONEHOT: elements per base */
    int64_t position_stride; /* bytes from one base to the next; 0 = packed */
    int64_t channel_stride;  /* ONEHOT: bytes from one channel to the next; 0 = packed */
};

/* Request flags. */
#define LODE_REVERSE_COMPLEMENT 1u /* of the whole range, pads too; IUPAC, case kept; U gives A */
#define LODE_UPPER              2u /* fold a-z to A-Z */

/* One read. In: contig number, range, destination, flags. Out: the rest, set for every request. */
struct lode_request {
    int64_t contig;
    int64_t begin, end; /* 0-based half-open */
    void *dst;          /* not NUL-terminated; untouched when status is negative */
    int64_t dst_size;   /* bytes; those that the encoding spans must fit */
    uint32_t flags;
    int32_t status;              /* LODE_OK, CLIPPED, PADDED or an error */
    int64_t written;             /* positions stored, pads included; 0 on error */
    int64_t left_pad, right_pad; /* positions outside the contig: padded (PAD) or dropped (CLIP) */
    void *mask; /* a byte a position in the order of dst: 1 where the base is a letter a-z, before
                 * LODE_UPPER; 0 elsewhere and in pads. Or NULL */
    int64_t reserved[2]; /* zero */
};

/* How a batch runs. */
struct lode_batch {
    size_t struct_size;
    int threads;                          /* total; 0 and 1 = the calling thread */
    int bounds;                           /* enum lode_bounds */
    uint8_t pad;                          /* pad byte before encoding; 0 = 'N' */
    const struct lode_encoding *encoding; /* NULL = bytes */
    const int *cancel;                    /* polled between requests; non-zero stops; or NULL */
    /* Brings the host's own threads in place of the library's: must call fn(arg, i) for every i in
     * [0, n) before it returns, in any order, on any threads, n <= threads of them at a time. Not
     * called where one thread will do. */
    void (*run)(void *run_ctx, void (*fn)(void *arg, int64_t i), void *arg, int64_t n);
    void *run_ctx;
    /* N and n become letters A C G T, of the same case, drawn evenly: one for each base of a
     * contig, a function of this seed, the contig's number and the position alone, so that windows
     * that overlap agree, and both strands. Not in protein (LODE_FEATURE_N), nor in pads. Contigs
     * stored as bytes are read twice for it. Or NULL. */
    const uint64_t *n_seed;
};
#define LODE_BATCH_INIT                                                                            \
    {                                                                                              \
        sizeof(struct lode_batch), 1, LODE_BOUNDS_ERROR, 0, NULL, NULL, NULL, NULL, NULL           \
    }

/* Reads [begin, end) of a contig (of a track, bytes: no flags, no PAD, no encoding, else ARG) into
 * dst (dst_size >= end - begin under ERROR and PAD). Bounds policy and flags as above. Returns
 * positions written (>= 0) or a negative status, with dst untouched. Every byte returned was proven
 * against the index (SPEC 6.4): STALE or DAMAGED, never wrong bases. */
LODE_API int64_t lode_fetch_at(lode_reader *reader, const struct lode_contig *contig, int64_t begin,
                               int64_t end, void *dst, int64_t dst_size, int bounds, uint32_t flags,
                               struct lode_diag *diag);

/* Reads bytes [begin, end) of the uncompressed text of a source, header lines and line ends too,
 * proven like bases; from packed bases the text is made again, and the source is not read. Returns
 * end - begin, or a negative status, with dst untouched unless the bases are packed. RANGE outside
 * the text. */
LODE_API int64_t lode_fetch_text(lode_reader *reader, int64_t source, int64_t begin, int64_t end,
                                 void *dst, struct lode_diag *diag);

/* Runs n requests; options may be NULL. Each request has its own destination and status, the array
 * is not reordered, one failure does not stop the rest, overlapping destinations are the caller's
 * mistake. Returns how many failed; negative when nothing ran (LODE_E_ARG, LODE_E_NOMEM), which is
 * then the status of each. diag gets the first failure in array order.
 *
 * Requests are served in the order of the source files, so that each BGZF block is decoded once, as
 * far as any request needs it; files that are not in the page cache are asked for ahead. With
 * threads > 1 the work is shared where it pays: at 100 microseconds of it for each thread and more.
 * The outcome is the same for any number of threads and for any run hook. Where many requests
 * overlap in one long chain, threads may each decode the few blocks at the borders of their parts.
 *
 * The library's own threads are made when first wanted, kept by the process, and wait without
 * taking time; they block all signals but faults. Batches may run in several threads (each with its
 * reader) at the same time. A child after fork has threads of its own, whatever the parent did at
 * that moment. The reader keeps up to 4 MiB for planning and, for each further thread, a reader of
 * its own (1 MiB and up to 8 descriptors) until it is freed. */
LODE_API int64_t lode_fetch_many(lode_reader *reader, struct lode_request *requests, int64_t n,
                                 const struct lode_batch *options, struct lode_diag *diag);

/* ------------------------------------------------------------------------------------ bins -- */

/* Composition of a stretch. U counts as T. */
struct lode_composition {
    int64_t bases, n, gc, lower, other;
};

/* Of a whole source, from the bins alone: the FASTA is not touched. O(bases / 65,536). */
LODE_API int lode_source_composition(const lode_index *index, int64_t source,
                                     struct lode_composition *out, struct lode_diag *diag);

/* Of bases [begin, end) of a contig. Whole bins are added up; what is left at either end, fewer
 * than 131,072 bases together, is read and counted, so a short range costs what reading it does. U
 * counts as T; n counts N in protein too. Statuses of lode_fetch_at. */
LODE_API int lode_composition_at(lode_reader *reader, const struct lode_contig *contig,
                                 int64_t begin, int64_t end, struct lode_composition *out,
                                 struct lode_diag *diag);

/* What an interval is of. */
enum lode_feature {
    LODE_FEATURE_N = 0,     /* runs of N or n; none in protein: a contig stored as bytes (more than
                              1/16 of it is none of A C G T U N), among the first 4,096 letters of
                              which one stands for no nucleotide, E F I J L O P Q Z */
    LODE_FEATURE_LOWER = 1, /* soft mask: from a letter a-z to before the next letter A-Z.
                              In contigs stored as bytes what is no letter at their start goes with
                              the contig before. */
};

/* Positions [begin, end) of a contig, 0-based half-open. */
struct lode_interval {
    int64_t begin, end;
};

/* The intervals of a feature in [begin, end) of a contig, ascending, cut to the range, at most n of
 * them to out. Returns how many; fewer than n means there are no more, otherwise go on from the end
 * of the last one. From the bins alone: the FASTA is not touched, but for N in contigs stored as
 * bytes, which are read, by a reader of the call's own. RANGE, ARG, CORRUPT; there also statuses of
 * lode_fetch_at. */
LODE_API int64_t lode_intervals(const lode_index *index, const struct lode_contig *contig,
                                int feature, int64_t begin, int64_t end, struct lode_interval *out,
                                int64_t n, struct lode_diag *diag);

/* Which windows may be drawn: those of length bases that lie inside a contig and hold at most max_n
 * N (LODE_FEATURE_N). */
struct lode_draw {
    size_t struct_size;
    int64_t length;         /* of each window, at least 1 */
    int64_t max_n;          /* at least 0; length or more = any */
    int64_t source;         /* of contigs of this source; -1 = of all */
    const int64_t *contigs; /* of these contigs alone: numbers, ascending; or NULL */
    int64_t contig_count;
    uint64_t seed;
};
#define LODE_DRAW_INIT                                                                             \
    {                                                                                              \
        sizeof(struct lode_draw), 0, INT64_MAX, -1, NULL, 0, 0                                     \
    }

/* Windows number first to first + n - 1 of an endless row of windows, each drawn alone and evenly
 * from all that may be: contig number and first base of number first + i in contigs[i], begins[i].
 * Window k is a function of the index's content, the draw and k, whoever asks and for how many.
 * From the tables alone: the FASTA is not touched, but for N in contigs stored as bytes, which are
 * read (lode_intervals). O(log contigs) each; where nearly all windows of the source are none that
 * may be, O(contigs + runs of N) once a call, and 16 bytes of memory each. Any thread. ARG; RANGE:
 * no source, no contig, or no window of that kind; NOMEM; CORRUPT; of contigs stored as bytes also
 * statuses of lode_fetch_at. */
LODE_API int lode_random_windows(const lode_index *index, const struct lode_draw *draw,
                                 int64_t first, int64_t n, int64_t *contigs, int64_t *begins,
                                 struct lode_diag *diag);

/* ------------------------------------------------------------------------------------ text -- */

/* How a record stands in the text of its source. Line ends are 0 none, 1 LF, 2 CR LF. */
struct lode_record {
    size_t struct_size;
    int64_t text_begin; /* of its '>' */
    int64_t text_bases; /* of its first base */
    int64_t text_end;   /* behind its last line end */
    int64_t line_bases; /* of a full line */
    int64_t line_width; /* the same with the line end */
    int header_eol, lines_eol, last_eol;
    int duplicate; /* an earlier contig of the source has this name */
};
LODE_API int lode_record_at(const lode_index *index, int64_t contig, struct lode_record *out,
                            struct lode_diag *diag);

/* The whole header line, from '>' to before its line end; copied as lode_source_name does. */
LODE_API int lode_contig_defline(const lode_index *index, int64_t contig, char *buf, size_t cap,
                                 size_t *len);

/* Where BGZF block i of a source starts, 0 <= i <= its blocks (the last one is the end of both).
 * RANGE for plain text. */
LODE_API int lode_block_at(const lode_index *index, int64_t source, int64_t i, int64_t *text_off,
                           int64_t *file_off);

/* --------------------------------------------------------------------------------- digests -- */

/* Digests of a contig's bases in upper case, stored when the index was built with digests. */
struct lode_digest {
    char md5[33];        /* 32 hexadecimal digits: SAM's M5 */
    char sha512t24u[33]; /* GA4GH refget's, without the "SQ." */
};
/* NOT_FOUND when the index stores none. */
LODE_API int lode_contig_digest(const lode_index *index, int64_t contig, struct lode_digest *out,
                                struct lode_diag *diag);

/* The first contig of that digest: 32 hexadecimal digits, or 32 characters of sha512t24u with or
 * without "SQ." before them. O(contigs). NOT_FOUND; GRAMMAR when it is no digest. */
LODE_API int lode_find_digest(const lode_index *index, const char *digest, size_t len,
                              struct lode_contig *out, struct lode_diag *diag);

/* seqcol digests of a source (GA4GH sequence collections 1.0), each 32 characters and a NUL: of the
 * whole collection, and of its arrays. */
struct lode_seqcol {
    size_t struct_size;
    char digest[33], names[33], lengths[33], sequences[33], sorted_name_length_pairs[33];
};
LODE_API int lode_source_seqcol(const lode_index *index, int64_t source, struct lode_seqcol *out,
                                struct lode_diag *diag);

/* ---------------------------------------------------------------------------------- verify -- */

enum lode_verify_level {
    LODE_VERIFY_QUICK = 0, /* header, directory; size and fingerprint of each source */
    LODE_VERIFY_INDEX = 1, /* and every byte and row of the index */
    LODE_VERIFY_FULL = 2,  /* and every byte of the sources */
};

/* Called for each finding; the diag is only valid during the call. Non-zero stops. */
typedef int (*lode_finding_fn)(void *ctx, const struct lode_diag *finding);

struct lode_verify_options {
    size_t struct_size;
    int level;   /* enum lode_verify_level */
    int threads; /* 0 = all usable */
    lode_finding_fn finding;
    void *ctx;
    void (*progress)(void *ctx, int64_t done,
                     int64_t total); /* bytes; any thread, never two at once */
    /* Of each section, of pages, and of each source's text the first 16 findings go to `finding`.
     * At the end: how many more there were of each status. */
    void (*more)(void *ctx, int status, int64_t count);
};
#define LODE_VERIFY_OPTIONS_INIT                                                                   \
    {                                                                                              \
        sizeof(struct lode_verify_options), LODE_VERIFY_INDEX, 0, NULL, NULL, NULL, NULL           \
    }

/* The contigs *first to *last, by number, that bytes [begin, end) of the index file tell about:
 * whom a finding in a section concerns. Where rows are damaged they may lead to a wrong one.
 * NOT_FOUND where the bytes tell of none (header, strings, name tables, padding). Any thread. */
LODE_API int lode_contigs_at(const lode_index *index, int64_t begin, int64_t end, int64_t *first,
                             int64_t *last);

/* LODE_OK, or the status of the first finding in file order; *diag describes it. Whatever is found,
 * the check goes on: damage in one place does not hide damage in another. */
LODE_API int lode_verify(const lode_index *index, const struct lode_verify_options *options,
                         struct lode_diag *diag);

/* ----------------------------------------------------------------------------------- build -- */

enum lode_severity { LODE_NOTE = 0, LODE_WARNING = 1, LODE_ERROR = 2 };

/* Types of the values of a track: numbers, little-endian, one after another. */
enum lode_track {
    LODE_TRACK_NONE = 0,
    LODE_TRACK_U8 = 1,
    LODE_TRACK_I8 = 2,
    LODE_TRACK_U16 = 3,
    LODE_TRACK_I16 = 4,
    LODE_TRACK_U32 = 5,
    LODE_TRACK_I32 = 6,
    LODE_TRACK_U64 = 7,
    LODE_TRACK_I64 = 8,
    LODE_TRACK_F16 = 9,
    LODE_TRACK_BF16 = 10,
    LODE_TRACK_F32 = 11,
    LODE_TRACK_F64 = 12,
};

struct lode_build_options {
    size_t struct_size;
    const char *out;        /* path of the index; NULL: FILE.lode for one file, DIR/index.lode */
    int threads;            /* total; 0 = all usable */
    int duplicates_first;   /* duplicate names in a source: first answers; 0 = error */
    int lenient;            /* leave out sources that cannot be indexed */
    int rescan;             /* re-use no rows of an index that is already there */
    int digest;             /* store MD5 and sha512t24u of every contig */
    const char *names_file; /* lines "path<TAB>NAME": NAMEs for sources; or NULL */
    void (*message)(void *ctx, int severity, const char *text); /* warnings, skipped inputs */
    void (*progress)(void *ctx, int64_t done, int64_t total);   /* input bytes */
    void *ctx;
    const int *cancel; /* polled; non-zero stops the build with LODE_E_CANCELLED */
    int pack;          /* store the bases too, two bits each: reads then leave the sources alone */
    int track; /* enum lode_track: inputs are tracks of this type, FILE.track.gz (BGZF) each with a
                * FILE.track.gz.idx of lines "contig<TAB>byte offset", the last without a name; the
                * default out of a directory is DIR/tracks.lode */
    /* Adds the inputs to the index or set at out, of which nothing is written anew: they become a
     * file of their own beside it, and out a set of files, which opens and answers as one index
     * (SPEC 16). Inputs that it has already, unchanged, are left out. BUSY while another writer is
     * at work on it; DUPLICATE where a NAME is there already; ARG for tracks to sequence, or
     * sequence to tracks. */
    int add;
};
#define LODE_BUILD_OPTIONS_INIT                                                                    \
    {                                                                                              \
        sizeof(struct lode_build_options), NULL, 0, 0, 0, 0, 0, NULL, NULL, NULL, NULL, NULL, 0,   \
            0, 0                                                                                   \
    }

struct lode_build_result {
    size_t struct_size;
    int64_t sources, contigs, bases, text_bytes;
    int64_t reused;  /* sources whose rows came from the index already there */
    int64_t skipped; /* lenient: inputs left out */
    uint64_t content_id;
    char path[4096]; /* where the index was published */
};
#define LODE_BUILD_RESULT_INIT                                                                     \
    {                                                                                              \
        .struct_size = sizeof(struct lode_build_result)                                            \
    }

/* Indexes files and directories (searched recursively for .fna .fa .fasta .fas, each also with .gz
 * or .bgz) and publishes the index atomically: readers see the old file or the new, whole. The
 * bytes depend on the inputs and the content options only: not on threads, time, or an index
 * already there. Memory: threads x about 12 MiB + 40 bytes per contig. SKIPPED: published without
 * some inputs. On any other error nothing is published, and an index already there stays as it was.
 */
LODE_API int lode_build(const char *const *inputs, size_t n,
                        const struct lode_build_options *options, struct lode_build_result *result,
                        struct lode_diag *diag);

/* -------------------------------------------------------------------------------- compress -- */

/* How text is cut into blocks. All are BGZF that every tool reads. */
enum lode_compress_layout {
    LODE_LAYOUT_ORDINARY = 0, /* large blocks: the smallest file */
    LODE_LAYOUT_SMALL = 1,    /* blocks of 8,192 bytes: less to inflate for a short read */
    LODE_LAYOUT_RESTART = 2,  /* Huffman codes alone: a read starts at any 1,024 bytes of text */
};

struct lode_compress_options {
    size_t struct_size;
    int level;      /* 0..12 with libdeflate, 0..9 with zlib; -1 = 6 */
    int block_size; /* text bytes per block, 512..65280; 0 = 65280, or 8192 with LAYOUT_SMALL */
    int threads;    /* total; 0 = all usable */
    void (*progress)(void *ctx, int64_t done, int64_t total); /* input bytes; total -1 = unknown */
    void *ctx;
    const int *cancel;
    int layout; /* enum lode_compress_layout */
    /* lode_compress: makes OUT_PATH.lode, the index of the new file, in the same pass */
    int index;
    int duplicates_first, digest, pack; /* of the index, as in lode_build_options */
    void (*message)(void *ctx, int severity, const char *text); /* warnings about the index */
    struct lode_build_result *result;                           /* of the index; or NULL */
};
#define LODE_COMPRESS_OPTIONS_INIT                                                                 \
    {                                                                                              \
        sizeof(struct lode_compress_options), -1, 0, 0, NULL, NULL, NULL, 0, 0, 0, 0, 0, NULL,     \
            NULL                                                                                   \
    }

/* Compresses a file (plain, gzip of any number of members, or BGZF, told apart by content) to BGZF
 * at out_path, published atomically. in_fd is read from its position to its end and may be a pipe.
 * With an index both files are published, each in one step, the index last; its bytes are those
 * that lode_build gives afterwards, and so are the statuses and sentences where the text cannot be
 * indexed, but that they name the input: nothing is published then. progress is called from any
 * thread, never twice at once. */
LODE_API int lode_compress(int in_fd, const char *in_name, const char *out_path,
                           const struct lode_compress_options *options, struct lode_diag *diag);

/* The same to a descriptor, as a stream: without an index, which has no place then (ARG). */
LODE_API int lode_compress_fd(int in_fd, const char *in_name, int out_fd,
                              const struct lode_compress_options *options, struct lode_diag *diag);

/* --------------------------------------------------------------------------------- records -- */

/* A store of records of any length, read by number or by key (SPEC 15). A lode_store is immutable:
 * any number of threads, both sides of a fork. A lode_store_reader holds scratch memory: one thread
 * at a time. Numbers are 0 to records - 1, in the order in which records were put. */
typedef struct lode_store lode_store;
typedef struct lode_store_reader lode_store_reader;
typedef struct lode_store_writer lode_store_writer;

enum lode_store_keys {
    LODE_STORE_NO_KEYS = 0,  /* records are known by number alone */
    LODE_STORE_BYTES = 1,    /* keys of 0 to 65,535 bytes of any kind */
    LODE_STORE_TEXT = 2,     /* the same, meant to be shown as UTF-8 */
    LODE_STORE_INTEGERS = 3, /* keys of 8 bytes: an int64_t, little-endian */
};
enum lode_store_codec {
    LODE_STORE_RAW = 0,    /* as they are: read without copying */
    LODE_STORE_ZSTD = 1,   /* each by itself, with the dictionary if there is one */
    LODE_STORE_BLOCKS = 2, /* several together: smaller, and a read decodes the block */
};

/* ---- reading ---- */

struct lode_store_open_options {
    size_t struct_size;
    int map_mode;        /* enum lode_map_mode; LODE_MAP_COPY: all of the file */
    const char *name;    /* the store of this name; NULL: the file's only store */
    uint64_t content_id; /* fail with LODE_E_STALE unless the file has this one; 0 = any */
    int64_t place; /* of a file of several stores the first (1), second (2), ...; 0: by name */
};
#define LODE_STORE_OPEN_OPTIONS_INIT                                                               \
    {                                                                                              \
        sizeof(struct lode_store_open_options), 0, NULL, 0, 0                                      \
    }

/* Opens a store by one mmap, in O(sections). options may be NULL. *out is set on success only.
 * NOT_FOUND where the file holds no such store, AMBIGUOUS where it holds several and none is named;
 * the statuses of lode_open. */
LODE_API int lode_store_open(const char *path, const struct lode_store_open_options *options,
                             lode_store **out, struct lode_diag *diag);

/* The same on bytes that outlive the store and do not change. */
LODE_API int lode_store_open_buffer(const void *data, size_t size,
                                    const struct lode_store_open_options *options, lode_store **out,
                                    struct lode_diag *diag);

/* Readers of the store must be freed first; what lode_store_at lent is gone. */
LODE_API void lode_store_close(lode_store *store);

struct lode_store_info {
    size_t struct_size;
    uint64_t content_id;
    int64_t file_size, records;
    int64_t bytes;  /* of all records */
    int64_t stored; /* that they take in the file, with what lies between them */
    int keys, codec, level, align, shuffle;
    int64_t block_size, dictionary_size;
    int types, format_major, format_minor;
    char name[256]; /* cut short where longer */
    int64_t stores; /* in the file */
    /* Of a set: files that answer together (else 0), and records in them that are out of use, which
     * `bytes` and `stored` count, too. How records are stored is the last member's way. */
    int64_t members, dead;
};
LODE_API int lode_store_info(const lode_store *store, struct lode_store_info *out);

/* The number of the record with this key. NOT_FOUND, CORRUPT, PAGE_SUM. */
LODE_API int64_t lode_store_find(const lode_store *store, const void *key, size_t len,
                                 struct lode_diag *diag);

/* The same for n keys at once, faster than one by one: numbers[i] is a number or a status. Returns
 * how many were not found. */
LODE_API int64_t lode_store_find_many(const lode_store *store, const void *const *keys,
                                      const size_t *lens, int64_t n, int64_t *numbers);

/* A record in its place. */
struct lode_stored {
    int64_t number, size; /* bytes of the record */
    const void *data;     /* the record in the map, until lode_store_close; NULL where it is packed.
                             A multiple of the store's align */
    int64_t stored;       /* bytes it takes, of a packed one; in a block: of the block */
    int type;             /* for lode_store_type; 0 = none */
};

/* Record by number, without a copy where it is stored raw: data is proven when this returns.
 * Reading it is up to the caller, who must know (LODE_MAP_GUARDED or not) that a file which is
 * truncated in place faults; files that lode publishes are replaced, not truncated. RANGE, CORRUPT,
 * PAGE_SUM, FEATURE. */
LODE_API int lode_store_at(const lode_store *store, int64_t number, struct lode_stored *out,
                           struct lode_diag *diag);

/* lode_store_find and lode_store_at in one: the record with this key. Memory for both is asked for
 * at once. NOT_FOUND, and their other statuses. */
LODE_API int lode_store_lookup(const lode_store *store, const void *key, size_t len,
                               struct lode_stored *out, struct lode_diag *diag);

/* Bytes of n records, to make room for them: sizes[i] is the size of record numbers[i], or a
 * status. Only rows are looked at. Returns how many failed. */
LODE_API int64_t lode_store_sizes(const lode_store *store, const int64_t *numbers, int64_t n,
                                  int64_t *sizes);

/* Copies the key of a record to buf, as far as there is room: *len is its length. SPACE when it is
 * longer than cap. An integer key is 8 bytes. */
LODE_API int lode_store_key(const lode_store *store, int64_t number, void *buf, size_t cap,
                            size_t *len);

/* The same of the dictionary that the store's records are packed with; *len 0: there is none. */
LODE_API int lode_store_dictionary(const lode_store *store, void *buf, size_t cap, size_t *len);

/* The text that describes a type, as lode_store_put took it. */
LODE_API int lode_store_type(const lode_store *store, int type, char *buf, size_t cap, size_t *len);

/* ---- FlatBuffers ---- */

/* A schema of FlatBuffers, which checks that bytes can be read by it. Immutable: any number of
 * threads, both sides of a fork. */
typedef struct lode_schema lode_schema;

/* Reads a binary schema, as `flatc --binary --schema NAME.fbs` writes it to NAME.bfbs; the bytes
 * are copied. *out is set on success only, and freed by lode_schema_free. CORRUPT: it is none, or
 * contradicts itself; FEATURE: it has what this version does not know, e.g. vectors of 64 bits;
 * ARG, NOMEM. */
LODE_API int lode_schema_new(const void *bfbs, size_t size, lode_schema **out,
                             struct lode_diag *diag);

/* NULL is allowed. */
LODE_API void lode_schema_free(lode_schema *schema);

/* The schema of a type of a store, or of a set, by its number in lode_stored; the caller frees it,
 * and it outlives the store. NOT_FOUND: records of that type are no FlatBuffers; the statuses of
 * lode_schema_new and lode_store_type. */
LODE_API int lode_store_schema(const lode_store *store, int type, lode_schema **out,
                               struct lode_diag *diag);

/* Copies the text that says FlatBuffers of this schema, for lode_store_put, as lode_store_type
 * copies its own: SPACE when it is longer than cap, *len is its length. */
LODE_API int lode_schema_type(const lode_schema *schema, char *text, size_t cap, size_t *len);

/* Is data a FlatBuffer of the schema's root table? LODE_OK: whoever reads it by this schema, in
 * place and without a look at sizes, reads nothing outside it, and meets no more than 64 tables in
 * each other. CORRUPT: message names the place and what is wrong. Every offset, vtable, vector,
 * string and union is looked at, and those in nested FlatBuffers that the schema declares (flatc
 * --bfbs-builtins); not what numbers, enumerations and bytes mean. Fields are proven to be aligned
 * in the FlatBuffer: they are in memory where data is a multiple of 8 (or of a larger force_align
 * of the schema), as lode_store_at has it in a store whose align is 8 or 64. Time is linear in
 * size, or in a million looks at tables and strings. */
LODE_API int lode_schema_check(const lode_schema *schema, const void *data, size_t size,
                               struct lode_diag *diag);

LODE_API int lode_store_reader_new(const lode_store *store, lode_store_reader **out);
LODE_API void lode_store_reader_free(lode_store_reader *reader);

/* The bytes of a record to dst, decoded and proven: how many, or a status. SPACE when they are more
 * than cap; nothing is written then. On any other failure what dst holds is not told. */
LODE_API int64_t lode_store_get(lode_store_reader *reader, int64_t number, void *dst, int64_t cap,
                                struct lode_diag *diag);

struct lode_store_request {
    int64_t number;
    void *dst;
    int64_t dst_size;
    int64_t written; /* bytes of the record, when status is LODE_OK */
    int status;
};

/* Many records at once, each with its own destination and outcome, as lode_store_get has them: in
 * the order of the file, asked for ahead, by up to `threads` threads (0 or 1: this one) where that
 * pays. The array is not reordered. Returns how many failed, or a status when none was tried. */
LODE_API int64_t lode_store_get_many(lode_store_reader *reader, struct lode_store_request *requests,
                                     int64_t n, int threads, struct lode_diag *diag);

/* Every byte of the file by its page sums, every row and key of the store, every record decoded and
 * summed, and checked by the schema of its type where that says FlatBuffers. finding is called for
 * each fault (may be NULL); returns the status of the first. */
LODE_API int lode_store_verify(const lode_store *store, lode_finding_fn finding, void *ctx,
                               struct lode_diag *diag);

/* ---- in some order ---- */

/* An order of the numbers 0 to n - 1 that is a function of these fields alone, whoever asks, from
 * whatever position, and that needs no memory: a keyed permutation (Black and Rogaway 2002,
 * "Ciphers with Arbitrary Finite Domains"). stretch 0: any number anywhere. Else near that, in
 * reads of the file that lie together: the numbers are cut in stretches of `stretch`, these are put
 * in random order, and the numbers of `window` stretches at a time are mixed. */
struct lode_order {
    size_t struct_size;
    uint64_t seed, epoch;
    int64_t n, stretch, window;
};
#define LODE_ORDER_INIT                                                                            \
    {                                                                                              \
        sizeof(struct lode_order), 0, 0, 0, 0, 1                                                   \
    }

/* Numbers at positions first to first + count - 1 of the order. ARG; RANGE where that leaves it. */
LODE_API int lode_order_numbers(const struct lode_order *order, int64_t first, int64_t count,
                                int64_t *numbers);

/* ---- writing ---- */

struct lode_store_options {
    size_t struct_size;
    int keys;           /* enum lode_store_keys */
    int codec;          /* enum lode_store_codec */
    int level;          /* of zstd; 0 = 3 */
    int align;          /* bytes that raw records begin at multiples of: 1, 8, 64; 0 = 8 */
    int shuffle;        /* bytes of an element, 2, 4 or 8: packed records are stored byte plane by
                           byte plane, which numbers want; 0 or 1 = no */
    int64_t block_size; /* a block is closed when it has so many bytes; 0 = 16384 */
    const void
        *dictionary; /* of zstd, e.g. from lode_store_train; copied into the store; or NULL */
    size_t dictionary_size;
    const char *name; /* of the store, at most 255 bytes; NULL = "" */
    int unique; /* a key that was put before: 0 replaces its record, 1 is DUPLICATE at publish */
    int fresh;  /* 1: a file that stands at path is never replaced: BUSY at create or publish */
};
#define LODE_STORE_OPTIONS_INIT                                                                    \
    {                                                                                              \
        sizeof(struct lode_store_options), 0, 0, 0, 0, 0, 0, NULL, 0, NULL, 0, 0                   \
    }

/* Begins a store that will appear at path, whole, when it is published; path NULL: one in memory.
 * BUSY while another writer is at work on the store that stands there; where none stands, of two
 * that begin the last to publish stays. Memory grows by 24 bytes a record; what is put goes to
 * unnamed files beyond a few MiB. options may be NULL. A writer is one thread's, and the process's
 * that began it: in a child that it forked, only lode_store_discard is allowed (ARG). */
LODE_API int lode_store_create(const char *path, const struct lode_store_options *options,
                               lode_store_writer **out, struct lode_diag *diag);

/* Puts a record of any size from 0. key: by the store's kind; NULL and 0 without keys. type: a text
 * that describes the record (JSON by convention, e.g. {"dtype":"<f4","shape":[-1,3]}), or NULL;
 * equal texts are stored once, at most 65,535 of them. Where it is what lode_schema_type gives,
 * data must pass lode_schema_check: CORRUPT, or the status of lode_schema_new, with the rule E-20.
 * A failed put leaves the writer as it was where the status is ARG or the rule E-20, else only
 * lode_store_discard is left. */
LODE_API int lode_store_put(lode_store_writer *writer, const void *key, size_t key_len,
                            const void *data, size_t size, const char *type,
                            struct lode_diag *diag);

/* Begins with all records of the store at path, whose options it keeps; publishing replaces that
 * file in one step, and readers that have it open go on with what they have. One writer at a time:
 * BUSY while another one is at work. Takes as long as copying the file. The statuses of
 * lode_store_open and lode_store_create. */
LODE_API int lode_store_append(const char *path, lode_store_writer **out, struct lode_diag *diag);

/* The same without writing anew what is there: what is put becomes a file of its own beside the
 * store, which is then a set of files and answers as one store (SPEC 16); what is replaced or
 * removed is out of use until lode_store_compact. Takes as long as writing what is put, and about a
 * lookup for each key. lode_store_append of a set does this, too. UNSUPPORTED for more than 256
 * files. Publishing is BUSY where the store was replaced meanwhile, by lode_store_create. */
LODE_API int lode_store_extend(const char *path, lode_store_writer **out, struct lode_diag *diag);

/* Puts every record of a store, with its key and type, in the order of numbers, as they are: not
 * checked by schemas. cancel, or NULL, is
 * polled. The statuses of lode_store_get and lode_store_put; CANCELLED. */
LODE_API int lode_store_put_all(lode_store_writer *writer, const lode_store *from,
                                const int *cancel, struct lode_diag *diag);

/* Writes the store or set at path anew, as one file, from the records in use: nothing of what was
 * replaced or removed is left. options say how it stores them, but for keys, align and name, which
 * stay; NULL: as it does. In one step; readers go on with what they have. BUSY while another writer
 * is at work. */
LODE_API int lode_store_compact(const char *path, const struct lode_store_options *options,
                                const int *cancel, struct lode_diag *diag);

/* From now on as with the option unique: a key that is in the store, or is put twice, is DUPLICATE
 * at publish, and nothing is replaced. Not for a writer that takes records out by key. ARG. */
LODE_API int lode_store_unique(lode_store_writer *writer, struct lode_diag *diag);

/* Takes out the record with this key, or a record of the store that was appended to by number;
 * publishing renumbers what is left. A key that there is not: nothing happens. Their bytes stay in
 * the file until the records are put into a new store. */
LODE_API int lode_store_remove(lode_store_writer *writer, const void *key, size_t len,
                               struct lode_diag *diag);
LODE_API int lode_store_remove_at(lode_store_writer *writer, int64_t number,
                                  struct lode_diag *diag);

/* Publishes what was put so far and goes on: from now on as a writer of lode_store_extend, each
 * flush a file of the set more. Until the next put the writer holds no lock: others may write
 * meanwhile, and that put may be BUSY, and tried again. Nothing put since the last flush: nothing
 * is done. The statuses of lode_store_publish; then only lode_store_discard is left. ARG for a
 * store in memory. */
LODE_API int lode_store_flush(lode_store_writer *writer, struct lode_diag *diag);

/* Publishes the store atomically and frees the writer, whatever happens. opened, when not NULL,
 * gets the store, opened; one in memory needs it. DUPLICATE, FORMAT (keys that flood the hash), IO,
 * NOMEM. */
LODE_API int lode_store_publish(lode_store_writer *writer, lode_store **opened,
                                struct lode_diag *diag);

/* Begins a store in memory with all records and options of one that is open, every byte of it
 * proven; name: what it is called, NULL: as it is. The statuses of lode_store_append but BUSY. */
LODE_API int lode_store_copy(const lode_store *store, const char *name, lode_store_writer **out,
                             struct lode_diag *diag);

/* Publishes 1 to LODE_STORES_MAX stores as one file at path, atomically, whatever they were begun
 * for, and frees all writers, whatever happens. Each has a name of its own, by which
 * lode_store_open finds it: DUPLICATE else. ARG, and the statuses of lode_store_publish. */
enum { LODE_STORES_MAX = 100 };
LODE_API int lode_store_publish_all(lode_store_writer *const *writers, int64_t n, const char *path,
                                    struct lode_diag *diag);

/* Drops everything that was put. NULL is allowed. */
LODE_API void lode_store_discard(lode_store_writer *writer);

/* A dictionary from n samples that stand one behind the other, to dst: how many bytes, at most cap
 * (about a hundredth of the samples is plenty, 110 KiB a good size). FORMAT when they do not make
 * one: too few, or too unlike. */
LODE_API int64_t lode_store_train(const void *samples, const size_t *sizes, size_t n, void *dst,
                                  size_t cap, struct lode_diag *diag);

#ifdef __cplusplus
}
#endif
#endif

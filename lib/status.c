/* Owns the names and sentences of the statuses, and what this build says about itself. */
#include "status.h"

#include "lode.h"

#include <xxhash.h>
#include <zlib.h>
#include <zstd.h>
#ifdef LODE_HAVE_ISAL
#include <isa-l.h>
#endif
#ifdef LODE_HAVE_LIBDEFLATE
#include <libdeflate.h>
#endif

#define SAME(name)                                                                                 \
    _Static_assert((int)LODE_FMT_##name == (int)LODE_E_##name, "status values of format and "      \
                                                               "lode.h")
SAME(RANGE);
SAME(NOT_FOUND);
SAME(AMBIGUOUS);
SAME(REFUSED);
SAME(NOT_LODE);
SAME(VERSION);
SAME(FEATURE);
SAME(TRUNCATED);
SAME(HEADER_SUM);
SAME(LAYOUT);
SAME(CORRUPT);
SAME(PAGE_SUM);
_Static_assert((int)LODE_FMT_OK == (int)LODE_OK, "status values of format and lode.h");

#define STATUSES(X)                                                                                \
    X(LODE_OK, "success")                                                                          \
    X(LODE_CLIPPED, "the range was cut to the contig")                                             \
    X(LODE_PADDED, "positions outside the contig were padded")                                     \
    X(LODE_E_ARG, "an argument is not allowed")                                                    \
    X(LODE_E_RANGE, "the range leaves the contig")                                                 \
    X(LODE_E_NOT_FOUND, "no such contig or source")                                                \
    X(LODE_E_AMBIGUOUS, "the name stands in several sources; name the source too")                 \
    X(LODE_E_SPACE, "the destination is too small")                                                \
    X(LODE_E_GRAMMAR, "not a region: [NAME::]CONTIG[:BEG[-END]]")                                  \
    X(LODE_E_CANCELLED, "cancelled")                                                               \
    X(LODE_E_UNSUPPORTED, "this version of lode does not offer that")                              \
    X(LODE_E_IO, "a system call failed")                                                           \
    X(LODE_E_NOMEM, "out of memory")                                                               \
    X(LODE_E_MISSING, "a source file is not where the index says")                                 \
    X(LODE_E_REFUSED, "a source path leaves the index's directory or is no regular file")          \
    X(LODE_E_BUSY, "another writer is at work on the store; try again when it is done")            \
    X(LODE_E_NOT_LODE, "not a lode index")                                                         \
    X(LODE_E_VERSION, "the index was made by a newer lode; upgrade lode")                          \
    X(LODE_E_FEATURE, "the index uses a feature of a newer lode; upgrade lode")                    \
    X(LODE_E_TRUNCATED, "the index is cut short; rebuild it")                                      \
    X(LODE_E_HEADER_SUM, "the index's header is damaged; rebuild it")                              \
    X(LODE_E_LAYOUT, "the index's header contradicts itself; rebuild it")                          \
    X(LODE_E_CORRUPT, "the index contradicts itself; rebuild it")                                  \
    X(LODE_E_PAGE_SUM, "a page of the index fails its checksum; rebuild it")                       \
    X(LODE_E_STALE, "the source is not the file that was indexed; index it again")                 \
    X(LODE_E_DAMAGED, "the source's content fails its checksums")                                  \
    X(LODE_E_FORMAT, "the input is malformed")                                                     \
    X(LODE_E_NOT_BGZF, "the input is gzip but not BGZF; run lode compress")                        \
    X(LODE_E_DUPLICATE, "two contigs of a source, or two sources, have one name")                  \
    X(LODE_E_FOREIGN, "this kind of input is not supported")                                       \
    X(LODE_E_SKIPPED, "done, but some inputs were left out")

/* The switches have no default, so that -Wswitch names an enumerator the table lacks. */
const char *lode_status_name(int status)
{
    switch ((enum lode_status)status) {
#define NAME(value, text)                                                                          \
    case value:                                                                                    \
        return #value;
        STATUSES(NAME)
#undef NAME
    }
    return "LODE_E_UNKNOWN";
}

const char *lode_status_text(int status)
{
    switch ((enum lode_status)status) {
#define TEXT(value, text)                                                                          \
    case value:                                                                                    \
        return text;
        STATUSES(TEXT)
#undef TEXT
    }
    return "a status this version of lode does not know";
}

const char *lode_version(void)
{
    return LODE_VERSION_STRING;
}

#define STR_(x) #x
#define STR(x)  STR_(x)

#ifdef LODE_HAVE_ISAL
#define INFLATE "isa-l-" STR(ISAL_MAJOR_VERSION) "." STR(ISAL_MINOR_VERSION)
#else
#define INFLATE "zlib-" ZLIB_VERSION
#endif
#ifdef LODE_HAVE_LIBDEFLATE
#define DEFLATE "libdeflate-" LIBDEFLATE_VERSION_STRING
#else
#define DEFLATE "zlib-" ZLIB_VERSION
#endif
#define HASH                                                                                       \
    "xxhash-" STR(XXH_VERSION_MAJOR) "." STR(XXH_VERSION_MINOR) "." STR(XXH_VERSION_RELEASE)

const char *lode_features(void)
{
    return "inflate=" INFLATE " deflate=" DEFLATE " hash=" HASH
           " records=zstd-" ZSTD_VERSION_STRING;
}

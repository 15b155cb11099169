#include "oracle.h"
#include "support.h"

#include <string.h>

enum { CONTIGS = 400, NAME_MAX_BYTES = 4096 };

static bool name_of(const lode_index *index, int64_t id, char *name, size_t *len)
{
    const int status = lode_contig_name(index, id, name, NAME_MAX_BYTES, len);
    fuzz_check(status == LODE_OK || status == LODE_E_SPACE);
    return status == LODE_OK;
}

/* The first contig of the source that has the name, by looking at each. */
static int64_t scan(const lode_index *index, const struct lode_source_info *source,
                    const char *name, size_t len)
{
    static char other[NAME_MAX_BYTES];
    for (int64_t i = source->first_contig; i < source->first_contig + source->contigs; i++) {
        size_t n;
        if (name_of(index, i, other, &n) && n == len && memcmp(other, name, n) == 0)
            return i;
    }
    return -1;
}

static void check_names(const lode_index *index, int64_t number,
                        const struct lode_source_info *source)
{
    static char name[NAME_MAX_BYTES];
    for (int64_t i = source->first_contig; i < source->first_contig + source->contigs; i++) {
        struct lode_contig contig, found;
        struct lode_diag diag;
        size_t len;
        fuzz_check(lode_contig_at(index, i, &contig, &diag) == LODE_OK);
        fuzz_check(contig.id == i && contig.source == number);
        if (!name_of(index, i, name, &len))
            continue;
        fuzz_check(lode_find(index, number, name, len, &found, &diag) == LODE_OK);
        fuzz_check(found.id == scan(index, source, name, len));
        const int anywhere = lode_find(index, -1, name, len, &found, &diag);
        fuzz_check(anywhere == LODE_OK || anywhere == LODE_E_AMBIGUOUS);
        name[len - 1] ^= 1; /* most likely none, in any case the same as by looking */
        const int status = lode_find(index, number, name, len, &found, NULL);
        const int64_t want = scan(index, source, name, len);
        fuzz_check(want < 0 ? status == LODE_E_NOT_FOUND : status == LODE_OK && found.id == want);
    }
}

void oracle_sound(const lode_index *index)
{
    struct lode_info info = {.struct_size = sizeof info};
    fuzz_check(lode_index_info(index, &info) == LODE_OK);
    for (int64_t i = 0; i < info.sources && info.contigs <= CONTIGS; i++) {
        struct lode_source_info source = {.struct_size = sizeof source};
        struct lode_composition composition;
        struct lode_diag diag;
        fuzz_check(lode_source_info(index, i, &source, &diag) == LODE_OK);
        check_names(index, i, &source);
        if (source.track == LODE_TRACK_NONE)
            fuzz_check(lode_source_composition(index, i, &composition, &diag) == LODE_OK);
    }
}

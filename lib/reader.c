/* Owns lode_reader: its memory and the set of source files it holds open. */
#include "reader.h"

#include "diag.h"
#include "sourcefile.h"
#include "unpack.h"

#include <errno.h>
#include <stdlib.h>
#include <unistd.h>

enum { OPEN_DEFAULT = 64 };

int lode_reader_new(const lode_index *index, const struct lode_reader_options *options,
                    lode_reader **out)
{
    struct lode_reader_options own = {0};
    if (index == NULL || out == NULL || !lode_struct_in(&own, sizeof own, options) ||
        own.max_open < 0)
        return LODE_E_ARG;
    lode_reader *r = calloc(1, sizeof *r);
    if (r == NULL)
        return LODE_E_NOMEM;
    r->whole = r->index = index;
    r->open_max = own.max_open > 0 ? own.max_open : OPEN_DEFAULT;
    r->open = calloc((size_t)r->open_max, sizeof *r->open);
    r->inflate = lode_inflate_new();
    r->unpack = lode_unpack_best();
    r->file = malloc(LODE_READER_FILE);
    r->text = malloc(LODE_READER_TEXT + LODE_INFLATE_SLACK);
    r->text_cap = LODE_READER_TEXT;
    r->text_number = r->file_number = -1;
    if (r->open == NULL || r->inflate == NULL || r->file == NULL || r->text == NULL) {
        lode_reader_free(r);
        return LODE_E_NOMEM;
    }
    *out = r;
    return LODE_OK;
}

void lode_reader_drop_helpers(struct lode_reader *reader)
{
    for (int i = 0; i < reader->helper_count; i++)
        lode_reader_free(reader->helpers[i]);
    free(reader->helpers);
    reader->helpers = NULL;
    reader->helper_count = 0;
}

void lode_reader_free(lode_reader *reader)
{
    const int saved = errno;
    if (reader == NULL)
        return;
    for (int i = 0; i < reader->open_count; i++) {
        close(reader->open[i].fd);
        free(reader->open[i].restart);
    }
    free(reader->open);
    lode_inflate_free(reader->inflate);
    free(reader->file);
    free(reader->packed);
    free(reader->text);
    lode_plan_release(&reader->plan, 0);
    lode_reader_drop_helpers(reader);
    free(reader);
    errno = saved;
}

/* ---- members of a set ------------------------------------------------------------------------ */

void lode_reader_use(struct lode_reader *r, const lode_index *index)
{
    if (r->index == index)
        return;
    r->index = index;
    r->text_number = r->file_number = -1; /* sources are known by number in their index */
}

struct lode_route lode_reader_to_contig(struct lode_reader *r, int64_t id)
{
    const struct lode_route to = lode_route_contig(r->whole, id);
    lode_reader_use(r, to.index);
    return to;
}

struct lode_route lode_reader_to_source(struct lode_reader *r, int64_t source)
{
    const struct lode_route to = lode_route_source(r->whole, source);
    lode_reader_use(r, to.index);
    return to;
}

/* ---- sources --------------------------------------------------------------------------------- */

static void close_oldest(struct lode_reader *r)
{
    int oldest = 0;
    for (int i = 1; i < r->open_count; i++)
        if (r->open[i].stamp < r->open[oldest].stamp)
            oldest = i;
    close(r->open[oldest].fd);
    free(r->open[oldest].restart);
    r->open[oldest] = r->open[--r->open_count];
}

/* One source row, for lode_index_guarded. */
struct source_load {
    const lode_index *index;
    uint64_t number;
    struct lode_source source;
    struct lode_fault fault;
};

static int run_source_load(void *arg)
{
    struct source_load *load = arg;
    return lode_source_get(&load->index->seq, load->number, &load->source, &load->fault);
}

int lode_reader_text_len(struct lode_reader *r, int64_t number, uint64_t *len,
                         struct lode_diag *diag)
{
    int status = LODE_OK;
    struct source_load load = {.index = r->index, .number = (uint64_t)number};
    if (r->index->seq.packed) {
        if (lode_index_guarded(r->index, run_source_load, &load, &load.fault) != LODE_OK)
            return lode_diag_fault(diag, r->index->path, &load.fault);
        *len = load.source.row.text_len;
        return LODE_OK;
    }
    const struct lode_open_source *open = lode_reader_source(r, number, &status, diag);
    if (open != NULL)
        *len = open->source.row.text_len;
    return status;
}

const struct lode_open_source *lode_reader_source(struct lode_reader *r, int64_t number,
                                                  int *status, struct lode_diag *diag)
{
    for (int i = 0; i < r->open_count; i++) {
        if (r->open[i].number == number && r->open[i].index == r->index) {
            r->open[i].stamp = ++r->clock;
            return &r->open[i];
        }
    }
    struct lode_open_source entry = {.index = r->index, .number = number};
    struct source_load load = {.index = r->index, .number = (uint64_t)number};
    if (lode_index_guarded(r->index, run_source_load, &load, &load.fault) != LODE_OK) {
        *status = lode_diag_fault(diag, r->index->path, &load.fault);
        return NULL;
    }
    entry.source = load.source;
    if (r->open_count == r->open_max)
        close_oldest(r);
    errno = 0;
    entry.fd = lode_sourcefile_open(r->index, &entry.source, diag);
    /* The process may have fewer descriptors left than the reader would like. */
    while (entry.fd < 0 && errno == EMFILE && r->open_count > 0) {
        close_oldest(r);
        errno = 0;
        entry.fd = lode_sourcefile_open(r->index, &entry.source, diag);
    }
    if (entry.fd < 0) {
        *status = entry.fd;
        return NULL;
    }
    entry.stamp = ++r->clock;
    r->open[r->open_count] = entry;
    return &r->open[r->open_count++];
}

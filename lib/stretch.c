/* Owns the memory of records.h: what a stretch of text adds, and the state of a walk. */
#include "records.h"

#include <stdlib.h>
#include <string.h>

void lode_stretch_reset(struct lode_stretch *s)
{
    s->item_count = s->contig_count = s->gap_count = s->names_len = s->descs_len = 0;
}

void lode_stretch_free(struct lode_stretch *s)
{
    free(s->items);
    free(s->contigs);
    free(s->gaps);
    free(s->names);
    free(s->descs);
    memset(s, 0, sizeof *s);
}

void lode_records_start(struct lode_records *r, const char *path)
{
    uint8_t *header = r->header;
    const size_t cap = r->header_cap;
    memset(r, 0, sizeof *r);
    r->header = header;
    r->header_cap = cap;
    r->path = path;
    r->line_no = 1;
}

void lode_records_free(struct lode_records *r)
{
    free(r->header);
    r->header = NULL;
    r->header_cap = 0;
}

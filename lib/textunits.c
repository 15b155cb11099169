#include "textunits.h"

#include "locate.h"

#include <fcntl.h>
#include <sys/uio.h>

/* A pread of plain text costs as much as copying about so many bytes. */
static const uint64_t plain_unit = 16 << 10;

/* One source row, for lode_index_guarded. */
static int run_source_load(void *arg)
{
    struct lode_textunits *units = arg;
    return lode_source_get(&units->index->seq, (uint64_t)units->number, &units->source, NULL);
}

const struct lode_source *lode_units_source(struct lode_textunits *units, int64_t number)
{
    if (!units->known || units->number != number) {
        units->number = number;
        units->known = lode_index_guarded(units->index, run_source_load, units, NULL) == LODE_OK;
    }
    return units->known ? &units->source : NULL;
}

/* A block of a source, for lode_index_guarded. */
struct block_load {
    const uint8_t *rows;
    uint64_t n, offset;
    struct lode_block_row block, next;
};

static int run_block_load(void *arg)
{
    struct block_load *load = arg;
    uint64_t i;
    return lode_block_find(load->rows, load->n, load->offset, &i, &load->block, &load->next);
}

bool lode_text_unit(struct lode_textunits *units, int64_t source, uint64_t offset,
                    struct lode_unit *unit)
{
    const struct lode_source *s = lode_units_source(units, source);
    if (s == NULL || offset >= s->row.text_len)
        return false;
    if (s->row.kind != LODE_KIND_BGZF) {
        const uint64_t begin = offset / plain_unit * plain_unit;
        const uint64_t left = s->row.text_len - begin;
        const uint64_t end = begin + (left < plain_unit ? left : plain_unit);
        *unit = (struct lode_unit){begin, end, begin, end};
        return true;
    }
    struct block_load load = {.offset = offset};
    load.rows = lode_source_blocks(&units->index->seq, s, &load.n);
    if (lode_index_guarded(units->index, run_block_load, &load, NULL) != LODE_OK)
        return false;
    *unit = (struct lode_unit){load.block.text_off, load.next.text_off, load.block.file_off,
                               load.next.file_off};
    return true;
}

/* BGZF: 55 us for 65,280 bytes of text. Plain: a copy out of the page cache and a sum. */
uint64_t lode_text_cost(struct lode_textunits *units, int64_t source, uint64_t decoded,
                        uint64_t handed)
{
    const struct lode_source *s = lode_units_source(units, source);
    const bool bgzf = s != NULL && s->row.kind == LODE_KIND_BGZF;
    return (bgzf ? decoded / 65280 * 55000 + decoded % 65280 * 55000 / 65280 : decoded / 4) +
           handed / 16 + 500;
}

bool lode_text_resident(struct lode_reader *reader, int64_t source, uint64_t begin, uint64_t end)
{
    int status;
    uint8_t byte;
    const struct iovec one = {&byte, 1};
    const uint64_t middle = begin + (end - begin) / 2;
    const struct lode_open_source *open = lode_reader_source(reader, source, &status, NULL);
    return open == NULL || preadv2(open->fd, &one, 1, (off_t)middle, RWF_NOWAIT) == 1;
}

void lode_text_prefetch(struct lode_reader *reader, int64_t source, uint64_t begin, uint64_t end)
{
    int status;
    const struct lode_open_source *open = lode_reader_source(reader, source, &status, NULL);
    if (open != NULL)
        (void)posix_fadvise(open->fd, (off_t)begin, (off_t)(end - begin), POSIX_FADV_WILLNEED);
}

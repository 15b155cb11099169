#include "packlines.h"

#include "grow.h"
#include "pack.h"

#include <string.h>

/* The part of a contig that is being packed. */
struct packer {
    struct lode_composed *out;
    size_t begin;   /* of its bytes in out->packed */
    uint64_t first; /* place of its first base in that byte, 0..3 */
    uint64_t bases;
    bool bytes;
};

/* Room that the stretch's bases can take at most. */
static size_t room_of(const struct lode_stretch *s)
{
    size_t room = 0;
    for (size_t i = 0; i < s->item_count; i++)
        room += (size_t)s->items[i].lines * s->items[i].content + 1;
    return room;
}

static size_t end_of(const struct packer *p)
{
    return p->begin + (size_t)(p->bytes ? p->bases : (p->first + p->bases + 3) / 4);
}

static void put_line(struct packer *p, const uint8_t *bases, size_t n)
{
    const uint64_t at = p->first + p->bases;
    if (p->bytes)
        memcpy(p->out->packed + p->begin + p->bases, bases, n);
    else
        lode_pack(p->out->packed + p->begin + at / 4, (size_t)(at & 3), bases, n);
    p->bases += n;
}

static void put_item(struct packer *p, const struct lode_seq_item *item, const uint8_t *text)
{
    if (p->bases == 0 && !p->bytes) {
        p->first = item->coordinate & 3;
        p->out->packed[p->begin] = 0;
    }
    for (uint64_t k = 0; k < item->lines; k++)
        put_line(p, text + item->begin + k * item->width, item->content);
}

static void start(struct packer *p, const struct lode_stretch *s, size_t contig, size_t begin)
{
    p->begin = begin;
    p->first = p->bases = 0;
    p->bytes = contig < s->contig_count && s->contigs[contig].row.encoding == LODE_ENCODING_BYTES;
}

static void end_part(struct packer *p, size_t part)
{
    p->out->parts[part].packed_end = end_of(p);
    p->out->parts[part].bases = p->bases;
}

bool lode_pack_lines(struct lode_composed *out, const struct lode_stretch *s, const uint8_t *text)
{
    struct packer p = {.out = out};
    size_t contig = 0;
    if (!lode_grow(&out->packed, &out->packed_cap, room_of(s) + 1, 1))
        return false;
    start(&p, s, contig, 0);
    for (size_t i = 0; i < s->item_count; i++) {
        if (s->items[i].lines > 0) {
            put_item(&p, &s->items[i], text);
            continue;
        }
        end_part(&p, contig++);
        start(&p, s, contig, end_of(&p));
    }
    end_part(&p, contig);
    return true;
}

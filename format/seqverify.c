#include "seqverify.h"

#include "locate.h"
#include "range.h"

/* ---- sections ------------------------------------------------------------------------------- */

static void check_alignment(struct lode_verifier *v)
{
    const struct lode_container *box = &v->ix->box;
    for (uint32_t i = 0; i < box->entry_count; i++) {
        struct lode_section s;
        lode_container_entry(box, i, &s);
        if (s.len >= LODE_BIG_SECTION && s.off % LODE_ALIGN_BIG != 0)
            lode_verifier_report(v, LODE_FMT_LAYOUT, "D-14", s.id,
                                 box->header_size + (uint64_t)i * box->entry_size +
                                     LODE_ENTRY_OFFSET);
    }
}

static int compare_bytes(const uint8_t *a, uint64_t na, const uint8_t *b, uint64_t nb)
{
    const uint64_t n = na < nb ? na : nb;
    const int order = n > 0 ? memcmp(a, b, (size_t)n) : 0;
    return order != 0 ? order : na < nb ? -1 : na > nb;
}

/* A line key=value of n bytes, and the one before it. */
struct opts_line {
    const uint8_t *p;
    uint64_t n, key;
};

static bool opts_line_ok(const struct opts_line *line, const struct opts_line *last)
{
    if (line->key == 0 || line->key == line->n)
        return false;
    if (last->p == NULL)
        return true;
    return compare_bytes(last->p, last->n, line->p, line->n) < 0 &&
           compare_bytes(last->p, last->key, line->p, line->key) != 0;
}

static void check_opts(struct lode_verifier *v)
{
    const struct lode_rows *opts = &v->ix->opts;
    struct opts_line last = {0};
    for (uint64_t at = 0; at < opts->count; at += last.n + 1) {
        struct opts_line line = {.p = opts->rows + at};
        const uint8_t *feed = memchr(line.p, '\n', (size_t)(opts->count - at));
        line.n = feed != NULL ? (uint64_t)(feed - line.p) : 0;
        const uint8_t *equal = memchr(line.p, '=', (size_t)line.n);
        line.key = equal != NULL ? (uint64_t)(equal - line.p) : line.n;
        if (!opts_line_ok(&line, &last)) {
            lode_verifier_corrupt(v, "O-1", LODE_ID_OPTS, line.p);
            return;
        }
        last = line;
    }
}

/* The zeros behind the last base. */
static void check_base_tail(struct lode_verifier *v)
{
    const uint8_t *tail = v->ix->base.rows + v->ix->base.count;
    for (int i = 0; v->ix->packed && i < LODE_BASE_TAIL; i++)
        if (tail[i] != 0) {
            lode_verifier_corrupt(v, "K-15", LODE_ID_BASE, tail + i);
            return;
        }
}

int lode_seqindex_verify_layout(struct lode_verifier *v)
{
    const struct lode_verifier_mark mark = lode_verifier_begin(v);
    struct lode_section s;
    check_alignment(v);
    check_opts(v);
    check_base_tail(v);
    if (v->ix->source_count == 1 && lode_container_find(&v->ix->box, LODE_ID_GNAM, 0, &s))
        lode_verifier_report(v, LODE_FMT_CORRUPT, "N-7", LODE_ID_GNAM, s.off);
    return lode_verifier_end(v, mark);
}

/* ---- sources -------------------------------------------------------------------------------- */

static const uint8_t *source_row(const struct lode_seqindex *ix, uint64_t i)
{
    return ix->srce.rows + i * LODE_STRIDE_SRCE;
}

static void check_outer_rows(struct lode_verifier *v)
{
    static const struct lode_begins zero;
    const struct lode_seqindex *ix = v->ix;
    const uint8_t *end = source_row(ix, ix->source_count);
    struct lode_source_row row;
    uint8_t rest = 0;
    lode_source_decode(source_row(ix, 0), &row);
    if (memcmp(&row.begin, &zero, sizeof zero) != 0)
        lode_verifier_corrupt(v, "S-12", LODE_ID_SRCE, source_row(ix, 0));
    lode_source_decode(end, &row);
    const struct lode_begins *b = &row.begin;
    if (b->contig != ix->ctig.count || b->block != ix->blok.count || b->sum != ix->sums.count ||
        b->slot != ix->tnam.count || b->name != ix->name.count || b->desc != ix->desc.count ||
        b->bin != ix->bins.count || b->toggle != ix->kase.count || b->run != ix->excp.count ||
        (ix->packed && b->base != ix->base.count))
        lode_verifier_corrupt(v, "S-12", LODE_ID_SRCE, end);
    for (int k = 0; k < LODE_SRCE_CONTIG; k++)
        rest |= end[k];
    if (rest != 0)
        lode_verifier_corrupt(v, "S-18", LODE_ID_SRCE, end);
}

/* Relative, without empty components and ".", ".." only at its beginning (SPEC 5.1). */
static bool locator_ok(const uint8_t *p, uint32_t n)
{
    bool inside = false; /* a component other than ".." came */
    if (n == 0 || p[n - 1] == '/' || memchr(p, 0, n) != NULL)
        return false;
    for (uint32_t at = 0; at < n;) {
        const uint8_t *slash = memchr(p + at, '/', n - at);
        const uint32_t len = slash != NULL ? (uint32_t)(slash - (p + at)) : n - at;
        const bool up = len == 2 && p[at] == '.' && p[at + 1] == '.';
        if (len == 0 || (len == 1 && p[at] == '.') || (up && inside))
            return false;
        inside = !up;
        at += len + 1;
    }
    return inside;
}

/* Locator and NAME; *next is where the strings of the next source stand. */
static void check_strings(struct lode_verifier *v, const struct lode_source *source,
                          const uint8_t *p, struct lode_bytes *last, uint64_t *next)
{
    struct lode_bytes path, name;
    struct lode_fault fault;
    const struct lode_source_row *row = &source->row;
    const bool dense = row->path_off == *next;
    *next = row->path_off + row->path_len + row->name_len + 2;
    const struct lode_bytes before = *last;
    last->data = NULL;
    if (lode_source_strings(v->ix, source, &path, &name, &fault) != LODE_FMT_OK) {
        lode_verifier_fault(v, &fault, LODE_ID_SRCE, p);
        return;
    }
    *last = path;
    if (!dense)
        lode_verifier_corrupt(v, "S-11", LODE_ID_SRCE, p);
    else if (name.len == 0 || memchr(name.data, 0, name.len) != NULL)
        lode_verifier_corrupt(v, "S-17", LODE_ID_SRCE, p);
    else if (!locator_ok(path.data, path.len))
        lode_verifier_report(v, LODE_FMT_REFUSED, "S-14", LODE_ID_SRCE,
                             (uint64_t)(p - v->ix->box.data));
    else if (before.data != NULL &&
             compare_bytes(before.data, before.len, path.data, path.len) >= 0)
        lode_verifier_corrupt(v, "S-13", LODE_ID_SRCE, p);
}

/* Rows that follow from the length of the text, the blocks and the bases. */
static void check_counts(struct lode_verifier *v, const struct lode_source *source,
                         const uint8_t *p)
{
    const struct lode_source_row *row = &source->row;
    const struct lode_begins *b = &row->begin, *e = &source->end;
    const uint64_t bytes = e->base - b->base, limit = 1ULL << 46;
    uint64_t blocks = e->block - b->block;
    blocks -= blocks > 0; /* the sentinel */
    if (e->sum - b->sum != lode_sum_rows(row, blocks))
        lode_verifier_corrupt(v, "T-4", LODE_ID_SRCE, p);
    if (bytes > limit || e->bin - b->bin != lode_ceil_div(4 * bytes, 1u << LODE_BIN_LOG2) + 1)
        lode_verifier_corrupt(v, "K-1", LODE_ID_SRCE, p);
}

int lode_seqindex_verify_sources(struct lode_verifier *v)
{
    const struct lode_verifier_mark mark = lode_verifier_begin(v);
    const struct lode_seqindex *ix = v->ix;
    struct lode_bytes last = {0};
    uint64_t next = 0;
    check_outer_rows(v);
    for (uint64_t i = 0; i < ix->source_count; i++) {
        struct lode_source source;
        struct lode_fault fault;
        const uint8_t *p = source_row(ix, i);
        if (lode_source_get(ix, i, &source, &fault) == LODE_FMT_OK)
            check_counts(v, &source, p);
        else
            lode_verifier_fault(v, &fault, LODE_ID_SRCE, p);
        check_strings(v, &source, p, &last, &next);
    }
    if (next != ix->sstr.count)
        lode_verifier_corrupt(v, "S-11", LODE_ID_SSTR, ix->sstr.rows);
    return lode_verifier_end(v, mark);
}

/* ---- blocks and sums ------------------------------------------------------------------------ */

static bool check_blocks(struct lode_verifier *v, const struct lode_source *source)
{
    uint64_t n;
    struct lode_block_row block, next;
    const uint64_t before = v->findings;
    const uint8_t *rows = lode_source_blocks(v->ix, source, &n);
    lode_block_decode(rows, &block);
    if (block.text_off != 0 || block.file_off != 0)
        lode_verifier_corrupt(v, "B-3", LODE_ID_BLOK, rows);
    for (uint64_t i = 0; i < n; i++)
        if (lode_block_get(rows, i, &block, &next) != LODE_FMT_OK)
            lode_verifier_corrupt(v, "B-2", LODE_ID_BLOK, rows + i * LODE_STRIDE_BLOK);
    const uint8_t *end = rows + n * LODE_STRIDE_BLOK;
    lode_block_decode(end, &block);
    if (block.text_off != source->row.text_len || block.file_off != source->row.file_size ||
        block.crc != source->row.text_crc)
        lode_verifier_corrupt(v, "B-4", LODE_ID_BLOK, end);
    return v->findings == before;
}

/* Slots [from, to) of the source belong to no piece. */
static void check_unused(struct lode_verifier *v, const struct lode_source *source, uint64_t from,
                         uint64_t to)
{
    const uint64_t per = lode_slot_rows(&source->row);
    const uint8_t *rows = v->ix->sums.rows + source->row.begin.sum * LODE_STRIDE_SUMS;
    for (uint64_t k = from * per; k < to * per; k++)
        if (lode_get32(rows + k * LODE_STRIDE_SUMS) != 0)
            lode_verifier_corrupt(v, "T-2", LODE_ID_SUMS, rows + k * LODE_STRIDE_SUMS);
}

/* Can a piece of n literals, inside a block of `bits` bits, begin where this start says, `least`
 * being the bit where the one before can end at the earliest and `most` at the latest? */
static bool start_ok(uint32_t start, uint64_t n, uint64_t least, uint64_t most, uint64_t bits)
{
    const uint64_t bit = lode_start_bit(start), half = lode_start_half(start);
    const uint64_t first = n > LODE_RESTART_HALF ? LODE_RESTART_HALF : 0;
    return bit >= least && bit <= most && bit + half < bits && half >= first &&
           half <= first * LODE_LITERAL_BITS_MAX;
}

/* Starts of the pieces of a block, whose first is in slot `first`: none has one, or each lies
 * behind the one before as far as the literals between them can take, and inside the block. */
static void check_starts(struct lode_verifier *v, const struct lode_source *source, uint64_t first,
                         const struct lode_block_row *block, const struct lode_block_row *next)
{
    const uint64_t piece = 1u << LODE_RESTART_LOG2, text = next->text_off - block->text_off;
    const uint64_t bits = 8 * (next->file_off - block->file_off);
    uint64_t least = 0, most = bits;
    bool none = false;
    for (uint64_t k = 0; k << LODE_RESTART_LOG2 < text; k++) {
        const uint64_t n = text - k * piece < piece ? text - k * piece : piece;
        uint32_t sum, start;
        if (lode_restart_get(v->ix, source, first + k, &sum, &start) != LODE_FMT_OK)
            return; /* the map changed under us */
        none = k > 0 ? none : start == LODE_NO_START;
        if (none ? start != LODE_NO_START : !start_ok(start, n, least, most, bits)) {
            const uint64_t row = source->row.begin.sum + 2 * (first + k) + 1;
            lode_verifier_corrupt(v, "T-5", LODE_ID_SUMS,
                                  v->ix->sums.rows + row * LODE_STRIDE_SUMS);
            return;
        }
        const uint64_t rest = n - LODE_RESTART_HALF,
                       at = lode_start_bit(start) + lode_start_half(start);
        least = at + rest; /* of a whole piece; another one is the last */
        most = at + rest * LODE_LITERAL_BITS_MAX;
    }
}

/* Do the first blocks with text bear the flags out, as far as rows tell? Whether a block is a
 * restart block is for the file to say; but one of the first must have starts. Needs sound blocks.
 */
static void check_layout(struct lode_verifier *v, uint64_t i, const struct lode_source *source)
{
    uint64_t n, seen = 0;
    const uint8_t *rows = lode_source_blocks(v->ix, source, &n);
    const bool restart = (source->row.flags & LODE_SOURCE_RESTART) != 0;
    bool starts = false, small = true;
    for (uint64_t k = 0; k < n && seen < LODE_FIRST_BLOCKS; k++) {
        struct lode_block_row block, next;
        uint32_t sum, start = LODE_NO_START;
        if (lode_block_get(rows, k, &block, &next) != LODE_FMT_OK)
            return; /* the map changed under us */
        const uint64_t slot = lode_piece_slot(LODE_RESTART_LOG2, block.text_off, k, 0);
        seen += next.text_off > block.text_off;
        small = small && next.text_off - block.text_off <= LODE_FINE_BLOCK;
        if (restart && next.text_off > block.text_off &&
            lode_restart_get(v->ix, source, slot, &sum, &start) != LODE_FMT_OK)
            return;
        starts = starts || start != LODE_NO_START;
    }
    const bool fine = !restart && seen > 0 && small;
    const bool told = (source->row.flags & LODE_SOURCE_FINE) != 0;
    if (restart && !starts)
        lode_verifier_corrupt(v, "S-23", LODE_ID_SRCE, source_row(v->ix, i));
    if (told ? !fine : fine && lode_layouts_told(v->ix))
        lode_verifier_corrupt(v, "S-25", LODE_ID_SRCE, source_row(v->ix, i));
}

/* Needs sound blocks and T-4: then every slot lies inside the source's rows. */
static void check_slots(struct lode_verifier *v, const struct lode_source *source)
{
    uint64_t n, used = 0;
    const uint8_t *rows = lode_source_blocks(v->ix, source, &n);
    const unsigned log2 = lode_piece_log2(&source->row);
    const uint64_t count = source->end.sum - source->row.begin.sum;
    if (count != lode_sum_rows(&source->row, n))
        return;
    for (uint64_t i = 0; i < n; i++) {
        struct lode_block_row block, next;
        if (lode_block_get(rows, i, &block, &next) != LODE_FMT_OK ||
            next.text_off > source->row.text_len)
            return; /* the map changed under us */
        const uint64_t first = lode_piece_slot(log2, block.text_off, i, 0);
        check_unused(v, source, used, first);
        used = first + lode_ceil_div(next.text_off - block.text_off, 1u << log2);
        if ((source->row.flags & LODE_SOURCE_RESTART) != 0)
            check_starts(v, source, first, &block, &next);
    }
    check_unused(v, source, used, count / lode_slot_rows(&source->row));
}

int lode_seqindex_verify_source(struct lode_verifier *v, uint64_t i)
{
    const struct lode_verifier_mark mark = lode_verifier_begin(v);
    struct lode_source source;
    if (lode_source_get(v->ix, i, &source, NULL) == LODE_FMT_OK) {
        const uint64_t before = v->findings;
        lode_verify_contigs(v, i, &source);
        const bool contigs_ok = v->findings == before;
        if (source.row.kind == LODE_KIND_BGZF && check_blocks(v, &source)) {
            check_layout(v, i, &source);
            check_slots(v, &source);
        }
        lode_verify_bases(v, &source, contigs_ok);
    }
    return lode_verifier_end(v, mark);
}

int lode_seqindex_verify(struct lode_verifier *v, uint8_t *shared)
{
    const struct lode_verifier_mark mark = lode_verifier_begin(v);
    (void)lode_seqindex_verify_layout(v);
    (void)lode_seqindex_verify_sources(v);
    (void)lode_seqindex_verify_gaps(v);
    for (uint64_t i = 0; i < v->ix->source_count; i++)
        (void)lode_seqindex_verify_source(v, i);
    (void)lode_seqindex_verify_names(v, shared);
    return lode_verifier_end(v, mark);
}

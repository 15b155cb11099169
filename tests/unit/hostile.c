#include "hostile.h"

#include "guard.h"

#include <stdlib.h>

struct hostile hostiles[HOSTILE_KINDS] = {
    {.name = "minimal"}, {.name = "blocks"}, {.name = "restart"},
    {.name = "packed"},  {.name = "track"},  {.name = "set"},
};

static struct guard guard;

/* ---- making ---------------------------------------------------------------------------------- */

static void compress(const char *in, const char *out, int layout, int block_size)
{
    struct lode_compress_options options = LODE_COMPRESS_OPTIONS_INIT;
    struct lode_diag diag;
    FILE *f = fopen(in, "rb");
    assert_non_null(f);
    options.layout = layout;
    options.block_size = block_size;
    if (lode_compress(fileno(f), in, out, &options, &diag) != LODE_OK)
        fail_msg("%s", diag.message);
    fclose(f);
}

static void index_it(struct hostile *h, const char *source, int pack, int track)
{
    struct lode_build_options options = LODE_BUILD_OPTIONS_INIT;
    struct lode_diag diag;
    options.out = tmp_path("%s.lode", h->name);
    options.digest = !track;
    options.pack = pack;
    options.track = track;
    options.duplicates_first = 1;
    if (lode_build(&source, 1, &options, NULL, &diag) != LODE_OK)
        fail_msg("%s", diag.message);
    h->image = file_read(options.out);
}

static void make_fasta(enum hostile_kind kind, size_t records, size_t longest)
{
    struct hostile *h = &hostiles[kind];
    struct rng rng = {(uint64_t)kind + 900};
    const struct style style = {.records = records,
                                .max_length = longest,
                                .max_width = 60,
                                .eol = kind == HOSTILE_MINIMAL ? STYLE_LF : STYLE_EITHER,
                                .letters = kind == HOSTILE_PACKED
                                               ? "ACGTacgtACGTacgtACGTacgtNNNnnACGTR"
                                               : style_letters[kind % 3],
                                .blank_lines = kind != HOSTILE_MINIMAL};
    h->fasta = fasta_random(&rng, &style);
    const char *text = tmp_path("%s.fa", h->name), *packed = tmp_path("%s.fa.gz", h->name);
    file_write(text, h->fasta.text.p, h->fasta.text.n);
    if (kind == HOSTILE_BLOCKS)
        compress(text, packed, LODE_LAYOUT_ORDINARY, 512);
    if (kind == HOSTILE_RESTART)
        compress(text, packed, LODE_LAYOUT_RESTART, 5000);
    index_it(h, kind == HOSTILE_MINIMAL || kind == HOSTILE_PACKED ? text : packed,
             kind == HOSTILE_PACKED, 0);
}

static void make_track(void)
{
    static const char idx[] = "chr1\t0\nchr2\t1200\nempty\t4000\nchr3\t4000\n\t8000\n";
    uint8_t values[8000];
    for (size_t i = 0; i < sizeof values; i++)
        values[i] = (uint8_t)(i * 7 >> 2);
    file_write(tmp_path("values"), values, sizeof values);
    compress(tmp_path("values"), tmp_path("t.track.gz"), LODE_LAYOUT_ORDINARY, 512);
    file_write(tmp_path("t.track.gz.idx"), idx, sizeof idx - 1);
    index_it(&hostiles[HOSTILE_TRACK], tmp_path("t.track.gz"), 0, LODE_TRACK_F32);
}

/* Records [0, 4) in one file, the others in another. */
static void make_set(void)
{
    struct hostile *h = &hostiles[HOSTILE_SET];
    struct rng rng = {950};
    const struct style style = {.records = 8, .max_length = 500, .max_width = 60};
    struct lode_build_options options = LODE_BUILD_OPTIONS_INIT;
    struct lode_diag diag;
    char header[64];
    h->fasta = fasta_random(&rng, &style);
    const struct bytes *text = &h->fasta.text;
    const int n = snprintf(header, sizeof header, "\n>%s", h->fasta.records[4].name);
    const uint8_t *second = memmem(text->p, text->n, header, (size_t)n);
    assert_non_null(second);
    const size_t first = (size_t)(second - text->p) + 1;
    file_write(tmp_path("set-0.fa"), text->p, first);
    file_write(tmp_path("set-1.fa"), text->p + first, text->n - first);
    options.out = tmp_path("set.lode");
    options.digest = options.add = 1;
    for (int i = 0; i < 2; i++) {
        const char *source = tmp_path("set-%d.fa", i);
        if (lode_build(&source, 1, &options, NULL, &diag) != LODE_OK)
            fail_msg("%s", diag.message);
    }
    h->image = file_read(options.out);
}

int hostile_make(void **state)
{
    if (tmp_make(state) != 0 || !guard_new(&guard, 1 << 20))
        return -1;
    make_fasta(HOSTILE_MINIMAL, 1, 100);
    make_fasta(HOSTILE_BLOCKS, 40, 900);
    make_fasta(HOSTILE_RESTART, 12, 3000);
    make_fasta(HOSTILE_PACKED, 14, 1500);
    make_track();
    make_set();
    return 0;
}

int hostile_drop(void **state)
{
    for (int i = 0; i < HOSTILE_KINDS; i++) {
        bytes_free(&hostiles[i].image);
        fasta_free(&hostiles[i].fasta);
    }
    guard_free(&guard);
    return tmp_drop(state);
}

size_t hostile_step(size_t usual)
{
    const char *step = getenv("LODE_STEP");
    return step != NULL && atol(step) > 0 ? (size_t)atol(step) : usual;
}

/* ---- asking ---------------------------------------------------------------------------------- */

static lode_index *open_guarded(const uint8_t *image, size_t n, struct lode_diag *diag)
{
    struct lode_open_options options = LODE_OPEN_OPTIONS_INIT;
    lode_index *index = NULL;
    options.source_root = tmp_root;
    const int status = lode_open_buffer(guard_copy(&guard, image, n), n, &options, &index, diag);
    if ((status == LODE_OK) != (index != NULL) || (status < 0 && diag->message[0] == 0))
        fail_msg("open: status %d tells nothing", status);
    return index;
}

static void ask_contig(const struct hostile *h, const lode_index *index, lode_reader *reader,
                       int64_t id)
{
    const struct record *record = &h->fasta.records[id];
    struct lode_contig contig;
    struct lode_diag diag;
    const size_t len = strlen(record->name);
    if (lode_find(index, -1, record->name, len, &contig, &diag) == LODE_OK &&
        strcmp(h->fasta.records[contig.id].name, record->name) != 0)
        fail_msg("%s: '%s' found as another contig", h->name, record->name);
    if (lode_contig_at(index, id, &contig, &diag) != LODE_OK)
        return;
    if (contig.length != record->length)
        fail_msg("%s: contig %d has a wrong length", h->name, (int)id);
    const int64_t begin = record->length / 3, end = record->length - record->length / 4;
    const int verdict = read_judged(reader, &contig, record, begin, end);
    if (verdict == WRONG_BASES || verdict == DST_TOUCHED)
        fail_msg("%s: wrong bases of contig %d", h->name, (int)id);
}

void hostile_ask(const struct hostile *h, const uint8_t *image, size_t n)
{
    struct lode_diag diag;
    lode_index *index = open_guarded(image, n, &diag);
    if (index == NULL)
        return;
    lode_reader *reader = reader_ok(index);
    const size_t count = h->fasta.count;
    for (size_t i = 0; i < count; i += 1 + count / 4)
        ask_contig(h, index, reader, (int64_t)i);
    lode_reader_free(reader);
    lode_close(index);
}

/* ---- verifying ------------------------------------------------------------------------------- */

struct hearing {
    void (*seen)(void *ctx, const struct lode_diag *finding);
    void *ctx;
};

static int on_finding(void *ctx, const struct lode_diag *finding)
{
    const struct hearing *hearing = ctx;
    if (finding->status >= 0 || finding->message[0] == 0)
        fail_msg("a finding tells nothing");
    if (hearing->seen != NULL)
        hearing->seen(hearing->ctx, finding);
    return 0;
}

int hostile_verify(const uint8_t *image, size_t n, int level,
                   void (*seen)(void *ctx, const struct lode_diag *finding), void *ctx,
                   struct lode_diag *diag)
{
    struct hearing hearing = {seen, ctx};
    struct lode_verify_options options = LODE_VERIFY_OPTIONS_INIT;
    options.level = level;
    options.threads = 1;
    options.finding = on_finding;
    options.ctx = &hearing;
    lode_index *index = open_guarded(image, n, diag);
    if (index == NULL) {
        (void)on_finding(&hearing, diag);
        return diag->status;
    }
    const int status = lode_verify(index, &options, diag);
    lode_close(index);
    return status;
}

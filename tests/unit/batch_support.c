#include "batch_support.h"

#include "inflate.h"

#include <pthread.h>
#include <zlib.h>

struct fasta many_fasta[SOURCES];
lode_index *many_index;
const int many_block_size[SOURCES] = {1000, 65280, 0, 5000, 0};

const char *many_path(int source)
{
    return tmp_path("in/s%d.fa%s", source, many_block_size[source] > 0 ? ".gz" : "");
}

int many_make(void **state)
{
    struct rng rng = {401};
    char command[600];
    if (tmp_make(state) != 0)
        return -1;
    snprintf(command, sizeof command, "mkdir %s", tmp_path("in"));
    if (system(command) != 0)
        return -1;
    for (int s = 0; s < SOURCES; s++) {
        const struct style style = {.records = RECORDS,
                                    .max_length = 80000,
                                    .max_width = 70,
                                    .eol = s == 3 ? STYLE_CRLF : STYLE_LF,
                                    .letters = style_letters[s % 3]};
        many_fasta[s] = fasta_random(&rng, &style);
        const struct bytes *text = &many_fasta[s].text;
        if (many_block_size[s] == 0) {
            file_write(many_path(s), text->p, text->n);
            continue;
        }
        file_write(tmp_path("text"), text->p, text->n);
        compress_ok(tmp_path("text"), many_path(s), many_block_size[s]);
    }
    const char *dir = tmp_path("in");
    build_ok(&dir, 1, tmp_path("many.lode"));
    struct lode_open_options o = LODE_OPEN_OPTIONS_INIT;
    o.source_root = tmp_root;
    assert_int_equal(lode_open(tmp_path("many.lode"), &o, &many_index, NULL), LODE_OK);
    return 0;
}

int many_drop(void **state)
{
    lode_close(many_index);
    for (int s = 0; s < SOURCES; s++)
        fasta_free(&many_fasta[s]);
    return tmp_drop(state);
}

const struct record *many_record(int64_t contig)
{
    return &many_fasta[contig / RECORDS].records[contig % RECORDS];
}

/* ---- inflations ----------------------------------------------------------------------------- */

enum { STREAMS = 1 << 14 };

static pthread_mutex_t lock = PTHREAD_MUTEX_INITIALIZER;
static struct inflations now;
static uint64_t known[STREAMS];

size_t __real_lode_inflate_part(struct lode_inflate *state, const uint8_t *src, size_t n,
                                uint8_t *dst, size_t want);
size_t __wrap_lode_inflate_part(struct lode_inflate *state, const uint8_t *src, size_t n,
                                uint8_t *dst, size_t want);
int __real_lode_inflate_whole(struct lode_inflate *state, const uint8_t *src, size_t n,
                              uint8_t *dst, size_t size);
int __wrap_lode_inflate_whole(struct lode_inflate *state, const uint8_t *src, size_t n,
                              uint8_t *dst, size_t size);

/* Streams of random text are told apart by what they hold. */
static void note(const uint8_t *src, size_t n, size_t bytes)
{
    const uint64_t hash = (uint64_t)n << 32 | crc32(0, src, (uInt)n);
    pthread_mutex_lock(&lock);
    size_t at = hash % STREAMS;
    while (known[at] != 0 && known[at] != hash)
        at = (at + 1) % STREAMS;
    now.streams += known[at] == 0;
    known[at] = hash;
    now.bytes += bytes;
    if (++now.calls == now.after)
        __atomic_store_n(now.flag, 1, __ATOMIC_RELAXED);
    pthread_mutex_unlock(&lock);
}

size_t __wrap_lode_inflate_part(struct lode_inflate *state, const uint8_t *src, size_t n,
                                uint8_t *dst, size_t want)
{
    note(src, n, want);
    return __real_lode_inflate_part(state, src, n, dst, want);
}

int __wrap_lode_inflate_whole(struct lode_inflate *state, const uint8_t *src, size_t n,
                              uint8_t *dst, size_t size)
{
    note(src, n, size);
    return __real_lode_inflate_whole(state, src, n, dst, size);
}

void inflations_reset(void)
{
    memset(known, 0, sizeof known);
    now = (struct inflations){0};
}

struct inflations inflations_now(void)
{
    return now;
}

void inflations_signal(int64_t after, int *flag)
{
    now.after = after;
    now.flag = flag;
}

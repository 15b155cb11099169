#include "set_support.h"

lode_index *set_one, *set_many;
struct fasta set_fasta[SET_FILES];

const char *set_file(int i)
{
    return i % 2 ? tmp_path("f%d.fa.gz", i) : tmp_path("f%d.fa", i);
}

int set_add(int first, int last, const char *out, int pack, int digest, struct lode_diag *diag)
{
    struct lode_build_options how = LODE_BUILD_OPTIONS_INIT;
    const char *inputs[SET_FILES];
    how.out = out;
    how.add = 1;
    how.pack = pack;
    how.digest = digest;
    for (int i = first; i < last; i++)
        inputs[i - first] = set_file(i);
    return lode_build(inputs, (size_t)(last - first), &how, NULL, diag);
}

static void add_ok(int first, int last, const char *out, int pack, int digest)
{
    struct lode_diag diag = {0};
    if (set_add(first, last, out, pack, digest, &diag) != LODE_OK)
        fail_msg("%s", diag.message);
}

void set_make(struct rng *rng, const char *prefix, int pack, int digest)
{
    for (int i = 0; i < SET_FILES; i++) {
        char own[8];
        snprintf(own, sizeof own, "x%d_", i);
        const struct style style = {.records = 12,
                                    .max_length = 2500,
                                    .max_width = 70,
                                    .letters = i % 3 == 0 ? "ACGTNNacgtnN" : style_letters[i % 3],
                                    .prefix = prefix != NULL ? prefix : own};
        set_fasta[i] = fasta_random(rng, &style);
        char leaf[16];
        snprintf(leaf, sizeof leaf, i % 2 ? "f%d.fa.gz" : "f%d.fa", i);
        (void)fasta_file(&set_fasta[i], leaf, i % 2 ? 600 : 0);
    }
    add_ok(0, SET_FILES, tmp_path("one.lode"), pack, digest);
    add_ok(0, 2, tmp_path("many.lode"), pack, digest);
    add_ok(2, 3, tmp_path("many.lode"), pack, digest);
    add_ok(3, 5, tmp_path("many.lode"), pack, digest);
    add_ok(5, 6, tmp_path("many.lode"), pack, digest);
    set_one = open_ok(tmp_path("one.lode"));
    set_many = open_ok(tmp_path("many.lode"));
}

void set_drop(void)
{
    lode_close(set_one);
    lode_close(set_many);
    for (int i = 0; i < SET_FILES; i++)
        fasta_free(&set_fasta[i]);
}

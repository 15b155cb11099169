/* Any bytes as the own file of a set, beside members that are sound: what opens answers with what
 * the members hold, by number, by name and in batches; where verify finds nothing in a set of
 * records, each is the one that its key finds; and who adds to a set leaves one that is as sound.
 * The last byte of the input steers. */
#include "guard.h"
#include "lode.h"
#include "reseal.h"
#include "set_members.h"
#include "support.h"

#include <stdlib.h>
#include <string.h>
#include <unistd.h>

enum { RESEAL = 1, VERIFY = 2, STORE = 4, ADD = 8 };
enum { ASKED = 60, ROOM = 64 };

/* ---- indexes --------------------------------------------------------------------------------- */

/* The contig of a name and length that a member has. */
static const char *bases_of(const char *name, int64_t length)
{
    for (int i = 0; i < SET_CONTIGS; i++)
        if (strcmp(set_contigs[i].name, name) == 0 &&
            (int64_t)strlen(set_contigs[i].bases) == length)
            return set_contigs[i].bases;
    return NULL;
}

static void ask_contig(const lode_index *index, lode_reader *reader, int64_t i, int64_t sources)
{
    struct lode_contig contig, found;
    char name[16] = "", bases[ROOM];
    const char *const names[] = {name};
    size_t len = 0;
    int status;
    fuzz_check(lode_contig_at(index, i, &contig, NULL) == LODE_OK && contig.id == i);
    fuzz_check(contig.source >= 0 && contig.source < sources);
    fuzz_check(lode_contig_name(index, i, name, sizeof name, &len) == LODE_OK);
    const char *want = bases_of(name, contig.length);
    fuzz_check(want != NULL);
    fuzz_check(lode_fetch_at(reader, &contig, 0, contig.length, bases, ROOM, 0, 0, NULL) ==
               contig.length);
    fuzz_check(memcmp(bases, want, (size_t)contig.length) == 0);
    fuzz_check(lode_find(index, contig.source, name, len, &found, NULL) == LODE_OK);
    fuzz_check(found.id == i && found.source == contig.source);
    const int alone = lode_find(index, -1, name, len, &found, NULL);
    fuzz_check(alone == LODE_OK || alone == LODE_E_AMBIGUOUS);
    fuzz_check(alone != LODE_OK || found.id == i);
    (void)lode_find_many(index, NULL, names, &len, 1, &found, &status);
    fuzz_check(status == alone);
}

static void ask_source(const lode_index *index, int64_t i, int64_t *first)
{
    struct lode_source_info info = {.struct_size = sizeof info};
    char name[16] = "";
    size_t len = 0;
    int64_t number;
    fuzz_check(lode_source_info(index, i, &info, NULL) == LODE_OK && info.first_contig == *first);
    *first += info.contigs;
    fuzz_check(lode_source_name(index, i, name, sizeof name, &len) == LODE_OK);
    /* a member may be named twice: its sources are found in the first of both */
    fuzz_check(lode_find_source(index, name, len, &number) == LODE_OK && number <= i);
}

static void ask_contigs_together(const lode_index *index, lode_reader *reader, int64_t contigs)
{
    static struct lode_request requests[ASKED + 2];
    static char room[ASKED + 2][ROOM];
    struct lode_batch batch = LODE_BATCH_INIT;
    struct lode_diag diag;
    batch.bounds = LODE_BOUNDS_CLIP;
    const int64_t n = contigs < ASKED ? contigs : ASKED;
    for (int64_t i = 0; i < n + 2; i++) /* the first and the last of numbers that there are not */
        requests[i] = (struct lode_request){.contig = i == n + 1 ? contigs : n - 1 - i,
                                            .end = ROOM,
                                            .dst = room[i],
                                            .dst_size = ROOM};
    fuzz_check(lode_fetch_many(reader, requests, n + 2, &batch, &diag) == 2);
    fuzz_check(requests[n].status == LODE_E_RANGE && requests[n + 1].status == LODE_E_RANGE);
    for (int64_t i = 0; i < n; i++) {
        struct lode_contig contig;
        char bases[ROOM];
        fuzz_check(requests[i].status >= 0);
        fuzz_check(lode_contig_at(index, requests[i].contig, &contig, NULL) == LODE_OK);
        fuzz_check(requests[i].written == contig.length);
        (void)lode_fetch_at(reader, &contig, 0, contig.length, bases, ROOM, 0, 0, NULL);
        fuzz_check(memcmp(bases, room[i], (size_t)contig.length) == 0);
    }
}

/* A set that opened names sound members, as often as it likes, and nothing else. */
static void ask_index(const lode_index *index, int verify)
{
    struct lode_info info = {.struct_size = sizeof info};
    struct lode_verify_options how = LODE_VERIFY_OPTIONS_INIT;
    struct lode_contig contig;
    struct lode_diag diag = {0};
    struct lode_draw draw = LODE_DRAW_INIT;
    lode_reader *reader = NULL;
    int64_t first = 0, contigs[4], begins[4];
    fuzz_check(lode_index_info(index, &info) == LODE_OK && info.members >= 1);
    fuzz_check(lode_reader_new(index, NULL, &reader) == LODE_OK);
    for (int64_t i = 0; i < info.contigs && i < ASKED; i++)
        ask_contig(index, reader, i, info.sources);
    for (int64_t i = 0; i < info.sources; i++)
        ask_source(index, i, &first);
    fuzz_check(first == info.contigs);
    ask_contigs_together(index, reader, info.contigs);
    fuzz_check(lode_contig_at(index, info.contigs, &contig, &diag) == LODE_E_RANGE);
    fuzz_check(lode_contig_at(index, -1, &contig, &diag) == LODE_E_RANGE);
    fuzz_check(lode_find(index, info.sources, "a", 1, &contig, NULL) == LODE_E_NOT_FOUND);
    draw.length = 2;
    (void)lode_random_windows(index, &draw, 0, 4, contigs, begins, &diag);
    if (verify) {
        how.level = LODE_VERIFY_FULL;
        how.threads = 1;
        const int status = lode_verify(index, &how, &diag);
        fuzz_check(status == LODE_OK || (diag.status == status && diag.message[0] != 0));
    }
    lode_reader_free(reader);
}

static void try_index(const uint8_t *p, size_t n, int steer)
{
    struct lode_open_options options = LODE_OPEN_OPTIONS_INIT;
    struct lode_diag diag;
    lode_index *index = NULL;
    options.source_root = fuzz_root();
    if (lode_open_buffer(p, n, &options, &index, &diag) != LODE_OK) {
        fuzz_check(index == NULL && diag.status < 0 && diag.message[0] != 0);
        return;
    }
    struct lode_info info = {.struct_size = sizeof info};
    fuzz_check(lode_index_info(index, &info) == LODE_OK);
    if (info.members > 0)
        ask_index(index, steer & VERIFY);
    lode_close(index);
    if ((steer & ADD) == 0 || info.members == 0)
        return;
    struct lode_build_options how = LODE_BUILD_OPTIONS_INIT;
    const char *input = fuzz_path("more.fa");
    fuzz_write("more.fa", ">more\nACGT\n", 11);
    fuzz_write("t.lode", p, n);
    how.out = fuzz_path("t.lode");
    how.add = how.threads = 1;
    if (lode_build(&input, 1, &how, NULL, &diag) == LODE_OK) {
        struct lode_contig contig;
        fuzz_check(lode_open(how.out, NULL, &index, &diag) == LODE_OK);
        fuzz_check(lode_find(index, -1, "more", 4, &contig, NULL) == LODE_OK);
        fuzz_check(contig.id == info.contigs && contig.source == info.sources);
        lode_close(index);
    }
    (void)unlink(how.out);
}

/* ---- stores ---------------------------------------------------------------------------------- */

static int is_record(const char *key, const char *value, int64_t size)
{
    for (int i = 0; i < SET_RECORDS; i++)
        if (strcmp(set_records[i].key, key) == 0 && (int64_t)strlen(set_records[i].value) == size &&
            memcmp(set_records[i].value, value, (size_t)size) == 0)
            return 1;
    return strcmp(key, "+") == 0; /* what this harness adds */
}

/* Rows of MDED may lie: then a number has no record. */
static void ask_record(const lode_store *store, lode_store_reader *reader, int64_t i, int clean)
{
    struct lode_stored at, looked;
    struct lode_diag diag;
    char key[16] = "", value[ROOM], type[16];
    const void *const keys[] = {key};
    size_t len = 0;
    int64_t many;
    const int status = lode_store_at(store, i, &at, &diag);
    fuzz_check(status == LODE_OK || (!clean && status == LODE_E_CORRUPT));
    const int64_t got = lode_store_get(reader, i, value, ROOM, &diag);
    fuzz_check((got >= 0) == (status == LODE_OK));
    if (status != LODE_OK)
        return;
    fuzz_check(at.number == i && at.size == got);
    fuzz_check(at.type == 0 || lode_store_type(store, at.type, type, sizeof type, NULL) == LODE_OK);
    fuzz_check(lode_store_key(store, i, key, sizeof key, &len) == LODE_OK && len == 1);
    fuzz_check(is_record(key, value, got));
    const int64_t number = lode_store_find(store, key, len, NULL);
    fuzz_check(!clean || number == i);
    const int lookup = lode_store_lookup(store, key, len, &looked, NULL);
    fuzz_check(number < 0 || lookup != LODE_OK || looked.number == number);
    (void)lode_store_find_many(store, keys, &len, 1, &many);
    fuzz_check(many == number);
}

static void ask_records_together(lode_store_reader *reader, int64_t records)
{
    static struct lode_store_request requests[ASKED + 2];
    static char room[ASKED + 2][ROOM];
    struct lode_diag diag;
    const int64_t n = records < ASKED ? records : ASKED;
    for (int64_t i = 0; i < n + 2; i++)
        requests[i] = (struct lode_store_request){
            .number = i == n + 1 ? records : n - 1 - i, .dst = room[i], .dst_size = ROOM};
    fuzz_check(lode_store_get_many(reader, requests, n + 2, 1, &diag) >= 2);
    for (int64_t i = 0; i < n + 2; i++) {
        char value[ROOM];
        const int64_t got = lode_store_get(reader, requests[i].number, value, ROOM, &diag);
        fuzz_check((got < 0) == (requests[i].status < 0));
        fuzz_check(got < 0 ||
                   (got == requests[i].written && memcmp(value, room[i], (size_t)got) == 0));
    }
}

static void ask_store(const lode_store *store, int clean)
{
    static const char *const keys[] = {"k", "l", "m", "n", "o", "+", "none"};
    struct lode_store_info info = {.struct_size = sizeof info};
    lode_store_reader *reader = NULL;
    fuzz_check(lode_store_info(store, &info) == LODE_OK && info.records >= 0);
    fuzz_check(lode_store_reader_new(store, &reader) == LODE_OK);
    for (int64_t i = 0; i < info.records && i < ASKED; i++)
        ask_record(store, reader, i, clean);
    for (size_t k = 0; k < sizeof keys / sizeof keys[0]; k++) {
        const int64_t number = lode_store_find(store, keys[k], strlen(keys[k]), NULL);
        fuzz_check(number < info.records);
        fuzz_check(number >= 0 || number == LODE_E_NOT_FOUND ||
                   (!clean && number == LODE_E_CORRUPT));
    }
    ask_records_together(reader, info.records);
    lode_store_reader_free(reader);
}

/* A record more: the set is as sound as it was. */
static void add_record(const char *path, int clean)
{
    struct lode_diag diag;
    lode_store_writer *w = NULL;
    lode_store *store = NULL;
    if (lode_store_extend(path, &w, &diag) != LODE_OK)
        return; /* it may be full */
    fuzz_check(lode_store_put(w, "+", 1, "added", 5, NULL, &diag) == LODE_OK);
    const int status = lode_store_publish(w, &store, &diag);
    fuzz_check(status == LODE_OK || !clean);
    if (status != LODE_OK)
        return;
    fuzz_check(!clean || lode_store_verify(store, NULL, NULL, NULL) == LODE_OK);
    fuzz_check(lode_store_find(store, "+", 1, NULL) >= 0);
    ask_store(store, clean);
    lode_store_close(store);
}

static void try_store(const uint8_t *p, size_t n, int steer)
{
    const char *path = fuzz_path("t.lode");
    struct lode_store_info info = {.struct_size = sizeof info};
    struct lode_diag diag;
    lode_store *store = NULL;
    fuzz_write("t.lode", p, n);
    if (lode_store_open(path, NULL, &store, &diag) != LODE_OK) {
        fuzz_check(store == NULL && diag.status < 0 && diag.message[0] != 0);
    } else {
        fuzz_check(lode_store_info(store, &info) == LODE_OK);
        const int clean = steer & VERIFY && lode_store_verify(store, NULL, NULL, NULL) == LODE_OK;
        if (info.members > 0)
            ask_store(store, clean);
        lode_store_close(store);
        if (steer & ADD && info.members > 0)
            add_record(path, clean);
    }
    (void)unlink(path);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    static int made;
    struct guard guard;
    if (!made)
        fuzz_check(set_members_make(fuzz_root()));
    made = 1;
    if (size < 1)
        return 0;
    const uint8_t steer = data[size - 1];
    fuzz_check(guard_new(&guard, size));
    uint8_t *p = guard_copy(&guard, data, size - 1);
    if (steer & RESEAL)
        fuzz_reseal(p, size - 1);
    if (steer & STORE)
        try_store(p, size - 1, steer);
    else
        try_index(p, size - 1, steer);
    guard_free(&guard);
    return 0;
}

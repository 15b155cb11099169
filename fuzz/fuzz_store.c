/* Any bytes as a record store: whatever they are, no crash, no read outside them, no long loop; by
 * key, by number and in a batch the same is answered; and where verify finds nothing, every record
 * can be had. The last byte of the input steers: bit 0 makes the sums good again before the store
 * is opened, bit 1 has it verified too. */
#include "guard.h"
#include "lode.h"
#include "reseal.h"
#include "support.h"

#include <stdlib.h>
#include <string.h>

enum { RECORDS = 200, ROOM = 1 << 16 };

static uint8_t alone[ROOM], together[RECORDS][ROOM / 16];

static void ask_key(const lode_store *store, int64_t i, int clean)
{
    static uint8_t key[70000];
    size_t len = 0;
    struct lode_stored stored;
    const int status = lode_store_key(store, i, key, sizeof key, &len);
    fuzz_check(status == LODE_OK || !clean);
    if (status != LODE_OK)
        return;
    fuzz_check(len <= sizeof key);
    const int64_t number = lode_store_find(store, key, len, NULL);
    const int looked = lode_store_lookup(store, key, len, &stored, NULL);
    fuzz_check(looked != LODE_OK || stored.number == number);
    if (clean && len > 0)
        fuzz_check(number == i || number == LODE_E_NOT_FOUND);
}

/* A record alone: what is answered of its size is true. */
static int64_t ask_record(const lode_store *store, lode_store_reader *reader, int64_t i, int clean)
{
    struct lode_stored stored;
    struct lode_diag diag;
    char type[64];
    int64_t size = 0;
    size_t len = 0;
    const int status = lode_store_at(store, i, &stored, &diag);
    (void)lode_store_sizes(store, &i, 1, &size);
    fuzz_check(status == LODE_OK || diag.message[0] != 0);
    fuzz_check(status == LODE_OK || !clean);
    if (status == LODE_OK) {
        fuzz_check(stored.size == size && stored.size >= 0);
        if (stored.data != NULL && size < ROOM)
            memcpy(alone, stored.data, (size_t)size); /* touches all of it */
        (void)lode_store_type(store, stored.type, type, sizeof type, &len);
    }
    memset(alone, 0xEE, ROOM);
    const int64_t got = lode_store_get(reader, i, alone, ROOM - 1, &diag);
    fuzz_check(got < 0 || (got == size && got < ROOM && alone[ROOM - 1] == 0xEE));
    fuzz_check(!clean || got >= 0 || got == LODE_E_SPACE);
    return got;
}

static void ask_batch(lode_store_reader *reader, int64_t n)
{
    static struct lode_store_request requests[RECORDS];
    struct lode_diag diag;
    for (int64_t i = 0; i < n; i++)
        requests[i] = (struct lode_store_request){
            .number = n - 1 - i, .dst = together[i], .dst_size = sizeof together[i]};
    (void)lode_store_get_many(reader, requests, n, 1, &diag);
    for (int64_t i = 0; i < n; i++) {
        const int64_t got =
            lode_store_get(reader, requests[i].number, alone, sizeof together[i], &diag);
        fuzz_check((got < 0) == (requests[i].status < 0));
        if (got >= 0)
            fuzz_check(got == requests[i].written && memcmp(alone, together[i], (size_t)got) == 0);
    }
}

static void ask(const lode_store *store, size_t n, int verify)
{
    struct lode_store_info info = {.struct_size = sizeof info};
    lode_store_reader *reader = NULL;
    const int clean = verify && lode_store_verify(store, NULL, NULL, NULL) == LODE_OK;
    fuzz_check(lode_store_info(store, &info) == LODE_OK);
    fuzz_check(info.records >= 0 && (uint64_t)info.records < n);
    fuzz_check(lode_store_reader_new(store, &reader) == LODE_OK);
    const int64_t records = info.records < RECORDS ? info.records : RECORDS;
    for (int64_t i = 0; i < records; i++) {
        ask_key(store, i, clean);
        (void)ask_record(store, reader, i, clean);
    }
    fuzz_check(ask_record(store, reader, info.records, 0) == LODE_E_RANGE);
    ask_batch(reader, records);
    lode_store_reader_free(reader);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    lode_store *store = NULL;
    struct lode_diag diag;
    struct guard guard;
    if (size < 1)
        return 0;
    const uint8_t steer = data[size - 1];
    fuzz_check(guard_new(&guard, size));
    uint8_t *p = guard_copy(&guard, data, size - 1);
    if (steer & 1)
        fuzz_reseal(p, size - 1);
    struct lode_store_open_options how = LODE_STORE_OPEN_OPTIONS_INIT;
    struct lode_store_info info = {.struct_size = sizeof info, .stores = 1};
    for (how.place = 1; how.place <= info.stores; how.place++) {
        if (lode_store_open_buffer(p, size - 1, &how, &store, &diag) != LODE_OK) {
            fuzz_check(store == NULL && diag.status < 0 && diag.message[0] != 0);
            break;
        }
        fuzz_check(lode_store_info(store, &info) == LODE_OK);
        ask(store, size - 1, steer & 2);
        lode_store_close(store);
        store = NULL;
    }
    guard_free(&guard);
    return 0;
}

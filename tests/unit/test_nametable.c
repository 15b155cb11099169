/* The name tables: what was entered is found, what was not is not, whatever the names, the seed and
 * the order they came in; a probe stays within its limits. */
#include "bytes.h"
#include "guard.h"
#include "nametable.h"
#include "support.h"

__extension__ typedef unsigned __int128 u128;

struct entry {
    char name[24];
    uint64_t hash, ordinal;
};

/* A finished table, its slots before a forbidden page. */
struct table {
    struct guard guard;
    struct lode_nametable t;
};

static int by_hash_and_name(const void *a, const void *b)
{
    const struct entry *x = a, *y = b;
    return x->hash != y->hash ? (x->hash < y->hash ? -1 : 1) : strcmp(x->name, y->name);
}

static struct table table_of(const struct entry *entries, size_t n, uint64_t name_count)
{
    struct table table = {0};
    struct entry *sorted = malloc((n + 1) * sizeof *sorted);
    uint64_t next = 0;
    uint32_t longest = 0;
    assert_non_null(sorted);
    if (n > 0)
        memcpy(sorted, entries, n * sizeof *sorted);
    qsort(sorted, n, sizeof *sorted, by_hash_and_name);
    const size_t room = 8 * (size_t)(lode_name_capacity(name_count) + n + 1);
    uint64_t *slots = calloc(1, room);
    assert_non_null(slots);
    for (size_t i = 0; i < n; i++) {
        const uint64_t slot = lode_name_place(sorted[i].hash, name_count, &next, &longest);
        lode_put64((uint8_t *)&slots[slot], lode_slot_make(sorted[i].ordinal, sorted[i].hash));
    }
    table.t.slot_count = lode_name_slots(name_count, next);
    assert_true(8 * table.t.slot_count <= room);
    assert_true(guard_new(&table.guard, 8 * table.t.slot_count));
    table.t.slots = guard_copy(&table.guard, slots, 8 * table.t.slot_count);
    table.t.name_count = name_count;
    table.t.ordinal_bits = LODE_TNAM_ORDINAL_BITS;
    table.t.longest = longest;
    free(slots);
    free(sorted);
    return table;
}

/* Does a probe for this hash yield the ordinal? */
static bool finds(const struct lode_nametable *t, uint64_t hash, uint64_t ordinal)
{
    struct lode_probe probe;
    uint64_t word;
    lode_probe_start(t, hash, &probe);
    while (lode_probe_next(t, &probe, &word))
        if (lode_slot_ordinal(word, t->ordinal_bits) == ordinal)
            return true;
    return false;
}

static struct entry *random_entries(struct rng *rng, size_t n, uint8_t seed)
{
    struct entry *entries = calloc(n + 1, sizeof *entries);
    assert_non_null(entries);
    for (size_t i = 0; i < n; i++) {
        snprintf(entries[i].name, sizeof entries[i].name, "%c%zu.%x", 'a' + (int)rng_below(rng, 3),
                 i, (unsigned)rng_below(rng, 4096));
        entries[i].hash = lode_name_hash(entries[i].name, strlen(entries[i].name), seed);
        entries[i].ordinal = i;
    }
    return entries;
}

static const size_t sizes[] = {0, 1, 2, 3, 4, 5, 10, 63, 64, 500, 5000};

static void test_finds_what_was_entered(void **state)
{
    (void)state;
    struct rng rng = {11};
    for (size_t s = 0; s < COUNT_OF(sizes); s++)
        for (uint8_t seed = 0; seed <= LODE_NAME_SEED_MAX; seed += 5) {
            struct entry *e = random_entries(&rng, sizes[s], seed);
            struct table table = table_of(e, sizes[s], sizes[s]);
            for (size_t i = 0; i < sizes[s]; i++)
                assert_true(finds(&table.t, e[i].hash, e[i].ordinal));
            guard_free(&table.guard);
            free(e);
        }
}

/* A name that was not entered may meet slots whose 24 bits agree, by chance, but few of them. */
static void test_absent_names(void **state)
{
    (void)state;
    struct rng rng = {12};
    for (size_t s = 0; s < COUNT_OF(sizes); s++) {
        struct entry *e = random_entries(&rng, sizes[s], 0);
        struct table table = table_of(e, sizes[s], sizes[s]);
        int chance = 0;
        for (int i = 0; i < 2000; i++) {
            char name[24];
            uint64_t word;
            struct lode_probe probe;
            snprintf(name, sizeof name, "absent%d", i);
            lode_probe_start(&table.t, lode_name_hash(name, strlen(name), 0), &probe);
            chance += lode_probe_next(&table.t, &probe, &word);
        }
        assert_true(chance <= 2);
        guard_free(&table.guard);
        free(e);
    }
}

/* ---- the layout, by another algorithm ------------------------------------------------------- */

/* Inserts one entry into a table that grows in any order: on its way from home it takes the place
 * of the first entry that is greater, and that one moves on. */
static void insert(const struct entry **slots, const struct entry *e, uint64_t name_count)
{
    const uint64_t capacity = name_count + name_count / 3 + 1;
    uint64_t at = (uint64_t)((u128)e->hash * capacity >> 64);
    for (; slots[at] != NULL; at++) {
        if (by_hash_and_name(e, slots[at]) < 0) {
            const struct entry *moved = slots[at];
            slots[at] = e;
            e = moved;
        }
    }
    slots[at] = e;
}

static void test_layout_does_not_depend_on_the_order(void **state)
{
    (void)state;
    struct rng rng = {13};
    for (size_t s = 0; s < COUNT_OF(sizes); s++) {
        const size_t n = sizes[s];
        struct entry *e = random_entries(&rng, n, 0);
        struct table table = table_of(e, n, n);
        const struct entry **slots = calloc(3 * n + 8, sizeof *slots);
        assert_non_null(slots);
        for (size_t i = 0; i < n; i++)
            insert(slots, &e[i], n);
        uint64_t last = n + n / 3; /* last home slot */
        for (uint64_t i = 0; i < 3 * n + 8; i++) {
            const uint64_t want =
                slots[i] == NULL ? 0 : (slots[i]->ordinal + 1) | slots[i]->hash << 40;
            if (want != 0 && i > last)
                last = i;
            assert_true(i < table.t.slot_count || want == 0);
            if (i < table.t.slot_count)
                assert_true(lode_get64(table.t.slots + 8 * i) == want);
        }
        assert_true(table.t.slot_count == last + 2);
        free(slots);
        guard_free(&table.guard);
        free(e);
    }
}

/* The table of SPEC 5.6, number by number. */
static void test_worked_example(void **state)
{
    (void)state;
    static const struct {
        const char *name;
        uint64_t hash, home, slot, word;
    } rows[] = {
        {"chr1", 0x233CFFCE112B0A3D, 0, 0, 0x2B0A3D0000000001},
        {"chr2", 0x84C01853B51C25FC, 3, 3, 0x1C25FC0000000002},
        {"chrM", 0xA76C5459FA75E2BC, 3, 4, 0x75E2BC0000000003},
        {"chrX", 0xD1819A28FD0EF6E5, 4, 5, 0x0EF6E50000000004},
    };
    uint64_t next = 0;
    uint32_t longest = 0;
    assert_int_equal(lode_name_capacity(4), 6);
    for (size_t i = 0; i < COUNT_OF(rows); i++) {
        assert_true(lode_name_hash(rows[i].name, 4, 0) == rows[i].hash);
        assert_true(lode_name_home(rows[i].hash, 4) == rows[i].home);
        assert_true(lode_name_place(rows[i].hash, 4, &next, &longest) == rows[i].slot);
        assert_true(lode_slot_make(i, rows[i].hash) == rows[i].word);
    }
    assert_int_equal(longest, 1);
    assert_int_equal(lode_name_slots(4, next), 7);
    assert_true(lode_name_hash("abc", 3, 1) == 0xBEA9CA8199328908);
}

/* ---- limits --------------------------------------------------------------------------------- */

/* Names that all want the last home slot run on behind it: the table grows, the probe ends in it.
 */
static void test_last_slot_overflows(void **state)
{
    (void)state;
    enum { N = 10 };
    struct entry e[N];
    memset(e, 0, sizeof e);
    for (uint64_t i = 0; i < N; i++) {
        snprintf(e[i].name, sizeof e[i].name, "n%d", (int)i);
        e[i].hash = UINT64_MAX - i;
        e[i].ordinal = i;
    }
    struct table table = table_of(e, N, N);
    const uint64_t last_home = N + N / 3;
    assert_true(table.t.slot_count == last_home + N + 1);
    assert_int_equal(table.t.longest, N - 1);
    assert_true(lode_get64(table.t.slots + 8 * (table.t.slot_count - 1)) == 0);
    for (size_t i = 0; i < N; i++)
        assert_true(finds(&table.t, e[i].hash, i));
    /* A table that claims a longer probe, and one cut before its zero slot, are not read past. */
    table.t.longest = UINT32_MAX;
    assert_false(finds(&table.t, UINT64_MAX - 100, N + 1));
    memset((uint8_t *)(uintptr_t)(table.t.slots + 8 * (table.t.slot_count - 1)), 1, 8);
    assert_false(finds(&table.t, UINT64_MAX, N + 1));
    guard_free(&table.guard);
}

static void test_longest_is_honoured(void **state)
{
    (void)state;
    struct rng rng = {14};
    struct entry *e = random_entries(&rng, 5000, 0);
    struct table table = table_of(e, 5000, 5000);
    const uint32_t longest = table.t.longest;
    int lost = 0;
    assert_true(longest > 0);
    table.t.longest = longest - 1;
    for (size_t i = 0; i < 5000; i++)
        lost += !finds(&table.t, e[i].hash, i);
    assert_true(lost >= 1 && lost < 100); /* those that stand longest slots from home, no others */
    guard_free(&table.guard);
    free(e);
}

/* Bits 0-39 zero is no entry, whatever the hash bits say; a zero slot ends the probe. */
static void test_slots_that_are_no_entries(void **state)
{
    (void)state;
    struct entry e = {.name = "x", .hash = 0x1234567800ABCDEF};
    uint8_t slots[24] = {0};
    const struct lode_nametable t = {.slots = slots,
                                     .slot_count = 3,
                                     .name_count = 1,
                                     .ordinal_bits = LODE_TNAM_ORDINAL_BITS,
                                     .longest = 2};
    lode_put64(slots, 0xABCDEF0000000000);
    lode_put64(slots + 8, lode_slot_make(7, e.hash));
    assert_true(finds(&t, e.hash, 7));
    lode_put64(slots, 0);
    assert_false(finds(&t, e.hash, 7));
}

static void test_extreme_numbers(void **state)
{
    (void)state;
    struct rng rng = {15};
    for (int i = 0; i < 10000; i++) {
        const uint64_t hash = rng_next(&rng), n = rng_next(&rng) >> rng_range(&rng, 2, 63);
        const uint64_t capacity = lode_name_capacity(n);
        assert_true(capacity == n + n / 3 + 1);
        assert_true(lode_name_home(hash, n) == (uint64_t)((u128)hash * capacity >> 64));
        assert_true(lode_name_home(UINT64_MAX, n) == capacity - 1);
        assert_true(lode_name_home(0, n) == 0);
    }
    assert_int_equal(lode_nametable_param(15, 1024), 15 | 1024 << 8);
    assert_true(lode_slot_make(LODE_CONTIG_MAX - 1, 0) == LODE_CONTIG_MAX);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_finds_what_was_entered),
        cmocka_unit_test(test_absent_names),
        cmocka_unit_test(test_layout_does_not_depend_on_the_order),
        cmocka_unit_test(test_worked_example),
        cmocka_unit_test(test_last_slot_overflows),
        cmocka_unit_test(test_longest_is_honoured),
        cmocka_unit_test(test_slots_that_are_no_entries),
        cmocka_unit_test(test_extreme_numbers),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}

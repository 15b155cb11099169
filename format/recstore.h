/* Owns a record store: the sections of one group that hold records (SPEC 15). Rows are checked when
 * they are returned: a row that was, is used as it was decoded. */
#ifndef LODE_FORMAT_RECSTORE_H
#define LODE_FORMAT_RECSTORE_H

#include "container.h"
#include "nametable.h"

/* RINF, decoded. */
struct lode_recstore_head {
    uint64_t records, bytes;
    uint32_t name_off, name_len, level, block_size;
    uint8_t keys, codec, align, shuffle;
};

/* A row of ROFF, decoded. */
struct lode_record_row {
    uint64_t begin, stored, key;
    uint32_t length, sum;
    uint16_t flags, key_len, type;
};

/* A row of RBLK, decoded. */
struct lode_record_block {
    uint64_t begin;
    uint32_t stored, length, sum, flags;
};

/* A store of a validated container. data stays the caller's. Safe to share between threads. */
struct lode_recstore {
    struct lode_container box;
    uint32_t group;
    struct lode_recstore_head head;
    struct lode_rows info, types, strings, dictionary, blocks, records, slots, keys, heap;
    struct lode_nametable table;
    uint64_t mean; /* stored bytes a record, rounded down: about where a record begins */
};

void lode_recstore_head_decode(const uint8_t *p, struct lode_recstore_head *head);
void lode_recstore_head_encode(uint8_t *p, const struct lode_recstore_head *head);
void lode_record_decode(const uint8_t *p, struct lode_record_row *row);
void lode_record_encode(uint8_t *p, const struct lode_record_row *row);
void lode_record_block_decode(const uint8_t *p, struct lode_record_block *block);
void lode_record_block_encode(uint8_t *p, const struct lode_record_block *block);

/* Number of stores of a container, and the group of each in the order of the directory: the first
 * max of them go to groups. */
uint32_t lode_recstore_groups(const struct lode_container *box, uint32_t *groups, uint32_t max);

/* The store of a group, in the order of SPEC 15.4. LAYOUT, FEATURE; NOT_FOUND when the group has
 * none. O(sections); no row but that of RINF is touched. */
int lode_recstore_parse(const struct lode_container *box, uint32_t group, struct lode_recstore *out,
                        struct lode_fault *fault);

/* Record i < head.records: its row, of which every range lies inside its section. FEATURE, CORRUPT.
 */
int lode_recstore_record(const struct lode_recstore *store, uint64_t i, struct lode_record_row *row,
                         struct lode_fault *fault);

/* Asks for the memory where record i < head.records would lie if all were of one size: most likely
 * near enough for the processor to have walked the tables that lead there by the time that its row
 * has come. For lone reads. */
static inline void lode_recstore_expect(const struct lode_recstore *store, uint64_t i)
{
    __builtin_prefetch(store->heap.rows + i * store->mean);
}

/* The block of a record with LODE_RECORD_IN_BLOCK, in which the record lies. FEATURE, CORRUPT. */
int lode_recstore_block(const struct lode_recstore *store, const struct lode_record_row *row,
                        struct lode_record_block *block, struct lode_fault *fault);

/* Block i < blocks.count by itself. */
int lode_recstore_block_at(const struct lode_recstore *store, uint64_t i,
                           struct lode_record_block *block, struct lode_fault *fault);

/* Bytes of a record whose row was checked. */
static inline uint64_t lode_record_length(const struct lode_record_row *row)
{
    return (row->flags & (LODE_RECORD_PACKED | LODE_RECORD_IN_BLOCK)) != 0 ? row->length
                                                                           : row->stored;
}

/* The record with this key, whose lode_name_hash with the table's seed is hash; *i is set whenever
 * a slot named one. NOT_FOUND, CORRUPT, FEATURE. */
int lode_recstore_find(const struct lode_recstore *store, const void *key, size_t len,
                       uint64_t hash, uint64_t *i, struct lode_record_row *row,
                       struct lode_fault *fault);

/* Type t > 0 of a row that was checked: bytes of RSTR. CORRUPT. */
int lode_recstore_type(const struct lode_recstore *store, uint32_t t, const uint8_t **text,
                       uint32_t *len, struct lode_fault *fault);

/* The sum of rows: the low half of XXH64 with seed 0. */
uint32_t lode_record_sum(const void *bytes, size_t n);

/* ---- verifying ------------------------------------------------------------------------------- */

/* Called for each finding; returns non-zero to stop. */
typedef int (*lode_recstore_found)(void *ctx, const struct lode_fault *fault);

/* Every row of the store, its table of keys and the padding of its heap, against SPEC 15; not what
 * the records hold. Returns the first status found. O(store), but for the heap's records. */
int lode_recstore_verify(const struct lode_recstore *store, lode_recstore_found found, void *ctx);

#endif

#include "nametable.h"

#include "bytes.h"
#include "hash.h"
#include "wide.h"

uint64_t lode_name_hash(const void *name, size_t len, uint8_t seed)
{
    return lode_hash64(name, len, seed);
}

uint64_t lode_name_capacity(uint64_t name_count)
{
    return name_count + name_count / 3 + 1;
}

uint64_t lode_name_home(uint64_t hash, uint64_t name_count)
{
    return lode_mulhi(hash, lode_name_capacity(name_count));
}

static uint32_t tag_of(uint64_t hash)
{
    return (uint32_t)(hash & 0xFFFFFF);
}

void lode_probe_start(const struct lode_nametable *table, uint64_t hash, struct lode_probe *probe)
{
    probe->slot = lode_name_home(hash, table->name_count);
    probe->end = probe->slot + table->longest + 1;
    if (probe->end > table->slot_count)
        probe->end = table->slot_count;
    probe->tag = tag_of(hash);
}

bool lode_probe_next(const struct lode_nametable *table, struct lode_probe *probe, uint64_t *word)
{
    while (probe->slot < probe->end) {
        const uint64_t w = lode_get64(table->slots + probe->slot * 8);
        if (w == 0)
            break;
        probe->slot++;
        if (w >> 40 == probe->tag && (w & ((1ULL << table->ordinal_bits) - 1)) != 0) {
            *word = w;
            return true;
        }
    }
    probe->slot = probe->end;
    return false;
}

uint64_t lode_slot_make(uint64_t ordinal, uint64_t hash)
{
    return (ordinal + 1) | (uint64_t)tag_of(hash) << 40;
}

uint64_t lode_name_place(uint64_t hash, uint64_t name_count, uint64_t *next_free, uint32_t *longest)
{
    const uint64_t home = lode_name_home(hash, name_count);
    const uint64_t slot = home > *next_free ? home : *next_free;
    if (slot - home > *longest)
        *longest = slot - home > UINT32_MAX ? UINT32_MAX : (uint32_t)(slot - home);
    *next_free = slot + 1;
    return slot;
}

uint64_t lode_name_slots(uint64_t name_count, uint64_t next_free)
{
    const uint64_t capacity = lode_name_capacity(name_count);
    return (next_free > capacity ? next_free : capacity) + 1;
}

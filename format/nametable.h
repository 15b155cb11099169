/* Owns the name tables TNAM, GNAM and SNAM (SPEC 5.6): open addressing whose entries stand in
 * (hash, name) order, so that the table is a function of the set of names alone. */
#ifndef LODE_FORMAT_NAMETABLE_H
#define LODE_FORMAT_NAMETABLE_H

#include "layout.h"
#include "status.h"

#include <stdbool.h>
#include <stddef.h>

/* One table, or one source's segment of TNAM, inside a validated section. */
struct lode_nametable {
    const uint8_t *slots;
    uint64_t slot_count; /* slots of the segment, its zero slot included */
    uint64_t name_count; /* names the table was sized for: decides the home slot */
    uint64_t first;      /* added to a slot's ordinal: TNAM counts within its source */
    uint64_t limit;      /* ordinals the table may name */
    uint32_t section;    /* its id */
    unsigned ordinal_bits;
    uint32_t longest; /* longest probe: slots past home that may hold the name */
    uint8_t seed;
};

/* Section parameter word: bits 0-7 seed, 8-31 longest probe. */
static inline uint32_t lode_nametable_param(uint8_t seed, uint32_t longest)
{
    return seed | longest << 8;
}

uint64_t lode_name_hash(const void *name, size_t len, uint8_t seed);

/* First slot a name with this hash may stand in: floor(hash * capacity / 2^64). */
uint64_t lode_name_home(uint64_t hash, uint64_t name_count);

/* c + floor(c / 3) + 1 for c names: the number of home slots. */
uint64_t lode_name_capacity(uint64_t name_count);

/* A walk over the candidates for one hash. Each step yields a slot whose 24 hash bits agree; the
 * caller compares the name itself. At most longest + 1 slots are looked at. */
struct lode_probe {
    uint64_t slot, end;
    uint32_t tag;
};
void lode_probe_start(const struct lode_nametable *table, uint64_t hash, struct lode_probe *probe);

/* False when no candidate is left. *word is the raw slot; ordinal = (word & mask) - 1. */
bool lode_probe_next(const struct lode_nametable *table, struct lode_probe *probe, uint64_t *word);

static inline uint64_t lode_slot_ordinal(uint64_t word, unsigned ordinal_bits)
{
    return (word & ((1ULL << ordinal_bits) - 1)) - 1;
}

/* Writing. Encodes one slot. */
uint64_t lode_slot_make(uint64_t ordinal, uint64_t hash);

/* Placement of entries given in (hash, name) order: returns the slot of the next entry, and keeps
 * the longest probe seen in *longest. next_free starts at 0 for each table or segment. */
uint64_t lode_name_place(uint64_t hash, uint64_t name_count, uint64_t *next_free,
                         uint32_t *longest);

/* Slots of a finished table: room for every home slot, then one zero slot. */
uint64_t lode_name_slots(uint64_t name_count, uint64_t next_free);

#endif

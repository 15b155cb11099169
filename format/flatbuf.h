/* Owns the parts that any FlatBuffer is made of: offsets, tables, vectors, strings, each proven to
 * lie in the bytes before it is used. What they mean is for a schema to say (flatschema.h). */
#ifndef LODE_FORMAT_FLATBUF_H
#define LODE_FORMAT_FLATBUF_H

#include "bytes.h"

#include <stddef.h>

/* Places are 32-bit numbers below n: offsets of the format reach no further than 2^31 - 1. */
enum { LODE_FLAT_MAX = 0x7FFFFFFF };

struct lode_flat_bytes {
    const uint8_t *p;
    uint32_t n; /* at most LODE_FLAT_MAX, so that the sum of two places does not wrap */
};

/* A table whose vtable and whose own bytes lie inside. */
struct lode_flat_table {
    uint32_t at, size;      /* of the table, its offset to the vtable included */
    uint32_t vtable, slots; /* place; fields that it has room for */
};

/* Elements that lie inside. */
struct lode_flat_vector {
    uint32_t at, count; /* of the first */
};

/* The first wrong thing. */
struct lode_flat_fault {
    int status;             /* LODE_FMT_CORRUPT, LODE_FMT_FEATURE */
    const char *what;       /* of static storage: what is wrong, as the end of a sentence */
    uint32_t at;            /* byte */
    uint32_t object, field; /* of the schema, in its arrays; LODE_FLAT_NOWHERE: none */
};

#define LODE_FLAT_NOWHERE UINT32_MAX

/* len bytes from at on lie inside. */
static inline bool lode_flat_inside(const struct lode_flat_bytes *b, uint32_t at, uint32_t len)
{
    return at <= b->n && len <= b->n - at;
}

/* Where the offset at `at` leads; 0, where nothing lies that an offset leads to: it is not inside
 * itself, leads out, or is zero. */
static inline uint32_t lode_flat_target(const struct lode_flat_bytes *b, uint32_t at)
{
    if (at % 4 != 0 || !lode_flat_inside(b, at, 4))
        return 0;
    const uint32_t off = lode_get32(b->p + at);
    return off > 0 && off < b->n - at ? at + off : 0;
}

/* False: no table begins at `at`. */
static inline bool lode_flat_table_at(const struct lode_flat_bytes *b, uint32_t at,
                                      struct lode_flat_table *t)
{
    if (at % 4 != 0 || !lode_flat_inside(b, at, 4))
        return false;
    const int64_t vtable = (int64_t)at - (int32_t)lode_get32(b->p + at);
    if (vtable < 0 || vtable % 2 != 0 || vtable > (int64_t)b->n - 4)
        return false;
    const uint32_t bytes = lode_get16(b->p + vtable);
    t->at = at;
    t->vtable = (uint32_t)vtable;
    t->size = lode_get16(b->p + vtable + 2);
    t->slots = bytes / 2 - 2;
    return bytes >= 4 && bytes % 2 == 0 && lode_flat_inside(b, t->vtable, bytes) && t->size >= 4 &&
           lode_flat_inside(b, at, t->size);
}

/* What the vtable says of a field: its offset in the table, or 0: it is not there. */
static inline uint32_t lode_flat_entry(const struct lode_flat_bytes *b,
                                       const struct lode_flat_table *t, uint32_t slot)
{
    return slot < t->slots ? lode_get16(b->p + t->vtable + 4 + 2 * slot) : 0;
}

/* Does a field of so many bytes at that offset lie in the table? */
static inline bool lode_flat_in_table(const struct lode_flat_table *t, uint32_t entry,
                                      uint32_t size)
{
    return entry >= 4 && entry <= t->size && size <= t->size - entry;
}

/* False: no vector of such elements begins at `at`. */
static inline bool lode_flat_vector_at(const struct lode_flat_bytes *b, uint32_t at, uint32_t size,
                                       struct lode_flat_vector *v)
{
    if (at % 4 != 0 || !lode_flat_inside(b, at, 4))
        return false;
    v->count = lode_get32(b->p + at);
    v->at = at + 4;
    return (uint64_t)v->count * size <= b->n - v->at;
}

/* The same of a string, whose zero byte stands behind it. */
static inline bool lode_flat_string_at(const struct lode_flat_bytes *b, uint32_t at,
                                       struct lode_flat_vector *v)
{
    return lode_flat_vector_at(b, at, 1, v) && v->count < b->n - v->at &&
           b->p[v->at + v->count] == 0;
}

#endif

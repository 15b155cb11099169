/* Owns the reading of a binary schema's own tables, between the rooms that read schemas
 * (flatschema.c, flatfields.c). Every one of them is looked at once: a schema is bytes that came
 * with a file, like any others. */
#ifndef LODE_FORMAT_FLATPARSE_H
#define LODE_FORMAT_FLATPARSE_H

#include "flatschema.h"

/* reflection::BaseType. */
enum lode_flat_base {
    LODE_BASE_NONE = 0,
    LODE_BASE_UTYPE = 1,
    LODE_BASE_BYTE = 3,
    LODE_BASE_UBYTE = 4,
    LODE_BASE_DOUBLE = 12,
    LODE_BASE_STRING = 13,
    LODE_BASE_VECTOR = 14,
    LODE_BASE_OBJECT = 15,
    LODE_BASE_UNION = 16,
    LODE_BASE_ARRAY = 17,
};

enum { LODE_FLAT_NAME_MAX = 512 };

struct lode_flat_parse {
    struct lode_flat_bytes b;
    struct lode_flat_schema *s;
    struct lode_flat_counts counts; /* found so far */
    uint64_t parts;
    struct lode_flat_fault fault;
};

/* A Type of reflection.fbs. */
struct lode_flat_type {
    uint32_t base, element, index, length;
};

/* The first wrong thing: CORRUPT, FEATURE. False. */
bool lode_flat_wrong(struct lode_flat_parse *p, const char *what, uint32_t at);
bool lode_flat_unknown(struct lode_flat_parse *p, const char *what, uint32_t at);

/* What is wrong unless it is good. */
bool lode_flat_need(struct lode_flat_parse *p, bool good, const char *what, uint32_t at);

/* So many parts more were found. Each part of a schema is a table of its own, of 12 bytes at least,
 * and an offset to it. Where they are more than that, tables are shared, which no compiler of
 * schemas does: one object with one field that is there a million times would be a million times a
 * million. */
bool lode_flat_count_parts(struct lode_flat_parse *p, uint32_t more, uint32_t at);

/* ---- fields of tables, by their ids; false: reported ------------------------------------------
 */

/* A number of 1, 2, 4 or 8 bytes; `absent` when it is not there. */
bool lode_flat_get(struct lode_flat_parse *p, const struct lode_flat_table *t, uint32_t slot,
                   uint32_t size, uint64_t absent, uint64_t *out);

/* What an offset leads to; *to 0 where the field is not there. */
bool lode_flat_get_target(struct lode_flat_parse *p, const struct lode_flat_table *t, uint32_t slot,
                          uint32_t *to);

/* The table at a place; 0 is none. */
bool lode_flat_get_table(struct lode_flat_parse *p, uint32_t at, struct lode_flat_table *t);

/* A vector of offsets, which are parts; no elements where the field is not there. Element i. */
bool lode_flat_get_offsets(struct lode_flat_parse *p, const struct lode_flat_table *t,
                           uint32_t slot, struct lode_flat_vector *v);
bool lode_flat_get_element(struct lode_flat_parse *p, const struct lode_flat_vector *v, uint32_t i,
                           struct lode_flat_table *t);

/* A string that must be there: its bytes, and the place of it. */
bool lode_flat_get_string(struct lode_flat_parse *p, const struct lode_flat_table *t, uint32_t slot,
                          struct lode_flat_vector *v, uint32_t *at);

/* ---- what they mean -------------------------------------------------------------------------- */

bool lode_flat_get_type(struct lode_flat_parse *p, const struct lode_flat_table *owner,
                        uint32_t slot, struct lode_flat_type *out);

/* A type as it stands in a field or a vector: *kind, and the field's index, size and alignment. */
bool lode_flat_resolve(struct lode_flat_parse *p, uint32_t base, uint32_t index, uint32_t at,
                       struct lode_flat_field *f, uint8_t *kind);

/* As the names of a schema are sorted: a prefix before what it begins. */
int lode_flat_compare(const uint8_t *a, uint32_t a_len, const uint8_t *b, uint32_t b_len);

/* LODE_FLAT_NOWHERE: there is none. */
uint32_t lode_flat_find_object(const struct lode_flat_schema *s, const uint8_t *name, uint32_t len);

/* The fields of object i. */
bool lode_flat_read_fields(struct lode_flat_parse *p, const struct lode_flat_table *t, uint32_t i);

#endif

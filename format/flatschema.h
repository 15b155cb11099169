/* Owns schemas of FlatBuffers, as `flatc --binary --schema` writes them (reflection.fbs): read once
 * into arrays of what a check of payloads must know. */
#ifndef LODE_FORMAT_FLATSCHEMA_H
#define LODE_FORMAT_FLATSCHEMA_H

#include "flatbuf.h"

/* What stands in a table for a field. */
enum lode_flat_kind {
    LODE_FLAT_NONE,
    LODE_FLAT_SCALAR, /* size bytes */
    LODE_FLAT_STRUCT, /* size bytes */
    /* The others are offsets. */
    LODE_FLAT_STRING,
    LODE_FLAT_TABLE,  /* object `index` */
    LODE_FLAT_UNION,  /* enumeration `index`; the field before says which member */
    LODE_FLAT_VECTOR, /* of `element`s */
    LODE_FLAT_NESTED, /* bytes that are a FlatBuffer, whose root is object `index` */
};

struct lode_flat_field {
    uint32_t index;         /* of objects or enums; LODE_FLAT_NOWHERE */
    uint32_t size, align;   /* in the table, or of a vector's element: of scalars and structs */
    uint32_t name;          /* place of its string in the schema */
    uint8_t kind, element;  /* enum lode_flat_kind */
    bool required, is_type; /* is_type: says which member a union is, or those of a vector's */
};

struct lode_flat_object {
    uint32_t first, count; /* fields of a table by their ids */
    uint32_t must;         /* fields from here on may be missing without another look */
    uint32_t size, align;  /* of a struct */
    uint32_t name;
    bool is_struct;
};

/* A union's members, or none where an enumeration is no union. */
struct lode_flat_enum {
    uint32_t first, count;
    bool is_union;
};

struct lode_flat_member {
    uint32_t index; /* of objects */
    uint8_t value, kind;
};

struct lode_flat_counts {
    uint32_t objects, fields, enums, members;
};

/* A schema that was read: every index leads into its array, every struct has a size and an
 * alignment. Safe to share between threads. */
struct lode_flat_schema {
    struct lode_flat_bytes bytes; /* the caller's; names are there */
    struct lode_flat_counts counts;
    struct lode_flat_object *objects; /* these too, with room for counts */
    struct lode_flat_field *fields;
    struct lode_flat_enum *enums;
    struct lode_flat_member *members;
    uint32_t root; /* an object, a table */
    bool has_ident;
    uint8_t ident[4];
};

/* How much room the arrays of a schema need; no more than one row for eight bytes. CORRUPT,
 * FEATURE. */
int lode_flat_schema_count(const uint8_t *bfbs, size_t n, struct lode_flat_counts *counts,
                           struct lode_flat_fault *fault);

/* Reads the schema that was counted into schema, whose counts and arrays are set. O(n). The same
 * statuses; FEATURE: what this version does not know, vectors of 64 bits among it. */
int lode_flat_schema_read(const uint8_t *bfbs, size_t n, struct lode_flat_schema *schema,
                          struct lode_flat_fault *fault);

/* A name by its place: bytes, and how many. */
const char *lode_flat_name(const struct lode_flat_schema *schema, uint32_t name, uint32_t *len);

#endif

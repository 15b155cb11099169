/* Owns what tests of FlatBuffers share: the schemas and payloads of flat_zoo.h, and payloads built
 * by hand, so that no library of FlatBuffers is needed to know what is right. */
#ifndef LODE_TESTS_FLAT_SUPPORT_H
#define LODE_TESTS_FLAT_SUPPORT_H

#include "support.h"

extern struct bytes flat_schema;  /* of herd.fbs */
extern struct bytes flat_payload; /* herd.json by it */
extern struct bytes flat_tree;    /* the schema of tree.fbs */

/* Setup and teardown of a group, with a directory of its own. */
int flat_make(void **state);
int flat_drop(void **state);

/* The schema; fails the test when it is none. Its type text, to be freed. */
lode_schema *flat_schema_of(const struct bytes *bfbs);
char *flat_type_of(const lode_schema *schema);

/* ---- Nodes by hand: built from the end, so that offsets lead on -------------------------------
 */

enum { NODE_FIELDS = 4 }; /* next, nodes, names, number */

struct flat_build {
    uint8_t *room;
    size_t cap, at; /* what was made stands in [at, cap) */
};

/* Numbers, places: offsets from the end of the room. */
size_t flat_put32(struct flat_build *b, uint32_t v);
size_t flat_put_offset(struct flat_build *b, size_t to); /* of 4 bytes that lead to a place */

/* A Node that leads to next and to a vector (0: none). */
size_t flat_put_node(struct flat_build *b, size_t next, size_t nodes, size_t names);

/* A vector of n offsets, all to one place. */
size_t flat_put_vector(struct flat_build *b, size_t n, size_t to);

/* The root; the payload begins at room + at then. */
void flat_finish(struct flat_build *b, size_t root);

#endif

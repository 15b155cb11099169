/* Owns the encoding of bases by classes: most tables have a few different rows, and the same one
 * for every byte that is no letter. Then vector registers hold all of the table. */
#ifndef LODE_LIB_ENCODE_CLASSES_H
#define LODE_LIB_ENCODE_CLASSES_H

#include <stddef.h>
#include <stdint.h>

enum { LODE_CLASSES = 16 };

struct lode_classes {
    size_t count;               /* 0: the table has too many, or the processor cannot */
    uint8_t of_letter[64];      /* class of bytes 0x40..0x7F; the class of all others is 0 */
    uint8_t base[LODE_CLASSES]; /* some byte of each class */
};

/* Finds the classes of a table of 256 rows of row bytes. */
void lode_classes_find(struct lode_classes *classes, const uint8_t *table, size_t row);

/* What lode_classes_encode writes: pieces of 1, 2 or 4 bytes of a row, each kind to a plane. */
struct lode_class_planes {
    const uint8_t *table;
    size_t row;    /* bytes of one */
    size_t size;   /* bytes of a piece */
    size_t pieces; /* in a row */
    int64_t plane; /* bytes of dst from one plane to the next */
};

/* Encodes the first of n bases, packed in each plane; returns how many that were, all but 0 to 31.
 * bases may be dst where there is one plane of 1 byte. classes->count > 0. */
size_t lode_classes_encode(const struct lode_classes *classes,
                           const struct lode_class_planes *planes, uint8_t *dst,
                           const uint8_t *bases, size_t n);

#endif

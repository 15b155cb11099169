/* Owns an index and its source, both from one input, at guarded addresses: any bytes as an index,
 * any bytes as the file it was made from. */
#ifndef LODE_FUZZ_PAIR_H
#define LODE_FUZZ_PAIR_H

#include "guard.h"
#include "lode.h"
#include "support.h"

/* From the end of the input: what to do (one byte), bytes of the source (four), the source; the
 * rest is the index. The source's file is called "s". */
struct pair {
    uint8_t steer;
    const uint8_t *source;
    size_t source_size;
    struct guard guard;
    uint8_t *image;
    size_t size;
    lode_index *index; /* NULL: it was refused */
};

enum {
    PAIR_RESEAL = 1, /* sums are made right before the index is opened */
    PAIR_ADOPT = 2,  /* and size and fingerprint of source 0 those of the file */
};

void pair_open(struct pair *pair, const uint8_t *data, size_t size);
void pair_close(struct pair *pair);

/* Whole contigs and random parts of them, at most max reads: the status of each is documented, what
 * is not read stays untouched, bases are those of the source, and a batch gives the same. clean:
 * verify found nothing, so that each read must succeed. */
void pair_read(const struct pair *pair, int max, int clean);

#endif

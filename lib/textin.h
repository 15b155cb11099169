/* Owns the text in an input: a descriptor with plain text or gzip (any number of members, BGZF
 * too), told apart by content. What the text means is not looked at. */
#ifndef LODE_LIB_TEXTIN_H
#define LODE_LIB_TEXTIN_H

#include "lode.h"

#include <stdbool.h>
#include <zlib.h>

/* One thread at a time. Offsets count from where the descriptor stood. */
struct lode_textin {
    int fd;
    const char *name;  /* for messages; outlives this */
    const int *cancel; /* seen while waiting for bytes; or NULL */
    bool gzip, in_member;
    uint64_t member_off; /* where the current gzip member begins */
    uint64_t taken;      /* bytes read so far */
    z_stream z;
    uint8_t *buf;
    size_t at, have;
    uint8_t *ahead; /* text [ahead_at, ahead_len) of it is to come before all other */
    size_t ahead_at, ahead_len;
};

/* Reads the first bytes. Whatever it returns, lode_textin_close must follow. */
int lode_textin_open(struct lode_textin *in, int fd, const char *name, const int *cancel,
                     struct lode_diag *diag);

/* Fills dst[0, n) with text; *got is less only at the end of it. FORMAT for gzip that is damaged,
 * cut short or followed by anything else, IO, CANCELLED, NOMEM. */
int lode_textin_read(struct lode_textin *in, uint8_t *dst, size_t n, size_t *got,
                     struct lode_diag *diag);

/* Reads up to n bytes of text, once, before any lode_textin_read, which will give them again:
 * in->ahead[0, in->ahead_len). */
int lode_textin_look(struct lode_textin *in, size_t n, struct lode_diag *diag);

/* The descriptor stays open. */
void lode_textin_close(struct lode_textin *in);

#endif

/* Owns the bytes of a table while it grows: in memory at first, in an unnamed temporary file beyond
 * LODE_SPOOL_MEMORY, so that a build's memory does not grow with its input. One thread at a time.
 */
#ifndef LODE_LIB_SPOOL_H
#define LODE_LIB_SPOOL_H

#include <stddef.h>
#include <stdint.h>

enum { LODE_SPOOL_MEMORY = 4 << 20, LODE_SPOOL_BUFFER = 256 << 10 };

struct lode_spool {
    uint8_t *buf; /* all bytes, or the tail that is not in the file yet */
    size_t len, cap;
    uint64_t flushed; /* bytes in the file */
    int fd;           /* 0 or less while all is in memory, so that zeroed means empty */
    int dir_fd;       /* where the file is made */
    void *map;        /* of lode_spool_view */
    size_t map_len;
};

/* A file without a name in dir_fd, or one whose name is gone already; -1 with errno. */
int lode_spool_file(int dir_fd);

void lode_spool_init(struct lode_spool *spool, int dir_fd);
void lode_spool_free(struct lode_spool *spool);

/* All return 0, or -1 with errno. */
int lode_spool_append(struct lode_spool *spool, const void *data, size_t n);
int lode_spool_zeros(struct lode_spool *spool, uint64_t n);

/* Cuts the spool back to size bytes. size <= lode_spool_size. */
int lode_spool_truncate(struct lode_spool *spool, uint64_t size);

/* Reads or overwrites n bytes that were appended before. */
int lode_spool_read(const struct lode_spool *spool, uint64_t off, void *data, size_t n);
int lode_spool_patch(struct lode_spool *spool, uint64_t off, const void *data, size_t n);

/* All bytes, contiguous, until the next call that changes the spool. NULL with errno on failure;
 * never NULL for an empty spool. */
const uint8_t *lode_spool_view(struct lode_spool *spool);

static inline uint64_t lode_spool_size(const struct lode_spool *spool)
{
    return spool->flushed + spool->len;
}

#endif

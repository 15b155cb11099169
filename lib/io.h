/* Owns whole reads and writes on descriptors: EINTR retried, short counts continued. */
#ifndef LODE_LIB_IO_H
#define LODE_LIB_IO_H

#include <stddef.h>
#include <stdint.h>
#include <sys/types.h>

/* Reads up to n bytes at off; less only at the end of the file. Bytes read, or -1 with errno. */
ssize_t lode_pread_full(int fd, void *buf, size_t n, uint64_t off);

/* The same at the descriptor's own position. */
ssize_t lode_read_full(int fd, void *buf, size_t n);

/* Writes n bytes. 0, or -1 with errno. */
int lode_write_full(int fd, const void *buf, size_t n);
int lode_pwrite_full(int fd, const void *buf, size_t n, uint64_t off);

#endif

/* Owns the making good of the sums of a changed index, so that a fuzzer gets past them. */
#ifndef LODE_FUZZ_RESEAL_H
#define LODE_FUZZ_RESEAL_H

#include <stddef.h>
#include <stdint.h>

/* Recomputes page sums, content_id and the checksum of header and directory, as far as the header
 * says where they are; whatever it says, only bytes of p[0, n) are touched. */
void fuzz_reseal(uint8_t *p, size_t n);

/* The first section of this id that has at least min bytes, all inside p[0, n), or NULL. */
uint8_t *fuzz_rows(uint8_t *p, size_t n, uint32_t id, size_t min);

#endif

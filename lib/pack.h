/* Owns the packing of bases, two bits each (SPEC 5.14). */
#ifndef LODE_LIB_PACK_H
#define LODE_LIB_PACK_H

#include <stddef.h>
#include <stdint.h>

/* Stores bases[i] as base begin + i of dst, begin 0..3: A 0, C 1, G 2, T and U 3, in either case;
 * every other byte 0. Base k is bits 2 * (k & 3) and up of dst[k >> 2]. Of dst's first byte the
 * bits below base begin stay; those of the last byte above base begin + n - 1 become 0. Writes the
 * ceil((begin + n) / 4) bytes that hold bases, none when n is 0. Any thread. */
void lode_pack(uint8_t *dst, size_t begin, const uint8_t *bases, size_t n);

#endif

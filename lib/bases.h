/* Owns transformations of bases in memory: line ends out, reverse complement, upper case. */
#ifndef LODE_LIB_BASES_H
#define LODE_LIB_BASES_H

#include <stddef.h>
#include <stdint.h>

/* Copies n bases from text, which starts at column (0-based, < width) of a line that holds
 * line_bases bases in width bytes. The line ends in between are skipped by position, not looked at.
 */
void lode_bases_strip(uint8_t *dst, const uint8_t *text, uint64_t n, uint64_t column,
                      uint64_t line_bases, uint64_t width);

/* IUPAC complement in reversed order, case kept; U complements to A, and A to T as samtools has it;
 * other bytes stay. */
void lode_bases_reverse_complement(uint8_t *bases, size_t n);

/* The same of one base. */
uint8_t lode_base_complement(uint8_t base);

void lode_bases_upper(uint8_t *bases, size_t n);

/* Sets bit 5 of n bytes: letters A-Z become a-z. */
void lode_bases_fold_down(uint8_t *bases, size_t n);

#endif

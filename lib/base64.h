/* Owns base64 (RFC 4648, section 4), strictly: padded, no other letters, no bits left over. */
#ifndef LODE_LIB_BASE64_H
#define LODE_LIB_BASE64_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* Letters for n bytes. */
static inline size_t lode_base64_letters(size_t n)
{
    return (n + 2) / 3 * 4;
}

/* n bytes to lode_base64_letters(n) letters. */
void lode_base64_encode(const uint8_t *bytes, size_t n, char *text);

/* len letters to *n bytes, for which there is room: 3 for each 4 letters. False: it is no base64.
 */
bool lode_base64_decode(const char *text, size_t len, uint8_t *bytes, size_t *n);

#endif

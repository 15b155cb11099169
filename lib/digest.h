/* Owns sequence digests: MD5 as in SAM's M5, and GA4GH's sha512t24u as in refget (SPEC 5.18). Both
 * are of the bases in upper case. Thin over libcrypto. */
#ifndef LODE_LIB_DIGEST_H
#define LODE_LIB_DIGEST_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum { LODE_MD5_SIZE = 16, LODE_SHA512T24_SIZE = 24 };

/* One sequence on its way. */
struct lode_digester;
struct lode_digester *lode_digester_new(void); /* NULL: out of memory */
void lode_digester_free(struct lode_digester *digester);

/* Bases of the sequence, in order, of either case. */
bool lode_digester_add(struct lode_digester *digester, const uint8_t *bases, size_t n);

/* Ends the sequence and starts the next one. */
bool lode_digester_end(struct lode_digester *digester, uint8_t md5[LODE_MD5_SIZE],
                       uint8_t sha512t24[LODE_SHA512T24_SIZE]);

/* The first 24 bytes of the SHA-512 of data. */
bool lode_sha512t24(const void *data, size_t n, uint8_t out[LODE_SHA512T24_SIZE]);

/* base64url of 24 bytes: 32 characters and a NUL. Back: false when the text is none. */
void lode_sha512t24u_encode(const uint8_t in[LODE_SHA512T24_SIZE], char out[33]);
bool lode_sha512t24u_decode(const char in[32], uint8_t out[LODE_SHA512T24_SIZE]);

#endif

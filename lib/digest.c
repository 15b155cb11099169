#include "digest.h"

#include "bases.h"

#include <openssl/evp.h>
#include <stdlib.h>
#include <string.h>

enum { STEP = 4096 };

struct lode_digester {
    EVP_MD_CTX *md5, *sha512;
    uint8_t upper[STEP];
};

static bool start(struct lode_digester *d)
{
    return EVP_DigestInit_ex(d->md5, EVP_md5(), NULL) == 1 &&
           EVP_DigestInit_ex(d->sha512, EVP_sha512(), NULL) == 1;
}

struct lode_digester *lode_digester_new(void)
{
    struct lode_digester *d = calloc(1, sizeof *d);
    if (d == NULL)
        return NULL;
    d->md5 = EVP_MD_CTX_new();
    d->sha512 = EVP_MD_CTX_new();
    if (d->md5 != NULL && d->sha512 != NULL && start(d))
        return d;
    lode_digester_free(d);
    return NULL;
}

void lode_digester_free(struct lode_digester *d)
{
    if (d == NULL)
        return;
    EVP_MD_CTX_free(d->md5);
    EVP_MD_CTX_free(d->sha512);
    free(d);
}

bool lode_digester_add(struct lode_digester *d, const uint8_t *bases, size_t n)
{
    for (size_t at = 0; at < n; at += STEP) {
        const size_t k = n - at < STEP ? n - at : STEP;
        memcpy(d->upper, bases + at, k);
        lode_bases_upper(d->upper, k);
        if (EVP_DigestUpdate(d->md5, d->upper, k) != 1 ||
            EVP_DigestUpdate(d->sha512, d->upper, k) != 1)
            return false;
    }
    return true;
}

bool lode_digester_end(struct lode_digester *d, uint8_t md5[LODE_MD5_SIZE],
                       uint8_t sha512t24[LODE_SHA512T24_SIZE])
{
    uint8_t out[EVP_MAX_MD_SIZE];
    if (EVP_DigestFinal_ex(d->md5, md5, NULL) != 1 || EVP_DigestFinal_ex(d->sha512, out, NULL) != 1)
        return false;
    memcpy(sha512t24, out, LODE_SHA512T24_SIZE);
    return start(d);
}

bool lode_sha512t24(const void *data, size_t n, uint8_t out[LODE_SHA512T24_SIZE])
{
    uint8_t all[EVP_MAX_MD_SIZE];
    if (EVP_Digest(data, n, all, NULL, EVP_sha512(), NULL) != 1)
        return false;
    memcpy(out, all, LODE_SHA512T24_SIZE);
    return true;
}

/* RFC 4648 section 5. */
static const char letters[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_";

void lode_sha512t24u_encode(const uint8_t in[LODE_SHA512T24_SIZE], char out[33])
{
    for (int i = 0, o = 0; i < LODE_SHA512T24_SIZE; i += 3) {
        const unsigned v = (unsigned)in[i] << 16 | (unsigned)in[i + 1] << 8 | in[i + 2];
        for (int shift = 18; shift >= 0; shift -= 6)
            out[o++] = letters[v >> shift & 63];
    }
    out[32] = 0;
}

bool lode_sha512t24u_decode(const char in[32], uint8_t out[LODE_SHA512T24_SIZE])
{
    for (int i = 0, o = 0; i < 32; i += 4, o += 3) {
        unsigned v = 0;
        for (int k = 0; k < 4; k++) {
            const char *at = in[i + k] != 0 ? strchr(letters, in[i + k]) : NULL;
            if (at == NULL)
                return false;
            v = v << 6 | (unsigned)(at - letters);
        }
        out[o] = (uint8_t)(v >> 16);
        out[o + 1] = (uint8_t)(v >> 8);
        out[o + 2] = (uint8_t)v;
    }
    return true;
}

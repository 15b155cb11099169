#include "dict.h"

#include <openssl/evp.h>
#include <stdio.h>

static int digest_all(EVP_MD_CTX *md, lode_reader *reader, const struct lode_contig *contig,
                      char *buf, int64_t size, struct lode_diag *diag)
{
    for (int64_t at = 0; at < contig->length; at += size) {
        const int64_t end = contig->length - at < size ? contig->length : at + size;
        const int64_t got =
            lode_fetch_at(reader, contig, at, end, buf, size, LODE_BOUNDS_ERROR, LODE_UPPER, diag);
        if (got < 0)
            return (int)got;
        if (EVP_DigestUpdate(md, buf, (size_t)got) != 1)
            return LODE_E_NOMEM;
    }
    return LODE_OK;
}

int tool_md5_contig(lode_reader *reader, const struct lode_contig *contig, char *buf, int64_t size,
                    char hex[33], struct lode_diag *diag)
{
    unsigned char md5[EVP_MAX_MD_SIZE];
    EVP_MD_CTX *md = EVP_MD_CTX_new();
    int status = LODE_E_NOMEM;
    if (md != NULL && EVP_DigestInit_ex(md, EVP_md5(), NULL) == 1)
        status = digest_all(md, reader, contig, buf, size, diag);
    if (status == LODE_OK && EVP_DigestFinal_ex(md, md5, NULL) != 1)
        status = LODE_E_NOMEM;
    for (int i = 0; status == LODE_OK && i < 16; i++)
        snprintf(hex + 2 * i, 3, "%02x", md5[i]);
    EVP_MD_CTX_free(md);
    return status;
}

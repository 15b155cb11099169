#include "base64.h"

#include <string.h>

static const char letters[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";

void lode_base64_encode(const uint8_t *bytes, size_t n, char *text)
{
    for (; n > 0; text += 4) {
        const size_t some = n < 3 ? n : 3;
        uint32_t word = 0;
        for (size_t k = 0; k < 3; k++)
            word = word << 8 | (k < some ? bytes[k] : 0);
        for (size_t k = 0; k < 4; k++)
            text[k] = k <= some ? letters[word >> (18 - 6 * k) & 63] : '=';
        bytes += some;
        n -= some;
    }
}

/* 64: no letter. */
static uint32_t value_of(char letter)
{
    const char *at = letter != '\0' ? strchr(letters, letter) : NULL;
    return at != NULL ? (uint32_t)(at - letters) : 64;
}

bool lode_base64_decode(const char *text, size_t len, uint8_t *bytes, size_t *n)
{
    uint8_t values[256];
    *n = 0;
    if (len % 4 != 0)
        return false;
    for (int c = 0; c < 256; c++)
        values[c] = (uint8_t)value_of((char)c);
    for (size_t at = 0; at < len; at += 4) {
        const bool is_last = at + 4 == len;
        const size_t pad = !is_last || text[at + 3] != '=' ? 0 : text[at + 2] != '=' ? 1 : 2;
        uint32_t word = 0;
        for (size_t k = 0; k < 4; k++) {
            const uint32_t value = k < 4 - pad ? values[(uint8_t)text[at + k]] : 0;
            if (value == 64)
                return false;
            word = word << 6 | value;
        }
        if ((word & ((1u << 8 * pad) - 1)) != 0)
            return false;
        for (size_t k = 0; k < 3 - pad; k++)
            bytes[(*n)++] = (uint8_t)(word >> (16 - 8 * k));
    }
    return true;
}

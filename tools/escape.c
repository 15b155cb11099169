/* Owns how names and paths, which are bytes, are shown where text is expected. */
#include "escape.h"

#include <stdbool.h>
#include <stdint.h>
#include <string.h>

static bool is_tail(uint8_t byte)
{
    return (byte & 0xC0) == 0x80;
}

/* Bytes of the well-formed UTF-8 character at the front (Unicode 15, table 3-7); 0 = none. */
static size_t utf8_length(const uint8_t *p, size_t len)
{
    if (p[0] < 0x80)
        return 1;
    if (p[0] < 0xC2 || p[0] > 0xF4)
        return 0;
    const size_t want = p[0] < 0xE0 ? 2 : p[0] < 0xF0 ? 3 : 4;
    if (len < want)
        return 0;
    for (size_t i = 1; i < want; i++) {
        if (!is_tail(p[i]))
            return 0;
    }
    if ((p[0] == 0xE0 && p[1] < 0xA0) || (p[0] == 0xED && p[1] > 0x9F) ||
        (p[0] == 0xF0 && p[1] < 0x90) || (p[0] == 0xF4 && p[1] > 0x8F))
        return 0;
    return want;
}

static size_t put_escape(uint8_t byte, char *out)
{
    static const char hex[] = "0123456789abcdef";
    out[0] = '\\';
    out[1] = 'x';
    out[2] = hex[byte >> 4];
    out[3] = hex[byte & 15];
    return 4;
}

/* Bytes at the front that are shown as they are; 0 = the first one is escaped. */
static size_t plain_length(enum tool_escape how, const uint8_t *p, size_t len)
{
    if (how == TOOL_ESCAPE_TEXT)
        return p[0] >= 0x20 && p[0] != 0x7F;
    return p[0] == '\\' ? 0 : utf8_length(p, len);
}

size_t tool_escape_bytes(enum tool_escape how, const char *bytes, size_t len, char *out)
{
    const uint8_t *p = (const uint8_t *)bytes;
    size_t used = 0;
    for (size_t i = 0; i < len;) {
        const size_t plain = plain_length(how, p + i, len - i);
        if (plain == 0) {
            used += put_escape(p[i++], out + used);
            continue;
        }
        memcpy(out + used, p + i, plain);
        used += plain;
        i += plain;
    }
    out[used] = '\0';
    return used;
}

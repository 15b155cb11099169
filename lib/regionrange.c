#include "regionrange.h"

#include <stdbool.h>
#include <string.h>

#include "lode.h"

static bool is_digit(char c)
{
    return c >= '0' && c <= '9';
}

static bool is_blank(char c)
{
    return c == ' ' || (c >= '\t' && c <= '\r');
}

#define NUMBER_MAX (INT64_MAX - 1) /* INT64_MAX itself means that no end was given */

static int64_t push_digit(int64_t value, int digit)
{
    return value > (NUMBER_MAX - digit) / 10 ? NUMBER_MAX : value * 10 + digit;
}

/* The first `keep` digits among the characters of text as a number, zeros appended when there are
 * fewer: "1.5" with keep 4 is 1500, with keep 1 it is 1. */
static int64_t number_scaled(struct lode_span_text text, int64_t keep)
{
    int64_t value = 0;
    for (size_t i = 0; i < text.len && keep > 0; i++) {
        if (!is_digit(text.at[i]))
            continue;
        value = push_digit(value, text.at[i] - '0');
        keep--;
    }
    for (; keep > 0 && value > 0 && value < NUMBER_MAX; keep--)
        value = push_digit(value, 0);
    return value;
}

/* Takes e[+-]DIGITS, k, m or g off the front: the power of ten. */
static int64_t take_exponent(struct lode_span_text *text)
{
    static const char units[] = "kmg";
    const char c = text->len > 0 ? (char)(text->at[0] | 0x20) : 0;
    const char *unit = memchr(units, c, sizeof units - 1);
    if (unit != NULL) {
        *text = lode_span_from(*text, 1);
        return 3 * (unit - units + 1);
    }
    if (c != 'e')
        return 0;
    size_t i = 1;
    const bool minus = i < text->len && text->at[i] == '-';
    if (i < text->len && (text->at[i] == '-' || text->at[i] == '+'))
        i++;
    int64_t power = 0;
    for (; i < text->len && is_digit(text->at[i]); i++)
        power = power > 1000000 ? power : push_digit(power, text->at[i] - '0');
    *text = lode_span_from(*text, i);
    return minus ? -power : power;
}

/* Takes a number as htslib reads one off the front: blanks, sign, digits with commas, fraction,
 * exponent or k, m, g. The fraction that is left is dropped; what is too large becomes NUMBER_MAX.
 * Without a digit: 0, and text stays as it was. */
static int64_t take_number(struct lode_span_text *text)
{
    size_t i = 0;
    while (i < text->len && is_blank(text->at[i]))
        i++;
    const bool minus = i < text->len && text->at[i] == '-';
    if (i < text->len && (text->at[i] == '-' || text->at[i] == '+'))
        i++;
    const size_t first = i;
    int64_t whole = 0, fraction = 0;
    for (; i < text->len && (is_digit(text->at[i]) || text->at[i] == ','); i++)
        whole += text->at[i] != ',';
    if (i < text->len && text->at[i] == '.') {
        for (i++; i < text->len && is_digit(text->at[i]); i++)
            fraction++;
    }
    if (whole + fraction == 0)
        return 0;
    const struct lode_span_text digits = {text->at + first, i - first};
    *text = lode_span_from(*text, i);
    const int64_t value = number_scaled(digits, whole + take_exponent(text));
    return minus ? -value : value;
}

/* ----------------------------------------------------------------------------------- range -- */

static bool only_commas(struct lode_span_text text)
{
    for (size_t i = 0; i < text.len; i++) {
        if (text.at[i] != ',')
            return false;
    }
    return true;
}

int lode_parse_range(struct lode_span_text text, int64_t *begin, int64_t *end)
{
    const int64_t first = take_number(&text);
    *begin = first > 0 ? first - 1 : 0;
    *end = INT64_MAX;
    if (only_commas(text)) {
        if (first < 0)
            *end = -first;
        return LODE_OK;
    }
    if (first < 0 || text.at[0] != '-')
        return LODE_E_GRAMMAR;
    text = lode_span_from(text, 1);
    const int64_t last = take_number(&text);
    if (!only_commas(text))
        return LODE_E_GRAMMAR;
    *begin = first - 1;
    if (last != 0)
        *end = last;
    return *begin < *end ? LODE_OK : LODE_E_RANGE;
}

/* Reads the tables of binary schemas. */
#include "flatparse.h"

#include "status.h"

enum { TYPE_BASE = 0, TYPE_ELEMENT = 1, TYPE_INDEX = 2, TYPE_LENGTH = 3 };

enum { BYTES_PER_PART = 8 };

bool lode_flat_wrong(struct lode_flat_parse *p, const char *what, uint32_t at)
{
    p->fault.status = LODE_FMT_CORRUPT;
    p->fault.what = what;
    p->fault.at = at;
    return false;
}

bool lode_flat_need(struct lode_flat_parse *p, bool good, const char *what, uint32_t at)
{
    if (!good)
        (void)lode_flat_wrong(p, what, at);
    return good;
}

bool lode_flat_unknown(struct lode_flat_parse *p, const char *what, uint32_t at)
{
    (void)lode_flat_wrong(p, what, at);
    p->fault.status = LODE_FMT_FEATURE;
    return false;
}

bool lode_flat_count_parts(struct lode_flat_parse *p, uint32_t more, uint32_t at)
{
    p->parts += more;
    return lode_flat_need(p, p->parts <= p->b.n / BYTES_PER_PART, "it shares its parts", at);
}

/* ---- fields of its tables -------------------------------------------------------------------- */

bool lode_flat_get(struct lode_flat_parse *p, const struct lode_flat_table *t, uint32_t slot,
                   uint32_t size, uint64_t absent, uint64_t *out)
{
    const uint32_t entry = lode_flat_entry(&p->b, t, slot);
    *out = absent;
    if (entry == 0)
        return true;
    if (!lode_flat_in_table(t, entry, size))
        return lode_flat_wrong(p, "a field leaves its table", t->at);
    const uint8_t *at = p->b.p + t->at + entry;
    *out = size == 1   ? *at
           : size == 2 ? lode_get16(at)
           : size == 4 ? lode_get32(at)
                       : lode_get64(at);
    return true;
}

bool lode_flat_get_target(struct lode_flat_parse *p, const struct lode_flat_table *t, uint32_t slot,
                          uint32_t *to)
{
    const uint32_t entry = lode_flat_entry(&p->b, t, slot);
    *to = 0;
    if (entry == 0)
        return true;
    if (!lode_flat_in_table(t, entry, 4))
        return lode_flat_wrong(p, "a field leaves its table", t->at);
    *to = lode_flat_target(&p->b, t->at + entry);
    return lode_flat_need(p, *to != 0, "an offset leads out of it", t->at + entry);
}

bool lode_flat_get_table(struct lode_flat_parse *p, uint32_t at, struct lode_flat_table *t)
{
    return lode_flat_need(p, at != 0 && lode_flat_table_at(&p->b, at, t),
                          "a table is missing or leaves it", at);
}

bool lode_flat_get_offsets(struct lode_flat_parse *p, const struct lode_flat_table *t,
                           uint32_t slot, struct lode_flat_vector *v)
{
    uint32_t to;
    *v = (struct lode_flat_vector){0, 0};
    if (!lode_flat_get_target(p, t, slot, &to))
        return false;
    if (to != 0 && !lode_flat_vector_at(&p->b, to, 4, v))
        return lode_flat_wrong(p, "a vector leaves it", to);
    return lode_flat_count_parts(p, v->count, to);
}

bool lode_flat_get_element(struct lode_flat_parse *p, const struct lode_flat_vector *v, uint32_t i,
                           struct lode_flat_table *t)
{
    return lode_flat_get_table(p, lode_flat_target(&p->b, v->at + 4 * i), t);
}

bool lode_flat_get_string(struct lode_flat_parse *p, const struct lode_flat_table *t, uint32_t slot,
                          struct lode_flat_vector *v, uint32_t *at)
{
    if (!lode_flat_get_target(p, t, slot, at))
        return false;
    return lode_flat_need(p, *at != 0 && lode_flat_string_at(&p->b, *at, v),
                          "a string is missing or leaves it", t->at);
}

/* ---- names ----------------------------------------------------------------------------------- */

const char *lode_flat_name(const struct lode_flat_schema *schema, uint32_t name, uint32_t *len)
{
    *len = lode_get32(schema->bytes.p + name);
    return (const char *)schema->bytes.p + name + 4;
}

int lode_flat_compare(const uint8_t *a, uint32_t a_len, const uint8_t *b, uint32_t b_len)
{
    const int order = memcmp(a, b, a_len < b_len ? a_len : b_len);
    return order != 0 ? order : a_len < b_len ? -1 : a_len > b_len;
}

uint32_t lode_flat_find_object(const struct lode_flat_schema *s, const uint8_t *name, uint32_t len)
{
    uint32_t begin = 0, end = s->counts.objects;
    while (begin < end) {
        const uint32_t middle = begin + (end - begin) / 2;
        uint32_t other_len;
        const char *other = lode_flat_name(s, s->objects[middle].name, &other_len);
        const int order = lode_flat_compare((const uint8_t *)other, other_len, name, len);
        if (order == 0)
            return middle;
        if (order < 0)
            begin = middle + 1;
        else
            end = middle;
    }
    return LODE_FLAT_NOWHERE;
}

/* ---- types ----------------------------------------------------------------------------------- */

bool lode_flat_get_type(struct lode_flat_parse *p, const struct lode_flat_table *owner,
                        uint32_t slot, struct lode_flat_type *out)
{
    struct lode_flat_table t;
    uint32_t at;
    uint64_t base, of, index, length;
    if (!lode_flat_get_target(p, owner, slot, &at) || !lode_flat_get_table(p, at, &t) ||
        !lode_flat_get(p, &t, TYPE_BASE, 1, 0, &base) ||
        !lode_flat_get(p, &t, TYPE_ELEMENT, 1, 0, &of) ||
        !lode_flat_get(p, &t, TYPE_INDEX, 4, LODE_FLAT_NOWHERE, &index) ||
        !lode_flat_get(p, &t, TYPE_LENGTH, 2, 0, &length))
        return false;
    *out = (struct lode_flat_type){(uint32_t)base, (uint32_t)of, (uint32_t)index, (uint32_t)length};
    if (base <= LODE_BASE_ARRAY && of <= LODE_BASE_ARRAY)
        return true;
    return lode_flat_unknown(p, "a type of field is not known to this version of lode", at);
}

/* Bytes of a scalar; 0: it is none. */
static uint32_t scalar_size(uint32_t base)
{
    static const uint8_t sizes[LODE_BASE_DOUBLE + 1] = {0, 1, 1, 1, 1, 2, 2, 4, 4, 8, 8, 4, 8};
    return base <= LODE_BASE_DOUBLE ? sizes[base] : 0;
}

bool lode_flat_resolve(struct lode_flat_parse *p, uint32_t base, uint32_t index, uint32_t at,
                       struct lode_flat_field *f, uint8_t *kind)
{
    const struct lode_flat_schema *s = p->s;
    f->index = index;
    f->size = f->align = scalar_size(base);
    f->is_type = base == LODE_BASE_UTYPE;
    if (f->size > 0) {
        *kind = LODE_FLAT_SCALAR;
        if (index == LODE_FLAT_NOWHERE && !f->is_type)
            return true;
        return lode_flat_need(p,
                              index < s->counts.enums && (!f->is_type || s->enums[index].is_union),
                              "a field names an enumeration that is not there", at);
    }
    switch (base) {
    case LODE_BASE_STRING:
        *kind = LODE_FLAT_STRING;
        return true;
    case LODE_BASE_OBJECT:
        if (index >= s->counts.objects)
            return lode_flat_wrong(p, "a field names an object that is not there", at);
        *kind = s->objects[index].is_struct ? LODE_FLAT_STRUCT : LODE_FLAT_TABLE;
        f->size = s->objects[index].size;
        f->align = s->objects[index].align;
        return true;
    case LODE_BASE_UNION:
        *kind = LODE_FLAT_UNION;
        return lode_flat_need(p, index < s->counts.enums && s->enums[index].is_union,
                              "a field names a union that is not there", at);
    default:
        return lode_flat_wrong(p, "a field has a type that cannot stand there", at);
    }
}

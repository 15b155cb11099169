/* Reads the fields of a schema's objects. */
#include "flatparse.h"

enum { OBJECT_FIELDS = 1 };
enum {
    FIELD_NAME = 0,
    FIELD_TYPE = 1,
    FIELD_ID = 2,
    FIELD_OFFSET = 3,
    FIELD_DEPRECATED = 6,
    FIELD_REQUIRED = 7,
    FIELD_ATTRIBUTES = 9,
    FIELD_OFFSET64 = 13,
};
enum { ATTRIBUTE_KEY = 0, ATTRIBUTE_VALUE = 1 };

/* The object that a name means in the namespace of another object: the nearest one. */
static uint32_t find_near(struct lode_flat_parse *p, const struct lode_flat_object *from,
                          const struct lode_flat_vector *name)
{
    const struct lode_flat_schema *s = p->s;
    uint8_t full[2 * LODE_FLAT_NAME_MAX];
    uint32_t len;
    const char *text = lode_flat_name(s, from->name, &len); /* at most LODE_FLAT_NAME_MAX */
    memcpy(full, text, len);
    for (; len > 0; len--) {
        if (text[len - 1] != '.')
            continue;
        if (!lode_flat_count_parts(p, 1, from->name)) /* each takes a search */
            return LODE_FLAT_NOWHERE;
        memcpy(full + len, s->bytes.p + name->at, name->count);
        const uint32_t found = lode_flat_find_object(s, full, len + name->count);
        if (found != LODE_FLAT_NOWHERE)
            return found;
    }
    return lode_flat_find_object(s, s->bytes.p + name->at, name->count);
}

/* The attribute nested_flatbuffer, which is there where flatc was told --bfbs-builtins: the object
 * that bytes hold. */
static bool read_attributes(struct lode_flat_parse *p, const struct lode_flat_table *t,
                            const struct lode_flat_object *owner, struct lode_flat_field *f)
{
    static const char nested[] = "nested_flatbuffer";
    struct lode_flat_vector all, key, value;
    struct lode_flat_table a;
    uint32_t at;
    if (!lode_flat_get_offsets(p, t, FIELD_ATTRIBUTES, &all))
        return false;
    for (uint32_t i = 0; i < all.count; i++) {
        if (!lode_flat_get_element(p, &all, i, &a) ||
            !lode_flat_get_string(p, &a, ATTRIBUTE_KEY, &key, &at))
            return false;
        if (key.count != sizeof nested - 1 || memcmp(p->b.p + key.at, nested, key.count) != 0)
            continue;
        if (!lode_flat_get_string(p, &a, ATTRIBUTE_VALUE, &value, &at))
            return false;
        if (f->kind != LODE_FLAT_VECTOR || f->element != LODE_FLAT_SCALAR || f->size != 1)
            return lode_flat_wrong(p, "a nested FlatBuffer is no vector of bytes", a.at);
        f->index =
            value.count <= LODE_FLAT_NAME_MAX ? find_near(p, owner, &value) : LODE_FLAT_NOWHERE;
        if (f->index == LODE_FLAT_NOWHERE || p->s->objects[f->index].is_struct)
            return lode_flat_wrong(p, "a nested FlatBuffer is of a table that is not there", a.at);
        f->kind = LODE_FLAT_NESTED;
    }
    return true;
}

/* A field of a struct: it lies in it. Nothing of it is kept: a struct is checked as a whole. */
static bool read_member_of_struct(struct lode_flat_parse *p, const struct lode_flat_table *t,
                                  const struct lode_flat_object *owner,
                                  const struct lode_flat_type *type, uint64_t offset)
{
    struct lode_flat_field f = {0};
    uint64_t size;
    uint8_t kind = LODE_FLAT_NONE;
    const bool is_array = type->base == LODE_BASE_ARRAY;
    if (!lode_flat_resolve(p, is_array ? type->element : type->base, type->index, t->at, &f, &kind))
        return false;
    if (kind != LODE_FLAT_SCALAR && kind != LODE_FLAT_STRUCT)
        return lode_flat_wrong(p, "a field of a struct has a type that cannot stand there", t->at);
    size = is_array ? (uint64_t)f.size * type->length : f.size;
    return lode_flat_need(p,
                          size > 0 && offset <= owner->size && size <= owner->size - offset &&
                              offset % f.align == 0 && f.align <= owner->align,
                          "a field of a struct leaves it", t->at);
}

static bool read_field(struct lode_flat_parse *p, const struct lode_flat_table *t,
                       const struct lode_flat_object *owner)
{
    struct lode_flat_field f = {0};
    struct lode_flat_vector name;
    struct lode_flat_type type;
    uint64_t id, offset, deprecated, required, is_far;
    if (!lode_flat_get_string(p, t, FIELD_NAME, &name, &f.name) ||
        !lode_flat_get_type(p, t, FIELD_TYPE, &type) || !lode_flat_get(p, t, FIELD_ID, 2, 0, &id) ||
        !lode_flat_get(p, t, FIELD_OFFSET, 2, 0, &offset) ||
        !lode_flat_get(p, t, FIELD_DEPRECATED, 1, 0, &deprecated) ||
        !lode_flat_get(p, t, FIELD_REQUIRED, 1, 0, &required) ||
        !lode_flat_get(p, t, FIELD_OFFSET64, 1, 0, &is_far))
        return false;
    if (is_far != 0)
        return lode_flat_unknown(p, "offsets of 64 bits are not known to this version of lode",
                                 t->at);
    if (owner->is_struct)
        return read_member_of_struct(p, t, owner, &type, offset);
    if (id >= owner->count || offset != 4 + 2 * id ||
        p->s->fields[owner->first + id].kind != LODE_FLAT_NONE)
        return lode_flat_wrong(p, "the fields of a table are not numbered from 0", t->at);
    if (!lode_flat_resolve(p, type.base == LODE_BASE_VECTOR ? type.element : type.base, type.index,
                           t->at, &f, type.base == LODE_BASE_VECTOR ? &f.element : &f.kind))
        return false;
    if (type.base == LODE_BASE_VECTOR)
        f.kind = LODE_FLAT_VECTOR;
    f.required = required != 0 && deprecated == 0;
    if (!read_attributes(p, t, owner, &f))
        return false;
    p->s->fields[owner->first + id] = f;
    return true;
}

/* What a union is, or those of a vector are, is said by the field before. */
static bool check_unions(struct lode_flat_parse *p, struct lode_flat_object *o, uint32_t at)
{
    const struct lode_flat_field *fields = p->s->fields + o->first;
    for (uint32_t i = 0; i < o->count; i++) {
        const struct lode_flat_field *f = &fields[i];
        const bool many = f->kind == LODE_FLAT_VECTOR && f->element == LODE_FLAT_UNION;
        if (f->required || many)
            o->must = i + 1;
        if (f->kind != LODE_FLAT_UNION && !many)
            continue;
        if (i == 0 || !f[-1].is_type || f[-1].index != f->index ||
            f[-1].kind != (many ? LODE_FLAT_VECTOR : LODE_FLAT_SCALAR))
            return lode_flat_wrong(p, "a union is not behind its type", at);
    }
    return true;
}

bool lode_flat_read_fields(struct lode_flat_parse *p, const struct lode_flat_table *t, uint32_t i)
{
    struct lode_flat_object *o = &p->s->objects[i];
    struct lode_flat_vector fields;
    struct lode_flat_table f;
    if (!lode_flat_get_offsets(p, t, OBJECT_FIELDS, &fields))
        return false;
    if (!o->is_struct) {
        if (fields.count > p->s->counts.fields - p->counts.fields)
            return lode_flat_wrong(p, "it shares its parts", t->at);
        o->first = p->counts.fields;
        o->count = fields.count;
        p->counts.fields += fields.count;
    }
    for (uint32_t k = 0; k < fields.count; k++)
        if (!lode_flat_get_element(p, &fields, k, &f) || !read_field(p, &f, o))
            return false;
    return check_unions(p, o, t->at);
}

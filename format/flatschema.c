/* Reads binary schemas. */
#include "flatparse.h"

#include "status.h"

/* Fields of the tables of reflection.fbs, by their ids. */
enum { SCHEMA_OBJECTS = 0, SCHEMA_ENUMS = 1, SCHEMA_IDENT = 2, SCHEMA_ROOT = 4 };
enum { OBJECT_NAME = 0, OBJECT_FIELDS = 1, OBJECT_STRUCT = 2, OBJECT_ALIGN = 3, OBJECT_SIZE = 4 };
enum { ENUM_VALUES = 1, ENUM_UNION = 2, ENUM_UNDERLYING = 3 };
enum { VALUE_VALUE = 1, VALUE_TYPE = 3 };

enum {
    ALIGN_MAX = 256,   /* of force_align */
    MEMBERS_MAX = 256, /* a union's type is a byte */
};

/* ---- objects --------------------------------------------------------------------------------- */

static bool read_object(struct lode_flat_parse *p, const struct lode_flat_table *t, uint32_t i)
{
    struct lode_flat_object *o = &p->s->objects[i];
    struct lode_flat_vector name;
    uint64_t is_struct, align, size;
    if (!lode_flat_get_string(p, t, OBJECT_NAME, &name, &o->name) ||
        !lode_flat_get(p, t, OBJECT_STRUCT, 1, 0, &is_struct) ||
        !lode_flat_get(p, t, OBJECT_ALIGN, 4, 0, &align) ||
        !lode_flat_get(p, t, OBJECT_SIZE, 4, 0, &size))
        return false;
    if (name.count > LODE_FLAT_NAME_MAX)
        return lode_flat_wrong(p, "a name is too long", name.at);
    o->is_struct = is_struct != 0;
    o->align = (uint32_t)align;
    o->size = (uint32_t)size;
    if (o->is_struct && (align == 0 || align > ALIGN_MAX || (align & (align - 1)) != 0 ||
                         size == 0 || size > LODE_FLAT_MAX || size % align != 0))
        return lode_flat_wrong(p, "a struct has no size or no alignment", t->at);
    if (i == 0)
        return true;
    uint32_t len;
    const char *before = lode_flat_name(p->s, o[-1].name, &len);
    return lode_flat_need(
        p, lode_flat_compare((const uint8_t *)before, len, p->b.p + name.at, name.count) < 0,
        "its objects are not sorted by name", name.at);
}

/* ---- enumerations ---------------------------------------------------------------------------- */

static bool read_member(struct lode_flat_parse *p, const struct lode_flat_table *t)
{
    struct lode_flat_member *m = &p->s->members[p->counts.members];
    struct lode_flat_field f;
    struct lode_flat_type type;
    uint64_t value;
    if (!lode_flat_get(p, t, VALUE_VALUE, 8, 0, &value) ||
        !lode_flat_get_type(p, t, VALUE_TYPE, &type))
        return false;
    if (value >= MEMBERS_MAX)
        return lode_flat_wrong(p, "a member of a union is not 0 to 255", t->at);
    *m = (struct lode_flat_member){LODE_FLAT_NOWHERE, (uint8_t)value, LODE_FLAT_NONE};
    p->counts.members++;
    if (type.base == LODE_BASE_NONE)
        return true;
    if (type.base != LODE_BASE_OBJECT && type.base != LODE_BASE_STRING)
        return lode_flat_unknown(p, "a member of a union is neither object nor string", t->at);
    if (!lode_flat_resolve(p, type.base, type.index, t->at, &f, &m->kind))
        return false;
    m->index = f.index;
    return true;
}

static bool read_enum(struct lode_flat_parse *p, const struct lode_flat_table *t, uint32_t i)
{
    struct lode_flat_enum *e = &p->s->enums[i];
    struct lode_flat_vector values;
    struct lode_flat_table value;
    struct lode_flat_type type;
    if (!e->is_union)
        return true;
    if (!lode_flat_get_type(p, t, ENUM_UNDERLYING, &type) ||
        !lode_flat_get_offsets(p, t, ENUM_VALUES, &values))
        return false;
    if (type.base != LODE_BASE_UTYPE)
        return lode_flat_unknown(p, "the type of a union is no byte", t->at);
    if (values.count > MEMBERS_MAX || values.count > p->s->counts.members - p->counts.members)
        return lode_flat_wrong(p, "a union has more than 256 members", t->at);
    e->first = p->counts.members;
    e->count = values.count;
    for (uint32_t k = 0; k < values.count; k++)
        if (!lode_flat_get_element(p, &values, k, &value) || !read_member(p, &value))
            return false;
    return true;
}

/* ---- the schema ------------------------------------------------------------------------------ */

struct vectors {
    struct lode_flat_table schema;
    struct lode_flat_vector objects, enums;
};

static bool begin(struct lode_flat_parse *p, const uint8_t *bfbs, size_t n, struct vectors *v)
{
    p->fault = (struct lode_flat_fault){.object = LODE_FLAT_NOWHERE, .field = LODE_FLAT_NOWHERE};
    p->b = (struct lode_flat_bytes){bfbs, n <= LODE_FLAT_MAX ? (uint32_t)n : 0};
    if (p->b.n < 8 || memcmp(bfbs + 4, "BFBS", 4) != 0)
        return lode_flat_wrong(p, "it is none: 'flatc --binary --schema' makes one", 0);
    return lode_flat_get_table(p, lode_flat_target(&p->b, 0), &v->schema) &&
           lode_flat_get_offsets(p, &v->schema, SCHEMA_OBJECTS, &v->objects) &&
           lode_flat_get_offsets(p, &v->schema, SCHEMA_ENUMS, &v->enums);
}

/* fn(table, its number) for each of them. */
static bool each(struct lode_flat_parse *p, const struct lode_flat_vector *v,
                 bool (*fn)(struct lode_flat_parse *p, const struct lode_flat_table *t, uint32_t i))
{
    struct lode_flat_table t;
    for (uint32_t i = 0; i < v->count; i++)
        if (!lode_flat_get_element(p, v, i, &t) || !fn(p, &t, i))
            return false;
    return true;
}

static int conclude(const struct lode_flat_parse *p, bool good, struct lode_flat_fault *fault)
{
    if (!good && fault != NULL)
        *fault = p->fault;
    return good ? LODE_FMT_OK : p->fault.status;
}

static bool count_object(struct lode_flat_parse *p, const struct lode_flat_table *t, uint32_t i)
{
    struct lode_flat_vector fields;
    (void)i;
    if (!lode_flat_get_offsets(p, t, OBJECT_FIELDS, &fields))
        return false;
    p->counts.fields += fields.count;
    return true;
}

static bool count_enum(struct lode_flat_parse *p, const struct lode_flat_table *t, uint32_t i)
{
    struct lode_flat_vector values;
    (void)i;
    if (!lode_flat_get_offsets(p, t, ENUM_VALUES, &values))
        return false;
    p->counts.members += values.count;
    return true;
}

int lode_flat_schema_count(const uint8_t *bfbs, size_t n, struct lode_flat_counts *counts,
                           struct lode_flat_fault *fault)
{
    struct lode_flat_parse p = {0};
    struct vectors v;
    const bool good = begin(&p, bfbs, n, &v) && each(&p, &v.objects, count_object) &&
                      each(&p, &v.enums, count_enum);
    p.counts.objects = v.objects.count;
    p.counts.enums = v.enums.count;
    *counts = good ? p.counts : (struct lode_flat_counts){0, 0, 0, 0};
    return conclude(&p, good, fault);
}

static bool begin_enum(struct lode_flat_parse *p, const struct lode_flat_table *t, uint32_t i)
{
    uint64_t is_union;
    if (!lode_flat_get(p, t, ENUM_UNION, 1, 0, &is_union))
        return false;
    p->s->enums[i] = (struct lode_flat_enum){0, 0, is_union != 0};
    return true;
}

static bool read_root(struct lode_flat_parse *p, const struct lode_flat_table *schema)
{
    struct lode_flat_table t;
    struct lode_flat_vector name;
    uint32_t at;
    if (!lode_flat_get_target(p, schema, SCHEMA_ROOT, &at))
        return false;
    if (at == 0)
        return lode_flat_wrong(p, "it has no root_type", 0);
    if (!lode_flat_get_table(p, at, &t) || !lode_flat_get_string(p, &t, OBJECT_NAME, &name, &at))
        return false;
    p->s->root = lode_flat_find_object(p->s, p->b.p + name.at, name.count);
    return lode_flat_need(p,
                          p->s->root != LODE_FLAT_NOWHERE && !p->s->objects[p->s->root].is_struct,
                          "its root_type is no table of it", at);
}

static bool read_ident(struct lode_flat_parse *p, const struct lode_flat_table *schema)
{
    struct lode_flat_vector ident;
    uint32_t at;
    p->s->has_ident = false;
    if (!lode_flat_get_target(p, schema, SCHEMA_IDENT, &at))
        return false;
    if (at == 0)
        return true;
    if (!lode_flat_string_at(&p->b, at, &ident))
        return lode_flat_wrong(p, "its file identifier leaves it", at);
    if (ident.count == 0)
        return true;
    p->s->has_ident = true;
    if (ident.count != sizeof p->s->ident)
        return lode_flat_wrong(p, "its file identifier has not 4 bytes", at);
    memcpy(p->s->ident, p->b.p + ident.at, sizeof p->s->ident);
    return true;
}

int lode_flat_schema_read(const uint8_t *bfbs, size_t n, struct lode_flat_schema *s,
                          struct lode_flat_fault *fault)
{
    struct lode_flat_parse p = {.s = s};
    struct vectors v;
    bool good = begin(&p, bfbs, n, &v);
    s->bytes = p.b;
    if (good && (v.objects.count != s->counts.objects || v.enums.count != s->counts.enums))
        good = lode_flat_wrong(&p, "it was counted otherwise", 0);
    for (uint32_t i = 0; i < s->counts.objects; i++)
        s->objects[i] = (struct lode_flat_object){0};
    for (uint32_t i = 0; i < s->counts.fields; i++)
        s->fields[i] = (struct lode_flat_field){0};
    good = good && each(&p, &v.objects, read_object) && each(&p, &v.enums, begin_enum) &&
           each(&p, &v.enums, read_enum) && each(&p, &v.objects, lode_flat_read_fields) &&
           read_root(&p, &v.schema) && read_ident(&p, &v.schema);
    return conclude(&p, good, fault);
}

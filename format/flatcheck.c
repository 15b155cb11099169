/* Checks payloads. Recursion is bounded by LODE_FLAT_DEPTH. */
#include "flatcheck.h"

#include "status.h"

/* A walk through a payload. */
struct walk {
    const struct lode_flat_schema *schema;
    struct lode_flat_bytes b;
    uint32_t base; /* of b in the payload: not 0 in a nested one */
    uint32_t depth;
    uint64_t visits, slots, limit;
    struct lode_flat_fault fault;
};

static bool wrong(struct walk *w, const char *what, uint32_t at)
{
    w->fault.what = what;
    w->fault.at = w->base + at;
    return false;
}

static bool need(struct walk *w, bool good, const char *what, uint32_t at)
{
    if (!good)
        (void)wrong(w, what, at);
    return good;
}

/* What is looked at is counted, for an offset may lead where another one led before: a few tables
 * in many vectors could keep a check busy for years. */
static bool visit(struct walk *w, uint32_t at)
{
    return need(w, ++w->visits <= w->limit, "its parts are used again too many times", at);
}

static bool check_table(struct walk *w, uint32_t at, uint32_t object);

static bool check_string(struct walk *w, uint32_t at)
{
    struct lode_flat_vector v;
    if (!visit(w, at))
        return false;
    return need(w, lode_flat_string_at(&w->b, at, &v),
                "a string is not aligned, leaves the bytes or lacks its zero byte", at);
}

static bool check_struct(struct walk *w, uint32_t at, uint32_t object)
{
    const struct lode_flat_object *o = &w->schema->objects[object];
    if (!visit(w, at))
        return false;
    return need(w, at % o->align == 0 && lode_flat_inside(&w->b, at, o->size),
                "a struct is not aligned or leaves the bytes", at);
}

/* ---- unions ---------------------------------------------------------------------------------- */

/* NULL: the schema does not know it, which is what a newer schema's members look like. */
static const struct lode_flat_member *member_of(const struct lode_flat_schema *s,
                                                uint32_t enumeration, uint8_t value)
{
    const struct lode_flat_enum *e = &s->enums[enumeration];
    const struct lode_flat_member *m = s->members + e->first;
    if (value < e->count && m[value].value == value)
        return &m[value];
    for (uint32_t i = 0; i < e->count; i++)
        if (m[i].value == value)
            return &m[i];
    return NULL;
}

/* The value whose offset stands at `at`, in a vector or a table. What is no member is not followed.
 */
static bool check_union(struct walk *w, uint32_t at, uint32_t enumeration, uint8_t type,
                        bool in_vector)
{
    const struct lode_flat_member *m = member_of(w->schema, enumeration, type);
    const bool is_known = m != NULL && m->kind != LODE_FLAT_NONE;
    if (!is_known && !visit(w, at))
        return false;
    if (!is_known && in_vector && lode_get32(w->b.p + at) == 0)
        return true; /* as a vector has it for members that are NONE */
    const uint32_t to = lode_flat_target(&w->b, at);
    if (to == 0)
        return wrong(w, "an offset leads out of the bytes", at);
    if (!is_known)
        return true;
    switch (m->kind) {
    case LODE_FLAT_STRING:
        return check_string(w, to);
    case LODE_FLAT_STRUCT:
        return check_struct(w, to, m->index);
    default:
        return check_table(w, to, m->index);
    }
}

/* ---- vectors --------------------------------------------------------------------------------- */

static bool check_element(struct walk *w, uint32_t at, const struct lode_flat_field *f)
{
    const uint32_t to = lode_flat_target(&w->b, at);
    if (to == 0)
        return wrong(w, "an offset leads out of the bytes", at);
    return f->element == LODE_FLAT_STRING ? check_string(w, to) : check_table(w, to, f->index);
}

/* types: the vector that says what the members are, of a vector of unions. */
static bool check_vector(struct walk *w, uint32_t at, const struct lode_flat_field *f,
                         const struct lode_flat_vector *types)
{
    struct lode_flat_vector v;
    const bool offsets = f->element != LODE_FLAT_SCALAR && f->element != LODE_FLAT_STRUCT;
    if (!lode_flat_vector_at(&w->b, at, offsets ? 4 : f->size, &v))
        return wrong(w, "a vector is not aligned or leaves the bytes", at);
    if (!offsets)
        return need(w, v.count == 0 || v.at % f->align == 0, "elements of a vector are not aligned",
                    v.at);
    if (types != NULL && types->count != v.count)
        return wrong(w, "a vector of unions and that of their types differ in length", at);
    for (uint32_t i = 0; i < v.count; i++) {
        const uint32_t element = v.at + 4 * i;
        if (types != NULL ? !check_union(w, element, f->index, w->b.p[types->at + i], true)
                          : !check_element(w, element, f))
            return false;
    }
    return true;
}

/* ---- buffers --------------------------------------------------------------------------------- */

static bool check_root(struct walk *w, uint32_t object)
{
    const uint32_t root = lode_flat_target(&w->b, 0);
    return root != 0 ? check_table(w, root, object)
                     : wrong(w, "the offset of the root leads out of the bytes", 0);
}

/* A payload in a vector of bytes: its places count from its own begin. */
static bool check_nested(struct walk *w, uint32_t at, const struct lode_flat_field *f)
{
    struct lode_flat_vector v;
    if (!lode_flat_vector_at(&w->b, at, 1, &v))
        return wrong(w, "a vector is not aligned or leaves the bytes", at);
    const struct lode_flat_bytes outer = w->b;
    const uint32_t base = w->base;
    w->b = (struct lode_flat_bytes){outer.p + v.at, v.count};
    w->base = base + v.at;
    const bool good = check_root(w, f->index);
    w->b = outer;
    w->base = base;
    return good;
}

/* ---- tables ---------------------------------------------------------------------------------- */

/* Vector that the field before a vector of unions is, whose elements were checked. */
static bool types_of(const struct walk *w, const struct lode_flat_table *t, uint32_t slot,
                     struct lode_flat_vector *types)
{
    const uint32_t entry = lode_flat_entry(&w->b, t, slot - 1);
    if (entry == 0)
        return false;
    (void)lode_flat_vector_at(&w->b, lode_flat_target(&w->b, t->at + entry), 1, types);
    return true;
}

static bool check_missing(struct walk *w, const struct lode_flat_table *t, uint32_t slot,
                          const struct lode_flat_field *f)
{
    if (f->required)
        return wrong(w, "a required field is missing", t->at);
    if (f->kind == LODE_FLAT_VECTOR && f->element == LODE_FLAT_UNION &&
        lode_flat_entry(&w->b, t, slot - 1) != 0)
        return wrong(w, "types of unions stand there without the unions", t->at);
    return true;
}

static bool check_offset(struct walk *w, const struct lode_flat_table *t, uint32_t slot,
                         const struct lode_flat_field *f, uint32_t at)
{
    struct lode_flat_vector types;
    if (f->kind == LODE_FLAT_UNION) {
        const uint32_t entry = lode_flat_entry(&w->b, t, slot - 1); /* was checked: it is before */
        return check_union(w, at, f->index, entry != 0 ? w->b.p[t->at + entry] : 0, false);
    }
    const uint32_t to = lode_flat_target(&w->b, at);
    if (to == 0)
        return wrong(w, "an offset leads out of the bytes", at);
    switch (f->kind) {
    case LODE_FLAT_STRING:
        return check_string(w, to);
    case LODE_FLAT_TABLE:
        return check_table(w, to, f->index);
    case LODE_FLAT_NESTED:
        return check_nested(w, to, f);
    default:
        if (f->element != LODE_FLAT_UNION)
            return check_vector(w, to, f, NULL);
        return types_of(w, t, slot, &types)
                   ? check_vector(w, to, f, &types)
                   : wrong(w, "unions stand there without their types", at);
    }
}

static bool check_field(struct walk *w, const struct lode_flat_table *t, uint32_t slot,
                        const struct lode_flat_field *f, uint32_t entry)
{
    const bool is_offset = f->kind != LODE_FLAT_SCALAR && f->kind != LODE_FLAT_STRUCT;
    const uint32_t at = t->at + entry;
    if (!lode_flat_in_table(t, entry, is_offset ? 4 : f->size))
        return wrong(w, "a field leaves its table", t->at);
    if (at % (is_offset ? 4 : f->align) != 0)
        return wrong(w, "a field is not aligned", at);
    return !is_offset || check_offset(w, t, slot, f, at);
}

static bool check_fields(struct walk *w, const struct lode_flat_table *t, uint32_t object)
{
    const struct lode_flat_object *o = &w->schema->objects[object];
    const struct lode_flat_field *f = w->schema->fields + o->first;
    /* behind what the vtable has, only fields that must be there are looked for */
    const uint32_t until = t->slots > o->must ? t->slots : o->must;
    const uint32_t end = until < o->count ? until : o->count;
    w->slots += end;
    if (w->slots > LODE_FLAT_SLOTS * w->limit)
        return wrong(w, "its parts are used again too many times", t->at);
    for (uint32_t i = 0; i < end; i++) {
        const uint32_t entry = lode_flat_entry(&w->b, t, i);
        if (entry != 0 ? check_field(w, t, i, &f[i], entry) : check_missing(w, t, i, &f[i]))
            continue;
        if (w->fault.field == LODE_FLAT_NOWHERE) { /* the innermost */
            w->fault.object = object;
            w->fault.field = o->first + i;
        }
        return false;
    }
    return true;
}

static bool check_table(struct walk *w, uint32_t at, uint32_t object)
{
    struct lode_flat_table t;
    if (!visit(w, at))
        return false;
    if (w->depth == LODE_FLAT_DEPTH)
        return wrong(w, "tables are nested too deep", at);
    if (!lode_flat_table_at(&w->b, at, &t))
        return wrong(w, "a table or its vtable is not aligned, or leaves the bytes", at);
    w->depth++;
    const bool good = check_fields(w, &t, object);
    w->depth--;
    return good;
}

int lode_flat_check(const struct lode_flat_schema *schema, const uint8_t *bytes, size_t n,
                    struct lode_flat_fault *fault)
{
    struct walk w = {.schema = schema,
                     .limit = n / 4 > LODE_FLAT_VISITS ? n / 4 : LODE_FLAT_VISITS,
                     .fault = {.status = LODE_FMT_CORRUPT,
                               .object = LODE_FLAT_NOWHERE,
                               .field = LODE_FLAT_NOWHERE}};
    bool good = n <= LODE_FLAT_MAX;
    w.b = (struct lode_flat_bytes){bytes, good ? (uint32_t)n : 0};
    if (!good)
        (void)wrong(&w, "it has more than 2,147,483,647 bytes", 0);
    else if (n < 8)
        good = wrong(&w, "it is too short", 0);
    else if (schema->has_ident && memcmp(bytes + 4, schema->ident, 4) != 0)
        good = wrong(&w, "it has not the file identifier of its schema", 4);
    else
        good = check_root(&w, schema->root);
    if (good)
        return LODE_FMT_OK;
    if (fault != NULL)
        *fault = w.fault;
    return w.fault.status;
}

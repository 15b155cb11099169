/* Owns how the pieces of seqverify.h report. */
#include "seqverify.h"

/* Place of a section in LODE_SECTIONS; the number of them for anything else. */
static unsigned ordinal_of(uint32_t id)
{
    static const uint32_t ids[] = {
#define ID(name, a, b, c, d, stride, flags) LODE_ID_##name,
        LODE_SECTIONS(ID)
#undef ID
    };
    _Static_assert(sizeof ids / sizeof ids[0] == LODE_VERIFY_SECTIONS, "one counter a section");
    unsigned i = 0;
    while (i < LODE_VERIFY_SECTIONS && ids[i] != id)
        i++;
    return i;
}

void lode_verifier_report(struct lode_verifier *v, int status, const char *rule, uint32_t section,
                          uint64_t offset)
{
    unsigned *named = &v->named[ordinal_of(section)];
    const struct lode_fault fault = {status, section, rule, offset};
    v->findings++;
    if (v->status == LODE_FMT_OK)
        v->status = status;
    const bool is_named = *named < LODE_VERIFY_FINDINGS;
    *named += is_named;
    if (v->found != NULL)
        v->found(v->ctx, &fault, is_named);
}

void lode_verifier_corrupt(struct lode_verifier *v, const char *rule, uint32_t section,
                           const uint8_t *p)
{
    lode_verifier_report(v, LODE_FMT_CORRUPT, rule, section, (uint64_t)(p - v->ix->box.data));
}

void lode_verifier_fault(struct lode_verifier *v, const struct lode_fault *fault, uint32_t section,
                         const uint8_t *p)
{
    lode_verifier_report(v, fault->status, fault->rule, section, (uint64_t)(p - v->ix->box.data));
}

struct lode_verifier_mark lode_verifier_begin(struct lode_verifier *v)
{
    const struct lode_verifier_mark mark = {v->findings, v->status};
    v->status = LODE_FMT_OK;
    return mark;
}

int lode_verifier_end(struct lode_verifier *v, struct lode_verifier_mark mark)
{
    const int status = v->status;
    if (mark.findings > 0)
        v->status = mark.status;
    return status;
}

#include "memberset.h"

#include "bytes.h"
#include "range.h"

#include <string.h>

void lode_member_decode(const uint8_t *p, struct lode_member_row *row)
{
    row->path_off = lode_get64(p + LODE_MSET_PATH_OFF);
    row->path_len = lode_get32(p + LODE_MSET_PATH_LEN);
    row->kind = lode_get32(p + LODE_MSET_KIND);
    row->content_id = lode_get64(p + LODE_MSET_CONTENT_ID);
    row->file_size = lode_get64(p + LODE_MSET_FILE_SIZE);
    row->first = lode_get64(p + LODE_MSET_FIRST);
    row->source = lode_get64(p + LODE_MSET_SOURCE);
}

void lode_member_encode(uint8_t *p, const struct lode_member_row *row)
{
    memset(p, 0, LODE_STRIDE_MSET);
    lode_put64(p + LODE_MSET_PATH_OFF, row->path_off);
    lode_put32(p + LODE_MSET_PATH_LEN, row->path_len);
    lode_put32(p + LODE_MSET_KIND, row->kind);
    lode_put64(p + LODE_MSET_CONTENT_ID, row->content_id);
    lode_put64(p + LODE_MSET_FILE_SIZE, row->file_size);
    lode_put64(p + LODE_MSET_FIRST, row->first);
    lode_put64(p + LODE_MSET_SOURCE, row->source);
}

bool lode_member_name_ok(const uint8_t *name, uint64_t n)
{
    return n > 0 && n <= LODE_MEMBER_NAME_MAX && memchr(name, 0, n) == NULL &&
           memchr(name, '/', n) == NULL && !(name[0] == '.' && n == 1) &&
           !(name[0] == '.' && name[n - 1] == '.' && n == 2);
}

int lode_memberset_parse(const struct lode_container *box, struct lode_memberset *out,
                         struct lode_fault *fault)
{
    struct lode_memberset set = {.box = *box};
    const struct {
        uint32_t id, stride;
        bool required;
        struct lode_rows *rows;
    } tables[] = {
        {LODE_ID_MSET, LODE_STRIDE_MSET, true, &set.members},
        {LODE_ID_MSTR, LODE_STRIDE_MSTR, true, &set.strings},
        {LODE_ID_MDED, LODE_STRIDE_MDED, false, &set.dead},
    };
    for (size_t i = 0; i < sizeof tables / sizeof tables[0]; i++) {
        struct lode_section s;
        if (!lode_container_find(box, tables[i].id, 0, &s)) {
            if (i == 0)
                return lode_fail(fault, LODE_FMT_NOT_FOUND, "M-1", LODE_ID_MSET, 0);
            if (tables[i].required)
                return lode_fail(fault, LODE_FMT_LAYOUT, "M-1", tables[i].id, 0);
            *tables[i].rows = (struct lode_rows){box->data, 0};
            continue;
        }
        if (s.stride != tables[i].stride || !lode_range_ok(s.off, s.len, box->size))
            return lode_fail(fault, LODE_FMT_LAYOUT, "M-2", tables[i].id, s.off);
        *tables[i].rows = (struct lode_rows){box->data + s.off, s.len / s.stride};
    }
    if (set.members.count < 2 || set.members.count > LODE_MEMBERS_MAX + 1)
        return lode_fail(fault, LODE_FMT_LAYOUT, "M-3", LODE_ID_MSET, 0);
    set.count = set.members.count - 1;
    *out = set;
    return LODE_FMT_OK;
}

int lode_memberset_member(const struct lode_memberset *set, uint64_t i, struct lode_member_row *row,
                          struct lode_member_row *end, const uint8_t **name,
                          struct lode_fault *fault)
{
    const uint8_t *p = set->members.rows + i * LODE_STRIDE_MSET;
    const uint64_t off = (uint64_t)(p - set->box.data);
    struct lode_member_row first;
    lode_member_decode(set->members.rows, &first);
    lode_member_decode(p, row);
    lode_member_decode(p + LODE_STRIDE_MSET, end);
    if (row->kind != first.kind ||
        (row->kind != LODE_MEMBER_INDEX && row->kind != LODE_MEMBER_STORE))
        return lode_fail(fault, LODE_FMT_FEATURE, "M-4", LODE_ID_MSET, off);
    if (row->first > end->first || row->source > end->source || end->first > LODE_CONTIG_MAX ||
        end->source > LODE_SOURCE_MAX || (i == 0 && (row->first != 0 || row->source != 0)))
        return lode_fail(fault, LODE_FMT_CORRUPT, "M-6", LODE_ID_MSET, off);
    if (!lode_range_ok(row->path_off, (uint64_t)row->path_len + 1, set->strings.count) ||
        set->strings.rows[row->path_off + row->path_len] != 0)
        return lode_fail(fault, LODE_FMT_CORRUPT, "M-5", LODE_ID_MSET, off);
    *name = set->strings.rows + row->path_off;
    return lode_member_name_ok(*name, row->path_len)
               ? LODE_FMT_OK
               : lode_fail(fault, LODE_FMT_REFUSED, "M-5", LODE_ID_MSET, off);
}

/* ---- numbers out of use ---------------------------------------------------------------------- */

uint64_t lode_memberset_dead_at(const struct lode_memberset *set, uint64_t i)
{
    return lode_get64(set->dead.rows + i * LODE_STRIDE_MDED);
}

void lode_memberset_put_dead(uint8_t *dst, const uint64_t *dead, uint64_t n)
{
    for (uint64_t i = 0; i < n; i++)
        lode_put64(dst + i * LODE_STRIDE_MDED, dead[i]);
}

uint64_t lode_memberset_dead_below(const struct lode_memberset *set, uint64_t number)
{
    uint64_t lo = 0, hi = set->dead.count;
    while (lo < hi) {
        const uint64_t mid = lo + (hi - lo) / 2;
        if (lode_memberset_dead_at(set, mid) < number)
            lo = mid + 1;
        else
            hi = mid;
    }
    return lo;
}

uint64_t lode_memberset_nth(const struct lode_memberset *set, uint64_t rank)
{
    uint64_t lo = 0, hi = set->dead.count;
    while (lo < hi) { /* before row i of MDED stand dead_at(i) - i numbers in use */
        const uint64_t mid = lo + (hi - lo) / 2;
        if (lode_memberset_dead_at(set, mid) - mid <= rank)
            lo = mid + 1;
        else
            hi = mid;
    }
    return rank + lo;
}

/* ---- verifying ------------------------------------------------------------------------------- */

/* Reserved bytes, names one behind the other, the end row. */
static int verify_rows(const struct lode_memberset *set, struct lode_member_row *end,
                       struct lode_fault *fault)
{
    const uint8_t *name, *p = set->members.rows;
    uint64_t next = 0;
    for (uint64_t i = 0; i < set->count; i++, p += LODE_STRIDE_MSET) {
        struct lode_member_row row;
        const int status = lode_memberset_member(set, i, &row, end, &name, fault);
        if (status != LODE_FMT_OK)
            return status;
        if (row.path_off != next ||
            !lode_is_zero(p + LODE_MSET_RESERVED, LODE_STRIDE_MSET - LODE_MSET_RESERVED))
            return lode_fail(fault, LODE_FMT_CORRUPT, "M-10", LODE_ID_MSET,
                             (uint64_t)(p - set->box.data));
        next += (uint64_t)row.path_len + 1;
    }
    const bool zero = end->path_len == 0 && end->kind == 0 && end->content_id == 0 &&
                      end->file_size == 0 &&
                      lode_is_zero(p + LODE_MSET_RESERVED, LODE_STRIDE_MSET - LODE_MSET_RESERVED);
    return zero && end->path_off == next && next == set->strings.count
               ? LODE_FMT_OK
               : lode_fail(fault, LODE_FMT_CORRUPT, "M-10", LODE_ID_MSET,
                           (uint64_t)(p - set->box.data));
}

int lode_memberset_verify(const struct lode_memberset *set, struct lode_fault *fault)
{
    struct lode_member_row first, end = {0};
    const int status = verify_rows(set, &end, fault);
    lode_member_decode(set->members.rows, &first);
    if (status != LODE_FMT_OK)
        return status;
    for (uint64_t i = 0; i < set->dead.count; i++) {
        const uint64_t dead = lode_memberset_dead_at(set, i);
        if (first.kind != LODE_MEMBER_STORE || dead >= end.first ||
            (i > 0 && dead <= lode_memberset_dead_at(set, i - 1)))
            return lode_fail(fault, LODE_FMT_CORRUPT, "M-9", LODE_ID_MDED,
                             (uint64_t)(set->dead.rows - set->box.data) + i * LODE_STRIDE_MDED);
    }
    return LODE_FMT_OK;
}

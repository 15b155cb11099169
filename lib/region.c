/* Owns how a region string is read: [NAME::]CONTIG[:BEG[-END]] (SPEC 9). It knows the index only
 * through the public lookups. */
#include <inttypes.h>
#include <stdbool.h>
#include <stdio.h>
#include <string.h>

#include "diag.h"
#include "index.h"
#include "lode.h"
#include "regionrange.h"
#include "setindex.h"

/* Places at which one string is cut in two on trial. A cut costs a lookup that hashes the string,
 * so a hostile one of nothing but colons must not buy a square number of them. */
enum { CUTS_MAX = 256 };

enum { SHOWN_MAX = 120 }; /* longer names are cut in messages */

/* One way to take the string apart, with a contig that exists. */
struct reading {
    struct lode_span_text source_name; /* len 0: none given */
    struct lode_span_text name, range; /* range begins with its colon; len 0: none */
    struct lode_contig contig;
    int64_t begin, end;
    bool shared; /* several sources hold the name */
};

struct search {
    const lode_index *index;
    struct lode_span_text region;
    struct reading found[2]; /* two are enough to be ambiguous */
    int hits;
    int range_status; /* why a range behind an existing contig is none; OK: no such case */
    struct lode_span_text range_text;
    struct lode_span_text source_name; /* a NAME that exists, whether or not the contig does */
    struct lode_diag *diag;
};

static int shown(struct lode_span_text text)
{
    return (int)(text.len < SHOWN_MAX ? text.len : SHOWN_MAX);
}

/* -------------------------------------------------------------------------------- readings -- */

/* By name; where there is none, SQ.DIGEST by what the contig holds. */
static int find_contig(const struct search *search, int64_t source, struct lode_span_text name,
                       struct lode_contig *contig)
{
    const int status = lode_find(search->index, source, name.at, name.len, contig, search->diag);
    if (status != LODE_E_NOT_FOUND || source >= 0 || name.len != 35 ||
        memcmp(name.at, "SQ.", 3) != 0)
        return status;
    return lode_find_digest(search->index, name.at, name.len, contig, NULL) == LODE_OK
               ? LODE_OK
               : LODE_E_NOT_FOUND;
}

/* Counts the reading when its contig exists and its range is one. rest: "" or ":RANGE". Negative
 * only when the index cannot answer. */
static int try_reading(struct search *search, int64_t source, struct lode_span_text source_name,
                       struct lode_span_text name, struct lode_span_text rest)
{
    struct reading r = {.source_name = source_name, .name = name, .range = rest, .end = INT64_MAX};
    const int status = find_contig(search, source, name, &r.contig);
    if (status == LODE_E_NOT_FOUND)
        return LODE_OK;
    if (status != LODE_OK && status != LODE_E_AMBIGUOUS)
        return status;
    r.shared = status == LODE_E_AMBIGUOUS;
    if (rest.len > 0) {
        const int range = lode_parse_range(lode_span_from(rest, 1), &r.begin, &r.end);
        if (range != LODE_OK) {
            search->range_status = range;
            search->range_text = lode_span_from(rest, 1);
            return LODE_OK;
        }
    }
    if (search->hits < 2)
        search->found[search->hits] = r;
    search->hits++;
    return LODE_OK;
}

/* {CONTIG}, {CONTIG}:RANGE. The name may hold braces itself: the longest one that exists. */
static int read_quoted(struct search *search, int64_t source, struct lode_span_text source_name,
                       struct lode_span_text text)
{
    const int before = search->hits;
    int cuts = 0;
    for (size_t i = text.len; i-- > 1 && cuts < CUTS_MAX && search->hits == before;) {
        if (text.at[i] != '}' || (i + 1 < text.len && text.at[i + 1] != ':'))
            continue;
        cuts++;
        const struct lode_span_text name = {text.at + 1, i - 1};
        const int status =
            try_reading(search, source, source_name, name, lode_span_from(text, i + 1));
        if (status != LODE_OK)
            return status;
    }
    return LODE_OK;
}

/* CONTIG as a whole, and CONTIG:RANGE cut at the last colon. */
static int read_bare(struct search *search, int64_t source, struct lode_span_text source_name,
                     struct lode_span_text text)
{
    int status = try_reading(search, source, source_name, text, lode_span_from(text, text.len));
    const char *colon = text.len > 0 ? memrchr(text.at, ':', text.len) : NULL;
    if (status == LODE_OK && colon != NULL) {
        const size_t cut = (size_t)(colon - text.at);
        status = try_reading(search, source, source_name, lode_span_to(text, cut),
                             lode_span_from(text, cut));
    }
    return status;
}

/* Braces quote; they are part of a name only where the quoted one does not exist. */
static int read_contig(struct search *search, int64_t source, struct lode_span_text source_name,
                       struct lode_span_text text)
{
    const int before = search->hits;
    if (text.len > 0 && text.at[0] == '{') {
        const int status = read_quoted(search, source, source_name, text);
        if (status != LODE_OK || search->hits > before)
            return status;
    }
    return read_bare(search, source, source_name, text);
}

/* The reading in which the "::" at cut ends the NAME, bare or in braces. */
static int read_after_source(struct search *search, size_t cut, bool quoted)
{
    const struct lode_span_text whole = lode_span_to(search->region, cut);
    const struct lode_span_text name =
        quoted ? (struct lode_span_text){whole.at + 1, whole.len - 2} : whole;
    int64_t source = -1;
    const int status = lode_find_source(search->index, name.at, name.len, &source);
    if (status == LODE_E_NOT_FOUND)
        return LODE_OK;
    if (status != LODE_OK)
        return status;
    if (search->source_name.at == NULL)
        search->source_name = name;
    return read_contig(search, source, name, lode_span_from(search->region, cut + 2));
}

/* NAME::CONTIG...: the longest NAME that exists and holds the contig. */
static int read_named(struct search *search, bool quoted)
{
    const struct lode_span_text region = search->region;
    const int before = search->hits;
    int cuts = 0;
    for (size_t i = region.len; i-- > 2 && cuts < CUTS_MAX && search->hits == before;) {
        const size_t cut = i - 1;
        if (region.at[cut] != ':' || region.at[i] != ':')
            continue;
        if (quoted && (cut < 2 || region.at[cut - 1] != '}'))
            continue;
        cuts++;
        const int status = read_after_source(search, cut, quoted);
        if (status != LODE_OK)
            return status;
    }
    return LODE_OK;
}

static int read_all(struct search *search)
{
    const struct lode_span_text none = {NULL, 0};
    const bool braces = search->region.len > 0 && search->region.at[0] == '{';
    int status = read_contig(search, -1, none, search->region);
    if (status != LODE_OK || memmem(search->region.at, search->region.len, "::", 2) == NULL)
        return status;
    const int before = search->hits;
    if (braces)
        status = read_named(search, true);
    if (status == LODE_OK && search->hits == before)
        status = read_named(search, false);
    return status;
}

/* -------------------------------------------------------------------------------- outcomes -- */

static bool has_no_digests(const lode_index *index)
{
    return lode_route_contig(index, 0).index->seq.digs.count == 0;
}

static int fail_missing(const struct search *search)
{
    const struct lode_span_text region = search->region;
    if (search->range_status != LODE_OK)
        return lode_diag_set(search->diag, search->range_status, "region '%.*s': %s '%.*s'",
                             shown(region), region.at,
                             search->range_status == LODE_E_RANGE
                                 ? "the end lies before the beginning in"
                                 : "not a range BEG-END of positions from 1:",
                             shown(search->range_text), search->range_text.at);
    if (region.len > 0 && region.at[0] == '{' && memchr(region.at, '}', region.len) == NULL)
        return lode_diag_set(search->diag, LODE_E_GRAMMAR, "region '%.*s': { without its }",
                             shown(region), region.at);
    if (search->source_name.at != NULL)
        return lode_diag_set(
            search->diag, LODE_E_NOT_FOUND,
            "region '%.*s': no such contig in source '%.*s'; 'lode ls INDEX NAME' lists them",
            shown(region), region.at, shown(search->source_name), search->source_name.at);
    if (region.len > 3 && memcmp(region.at, "SQ.", 3) == 0 && has_no_digests(search->index))
        return lode_diag_set(search->diag, LODE_E_NOT_FOUND,
                             "region '%.*s': the index holds no digests; make it with 'lode index "
                             "--digest'",
                             shown(region), region.at);
    if (region.at != NULL && memmem(region.at, region.len, "::", 2) != NULL)
        return lode_diag_set(search->diag, LODE_E_NOT_FOUND,
                             "region '%.*s': no such source or contig; 'lode ls INDEX' lists the "
                             "sources, by their whole NAMEs",
                             shown(region), region.at);
    return lode_diag_set(
        search->diag, LODE_E_NOT_FOUND,
        "region '%.*s': no such contig; 'lode ls INDEX' lists the sources, 'lode ls INDEX NAME' "
        "the contigs of one",
        shown(region), region.at);
}

/* How the reading is written so that it has no other: {NAME}::{CONTIG}:RANGE. */
static void unmistakable(const struct reading *r, char *out, size_t cap)
{
    const char *open = r->source_name.len > 0 ? "{" : "", *close = open[0] ? "}::" : "";
    snprintf(out, cap, "%s%.*s%s{%.*s}%.*s", open, shown(r->source_name),
             r->source_name.len > 0 ? r->source_name.at : "", close, shown(r->name), r->name.at,
             shown(r->range), r->range.at);
}

static int fail_two_readings(const struct search *search)
{
    char first[3 * SHOWN_MAX + 16], second[3 * SHOWN_MAX + 16];
    unmistakable(&search->found[0], first, sizeof first);
    unmistakable(&search->found[1], second, sizeof second);
    return lode_diag_set(search->diag, LODE_E_AMBIGUOUS,
                         "region '%.*s' can be read in two ways; write %s or %s",
                         shown(search->region), search->region.at, first, second);
}

/* Appends ", NAME::CONTIG". */
static void append_candidate(const struct search *search, int64_t source, char *list, size_t cap)
{
    char name[SHOWN_MAX];
    size_t len = 0;
    const int status = lode_source_name(search->index, source, name, sizeof name, &len);
    const size_t used = strlen(list);
    if (status != LODE_OK && status != LODE_E_SPACE)
        return;
    const struct lode_span_text contig = search->found[0].name;
    snprintf(list + used, cap - used, "%s%.*s::%.*s", used > 0 ? ", " : "",
             shown((struct lode_span_text){name, len}), status == LODE_OK ? name : "...",
             shown(contig), contig.at);
}

static int fail_shared(const struct search *search)
{
    struct lode_info info = {.struct_size = sizeof info};
    int status = lode_index_info(search->index, &info);
    char list[3 * (2 * SHOWN_MAX + 8)] = "";
    const struct lode_span_text name = search->found[0].name;
    int64_t holders = 0;
    for (int64_t s = 0; status == LODE_OK && s < info.sources; s++) {
        struct lode_contig contig;
        const int found = lode_find(search->index, s, name.at, name.len, &contig, search->diag);
        if (found == LODE_OK && holders++ < 3)
            append_candidate(search, s, list, sizeof list);
        else if (found != LODE_OK && found != LODE_E_NOT_FOUND)
            status = found;
    }
    if (status != LODE_OK)
        return status;
    return lode_diag_set(search->diag, LODE_E_AMBIGUOUS,
                         "region '%.*s': contig '%.*s' stands in %" PRId64
                         " sources; name one: %s%s",
                         shown(search->region), search->region.at, shown(name), name.at, holders,
                         list, holders > 3 ? ", ..." : "");
}

int lode_region(const lode_index *index, const char *region, size_t len, struct lode_contig *contig,
                int64_t *begin, int64_t *end, struct lode_diag *diag)
{
    if (index == NULL || region == NULL || contig == NULL || begin == NULL || end == NULL)
        return lode_diag_set(diag, LODE_E_ARG, "lode_region: a required pointer is NULL");
    struct search search = {.index = index, .region = {region, len}, .diag = diag};
    const int status = read_all(&search);
    if (status != LODE_OK)
        return status;
    if (search.hits == 0)
        return fail_missing(&search);
    if (search.hits > 1)
        return fail_two_readings(&search);
    if (search.found[0].shared)
        return fail_shared(&search);
    *contig = search.found[0].contig;
    *begin = search.found[0].begin;
    *end = search.found[0].end;
    return LODE_OK;
}

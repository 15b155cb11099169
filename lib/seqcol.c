/* Owns the digests of a source as a GA4GH sequence collection: sha512t24u of canonical JSON (RFC
 * 8785) arrays of names, lengths and sequences, and of the object that holds those digests. */
#include "diag.h"
#include "digest.h"
#include "grow.h"
#include "index.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* Canonical JSON while it grows. */
struct text {
    char *bytes;
    size_t len, cap;
    bool failed;
};

static void put(struct text *t, const char *bytes, size_t n)
{
    if (t->failed || !lode_grow(&t->bytes, &t->cap, t->len + n, 1)) {
        t->failed = true;
        return;
    }
    memcpy(t->bytes + t->len, bytes, n);
    t->len += n;
}

static void put_string(struct text *t, const char *s)
{
    put(t, "\"", 1);
    for (; *s != 0; s++) {
        /* names hold no control bytes (SPEC C-12), so two escapes are all that JSON asks for */
        if (*s == '"' || *s == '\\')
            put(t, "\\", 1);
        put(t, s, 1);
    }
    put(t, "\"", 1);
}

static void put_number(struct text *t, int64_t v)
{
    char digits[24];
    put(t, digits, (size_t)snprintf(digits, sizeof digits, "%lld", (long long)v));
}

static bool digest_of(const struct text *t, char out[33])
{
    uint8_t sha[LODE_SHA512T24_SIZE];
    if (t->failed || !lode_sha512t24(t->bytes, t->len, sha))
        return false;
    lode_sha512t24u_encode(sha, out);
    return true;
}

/* The arrays of a collection on their way. */
struct collection {
    struct text names, lengths, sequences, pairs;
    char (*pair_digests)[33];
    size_t pair_count, pair_cap;
    struct text name; /* buffer of one name */
};

static void free_collection(struct collection *c)
{
    free(c->names.bytes);
    free(c->lengths.bytes);
    free(c->sequences.bytes);
    free(c->pairs.bytes);
    free(c->pair_digests);
    free(c->name.bytes);
}

static int load_name(const lode_index *index, int64_t id, struct text *name)
{
    size_t len = 0;
    int status = lode_contig_name(index, id, name->bytes, name->cap, &len);
    if (status == LODE_E_SPACE || (status == LODE_OK && len == name->cap)) {
        if (!lode_grow(&name->bytes, &name->cap, len + 1, 1))
            return LODE_E_NOMEM;
        status = lode_contig_name(index, id, name->bytes, name->cap, &len);
    }
    return status;
}

static bool add_pair(struct collection *c, int64_t length)
{
    c->pairs.len = 0;
    put(&c->pairs, "{\"length\":", 10);
    put_number(&c->pairs, length);
    put(&c->pairs, ",\"name\":", 8);
    put_string(&c->pairs, c->name.bytes);
    put(&c->pairs, "}", 1);
    return LODE_GROW(c->pair_digests, c->pair_count, c->pair_cap) &&
           digest_of(&c->pairs, c->pair_digests[c->pair_count++]);
}

static int add_contig(const lode_index *index, int64_t id, bool first, struct collection *c,
                      struct lode_diag *diag)
{
    struct lode_contig contig;
    struct lode_digest digest;
    char sequence[40];
    int status = lode_contig_at(index, id, &contig, diag);
    if (status == LODE_OK)
        status = lode_contig_digest(index, id, &digest, diag);
    if (status == LODE_OK)
        status = load_name(index, id, &c->name);
    if (status != LODE_OK)
        return status;
    put(&c->names, first ? "[" : ",", 1);
    put_string(&c->names, c->name.bytes);
    put(&c->lengths, first ? "[" : ",", 1);
    put_number(&c->lengths, contig.length);
    put(&c->sequences, first ? "[" : ",", 1);
    snprintf(sequence, sizeof sequence, "SQ.%s", digest.sha512t24u);
    put_string(&c->sequences, sequence);
    return add_pair(c, contig.length) ? LODE_OK : LODE_E_NOMEM;
}

static int compare(const void *a, const void *b)
{
    return strcmp(a, b);
}

static void close_array(struct text *t, bool empty)
{
    put(t, empty ? "[]" : "]", empty ? 2 : 1);
}

static bool finish(struct collection *c, bool empty, struct lode_seqcol *out)
{
    char object[256];
    close_array(&c->names, empty);
    close_array(&c->lengths, empty);
    close_array(&c->sequences, empty);
    if (c->pair_count > 0)
        qsort(c->pair_digests, c->pair_count, sizeof *c->pair_digests, compare);
    c->pairs.len = 0;
    for (size_t i = 0; i < c->pair_count; i++) {
        put(&c->pairs, i == 0 ? "[" : ",", 1);
        put_string(&c->pairs, c->pair_digests[i]);
    }
    close_array(&c->pairs, empty);
    if (!digest_of(&c->names, out->names) || !digest_of(&c->lengths, out->lengths) ||
        !digest_of(&c->sequences, out->sequences) ||
        !digest_of(&c->pairs, out->sorted_name_length_pairs))
        return false;
    /* lengths follow from the sequences, so they are not part of the identity */
    const int n = snprintf(object, sizeof object, "{\"names\":\"%s\",\"sequences\":\"%s\"}",
                           out->names, out->sequences);
    const struct text whole = {.bytes = object, .len = (size_t)n};
    return digest_of(&whole, out->digest);
}

int lode_source_seqcol(const lode_index *index, int64_t source, struct lode_seqcol *out,
                       struct lode_diag *diag)
{
    struct lode_source_info info = {.struct_size = sizeof info};
    struct lode_seqcol made = {.struct_size = sizeof made};
    struct collection c = {.pair_count = 0};
    if (index == NULL || out == NULL)
        return LODE_E_ARG;
    int status = lode_source_info(index, source, &info, diag);
    for (int64_t i = 0; i < info.contigs && status == LODE_OK; i++)
        status = add_contig(index, info.first_contig + i, i == 0, &c, diag);
    if (status == LODE_OK && !finish(&c, info.contigs == 0, &made))
        status = LODE_E_NOMEM;
    if (status == LODE_E_NOMEM)
        (void)lode_diag_set(diag, status, "out of memory");
    free_collection(&c);
    if (status != LODE_OK)
        return status;
    return lode_struct_out(out, &made, sizeof made) ? LODE_OK : LODE_E_ARG;
}

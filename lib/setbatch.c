/* Owns batches of a set: each member's requests, in their order, are one batch. */
#include "batch.h"

#include <stdlib.h>
#include <string.h>

/* Requests of the members, one member's behind the other's. begins[i]: the first of member i;
 * behind the last member those whose contig there is not. */
struct sorted {
    struct lode_request *requests;
    int64_t *at; /* where each stands in the caller's array */
    int64_t begins[LODE_MEMBERS_MAX + 2];
};

/* Counts of members are small: the last bucket is for numbers that no contig has. */
static int bucket_of(const lode_index *index, int64_t contig)
{
    const struct lode_members *table = &index->set->table;
    return contig < 0 || (uint64_t)contig >= index->seq.contig_count
               ? table->count
               : lode_members_of(table, contig, false);
}

static void sort(struct sorted *s, const lode_index *index, const struct lode_request *requests,
                 int64_t n)
{
    const struct lode_members *table = &index->set->table;
    int64_t next[LODE_MEMBERS_MAX + 1] = {0};
    for (int64_t i = 0; i < n; i++)
        next[bucket_of(index, requests[i].contig)]++;
    for (int b = 0; b <= table->count; b++) {
        s->begins[b + 1] = s->begins[b] + next[b];
        next[b] = s->begins[b];
    }
    for (int64_t i = 0; i < n; i++) {
        const int b = bucket_of(index, requests[i].contig);
        const int64_t k = next[b]++;
        s->requests[k] = requests[i];
        s->requests[k].contig -= b < table->count ? table->rows[b].first : 0;
        s->at[k] = i;
    }
}

/* What came out of request k goes to the caller's. */
static void give_back(const struct sorted *s, int64_t k, struct lode_request *requests)
{
    const struct lode_request *from = &s->requests[k];
    struct lode_request *to = &requests[s->at[k]];
    to->status = from->status;
    to->written = from->written;
    to->left_pad = from->left_pad;
    to->right_pad = from->right_pad;
}

int64_t lode_batch_of_set(lode_reader *reader, struct lode_request *requests, int64_t n,
                          const struct lode_batch *options, const struct lode_encoder *encoder,
                          struct lode_diag *diag)
{
    const lode_index *whole = reader->whole;
    const int count = whole->set->table.count;
    struct sorted s = {.requests = calloc((size_t)n + 1, sizeof *s.requests),
                       .at = calloc((size_t)n + 1, sizeof *s.at)};
    struct lode_diag own;
    int64_t failed = 0, first = INT64_MAX;
    if (s.requests == NULL || s.at == NULL) {
        free(s.requests);
        free(s.at);
        return LODE_E_NOMEM;
    }
    sort(&s, whole, requests, n);
    for (int b = 0; b <= count; b++) {
        const int64_t begin = s.begins[b], size = s.begins[b + 1] - begin;
        int64_t wrong = -1;
        if (size == 0)
            continue;
        lode_reader_use(reader, b < count ? whole->set->members[b] : whole);
        const int64_t lost =
            lode_batch_run(reader, s.requests + begin, size, options, encoder, &wrong, &own);
        failed += lost < 0 ? size : lost;
        wrong = lost < 0 ? 0 : wrong;
        if (lost != 0 && s.at[begin + wrong] < first) {
            first = s.at[begin + wrong];
            if (diag != NULL)
                *diag = own;
        }
        for (int64_t k = begin; k < begin + size; k++)
            give_back(&s, k, requests);
    }
    free(s.requests);
    free(s.at);
    return failed;
}

/* Owns the records that wait to be read: they are cut into pieces of bounded size, read in batches
 * and written in the order they came. Memory does not grow with a record's length. */
#ifndef LODE_TOOL_QUEUE_H
#define LODE_TOOL_QUEUE_H

#include <stdbool.h>

#include "fasta_out.h"
#include "lode.h"

struct tool_record {
    struct lode_contig contig;
    int64_t begin, end;                 /* inside the contig unless the queue pads */
    const struct lode_interval *blocks; /* instead of [begin, end): these, one after the other */
    size_t block_count;                 /* 0 = [begin, end) */
    bool reverse;                       /* reverse complement of the whole */
    const char *name;                   /* need not outlive the call */
    size_t name_len;
    const char *mark; /* follows the name */
};

struct tool_queue {
    lode_reader *reader;
    struct tool_fasta *out;
    struct lode_batch batch;
    uint32_t flags; /* of every request */
    struct lode_request *requests;
    struct tool_piece *pieces;
    int64_t count;
    char *bases;
    int64_t bases_used, bases_cap;
    char *names;
    size_t names_used, names_cap;
    bool broken;     /* the record being written has lost a piece */
    int exit_status; /* worst so far */
};

/* threads >= 1; pad -1 = ranges stay inside. 0 or an exit status after having reported. */
int tool_queue_init(struct tool_queue *queue, const lode_index *index, struct tool_fasta *out,
                    int threads, int pad, bool upper);

/* Takes a record in; reads and writes earlier ones when there is no room. False: the output cannot
 * be written, there is no use in going on. */
bool tool_queue_add(struct tool_queue *queue, const struct tool_record *record);

/* Reads and writes everything that waits. */
void tool_queue_flush(struct tool_queue *queue);

void tool_queue_free(struct tool_queue *queue);

#endif

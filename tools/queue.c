/* Owns the records that wait to be read. */
#include "queue.h"

#include <stdlib.h>
#include <string.h>

#include "message.h"

/* Bases read at once per thread, and records that wait at most. */
enum { PIECE = 1 << 20, PIECES = 4096, NAMES_CAP = 1 << 16 };

/* A stretch of a record, read by the request of the same number. */
struct tool_piece {
    struct lode_contig contig;
    size_t name, name_len; /* in queue->names */
    bool first, last;      /* of its record */
};

int tool_queue_init(struct tool_queue *queue, const lode_index *index, struct tool_fasta *out,
                    int threads, int pad, bool upper)
{
    *queue = (struct tool_queue){.out = out, .batch = LODE_BATCH_INIT};
    queue->batch.threads = threads;
    queue->batch.bounds = pad >= 0 ? LODE_BOUNDS_PAD : LODE_BOUNDS_ERROR;
    queue->batch.pad = pad >= 0 ? (uint8_t)pad : 0;
    queue->flags = upper ? LODE_UPPER : 0;
    queue->bases_cap = (int64_t)threads * PIECE;
    queue->names_cap = NAMES_CAP;
    queue->requests = calloc(PIECES, sizeof *queue->requests);
    queue->pieces = calloc(PIECES, sizeof *queue->pieces);
    queue->bases = malloc((size_t)queue->bases_cap);
    queue->names = malloc(queue->names_cap);
    int status =
        queue->requests && queue->pieces && queue->bases && queue->names ? LODE_OK : LODE_E_NOMEM;
    if (status == LODE_OK)
        status = lode_reader_new(index, NULL, &queue->reader);
    return status == LODE_OK ? TOOL_OK : tool_report(status, NULL);
}

/* ----------------------------------------------------------------------------------- flush -- */

/* A batch describes its first failure only, so a failed piece is read again, alone: that gives the
 * reason, or else the bases. */
static bool read_again(struct tool_queue *queue, const struct tool_piece *piece,
                       struct lode_request *request)
{
    struct lode_diag diag = {0};
    const int64_t n =
        lode_fetch_at(queue->reader, &piece->contig, request->begin, request->end, request->dst,
                      request->dst_size, queue->batch.bounds, request->flags, &diag);
    /* A pad byte of one's own is the batch's alone. */
    if (n >= 0 && queue->batch.bounds != LODE_BOUNDS_PAD) {
        request->written = n;
        return true;
    }
    const int status = n < 0 ? (int)n : request->status;
    tool_error("'%.*s': %s%s", (int)(piece->name_len < 200 ? piece->name_len : 200),
               queue->names + piece->name,
               diag.message[0] != '\0' ? diag.message : lode_status_text(status),
               piece->first ? "" : "; the record ends early");
    queue->exit_status = tool_worse(queue->exit_status, tool_exit_of(status));
    return false;
}

static void write_piece(struct tool_queue *queue, int64_t i)
{
    const struct tool_piece *piece = &queue->pieces[i];
    struct lode_request *request = &queue->requests[i];
    if (piece->first)
        queue->broken = false;
    if (queue->broken)
        return;
    if (request->status < 0 && !read_again(queue, piece, request)) {
        queue->broken = true;
        if (!piece->first)
            tool_fasta_end(queue->out);
        return;
    }
    if (piece->first)
        tool_fasta_begin(queue->out, queue->names + piece->name, piece->name_len);
    tool_fasta_bases(queue->out, request->dst, request->written);
    if (piece->last)
        tool_fasta_end(queue->out);
}

void tool_queue_flush(struct tool_queue *queue)
{
    if (queue->count == 0)
        return;
    const int64_t failed =
        lode_fetch_many(queue->reader, queue->requests, queue->count, &queue->batch, NULL);
    for (int64_t i = 0; i < queue->count; i++) {
        if (failed < 0)
            queue->requests[i].status = (int32_t)failed;
        write_piece(queue, i);
    }
    queue->count = 0;
    queue->bases_used = 0;
    queue->names_used = 0;
}

/* ------------------------------------------------------------------------------------- add -- */

static bool reserve_name(struct tool_queue *queue, size_t len)
{
    if (len <= queue->names_cap - queue->names_used)
        return true;
    tool_queue_flush(queue);
    if (len <= queue->names_cap)
        return true;
    char *names = realloc(queue->names, len);
    if (names == NULL) {
        queue->exit_status = tool_worse(queue->exit_status, tool_report(LODE_E_NOMEM, NULL));
        return false;
    }
    queue->names = names;
    queue->names_cap = len;
    return true;
}

/* The name of the record and its mark, so that pieces can refer to it. */
static size_t add_name(struct tool_queue *queue, const struct tool_record *record, size_t mark_len)
{
    const size_t at = queue->names_used;
    memcpy(queue->names + at, record->name, record->name_len);
    memcpy(queue->names + at + record->name_len, record->mark, mark_len);
    queue->names_used += record->name_len + mark_len;
    return at;
}

static void add_piece(struct tool_queue *queue, const struct tool_record *record,
                      struct tool_piece piece, int64_t begin, int64_t end)
{
    struct lode_request *request = &queue->requests[queue->count];
    *request = (struct lode_request){.contig = record->contig.id, .begin = begin, .end = end};
    request->dst = queue->bases + queue->bases_used;
    request->dst_size = end - begin;
    request->flags = queue->flags | (record->reverse ? LODE_REVERSE_COMPLEMENT : 0);
    queue->pieces[queue->count] = piece;
    queue->bases_used += end - begin;
    queue->count++;
}

/* Makes room for a piece of `want` bases. Pieces of one record may lie in two batches: its name is
 * carried over. */
static void make_room(struct tool_queue *queue, struct tool_piece *piece, int64_t want)
{
    if (queue->count < PIECES && want <= queue->bases_cap - queue->bases_used)
        return;
    tool_queue_flush(queue);
    memmove(queue->names, queue->names + piece->name, piece->name_len);
    piece->name = 0;
    queue->names_used = piece->name_len;
}

/* Cuts a stretch of the record into pieces. last: no other stretch follows. */
static void add_stretch(struct tool_queue *queue, const struct tool_record *record,
                        struct tool_piece *piece, struct lode_interval stretch, bool last)
{
    int64_t left = stretch.end - stretch.begin;
    do {
        const int64_t n = left < PIECE ? left : PIECE;
        make_room(queue, piece, n);
        piece->last = last && n == left;
        /* The first piece of a reverse complement is the end of the range. */
        const int64_t begin = record->reverse ? stretch.begin + left - n : stretch.end - left;
        add_piece(queue, record, *piece, begin, begin + n);
        piece->first = false;
        left -= n;
    } while (left > 0 && queue->out->error == 0);
}

bool tool_queue_add(struct tool_queue *queue, const struct tool_record *record)
{
    const size_t mark_len = strlen(record->mark);
    const struct lode_interval whole = {record->begin, record->end};
    const struct lode_interval *blocks = record->block_count > 0 ? record->blocks : &whole;
    const size_t count = record->block_count > 0 ? record->block_count : 1;
    if (!reserve_name(queue, record->name_len + mark_len))
        return false;
    struct tool_piece piece = {.contig = record->contig, .first = true};
    piece.name = add_name(queue, record, mark_len);
    piece.name_len = record->name_len + mark_len;
    for (size_t i = 0; i < count && queue->out->error == 0; i++) {
        const size_t next = record->reverse ? count - 1 - i : i;
        add_stretch(queue, record, &piece, blocks[next], i + 1 == count);
    }
    return queue->out->error == 0;
}

void tool_queue_free(struct tool_queue *queue)
{
    lode_reader_free(queue->reader);
    free(queue->requests);
    free(queue->pieces);
    free(queue->bases);
    free(queue->names);
}

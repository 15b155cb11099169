/* Owns the plan of a batch: wants sorted, estimated and cut into tasks, so that every unit is
 * decoded once. Knows stores, byte ranges and units, nothing of what they hold.
 *
 * A store is whatever has bytes and a number. A unit is the least of it that is decoded: decoding
 * starts at a unit's begin and may stop early inside it. A want is a range of bytes of one store.
 *
 * A task is a row of sorted wants for one thread, which keeps the decoded bytes that the next want
 * needs, too. Two tasks share a unit only where one chain of wants that overlap (in units) is more
 * than a task should be: it is cut where wants overlap least, and what lies across the cut, about a
 * quarter of a task's work at most, is decoded twice. */
#ifndef LODE_LIB_PLAN_H
#define LODE_LIB_PLAN_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* Bytes [begin, end) of a store, which is not negative; tag says for whom. */
struct lode_want {
    int64_t store;
    uint64_t begin, end;
    int64_t tag;
};

/* A unit: bytes [begin, end) of a store, made from [file_begin, file_end) of its file. */
struct lode_unit {
    uint64_t begin, end, file_begin, file_end;
};

/* What the owner of the stores tells. The first two are called by the thread that plans; those with
 * a worker by up to threads threads at a time, each with its own number. */
struct lode_plan_ops {
    /* The unit that holds byte offset of a store; false when that cannot be told. */
    bool (*unit)(void *ctx, int64_t store, uint64_t offset, struct lode_unit *unit);
    /* Estimated nanoseconds for decoding some bytes and handing out others. */
    uint64_t (*cost)(void *ctx, int64_t store, uint64_t decoded, uint64_t handed);
    /* May this worker take tasks? Asked when it begins; worker 0, the caller's thread, must. */
    bool (*enter)(void *ctx, int worker);
    /* Can these file bytes be had without waiting? */
    bool (*resident)(void *ctx, int worker, int64_t store, uint64_t file_begin, uint64_t file_end);
    /* Asks for file bytes that will be read soon. */
    void (*prefetch)(void *ctx, int worker, int64_t store, uint64_t file_begin, uint64_t file_end);
    /* Will be served a few wants later, on this thread: asks for memory. May be NULL. */
    void (*soon)(void *ctx, const struct lode_want *want);
    /* Serves a want. reach: how far, at least to the want's end and at most to its last unit's,
     * that unit should be decoded now, because later wants of this task look there. */
    void (*serve)(void *ctx, int worker, const struct lode_want *want, uint64_t reach);
};

/* A want in its place. */
struct lode_step {
    struct lode_want want;
    uint64_t unit_end; /* of its last byte's unit */
    uint64_t reach;
};

/* Steps [first, first of the next chain), one store's, whose units touch none of another chain. */
struct lode_chain {
    int64_t first;
    uint64_t file_begin, file_end; /* equal: nothing to read */
    uint64_t cost;
};

struct lode_plan {
    struct lode_want *wants;   /* as they were added */
    struct lode_keyed *keys;   /* scratch of the sort: twice the room */
    struct lode_step *steps;   /* sorted by store, begin, then as they were added */
    struct lode_chain *chains; /* and one behind the last, first = count */
    int64_t *tasks;            /* first step of each, and count behind the last */
    int64_t count, chain_count, task_count;
    int64_t room, chain_room, task_room; /* elements there is memory for */
    uint64_t work;                       /* estimate for all, nanoseconds */
    int threads;                         /* as many as this work pays for */
};

/* Empties the plan, which was zero bytes before its first use, and makes room for n wants. Memory
 * is kept from one use to the next. False when out of memory. */
bool lode_plan_start(struct lode_plan *plan, int64_t n);

/* Adds a want: 0 <= store, begin <= end. Room was made for it. */
void lode_plan_add(struct lode_plan *plan, const struct lode_want *want);

/* Sorts what was added and makes the tasks for up to this many threads. False when out of memory.
 * O(n) for even spread, O(n log n) at worst; looks up at most two units for each want. */
bool lode_plan_make(struct lode_plan *plan, const struct lode_plan_ops *ops, void *ctx,
                    int threads);

/* Gives back memory of more than limit bytes; 0: all of it. */
void lode_plan_release(struct lode_plan *plan, size_t limit);

#endif

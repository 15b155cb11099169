/* Owns a build on its way, from a list of inputs to a published index: what lode_build and
 * lode_compress with an index share. The steps below follow each other in this order; whichever
 * fails, lode_building_free comes last. */
#ifndef LODE_LIB_BUILDING_H
#define LODE_LIB_BUILDING_H

#include "namebuild.h"
#include "pipeline.h"
#include "publish.h"

struct lode_building {
    struct lode_build_options options;
    struct lode_collection inputs;
    struct lode_reuse reuse;
    struct lode_origin *origins; /* per input */
    struct lode_tables tables;   /* of what is scanned */
    struct lode_merge merge;
    struct lode_name_tables names;
    struct lode_pipeline_result counts;
    struct timespec begun; /* what is touched from then on is newer than the index (lib/reuse.h) */
    char opts[64];
    int threads, dir_fd;
    int lock; /* of a set, or an empty file, that is replaced: its descriptor; -1: there is none */
    uint64_t content_id;
    struct lode_publish pub;
};

/* Takes the options, all defaults filled in, which stand for the whole build. */
void lode_building_start(struct lode_building *b, const struct lode_build_options *options);

/* Where the index goes: place and directory. ARG, also when packed bases there would be lost; IO;
 * BUSY where another writer is at work on a set there. */
int lode_building_place(struct lode_building *b, const char *const *inputs, size_t n,
                        struct lode_diag *diag);

/* Adding where there is nothing, or an empty file, is making: what comes to stand there meanwhile
 * is not replaced from then on. BUSY, also when publishing; IO. */
int lode_building_claim(struct lode_building *b, struct lode_diag *diag);

/* Says so when the index already there holds digests that the new one will not. */
void lode_building_warn_digests(const struct lode_building *b, bool had_digests);

/* Memory for the inputs listed in b->inputs; no origin is known yet. NOMEM. */
int lode_building_prepare(struct lode_building *b, struct lode_diag *diag);

/* Inputs -> tables, but for those whose origin is the older index. Statuses of the parts. */
int lode_building_scan(struct lode_building *b, struct lode_diag *diag);

/* Tables -> a whole index, checked, in a temporary file; nothing shows yet. */
int lode_building_write(struct lode_building *b, struct lode_diag *diag);

/* Gives the file its time, from b->begun. */
void lode_building_stamp(struct lode_building *b);

/* The same, and its name; members of a set that stood there are removed. */
int lode_building_publish(struct lode_building *b, struct lode_diag *diag);

/* What came out; false when out is not NULL and its struct_size is not set. */
bool lode_building_result(const struct lode_building *b, struct lode_build_result *out);

/* LODE_OK, or SKIPPED: published without some of the inputs. */
int lode_building_left_out(const struct lode_building *b, struct lode_diag *diag);

/* Removes what was not published. */
void lode_building_free(struct lode_building *b);

#endif

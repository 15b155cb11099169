/* Owns the inside of lode_store_writer: what was put so far, in spools. */
#ifndef LODE_LIB_STOREWRITE_H
#define LODE_LIB_STOREWRITE_H

#include "assemble.h"
#include "layout.h"
#include "publish.h"
#include "spool.h"

#include <stdbool.h>
#include <sys/types.h>
#include <zstd.h>

/* A type of records, and its schema once a record was checked by it; or NULL. */
struct lode_store_type_name {
    char *text;
    lode_schema *schema;
};

struct lode_store_writer {
    struct {
        int keys, codec, level, align_log2, unique;
        unsigned shuffle;
        size_t block_size;
    } o;
    struct lode_publish pub;
    bool in_memory;
    int dir_fd;
    pid_t owner;       /* the process that began it: another one, forked, only frees its memory */
    char *cwd, *whole; /* where a path begins that is not absolute, and that path from there */
    struct lode_spool heap, rows, keys, blocks, types, strings, slots;
    uint8_t *dictionary;
    size_t dictionary_size;
    size_t name_len; /* at the begin of strings */
    uint64_t records, bytes, key_bytes;
    ZSTD_CCtx *context;
    ZSTD_CDict *cdict;
    uint8_t *frame, *planes; /* scratch */
    size_t frame_cap, planes_cap;
    uint8_t *block; /* records on their way into the next block */
    size_t block_len, block_cap;
    struct lode_store_type_name *type_names; /* of types 1, 2, ... */
    size_t type_count, type_cap;
    int last_type;     /* the type found last */
    bool broken;       /* a put failed half-way */
    bool any_dead;     /* rows with LODE_STORE_DEAD, which are not published */
    int lock;          /* descriptor of the store that is replaced, locked; -1: none */
    bool replaces_set; /* whose members go when this is published */
    bool between;      /* a flush and the next put: all but path, keys and unique is empty */
    struct lode_extension *extension; /* what it adds to (lib/setstorewrite.h); or NULL */
};

enum { LODE_STORE_NAME_ROOM = 256 }; /* what struct lode_store_info has room for */

/* In the flags of a row on its way: it is removed, or says that its key is. */
enum { LODE_STORE_DEAD = 1 << 15 };

/* The tables of a store as parts of a file; they stay the writer's. Must not be moved. */
enum { LODE_STORE_TABLES = 9 };
struct lode_store_tables {
    uint8_t info[LODE_STRIDE_RINF];
    struct lode_piece pieces[LODE_STORE_TABLES];
    struct lode_part parts[LODE_STORE_TABLES];
};

/* Ends what was put, as the store of a group: only lode_store_discard is left for the writer, once
 * the tables are written. DUPLICATE, FORMAT, IO, NOMEM. */
int lode_store_finish(lode_store_writer *writer, uint32_t group, struct lode_store_tables *out,
                      struct lode_diag *diag);

/* The same, and writes it to fd. */
int lode_store_make_file(lode_store_writer *writer, int fd, uint64_t *content_id,
                         struct lode_diag *diag);

/* lode_store_publish; the writer stays the caller's, who can only discard it. */
int lode_store_put_out(lode_store_writer *writer, lode_store **opened, struct lode_diag *diag);

/* lode_store_create, for those who hold the lock of what stands at path. */
int lode_store_begin(const char *path, const struct lode_store_options *options,
                     lode_store_writer **out, struct lode_diag *diag);

/* The path of the writer's store: as it was given, while that leads there still. */
const char *lode_store_where(lode_store_writer *writer);

/* May the writer, or NULL, go on? ARG, and why it may not. */
int lode_store_usable(const lode_store_writer *writer, struct lode_diag *diag);

/* Lets go of all that the writer has, but its own memory. */
void lode_store_release(lode_store_writer *writer);

/* Takes up writing after a flush, where the writer is between. The statuses of lode_store_extend;
 * then it still is. */
int lode_store_wake(lode_store_writer *writer, struct lode_diag *diag);

/* Begins a store with what another one holds, every byte proven: at path, NULL for one in memory;
 * name: its name, NULL for the one that it has. */
int lode_store_resume(const lode_store *store, const char *path, const char *name,
                      lode_store_writer **out, struct lode_diag *diag);

/* May a store be written on under this name, NULL: under its own? A file may have a longer one than
 * lode gives. LODE_OK, ARG. */
int lode_store_name_fits(const lode_store *store, const char *name, struct lode_diag *diag);

/* Closes the block that is being gathered. -1 with errno. */
int lode_store_close_block(lode_store_writer *writer);

/* The number of a type, which is new or one of those before; 0 for NULL, -1 when it cannot be. */
int lode_store_type_number(lode_store_writer *writer, const char *text, struct lode_diag *diag);

/* lode_store_put of what another store has: whatever its type says, it is taken as it is. */
int lode_store_carry(lode_store_writer *writer, const void *key, size_t key_len, const void *data,
                     size_t size, const char *type, struct lode_diag *diag);

/* May the store have this key? LODE_OK, ARG. */
int lode_store_key_allowed(const lode_store_writer *writer, const void *key, size_t len,
                           struct lode_diag *diag);

#endif

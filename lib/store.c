#include "store.h"

#include "diag.h"
#include "guard.h"
#include "lock.h"
#include "setstore.h"
#include "structs.h"

#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

enum {
    LONE = 16 << 10, /* larger records are proven by their pages at once */
    GROUPS = 4096,
};

int lode_store_guarded(const lode_store *store, int (*fn)(void *arg), void *arg,
                       struct lode_fault *fault)
{
    const int status = lode_guard_run(&store->map, fn, arg);
    if (status == LODE_E_TRUNCATED && fault != NULL && fault->status == 0)
        lode_fail(fault, status, "H-11", 0, 0); /* cut short since it was opened */
    return status;
}

int lode_store_fault(const lode_store *store, const struct lode_fault *fault,
                     struct lode_diag *diag)
{
    return lode_diag_store_fault(diag, store->path, fault);
}

/* ---- opening --------------------------------------------------------------------------------- */

/* A parse inside the guard. */
struct parse_call {
    lode_store *store;
    const char *name;
    int64_t place;
    struct lode_fault fault;
};

static bool is_named(const struct lode_recstore *view, const char *name)
{
    const struct lode_recstore_head *head = &view->head;
    return head->name_len == strlen(name) && head->name_off <= view->strings.count &&
           head->name_len <= view->strings.count - head->name_off &&
           memcmp(view->strings.rows + head->name_off, name, head->name_len) == 0;
}

static int find_named(struct parse_call *call, const struct lode_container *box,
                      const uint32_t *groups, uint32_t n)
{
    for (uint32_t i = 0; i < n; i++) {
        const int status = lode_recstore_parse(box, groups[i], &call->store->view, &call->fault);
        if (status != LODE_FMT_OK || is_named(&call->store->view, call->name))
            return status;
    }
    return lode_fail(&call->fault, LODE_FMT_NOT_FOUND, "", 0, 0);
}

static int run_parse(void *arg)
{
    struct parse_call *call = arg;
    uint32_t groups[GROUPS];
    struct lode_container box;
    const struct lode_map *map = &call->store->map;
    const int status = lode_container_parse(map->data, map->size, &box, &call->fault);
    if (status != LODE_FMT_OK)
        return status;
    const uint32_t n = lode_recstore_groups(&box, groups, GROUPS);
    call->store->stores = n;
    if (n == 0 || call->place > n || call->place > GROUPS)
        return lode_fail(&call->fault, LODE_FMT_NOT_FOUND, "", 0, 0);
    if (call->place > 0)
        return lode_recstore_parse(&box, groups[call->place - 1], &call->store->view, &call->fault);
    if (call->name != NULL)
        return find_named(call, &box, groups, n < GROUPS ? n : GROUPS);
    return n > 1 ? lode_fail(&call->fault, LODE_FMT_AMBIGUOUS, "", 0, 0)
                 : lode_recstore_parse(&box, groups[0], &call->store->view, &call->fault);
}

/* The dictionary, proven and digested. */
static int run_dictionary(void *arg)
{
    struct parse_call *call = arg;
    const struct lode_rows *dictionary = &call->store->view.dictionary;
    return lode_proof_of(&call->store->proof, dictionary->rows, dictionary->count, &call->fault);
}

static int digest_dictionary(lode_store *store, struct lode_diag *diag)
{
    struct parse_call call = {.store = store};
    const struct lode_rows *dictionary = &store->view.dictionary;
    if (dictionary->count == 0)
        return LODE_OK;
    if (lode_store_guarded(store, run_dictionary, &call, &call.fault) != LODE_OK)
        return lode_diag_open_fault(diag, store->path, &store->map, false, &call.fault);
    /* a copy: what is digested must not change or fault later */
    store->ddict = ZSTD_createDDict(dictionary->rows, dictionary->count);
    return store->ddict != NULL
               ? LODE_OK
               : lode_diag_set(diag, LODE_E_NOMEM, "%s: no memory for its dictionary", store->path);
}

static int no_such_store(const lode_store *store, const char *name, int status,
                         struct lode_diag *diag)
{
    if (status == LODE_E_AMBIGUOUS)
        return lode_diag_set(diag, status, "%s: holds several record stores: name one",
                             store->path);
    if (name != NULL && store->stores > 0)
        return lode_diag_set(diag, status, "%s: holds no record store '%s'", store->path, name);
    if (store->stores > 0)
        return lode_diag_set(diag, status, "%s: holds %lld record stores, no more", store->path,
                             (long long)store->stores);
    return lode_diag_set(diag, status,
                         "%s: holds no records (a sequence index is read by lode_open, 'lode get')",
                         store->path);
}

static bool has_id(const lode_store *store, const struct lode_store_open_options *options,
                   struct lode_diag *diag)
{
    if (options->content_id == 0 || options->content_id == store->view.box.content_id)
        return true;
    (void)lode_diag_set(diag, LODE_E_STALE,
                        "%s: holds content %016llx where %016llx was asked for: the store was "
                        "published again; open it anew",
                        store->path, (unsigned long long)store->view.box.content_id,
                        (unsigned long long)options->content_id);
    return false;
}

static int run_is_named(void *arg)
{
    const struct parse_call *call = arg;
    return is_named(&call->store->view, call->name) ? LODE_OK : LODE_E_NOT_FOUND;
}

/* Has the set the name that is asked for? It is that of its last member, in whose map it stands. */
static bool set_is_named(lode_store *store, const char *name)
{
    struct parse_call call = {.store = store, .name = name};
    return lode_store_guarded(store->set->members[store->set->table.count - 1], run_is_named, &call,
                              NULL) == LODE_OK;
}

/* A set is one store, of the name that its members have. */
static int parse_set(lode_store *store, const struct lode_store_open_options *options,
                     struct lode_diag *diag)
{
    if (store->is_member) /* or a set that names itself would be opened without end */
        return lode_diag_set(diag, LODE_E_LAYOUT, "%s: is part of a set, and a set itself",
                             store->path);
    if (store->fd < 0)
        return lode_diag_set(diag, LODE_E_UNSUPPORTED, "%s: a set of files has a path",
                             store->path);
    const int status = lode_storeset_open(store, options, diag);
    if (status != LODE_OK)
        return status;
    if (options->place > 1 || (options->name != NULL && !set_is_named(store, options->name)))
        return no_such_store(store, options->name, LODE_E_NOT_FOUND, diag);
    return has_id(store, options, diag) ? LODE_OK : LODE_E_STALE;
}

static int parse(lode_store *store, const struct lode_store_open_options *options,
                 struct lode_diag *diag)
{
    struct parse_call call = {.store = store, .name = options->name, .place = options->place};
    const int status = lode_store_guarded(store, run_parse, &call, &call.fault);
    if (status == LODE_E_NOT_FOUND && call.store->stores == 0 && lode_members_there(&store->map))
        return parse_set(store, options, diag);
    if (status == LODE_E_NOT_FOUND || status == LODE_E_AMBIGUOUS)
        return no_such_store(store, options->name, status, diag);
    if (status != LODE_OK)
        return lode_diag_open_fault(diag, store->path, &store->map, false, &call.fault);
    if (!has_id(store, options, diag))
        return LODE_E_STALE;
    if (!lode_proof_init(&store->proof, &store->view.box) || !lode_proof_remember(&store->proof))
        return lode_diag_set(diag, LODE_E_NOMEM, "%s: out of memory", store->path);
    return digest_dictionary(store, diag);
}

static int new_store(const char *path, const struct lode_store_open_options *options,
                     struct lode_store_open_options *own, lode_store **out, struct lode_diag *diag)
{
    if (!lode_struct_in(own, sizeof *own, options) || own->map_mode < LODE_MAP_SHARED ||
        own->map_mode > LODE_MAP_GUARDED || own->place < 0 || (own->place > 0 && own->name != NULL))
        return lode_diag_set(diag, LODE_E_ARG, "%s: open options are not valid", path);
    lode_store *store = calloc(1, sizeof *store);
    if (store != NULL)
        store->path = strdup(path);
    if (store == NULL || store->path == NULL) {
        free(store);
        return lode_diag_set(diag, LODE_E_NOMEM, "%s: out of memory", path);
    }
    store->fd = -1;
    *out = store;
    return LODE_OK;
}

/* Takes over the descriptor. *replaced: it failed, and by then another file stood at path. */
static int open_fd(int fd, const char *path, const struct lode_store_open_options *options,
                   bool is_member, lode_store **out, bool *replaced, struct lode_diag *diag)
{
    struct lode_store_open_options own = {0};
    lode_store *store;
    int status = new_store(path, options, &own, &store, diag);
    *replaced = false;
    if (status != LODE_OK) {
        close(fd);
        return status;
    }
    store->fd = fd;
    store->is_member = is_member;
    const int mode = own.map_mode == LODE_MAP_COPY ? LODE_MAP_COPY_ALL : own.map_mode;
    status = lode_map_fd(&store->map, fd, mode, path, diag);
    if (status == LODE_OK)
        status = parse(store, &own, diag);
    *replaced = status == LODE_E_MISSING && !lode_lock_holds(path, fd);
    if (status == LODE_OK)
        *out = store;
    else
        lode_store_close(store);
    return status;
}

int lode_store_open_fd(int fd, const char *path, const struct lode_store_open_options *options,
                       lode_store **out, struct lode_diag *diag)
{
    bool replaced;
    return open_fd(fd, path, options, false, out, &replaced, diag);
}

int lode_store_open_member(int fd, const char *path, int map_mode, lode_store **out,
                           struct lode_diag *diag)
{
    struct lode_store_open_options how = LODE_STORE_OPEN_OPTIONS_INIT;
    bool replaced;
    how.map_mode = map_mode;
    return open_fd(fd, path, &how, true, out, &replaced, diag);
}

int lode_store_open(const char *path, const struct lode_store_open_options *options,
                    lode_store **out, struct lode_diag *diag)
{
    enum { TRIES = 100 };
    bool replaced = true;
    int status = LODE_OK;
    if (path == NULL || out == NULL)
        return lode_diag_set(diag, LODE_E_ARG, "lode_store_open: path and out must not be NULL");
    /* a set may be replaced between its own file and those of its members */
    for (int i = 0; i < TRIES && replaced; i++) {
        const int fd = open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK | O_NOCTTY);
        if (fd < 0)
            return lode_diag_errno(diag, "%s: cannot open", path);
        status = open_fd(fd, path, options, false, out, &replaced, diag);
    }
    return status;
}

int lode_store_open_buffer(const void *data, size_t size,
                           const struct lode_store_open_options *options, lode_store **out,
                           struct lode_diag *diag)
{
    struct lode_store_open_options own = {0};
    lode_store *store;
    if (data == NULL || out == NULL)
        return lode_diag_set(diag, LODE_E_ARG,
                             "lode_store_open_buffer: data and out must not be NULL");
    int status = new_store("(buffer)", options, &own, &store, diag);
    if (status != LODE_OK)
        return status;
    store->map.data = data;
    store->map.size = size;
    status = parse(store, &own, diag);
    if (status == LODE_OK)
        *out = store;
    else
        lode_store_close(store);
    return status;
}

void lode_store_close(lode_store *store)
{
    const int saved = errno;
    if (store == NULL)
        return;
    if (store->fd >= 0)
        close(store->fd);
    lode_storeset_close(store->set);
    ZSTD_freeDDict(store->ddict);
    lode_map_free(&store->map);
    lode_proof_free(&store->proof);
    free(store->path);
    free(store);
    errno = saved;
}

/* ---- rows ------------------------------------------------------------------------------------ */

int lode_store_row(const lode_store *store, uint64_t i, struct lode_record_row *row,
                   struct lode_fault *fault)
{
    const struct lode_recstore *view = &store->view;
    if (i >= view->head.records)
        return lode_fail(fault, LODE_FMT_RANGE, "", 0, 0);
    const int status = lode_proof_of(&store->proof, view->records.rows + i * LODE_STRIDE_ROFF,
                                     LODE_STRIDE_ROFF, fault);
    return status == LODE_FMT_OK ? lode_recstore_record(view, i, row, fault) : status;
}

int lode_store_prove(const lode_store *store, const uint8_t *p, uint64_t n, uint32_t sum,
                     struct lode_fault *fault)
{
    if (n == 0 || lode_proof_has(&store->proof, p, n))
        return LODE_FMT_OK;
    const uint64_t off = (uint64_t)(p - store->view.box.data);
    if (lode_proof_known(&store->proof, off, n))
        return LODE_FMT_OK;
    if (n > LONE || lode_proof_seen(&store->proof, off, n))
        return lode_proof_of(&store->proof, p, n, fault);
    return lode_record_sum(p, (size_t)n) == sum
               ? LODE_FMT_OK
               : lode_fail(fault, LODE_FMT_CORRUPT, "E-17", LODE_ID_RHEP, off);
}

/* Says why record `number` cannot be had. */
static int refuse(const lode_store *store, int64_t number, const struct lode_fault *fault,
                  struct lode_diag *diag)
{
    if (fault->status == LODE_FMT_RANGE)
        return lode_diag_set(diag, LODE_E_RANGE, "%s: no record %lld: there are %llu", store->path,
                             (long long)number, (unsigned long long)store->view.head.records);
    return lode_store_fault(store, fault, diag);
}

/* ---- by number ------------------------------------------------------------------------------- */

struct at_call {
    const lode_store *store;
    uint64_t number;
    struct lode_stored out;
    struct lode_fault fault;
};

int lode_store_describe(const lode_store *store, uint64_t number, const struct lode_record_row *row,
                        struct lode_stored *out, struct lode_fault *fault)
{
    *out = (struct lode_stored){.number = (int64_t)number,
                                .size = (int64_t)lode_record_length(row),
                                .stored = (int64_t)row->stored,
                                .type = row->type};
    if ((row->flags & LODE_RECORD_IN_BLOCK) != 0) {
        struct lode_record_block block;
        const int status = lode_recstore_block(&store->view, row, &block, fault);
        out->stored = block.stored;
        return status;
    }
    if ((row->flags & LODE_RECORD_PACKED) != 0)
        return LODE_FMT_OK;
    out->data = store->view.heap.rows + row->begin;
    return lode_store_prove(store, out->data, row->stored, row->sum, fault);
}

static int run_at(void *arg)
{
    struct at_call *call = arg;
    struct lode_record_row row;
    if (call->number < call->store->view.head.records)
        lode_recstore_expect(&call->store->view, call->number);
    const int status = lode_store_row(call->store, call->number, &row, &call->fault);
    return status == LODE_FMT_OK
               ? lode_store_describe(call->store, call->number, &row, &call->out, &call->fault)
               : status;
}

int lode_store_at(const lode_store *store, int64_t number, struct lode_stored *out,
                  struct lode_diag *diag)
{
    struct at_call call = {.store = store, .number = (uint64_t)number};
    if (store == NULL || out == NULL)
        return lode_diag_set(diag, LODE_E_ARG, "lode_store_at: an argument is not allowed");
    if (store->set != NULL)
        return lode_storeset_at(store, number, out, diag);
    const int status = lode_store_guarded(store, run_at, &call, &call.fault);
    if (status != LODE_OK)
        return refuse(store, number, &call.fault, diag);
    *out = call.out;
    return LODE_OK;
}

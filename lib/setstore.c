#include "setstore.h"

#include "diag.h"
#include "guard.h"

#include <stdlib.h>
#include <unistd.h>

/* ---- opening --------------------------------------------------------------------------------- */

static int check_member(const lode_store *store, const struct lode_storeset *set, int i,
                        struct lode_diag *diag)
{
    const struct lode_member *m = &set->table.rows[i];
    const struct lode_recstore *view = &set->members[i]->view;
    if (view->box.content_id != m->content_id)
        return lode_diag_set(diag, LODE_E_STALE,
                             "%s: its file '%s' is not the one that belongs to the set: it holds "
                             "content %016llx",
                             store->path, m->name, (unsigned long long)view->box.content_id);
    if (view->head.records != (uint64_t)(m[1].first - m->first) ||
        view->head.keys != set->members[0]->view.head.keys)
        return lode_diag_set(
            diag, LODE_E_CORRUPT,
            "%s: says another number of records, or another kind of keys, than its "
            "file '%s'",
            store->path, m->name);
    return LODE_OK;
}

static int open_member(lode_store *store, struct lode_storeset *set, int i, int dir_fd,
                       int map_mode, struct lode_diag *diag)
{
    const int fd = lode_members_open(&set->table, i, dir_fd, store->path, diag);
    if (fd < 0)
        return fd;
    char *path = lode_members_path(store->path, set->table.rows[i].name);
    if (path == NULL) {
        close(fd);
        return lode_diag_set(diag, LODE_E_NOMEM, "%s: out of memory", store->path);
    }
    const int status = lode_store_open_member(fd, path, map_mode, &set->members[i], diag);
    free(path);
    return status == LODE_OK ? check_member(store, set, i, diag) : status;
}

/* More are not allowed (E-9), and would be too many for an int. */
static int type_count(const lode_store *member)
{
    const uint64_t n = member->view.types.count;
    return n < LODE_RECORD_TYPES ? (int)n : LODE_RECORD_TYPES;
}

static int open_members(lode_store *store, struct lode_storeset *set, int map_mode,
                        struct lode_diag *diag)
{
    const size_t n = (size_t)set->table.count;
    set->members = calloc(n, sizeof(lode_store *));
    set->types = calloc(n + 1, sizeof *set->types);
    if (set->members == NULL || set->types == NULL)
        return lode_diag_set(diag, LODE_E_NOMEM, "%s: out of memory", store->path);
    const int dir = lode_members_dir(store->path, diag);
    int status = dir < 0 ? dir : LODE_OK;
    for (int i = 0; i < set->table.count && status == LODE_OK; i++) {
        status = open_member(store, set, i, dir, map_mode, diag);
        if (status == LODE_OK)
            set->types[i + 1] = set->types[i] + type_count(set->members[i]);
    }
    if (dir >= 0)
        close(dir);
    return status;
}

int lode_storeset_open(lode_store *store, const struct lode_store_open_options *options,
                       struct lode_diag *diag)
{
    struct lode_storeset *set = calloc(1, sizeof *set);
    if (set == NULL)
        return lode_diag_set(diag, LODE_E_NOMEM, "%s: out of memory", store->path);
    store->set = set;
    int status = lode_members_read(&set->table, &store->map, store->path, diag);
    if (status == LODE_OK && set->table.kind != LODE_MEMBER_STORE)
        return lode_diag_set(diag, LODE_E_NOT_FOUND,
                             "%s: is a set of sequence indexes and holds no records: lode_open and "
                             "'lode get' read them",
                             store->path);
    if (status == LODE_OK)
        status = open_members(store, set, options->map_mode, diag);
    if (status != LODE_OK)
        return status;
    const uint64_t places = (uint64_t)set->table.rows[set->table.count].first;
    const uint64_t dead = set->table.view.dead.count;
    store->view = set->members[set->table.count - 1]->view; /* what the next record would have */
    store->view.box = set->table.view.box;
    store->view.head.records = dead < places ? places - dead : 0;
    store->stores = 1;
    return LODE_OK;
}

void lode_storeset_close(struct lode_storeset *set)
{
    if (set == NULL)
        return;
    for (int i = 0; i < set->table.count && set->members != NULL; i++)
        lode_store_close(set->members[i]);
    free(set->members);
    free(set->types);
    lode_members_free(&set->table);
    free(set);
}

/* ---- numbers and places ---------------------------------------------------------------------- */

struct count_call {
    const struct lode_memberset *view;
    uint64_t in, out;
    bool dead;
};

static int run_nth(void *arg)
{
    struct count_call *call = arg;
    call->out = lode_memberset_nth(call->view, call->in);
    return LODE_OK;
}

static int run_rank(void *arg)
{
    struct count_call *call = arg;
    const uint64_t below = lode_memberset_dead_below(call->view, call->in);
    call->out = call->in - below;
    call->dead =
        below < call->view->dead.count && lode_memberset_dead_at(call->view, below) == call->in;
    return LODE_OK;
}

int64_t lode_storeset_place(const lode_store *store, int64_t number)
{
    const struct lode_members *table = &store->set->table;
    struct count_call call = {.view = &table->view, .in = (uint64_t)number};
    if (number < 0 || (uint64_t)number >= store->view.head.records)
        return LODE_E_RANGE;
    const int status = lode_guard_run(&store->map, run_nth, &call);
    if (status != LODE_OK)
        return status;
    return call.out < (uint64_t)table->rows[table->count].first ? (int64_t)call.out
                                                                : LODE_E_CORRUPT;
}

int64_t lode_storeset_number(const lode_store *store, int64_t place)
{
    struct count_call call = {.view = &store->set->table.view, .in = (uint64_t)place};
    const int status = lode_guard_run(&store->map, run_rank, &call);
    if (status != LODE_OK)
        return status;
    if (call.dead)
        return LODE_E_NOT_FOUND;
    return call.out < store->view.head.records ? (int64_t)call.out : LODE_E_CORRUPT;
}

int lode_storeset_route(const lode_store *store, int64_t number, struct lode_store_route *to)
{
    const struct lode_storeset *set = store->set;
    const int64_t place = lode_storeset_place(store, number);
    if (place < 0)
        return (int)place;
    const int i = lode_members_of(&set->table, place, false);
    to->store = set->members[i];
    to->first = set->table.rows[i].first;
    to->number = place - to->first;
    to->types = set->types[i];
    return LODE_OK;
}

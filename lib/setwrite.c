#include "setwrite.h"

#include "assemble.h"
#include "diag.h"
#include "guard.h"
#include "lock.h"

#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

/* ---- the plan -------------------------------------------------------------------------------- */

int lode_set_plan_add(struct lode_set_plan *plan, const char *name, uint64_t content_id,
                      uint64_t file_size, int64_t items, int64_t sources, const char *path,
                      struct lode_diag *diag)
{
    struct lode_member *m = &plan->rows[plan->count];
    if (plan->count == LODE_MEMBERS_MAX)
        return lode_diag_set(diag, LODE_E_UNSUPPORTED,
                             "%s: is a set of %d files, and can have no more: make one file of it",
                             path, LODE_MEMBERS_MAX);
    snprintf(m->name, sizeof m->name, "%s", name);
    m->content_id = content_id;
    m->file_size = file_size;
    m[1] = (struct lode_member){.first = m->first + items, .source = m->source + sources};
    plan->count++;
    return LODE_OK;
}

struct dead_load {
    const struct lode_memberset *view;
    struct lode_set_plan *plan;
};

static int run_dead(void *arg)
{
    const struct dead_load *load = arg;
    for (size_t i = 0; i < load->plan->dead_count; i++)
        load->plan->dead[i] = lode_memberset_dead_at(load->view, i);
    return LODE_OK;
}

int lode_set_plan_from(struct lode_set_plan *plan, const struct lode_members *members,
                       const struct lode_map *map, const char *path, struct lode_diag *diag)
{
    struct dead_load load = {&members->view, plan};
    const struct lode_rows *dead = &members->view.dead;
    struct lode_fault fault = {0};
    memset(plan, 0, sizeof *plan);
    /* what is carried over is not looked at again */
    if (lode_members_verify(members, map, &fault) != LODE_OK)
        return lode_diag_members_fault(diag, path, &fault);
    plan->kind = members->kind;
    plan->count = members->count;
    memcpy(plan->rows, members->rows, ((size_t)members->count + 1) * sizeof *plan->rows);
    plan->dead = malloc((size_t)dead->count * LODE_STRIDE_MDED + 1);
    if (plan->dead == NULL)
        return lode_diag_set(diag, LODE_E_NOMEM, "%s: out of memory", path);
    plan->dead_count = (size_t)dead->count;
    return lode_guard_run(map, run_dead, &load) == LODE_OK
               ? LODE_OK
               : lode_diag_set(diag, LODE_E_TRUNCATED, "%s: was cut short while it was read", path);
}

void lode_set_plan_free(struct lode_set_plan *plan)
{
    free(plan->dead);
    plan->dead = NULL;
}

/* ---- the set's own file ---------------------------------------------------------------------- */

void lode_set_undo(const char *path, int lock, const struct lode_member *rows, int count)
{
    int status;
    if (lode_lock_holds(path, lock)) {
        lode_set_sweep(path, rows, count);
        return;
    }
    /* another file stands there: a set knows its members, and its next writer what to remove */
    const int fd = lode_lock_file(path, &status, NULL);
    if (fd >= 0 && !lode_members_begin(fd))
        lode_set_sweep(path, NULL, 0);
    if (fd >= 0)
        lode_unlock_file(fd);
}

bool lode_set_stands(const char *path)
{
    const int fd = open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK | O_NOCTTY);
    /* or one was replaced by a writer that was killed before its files went */
    const bool is_set = fd >= 0 && (lode_members_begin(fd) || lode_set_litter(path));
    if (fd >= 0)
        close(fd);
    return is_set;
}

int lode_set_replaced(const char *path, int *lock, bool *was_set, struct lode_diag *diag)
{
    int status = LODE_OK;
    *was_set = lode_set_stands(path);
    *lock = *was_set ? lode_lock_file(path, &status, diag) : -1;
    return status;
}

/* Rows, the names behind them. rows has room for one more than there are members. */
static size_t encode(const struct lode_set_plan *plan, uint8_t *rows, char *strings)
{
    size_t used = 0;
    for (int i = 0; i <= plan->count; i++) {
        const struct lode_member *m = &plan->rows[i];
        const size_t n = i < plan->count ? strlen(m->name) : 0;
        const struct lode_member_row row = {.path_off = used,
                                            .path_len = (uint32_t)n,
                                            .kind = i < plan->count ? (uint32_t)plan->kind : 0,
                                            .content_id = m->content_id,
                                            .file_size = m->file_size,
                                            .first = (uint64_t)m->first,
                                            .source = (uint64_t)m->source};
        lode_member_encode(rows + (size_t)i * LODE_STRIDE_MSET, &row);
        if (i < plan->count) {
            memcpy(strings + used, m->name, n + 1);
            used += n + 1;
        }
    }
    return used;
}

static int write_set(const struct lode_set_plan *plan, int fd, const char *path,
                     uint64_t *content_id, struct lode_diag *diag)
{
    const size_t rows_size = ((size_t)plan->count + 1) * LODE_STRIDE_MSET;
    uint8_t *rows = malloc(rows_size);
    char *strings = malloc((size_t)plan->count * (LODE_MEMBER_NAME_MAX + 1));
    uint8_t *dead = malloc(plan->dead_count * LODE_STRIDE_MDED + 1);
    int status = LODE_E_NOMEM;
    if (rows != NULL && strings != NULL && dead != NULL) {
        lode_memberset_put_dead(dead, plan->dead, plan->dead_count);
        struct lode_piece pieces[] = {{.data = rows, .len = rows_size},
                                      {.data = (uint8_t *)strings},
                                      {.data = dead, .len = plan->dead_count * LODE_STRIDE_MDED}};
        pieces[1].len = encode(plan, rows, strings);
        const struct lode_part parts[] = {{.id = LODE_ID_MSET,
                                           .stride = LODE_STRIDE_MSET,
                                           .flags = LODE_FLAGS_MSET,
                                           .pieces = &pieces[0],
                                           .piece_count = 1,
                                           .always = true},
                                          {.id = LODE_ID_MSTR,
                                           .stride = LODE_STRIDE_MSTR,
                                           .flags = LODE_FLAGS_MSTR,
                                           .pieces = &pieces[1],
                                           .piece_count = 1,
                                           .always = true},
                                          {.id = LODE_ID_MDED,
                                           .stride = LODE_STRIDE_MDED,
                                           .flags = LODE_FLAGS_MDED,
                                           .pieces = &pieces[2],
                                           .piece_count = 1}};
        status = lode_assemble(fd, parts, 3, 1, path, content_id, diag);
    } else {
        (void)lode_diag_set(diag, status, "%s: out of memory", path);
    }
    free(rows);
    free(strings);
    free(dead);
    return status;
}

int lode_set_publish(const struct lode_set_plan *plan, const char *path, int lock,
                     uint64_t *content_id, struct lode_diag *diag)
{
    struct lode_publish pub;
    int status = lode_publish_begin(&pub, path, diag);
    if (status != LODE_OK)
        return status;
    status = write_set(plan, pub.fd, path, content_id, diag);
    if (status == LODE_OK && !lode_lock_holds(path, lock))
        status = lode_diag_set(diag, LODE_E_BUSY,
                               "%s: another writer has replaced it meanwhile; nothing was changed",
                               path);
    if (status == LODE_OK)
        return lode_set_commit(&pub, path, plan->rows, plan->count, diag);
    lode_publish_abort(&pub);
    return status;
}

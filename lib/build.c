/* Owns lode_build: inputs -> tables -> a published index. */
#include "building.h"
#include "diag.h"
#include "gone.h"
#include "indexadd.h"

#include <errno.h>
#include <pthread.h>
#include <sys/stat.h>

static void *open_old(void *arg)
{
    struct lode_building *b = arg;
    lode_reuse_open(&b->reuse, b->inputs.out, b->dir_fd, b->opts, b->options.digest != 0,
                    b->options.pack != 0);
    return NULL;
}

/* The inputs, and the older index, which is read on another thread meanwhile. */
static int gather(struct lode_building *b, const char *const *inputs, size_t n,
                  struct lode_diag *diag)
{
    pthread_t thread;
    int status = lode_building_place(b, inputs, n, diag);
    if (status != LODE_OK)
        return status;
    /* of a track the other file would have to be compared, too */
    const bool wanted = !b->options.rescan && b->options.track == LODE_TRACK_NONE;
    const bool beside = wanted && b->threads > 1 && pthread_create(&thread, NULL, open_old, b) == 0;
    status = lode_collect(&b->inputs, inputs, n, &b->options, diag);
    if (beside)
        pthread_join(thread, NULL);
    else if (wanted && status == LODE_OK)
        (void)open_old(b);
    if (status != LODE_OK)
        return status;
    lode_building_warn_digests(b, b->reuse.had_digests);
    lode_reuse_prove(&b->reuse, b->threads);
    return LODE_OK;
}

static int run(struct lode_building *b, const char *const *inputs, size_t n, struct lode_diag *diag)
{
    int status = gather(b, inputs, n, diag);
    if (status == LODE_OK && b->options.add)
        status = lode_building_claim(b, diag);
    if (status == LODE_OK)
        status = lode_building_prepare(b, diag);
    if (status != LODE_OK)
        return status;
    lode_gone_tell(b);
    lode_carry_find(&b->reuse, &b->inputs, b->dir_fd, b->threads, b->origins, &b->begun);
    status = lode_building_scan(b, diag);
    if (status == LODE_OK)
        status = lode_building_write(b, diag);
    return status == LODE_OK ? lode_building_publish(b, diag) : status;
}

/* Is there an index or a set to add to? Else adding is making. */
static bool adds(const struct lode_build_options *options)
{
    struct stat st;
    if (!options->add)
        return false;
    /* what cannot be seen may be one: it must not be replaced */
    return stat(options->out, &st) == 0 ? st.st_size > 0 : errno != ENOENT;
}

int lode_build(const char *const *inputs, size_t n, const struct lode_build_options *options,
               struct lode_build_result *result, struct lode_diag *diag)
{
    struct lode_building b;
    struct lode_build_options taken = {0};
    struct lode_diag own = {0};
    if (diag == NULL)
        diag = &own;
    if (inputs == NULL || n == 0 || !lode_struct_in(&taken, sizeof taken, options) ||
        taken.threads < 0)
        return lode_diag_set(diag, LODE_E_ARG, "lode_build: an argument is not allowed");
    if (taken.track < LODE_TRACK_NONE || taken.track > LODE_TRACK_F64 ||
        (taken.track != LODE_TRACK_NONE && (taken.pack != 0 || taken.digest != 0)))
        return lode_diag_set(diag, LODE_E_ARG,
                             "lode_build: tracks have a type that there is, are not packed, and "
                             "have no digests");
    for (size_t i = 0; i < n; i++)
        if (inputs[i] == NULL)
            return lode_diag_set(diag, LODE_E_ARG, "lode_build: input %zu is NULL", i);
    if (taken.add && taken.out == NULL)
        return lode_diag_set(diag, LODE_E_ARG, "lode_build: say by out what to add to");
    if (adds(&taken))
        return lode_index_add(inputs, n, &taken, result, diag);
    lode_building_start(&b, &taken);
    int status = run(&b, inputs, n, diag);
    if (status == LODE_OK && !lode_building_result(&b, result))
        status = lode_diag_set(diag, LODE_E_ARG, "lode_build: struct_size is not set");
    if (status == LODE_OK)
        status = lode_building_left_out(&b, diag);
    lode_building_free(&b);
    return status;
}

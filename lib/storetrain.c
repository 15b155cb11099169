/* Owns the training of dictionaries from samples of records. */
#include "diag.h"
#include "lode.h"

#include <limits.h>
#include <zdict.h>

int64_t lode_store_train(const void *samples, const size_t *sizes, size_t n, void *dst, size_t cap,
                         struct lode_diag *diag)
{
    if (dst == NULL || n == 0 || n > UINT_MAX || samples == NULL || sizes == NULL)
        return lode_diag_set(diag, LODE_E_ARG, "lode_store_train: an argument is not allowed");
    const size_t got = ZDICT_trainFromBuffer(dst, cap, samples, sizes, (unsigned)n);
    if (ZDICT_isError(got))
        return lode_diag_set(
            diag, LODE_E_FORMAT,
            "no dictionary from %zu samples: %s; more of them, or longer ones, may "
            "make one",
            n, ZDICT_getErrorName(got));
    return (int64_t)got;
}

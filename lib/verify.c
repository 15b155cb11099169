/* Owns lode_verify. */
#include "diag.h"
#include "index.h"

int lode_verify(const lode_index *index, const struct lode_verify_options *options,
                struct lode_diag *diag)
{
    struct lode_fault fault = {0};
    (void)options;
    if (lode_container_check_psum(&index->seq.box, &fault) != LODE_OK)
        return lode_diag_fault(diag, index->path, &fault);
    return LODE_OK;
}

#include "stat.h"

int tool_stat_source(const lode_index *index, int64_t source, struct tool_stat_source *out,
                     struct lode_diag *diag)
{
    out->info = (struct lode_source_info){.struct_size = sizeof out->info};
    int status = lode_source_info(index, source, &out->info, diag);
    if (status == LODE_OK)
        status = lode_source_composition(index, source, &out->composition, diag);
    return status == LODE_OK ? tool_name_get(&out->name, lode_source_name, index, source) : status;
}

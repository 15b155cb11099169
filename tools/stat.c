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

const char *tool_track_name(int track)
{
    static const char *const names[] = {"none", "u8",  "i8",  "u16",  "i16", "u32", "i32",
                                        "u64",  "i64", "f16", "bf16", "f32", "f64"};
    return track >= 0 && track <= LODE_TRACK_F64 ? names[track] : "unknown";
}

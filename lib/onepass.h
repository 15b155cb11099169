/* Owns compression with an index: one pass over the text makes OUT.gz and OUT.gz.lode, the same
 * bytes as compressing and then indexing (SPEC 8.4, 10). */
#ifndef LODE_LIB_ONEPASS_H
#define LODE_LIB_ONEPASS_H

#include "lode.h"

/* Text of in_fd -> out_path and its index. in_name is for messages; options: no defaults left to
 * fill in; total: input bytes, -1 = unknown. Both files are whole in their temporaries before the
 * first takes its name: a failure until then leaves nothing, one between the two names leaves the
 * new file with the index that was there, which is stale for it. */
int lode_onepass(int in_fd, const char *in_name, const char *out_path,
                 const struct lode_compress_options *options, int64_t total,
                 struct lode_diag *diag);

#endif

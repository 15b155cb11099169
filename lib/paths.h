/* Owns paths as strings. */
#ifndef LODE_LIB_PATHS_H
#define LODE_LIB_PATHS_H

#include <stdbool.h>
#include <stddef.h>

/* dir/name; name alone for "" and "./". Malloced; NULL when out of memory. */
char *lode_path_join(const char *dir, const char *name);

/* The real path of path's directory, joined with path's last component, which is not followed: it
 * may be a link, to which a locator must lead so that it still holds when the tree moves, or not
 * exist. Malloced; NULL with errno. */
char *lode_path_real(const char *path);

/* The path from the real directory `from` to the real path `to`; both absolute. Malloced; NULL when
 * out of memory. */
char *lode_path_relative(const char *from, const char *to);

/* Length of path without .gz or .bgz and a FASTA suffix; *fasta = it had the latter. */
size_t lode_path_stem(const char *path, bool *fasta);

/* The same for tracks: without .track.gz or .track.bgz, else without .gz. */
size_t lode_path_track_stem(const char *path, bool *track);

#endif

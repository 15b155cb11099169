/* Owns the files that sets of fuzz_set name: the same at every run, so that seeds which were made
 * elsewhere name them, too. */
#ifndef LODE_FUZZ_SET_MEMBERS_H
#define LODE_FUZZ_SET_MEMBERS_H

#include <stdint.h>

/* Contigs of the members of i.lode, in order; those of a member without contigs between. */
struct set_contig {
    const char *name, *bases;
};
enum { SET_CONTIGS = 5, SET_SOURCES = 4, SET_MEMBERS = 3 };
extern const struct set_contig set_contigs[SET_CONTIGS];

/* Records of the members of r.lode as they are put, by member. */
struct set_record {
    int member;
    const char *key, *value;
};
enum { SET_RECORDS = 8 };
extern const struct set_record set_records[SET_RECORDS];

/* Makes the sets i.lode of indexes and r.lode of stores in a directory, and what they name. False:
 * it did not work. */
int set_members_make(const char *dir);

#endif

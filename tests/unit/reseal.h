/* Owns what the tests of verification share: indexes to damage, changes to their rows, checksums
 * made right again so that only the deep checks can tell, and the findings of a run. */
#ifndef LODE_TESTS_RESEAL_H
#define LODE_TESTS_RESEAL_H

#include "container.h"
#include "support.h"

/* The section's entry; fails the test when there is none. */
struct lode_section reseal_section(const uint8_t *image, uint32_t id);

/* Its directory entry, to change. */
uint8_t *reseal_entry(uint8_t *image, uint32_t id);

/* Row i of the section. */
uint8_t *reseal_row(uint8_t *image, uint32_t id, uint64_t i);

/* Recomputes the rows of PSUM, content_id and the checksum of header and directory. */
void reseal(uint8_t *image, size_t size);

/* That checksum alone; nothing where the directory is longer than the image. */
void reseal_header(uint8_t *image, size_t size);

/* ---- indexes -------------------------------------------------------------------------------- */

extern struct bytes reseal_clean; /* the index of the test; its sources lie in tmp_root */
struct bytes reseal_copy(void);   /* of it, to damage */

/* Setups: a plain and a BGZF source with each kind of row, 5 and 4 contigs; one plain source of
 * several bins and many contigs; one with a name twice. And their teardown. */
int reseal_small(void **state);
int reseal_large(void **state);
int reseal_duplicates(void **state);
int reseal_drop(void **state);

/* Writes the BGZF source of reseal_small anew with blocks of another size. */
void reseal_write_blocked(int block_size);

/* ---- runs ----------------------------------------------------------------------------------- */

enum { SEEN_MAX = 512 };

/* What the last run reported. stop_at: the callback stops the next run there; 0 = never. */
struct seen {
    struct lode_diag diags[SEEN_MAX];
    size_t count, stop_at;
    int64_t done, total;
    bool went_back; /* progress did */
    struct lode_diag diag;
    int status;
};
extern struct seen seen;

/* Opens the image and verifies it, sources in tmp_root. A failure to open counts as a finding. */
int reseal_verify(const struct bytes *image, int level, int threads);
bool reseal_saw(const char *rule);

/* Reseals and verifies: the rule must be among the findings. *image is clean again afterwards. */
void reseal_expect(struct bytes *image, int level, const char *rule);

/* v is added to the field of size bytes at off of row i, counted from the end when it is negative.
 * expect: a rule that must be among the findings. */
struct damage {
    uint32_t id;
    int64_t row;
    int off, size;
    int64_t v;
    const char *expect;
};

/* Each of n damages alone. At level FULL the index alone must not show it. */
void reseal_check(const struct damage *damages, size_t n, int level);

#endif

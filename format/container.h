/* Owns the container: header, section directory, page sums (SPEC 3 and 4). Knows no tenant.
 * Everything takes bytes in memory; nothing here reads a file, allocates or keeps state. */
#ifndef LODE_FORMAT_CONTAINER_H
#define LODE_FORMAT_CONTAINER_H

#include "layout.h"
#include "status.h"

#include <stdbool.h>
#include <stddef.h>

/* One directory entry, decoded. */
struct lode_section {
    uint32_t id, flags, group, stride, param;
    uint64_t off, len, count, sum;
};

/* A table inside the image: count rows from rows. */
struct lode_rows {
    const uint8_t *rows;
    uint64_t count;
};

/* A validated image. data stays the caller's; fields are what the header said when it was checked,
 * never read again. Safe to share between threads. */
struct lode_container {
    const uint8_t *data;
    uint64_t size;
    uint64_t content_id;
    uint64_t checksum; /* of header and directory: names the whole file */
    uint64_t dir_end;  /* first byte after the directory */
    uint32_t header_size, entry_size, entry_count;
    uint16_t major, minor;
    uint32_t compat;
};

/* Checks header and directory in the order of SPEC 8.1 and fills *out. O(sections): payload bytes
 * are not touched. On return 0 every section range lies inside data, aligned, ascending, disjoint;
 * (id, group) is unique; PSUM is last. Errors: NOT_LODE, TRUNCATED, HEADER_SUM, VERSION, FEATURE,
 * LAYOUT, with the rule in *fault (may be NULL). */
int lode_container_parse(const uint8_t *data, uint64_t size, struct lode_container *out,
                         struct lode_fault *fault);

/* Decodes entry i < entry_count. The directory bytes were validated by parse; they are decoded
 * again here, so a caller that must survive a map changing under it uses only what this returns
 * after checking it with lode_range_ok. */
void lode_container_entry(const struct lode_container *box, uint32_t i, struct lode_section *out);

/* First section with this id and group. False when there is none. O(sections). */
bool lode_container_find(const struct lode_container *box, uint32_t id, uint32_t group,
                         struct lode_section *out);

/* Does the directory name a section of this id, as far as it is there? Nothing is checked: for
 * words about a file that is damaged. */
bool lode_container_mentions(const uint8_t *data, uint64_t size, uint32_t id);

/* Rows of PSUM for a file whose directory ends at dir_end and whose PSUM begins at psum_off. */
uint64_t lode_page_count(uint64_t dir_end, uint64_t psum_off);

/* Bytes [*begin, *end) that page sum i covers (SPEC 4.3). */
void lode_page_span(uint64_t dir_end, uint64_t psum_off, uint64_t i, uint64_t *begin,
                    uint64_t *end);

/* PSUM's own checksum against content_id and the directory. O(PSUM). */
int lode_container_check_psum(const struct lode_container *box, struct lode_fault *fault);

/* Page sum i of the file against its bytes, 64 KiB of work; pages may be checked in any order and
 * from any number of threads. i < count of PSUM. Status PAGE_SUM names the first byte of the page.
 */
int lode_container_check_page(const struct lode_container *box, uint64_t i,
                              struct lode_fault *fault);

/* The same for a copy of the page's bytes. */
int lode_container_check_page_copy(const struct lode_container *box, uint64_t i,
                                   const uint8_t *bytes, struct lode_fault *fault);

/* Bytes [*begin, *end) of the file that page i sums up. CORRUPT when there is no such page. */
int lode_container_page(const struct lode_container *box, uint64_t i, uint64_t *begin,
                        uint64_t *end, struct lode_fault *fault);

/* Bytes between sections must be zero (SPEC 4.2). O(sections). */
int lode_container_check_padding(const struct lode_container *box, struct lode_fault *fault);

/* Writing. Alignment that a section of len bytes gets. */
uint64_t lode_section_align(uint64_t len);

/* Encodes header and directory (LODE_HEADER_SIZE + n * LODE_ENTRY_SIZE bytes) into dst, with the
 * checksum. The sections are in file order, the last one PSUM with sum set. */
void lode_container_encode(uint8_t *dst, const struct lode_section *sections, uint32_t n,
                           uint64_t file_size);

#endif

/* Owns the rows of a run and how they are shown: a table, JSON, the machine. */
#ifndef LODE_BENCH_REPORT_H
#define LODE_BENCH_REPORT_H

#include "measure.h"

#include <stdbool.h>

/* Adds a row; less is better on both sides. scale turns seconds into unit. */
void report_pair(const char *row, struct measure_pair *pair, double scale, const char *unit,
                 const char *peer_name, const char *peer_version);
void report_values(const char *row, double ours, double peer, const char *unit,
                   const char *peer_name, const char *peer_version);

/* A row that cannot be measured, and why: told at once, and below the table. */
void report_skip(const char *row, const char *why);

/* A remark below the table. */
void report_note(const char *format, ...) __attribute__((format(printf, 1, 2)));

/* Rows that come again in a later pass are one row: its figures are medians over the rounds of all
 * passes, its spread is what the passes' ratios differ by. Remarks are those of the last pass. */
void report_pass(size_t pass, bool last);

void report_machine(void);
void report_table(void);

/* A list of {row, ours, peer, unit, ratio, peer_name, peer_version}. */
void report_json(const char *path);

/* "1.24+libdeflate": what the rows call htslib's version. */
const char *report_htslib(void);

#endif

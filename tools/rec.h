/* Owns what the actions of `lode rec` share: records of inputs, keys of the command line, stores.
 */
#ifndef LODE_TOOL_REC_H
#define LODE_TOOL_REC_H

#include <stdbool.h>
#include <stddef.h>

#include "lode.h"
#include "options.h"

/* What is done with a record of an input: 0, or an exit status, reported. key NULL: it has none. */
typedef int (*rec_record_fn)(void *ctx, const char *key, size_t key_len, const void *data,
                             size_t size);

/* Every record of an input, by what it is: the files of a directory, the members of a tar, lines of
 * .jsonl or .ndjson, reads of .fastq or .fq (both also .gz, .bgz), else the file itself. Order:
 * names of a directory sorted, else as they stand. 0, or an exit status after having reported why.
 */
int rec_read(const struct tool_options *options, const char *path, rec_record_fn record, void *ctx);

/* Do records of this input have keys, as the options stand? */
bool rec_has_keys(const struct tool_options *options, const char *path);

/* 0, or an exit status after having said that --key stands with an input that has no lines of JSON;
 * first: of the arguments that are inputs. */
int rec_key_allowed(const struct tool_options *options, int first);

/* The members of a tar, plain or compressed. */
int rec_read_tar(const char *path, rec_record_fn record, void *ctx);

/* A file, whole: to be freed. NULL after having reported why. '-' is stdin. */
char *rec_file(const char *path, size_t *size);

/* Opens the store of the command line, the second word and --store. 0, or an exit status,
 * reported. */
int rec_open(const struct tool_options *options, lode_store **store);

/* A writer that goes on with the store of the command line, with --add beside it. 0, or an exit
 * status, reported. */
int rec_append(const struct tool_options *options, lode_store_writer **writer);

/* The same for records that are put; with --no-replace none takes another one's place. */
int rec_append_puts(const struct tool_options *options, lode_store_writer **writer);

/* Refuses, with an exit status, to write over what the command reads. */
int rec_output_allowed(const struct tool_options *options, const char *out);

/* The same of what it writes to stdout. */
int rec_stdout_allowed(const struct tool_options *options);

/* Refuses, with an exit status, a store as an input of itself: inputs are the words from first. */
int rec_inputs_allowed(const struct tool_options *options, int first);

/* The text of a type; valid until the next one. NULL, reported. */
const char *rec_type_text(const lode_store *store, int type, size_t *len);

/* What stands at a writer's end: published when status is 0, else dropped. Its own status then.
 * opened, when not NULL, gets the store. */
int rec_conclude(lode_store_writer *writer, int status, lode_store **opened);

/* Writes a file at once. 0, or an exit status, reported. */
int rec_write_whole(const char *path, const void *bytes, size_t n);

/* Opens a file's first store (1), second (2), ... */
int rec_open_place(const char *path, int64_t place, lode_store **store);

/* Is there a store at the path, rather than an index? */
bool rec_is_store(const char *path);

/* The same, or a damaged file that cannot be opened: rec_stat and rec_verify say what it is. */
bool rec_may_be_store(const char *path);

/* `lode stat` and `lode verify` of a store. */
int rec_stat(const struct tool_options *options, const char *path);
int rec_verify(const struct tool_options *options, const char *path);

/* The actions. */
int rec_import(const struct tool_options *options);
int rec_train(const struct tool_options *options);
int rec_export(const struct tool_options *options);
int rec_compact(const struct tool_options *options);
int rec_join(const struct tool_options *options);

/* Options of a new store, from the command line; the dictionary is in *dictionary, to be freed. 0,
 * or an exit status, reported. */
int rec_store_options(const struct tool_options *options, struct lode_store_options *store,
                      char **dictionary);

/* The type of records that are put, by --flatbuffers: *type NULL without it; to be freed. 0, or an
 * exit status, reported. */
int rec_put_type(const struct tool_options *options, char **type);

/* The exit status where a put or a schema was refused: wrong data is no damaged store. */
int rec_put_exit(const struct lode_diag *diag);

/* The key of record `number` as text that is valid until the next one: NULL, reported, when there
 * is no memory. Integers in decimal; without keys the number itself. */
const char *rec_key_text(const lode_store *store, int64_t number, size_t *len);

/* All bytes of a record; valid until the next one. NULL, reported. */
const void *rec_bytes(const lode_store *store, lode_store_reader *reader, int64_t number,
                      size_t *size, int *exit_status);

#endif

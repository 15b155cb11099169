/* Owns --names FILE: NAMEs that the user gives to sources. */
#ifndef LODE_LIB_NAMESFILE_H
#define LODE_LIB_NAMESFILE_H

#include "collect.h"

/* Reads lines "SOURCE<TAB>NAME" ('#' starts a comment line) and renames inputs whose path as given,
 * locator or default NAME is SOURCE. FORMAT names the line that is wrong; NOT_FOUND a SOURCE that
 * is none of the inputs. */
int lode_names_file_apply(const char *file, struct lode_collection *collection,
                          struct lode_diag *diag);

#endif

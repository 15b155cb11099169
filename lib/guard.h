/* Owns survival of a mapped index being truncated while it is used: SIGBUS inside a scope becomes a
 * status. Only for LODE_MAP_GUARDED; only rows are loaded inside a scope, never a decoder's work or
 * the caller's memory. */
#ifndef LODE_LIB_GUARD_H
#define LODE_LIB_GUARD_H

#include "map.h"

/* Makes ours the process's SIGBUS handler, unless it is. Called by each guarded open, so that a
 * host which installed its own in between gets it back by chaining. It acts only on faults inside a
 * map that this thread has in scope, and passes every other one to the handler that was there
 * before. A handler that was installed later and raises the signal again after putting ours back
 * (Python's faulthandler) is taken for a pass to us: the load is repeated. 0, or -1 with errno. */
int lode_guard_install(void);

/* Did this process ask for the guard before? Then what the library maps for itself has it, too. */
bool lode_guard_asked(void);

/* fn(arg), or LODE_E_TRUNCATED when it touched a page of the map that the file no longer has. fn
 * must not lock, allocate or open anything: it may be left in the middle. Scopes do not nest. */
int lode_guard_run(const struct lode_map *map, int (*fn)(void *arg), void *arg);

#endif

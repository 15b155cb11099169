/* Owns Ctrl-C, SIGTERM and SIGHUP while something is being written: the work is cancelled, its
 * temporary file removed, and then the process dies of the signal as if it had never been caught.
 */
#ifndef LODE_TOOL_INTERRUPT_H
#define LODE_TOOL_INTERRUPT_H

#include <stdbool.h>

/* Starts catching. Returns the flag to hand to the library as `cancel`. */
const int *tool_interrupt_catch(void);

/* Stops catching; does not return when the work was cancelled. A signal that came too late to
 * cancel it is forgotten: the work is done. */
void tool_interrupt_release(bool cancelled);

#endif

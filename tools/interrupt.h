/* Owns Ctrl-C and SIGTERM while something is being written: the work is cancelled, its temporary
 * file removed, and then the process dies of the signal as if it had never been caught. */
#ifndef LODE_TOOL_INTERRUPT_H
#define LODE_TOOL_INTERRUPT_H

/* Starts catching. Returns the flag to hand to the library as `cancel`. */
const int *tool_interrupt_catch(void);

/* Stops catching; does not return when a signal came. */
void tool_interrupt_release(void);

#endif

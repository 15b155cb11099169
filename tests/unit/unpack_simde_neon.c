/* The NEON kernel in plain C. */
#define SIMDE_ENABLE_NATIVE_ALIASES
#include <simde/arm/neon.h>

#define LODE_UNPACK_SIMDE
#define lode_unpack_neon lode_unpack_neon_simde
#include "../../lib/unpack_neon.c"

/* The AVX-512 kernel in plain C. */
#define SIMDE_ENABLE_NATIVE_ALIASES
#include <simde/x86/avx512.h>

#define LODE_UNPACK_SIMDE
#define lode_unpack_avx512 lode_unpack_avx512_simde
#include "../../lib/unpack_avx512.c"

#include "unpack.h"

static const struct lode_unpack *of_cpu(void)
{
#if defined(__x86_64__)
    if (__builtin_cpu_supports("avx512vbmi") && __builtin_cpu_supports("avx512bw") &&
        __builtin_cpu_supports("avx512vl"))
        return &lode_unpack_avx512;
    if (__builtin_cpu_supports("avx2"))
        return &lode_unpack_avx2;
#elif defined(__aarch64__) && !defined(__AARCH64EB__)
    return &lode_unpack_neon;
#endif
    return &lode_unpack_portable;
}

const struct lode_unpack *lode_unpack_best(void)
{
    return of_cpu();
}

const struct lode_unpack *lode_unpack_at(size_t i)
{
    const struct lode_unpack *all[3] = {&lode_unpack_portable}, *best = of_cpu();
    size_t count = 1;
#if defined(__x86_64__)
    if (best == &lode_unpack_avx512 && __builtin_cpu_supports("avx2"))
        all[count++] = &lode_unpack_avx2;
#endif
    if (best != &lode_unpack_portable)
        all[count++] = best;
    return i < count ? all[i] : NULL;
}

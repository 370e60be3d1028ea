/* The one file that looks at the CPU. */
#include "tables.h"

size_t kernels_supported(const kernel_table *tables[KERNEL_TABLES_MAX]) {
    size_t count = 0;
    tables[count++] = &kernels_scalar;
#if defined(__x86_64__)
    __builtin_cpu_init();
    /* Every processor with AVX2 has F16C. */
    int avx2 = __builtin_cpu_supports("avx2") && __builtin_cpu_supports("fma");
    int avx512 = avx2 && __builtin_cpu_supports("avx512f") && __builtin_cpu_supports("avx512bw") && __builtin_cpu_supports("avx512vl") && __builtin_cpu_supports("avx512dq");
    if (avx2) tables[count++] = &kernels_avx2;
    if (avx512) tables[count++] = &kernels_avx512;
    if (avx512 && __builtin_cpu_supports("avx512bf16") && __builtin_cpu_supports("avx512vnni")) tables[count++] = &kernels_avx512_bf16;
#elif defined(__aarch64__)
    tables[count++] = &kernels_neon;
#endif
    return count;
}

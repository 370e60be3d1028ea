/* The one file that looks at the CPU. */
#include "tables.h"

#if defined(__aarch64__) && defined(__linux__)
#include <sys/auxv.h>
#endif

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

size_t probe_loops_supported(const probe_loop *loops[PROBE_LOOPS_MAX]) {
    size_t count = 0;
    loops[count++] = &probe_scalar;
#if defined(__x86_64__)
    __builtin_cpu_init();
    if (__builtin_cpu_supports("avx2") && __builtin_cpu_supports("fma")) {
        loops[count++] = &probe_avx2;
        loops[count++] = &probe_avx2_bytes;
    }
    if (__builtin_cpu_supports("avx512f")) loops[count++] = &probe_avx512;
    if (__builtin_cpu_supports("avx512bf16")) loops[count++] = &probe_avx512bf16;
    if (__builtin_cpu_supports("avx512vnni")) loops[count++] = &probe_avx512vnni;
#elif defined(__aarch64__)
    loops[count++] = &probe_neon;
#if defined(__linux__)
    if (getauxval(AT_HWCAP2) & HWCAP2_BF16) loops[count++] = &probe_neon_bf16;
    if (getauxval(AT_HWCAP) & HWCAP_ASIMDDP) loops[count++] = &probe_neon_dot;
#endif
#endif
    return count;
}

probe_reader probe_reader_supported(void) {
#if defined(__x86_64__)
    __builtin_cpu_init();
    if (__builtin_cpu_supports("avx512f")) return probe_read_avx512;
    if (__builtin_cpu_supports("avx2")) return probe_read_avx2;
    return probe_read_sse;
#elif defined(__aarch64__)
    return probe_read_neon;
#endif
}

/* The tables that dispatch.c chooses from; a set that this architecture lacks is not compiled. */
#ifndef KERNEL_TABLES_H
#define KERNEL_TABLES_H

#include "include/kernels.h"
#include "include/probe.h"

extern const kernel_table kernels_scalar;
#if defined(__x86_64__)
extern const kernel_table kernels_avx2;
extern const kernel_table kernels_avx512;
extern const kernel_table kernels_avx512_bf16;
#elif defined(__aarch64__)
extern const kernel_table kernels_neon;
#endif

extern const probe_loop probe_scalar;
#if defined(__x86_64__)
extern const probe_loop probe_avx2, probe_avx2_bytes, probe_avx512, probe_avx512bf16, probe_avx512vnni;
void probe_read_sse(const void *bytes, size_t count);
void probe_read_avx2(const void *bytes, size_t count);
void probe_read_avx512(const void *bytes, size_t count);
#elif defined(__aarch64__)
extern const probe_loop probe_neon, probe_neon_bf16, probe_neon_dot;
void probe_read_neon(const void *bytes, size_t count);
#endif

#endif

/* The tables that dispatch.c chooses from; a set that this architecture lacks is not compiled. */
#ifndef KERNEL_TABLES_H
#define KERNEL_TABLES_H

#include "include/kernels.h"

extern const kernel_table kernels_scalar;
#if defined(__x86_64__)
extern const kernel_table kernels_avx2;
extern const kernel_table kernels_avx512;
extern const kernel_table kernels_avx512_bf16;
#elif defined(__aarch64__)
extern const kernel_table kernels_neon;
#endif

#endif

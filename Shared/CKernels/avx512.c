#if defined(__x86_64__)
#include <immintrin.h>

#pragma clang attribute push(__attribute__((target("avx2,fma,f16c,avx512f,avx512bw,avx512vl,avx512dq"))), apply_to = function)
#define TABLE kernels_avx512
#define TABLE_NAME "avx512"
#include "avx512.inc"
#include "vector.inc"
#pragma clang attribute pop
#endif

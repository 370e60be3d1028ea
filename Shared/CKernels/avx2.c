#if defined(__x86_64__)
#include <immintrin.h>

#pragma clang attribute push(__attribute__((target("avx2,fma"))), apply_to = function)
#define TABLE kernels_avx2
#define TABLE_NAME "avx2"
#define TILE_PART 4
#include "vector.inc"
#pragma clang attribute pop
#endif

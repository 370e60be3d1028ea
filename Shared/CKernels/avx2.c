#if defined(__x86_64__)
#include <immintrin.h>

#pragma clang attribute push(__attribute__((target("avx2,fma,f16c"))), apply_to = function)
#define TABLE kernels_avx2
#define TABLE_NAME "avx2"
#define TILE_PART 4
#define TILE_LANES 8
#define TILE_SUMS 8
#define HALF(bits) _cvtsh_ss(bits)
#define HALVES(h) __builtin_shufflevector(\
        (floats8)_mm256_cvtph_ps((__m128i)__builtin_shufflevector(h, h, 0, 1, 2, 3, 4, 5, 6, 7)),\
        (floats8)_mm256_cvtph_ps((__m128i)__builtin_shufflevector(h, h, 8, 9, 10, 11, 12, 13, 14, 15)), 0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15)
#include "vector.inc"
#pragma clang attribute pop
#endif

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
/* Both halves of a register get all bytes, of which each word takes its own: that spares the slow way from half to half. */
#define NIBBLES_AT_16(b, shift) __builtin_shufflevector(NIBBLES_OF_8(b, shift, 0), NIBBLES_OF_8(b, shift, 8),\
        0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15)
#define NIBBLES_OF_8(b, shift, i) (words8)_mm256_shuffle_epi8(_mm256_and_si256(_mm256_set1_epi8(15),\
        _mm256_srli_epi16(_mm256_broadcastsi128_si256((__m128i)(b)), shift)), _mm256_setr_epi8(\
        -1, -1, i, -1, -1, -1, i + 1, -1, -1, -1, i + 2, -1, -1, -1, i + 3, -1,\
        -1, -1, i + 4, -1, -1, -1, i + 5, -1, -1, -1, i + 6, -1, -1, -1, i + 7, -1))
typedef unsigned words8 __attribute__((vector_size(32)));
#include "vector.inc"
#pragma clang attribute pop
#endif

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
/* Both halves of a register get all bytes, of which each word takes its own, and 0x43 instead of those that only the other half needs. */
#define NIBBLES_AND_128(b, shift) NIBBLES_OF(_mm256_or_si256(_mm256_setr_epi32(0, 0x43434343, 0, 0x43434343, 0x43434343, 0, 0x43434343, 0),\
        _mm256_and_si256(_mm256_setr_epi32(0x0F0F0F0F, 0, 0x0F0F0F0F, 0, 0, 0x0F0F0F0F, 0, 0x0F0F0F0F),\
                         _mm256_srli_epi16(_mm256_broadcastsi128_si256((__m128i)(b)), shift))))
#define NIBBLES_OF(b) __builtin_shufflevector(NIBBLES_OF_8(b, 0), NIBBLES_OF_8(b, 8), 0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15)
#define NIBBLES_OF_8(b, i) (floats8)_mm256_shuffle_epi8(b, _mm256_setr_epi8(\
        -1, -1, i, 4, -1, -1, i + 1, 4, -1, -1, i + 2, 4, -1, -1, i + 3, 4,\
        -1, -1, i + 4, 0, -1, -1, i + 5, 0, -1, -1, i + 6, 0, -1, -1, i + 7, 0))
#include "vector.inc"
#pragma clang attribute pop
#endif

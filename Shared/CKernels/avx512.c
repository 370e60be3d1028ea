#if defined(__x86_64__)
#include <immintrin.h>

#pragma clang attribute push(__attribute__((target("avx2,fma,avx512f,avx512bw,avx512vl,avx512dq"))), apply_to = function)
#define TABLE kernels_avx512
#define TABLE_NAME "avx512"
#define TILE_PART 16
#define LOAD_TAIL_FLOAT32(p, count) ((floats)_mm512_maskz_loadu_ps((__mmask16)((1u << (count)) - 1), p))
#define LOAD_TAIL_BFLOAT16(p, count) ((halves)_mm256_maskz_loadu_epi16((__mmask16)((1u << (count)) - 1), p))
#include "vector.inc"
#pragma clang attribute pop
#endif

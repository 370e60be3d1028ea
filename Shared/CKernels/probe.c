/* An empty assembler statement makes each sum a value that the compiler does not know, so no round can be left out or merged. */
#include "tables.h"

#if defined(__x86_64__)
#include <immintrin.h>
#define OPAQUE(value) __asm__ volatile("" : "+v"(value))
#define SSE
#define AVX2 __attribute__((target("avx2,fma")))
#define AVX512 __attribute__((target("avx512f")))
#define AVX512BF16 __attribute__((target("avx512f,avx512bf16")))
#define AVX512VNNI __attribute__((target("avx512f,avx512vnni")))
#define SCALAR_SUMS 12
#elif defined(__aarch64__)
#include <arm_neon.h>
#define OPAQUE(value) __asm__ volatile("" : "+w"(value))
#define NEON
#define NEON_BF16 __attribute__((target("bf16")))
#define NEON_DOT __attribute__((target("dotprod")))
#define SCALAR_SUMS 24
#endif

/* `sums` accumulators of `type`, each of which becomes `step` once a round; `sum` in it is the accumulator. */
#define LOOP(symbol, set, kind, TARGET, type, sums, lanes, step)                             \
    TARGET static void run_##symbol(size_t rounds) {                                         \
        type all[sums] = {0};                                                                \
        for (; rounds > 0; rounds--)                                                         \
            for (size_t i = 0; i < sums; i++) {                                              \
                type sum = all[i];                                                           \
                sum = step;                                                                  \
                OPAQUE(sum);                                                                 \
                all[i] = sum;                                                                \
            }                                                                                \
    }                                                                                        \
    const probe_loop probe_##symbol = {set, kind, 2 * (lanes) * (sums), run_##symbol};

/* Loads 512 bytes a round into eight registers. */
#define READER(symbol, TARGET, type, load)                                                   \
    TARGET void probe_read_##symbol(const void *bytes, size_t count) {                       \
        const char *end = (const char *)bytes + count;                                       \
        for (const char *p = bytes; p < end; p += PROBE_READ_MULTIPLE)                       \
            for (size_t i = 0; i < PROBE_READ_MULTIPLE; i += sizeof(type)) {                 \
                type value = load(p + i);                                                    \
                OPAQUE(value);                                                               \
            }                                                                                \
    }

/* A sum that stays near 1: no overflow, no denormals. Two instructions, since contraction is off and a plain build has no fused one. */
LOOP(scalar, "scalar", PROBE_FLOAT32, , float, SCALAR_SUMS, 1, sum * 0.5f + 0.5f)

#if defined(__x86_64__)
#define LOAD_SSE(p) _mm_loadu_si128((const __m128i *)(p))
#define LOAD_AVX2(p) _mm256_loadu_si256((const __m256i *)(p))
LOOP(avx2, "avx2", PROBE_FLOAT32, AVX2, __m256, 12, 8, _mm256_fmadd_ps(sum, _mm256_set1_ps(0.5f), _mm256_set1_ps(0.5f)))
/* Products of pairs in 16 bits, then pairs of those in 32. */
LOOP(avx2_bytes, "avx2", PROBE_INT8_DOT, AVX2, __m256i, 12, 32,
     _mm256_add_epi32(sum, _mm256_madd_epi16(_mm256_maddubs_epi16(sum, _mm256_set1_epi8(5)), _mm256_set1_epi16(1))))
LOOP(avx512, "avx512", PROBE_FLOAT32, AVX512, __m512, 16, 16, _mm512_fmadd_ps(sum, _mm512_set1_ps(0.5f), _mm512_set1_ps(0.5f)))
/* 0x3f80 is 1.0; the sums end at 2^24, where adding 2 no longer changes them. */
LOOP(avx512bf16, "avx512-bf16", PROBE_BFLOAT16_DOT, AVX512BF16, __m512, 16, 32,
     _mm512_dpbf16_ps(sum, (__m512bh)_mm512_set1_epi16(0x3f80), (__m512bh)_mm512_set1_epi16(0x3f80)))
LOOP(avx512vnni, "avx512-vnni", PROBE_INT8_DOT, AVX512VNNI, __m512i, 16, 64, _mm512_dpbusd_epi32(sum, _mm512_set1_epi8(3), _mm512_set1_epi8(5)))
READER(sse, SSE, __m128i, LOAD_SSE)
READER(avx2, AVX2, __m256i, LOAD_AVX2)
READER(avx512, AVX512, __m512i, _mm512_loadu_si512)
#elif defined(__aarch64__)
#define LOAD_NEON(p) vld1q_u8((const uint8_t *)(p))
LOOP(neon, "neon", PROBE_FLOAT32, NEON, float32x4_t, 24, 4, vfmaq_f32(vdupq_n_f32(0.5f), sum, vdupq_n_f32(0.5f)))
LOOP(neon_bf16, "neon-bf16", PROBE_BFLOAT16_DOT, NEON_BF16, float32x4_t, 24, 8,
     vbfdotq_f32(sum, vreinterpretq_bf16_u16(vdupq_n_u16(0x3f80)), vreinterpretq_bf16_u16(vdupq_n_u16(0x3f80))))
LOOP(neon_dot, "neon-dot", PROBE_INT8_DOT, NEON_DOT, int32x4_t, 24, 16, vdotq_s32(sum, vdupq_n_s8(3), vdupq_n_s8(5)))
READER(neon, NEON, uint8x16_t, LOAD_NEON)
#endif

#if defined(__x86_64__)
#include <immintrin.h>
#include <stddef.h>

/* AVX-512 with dot products of bfloat16 (VDPBF16PS) and of bytes (VNNI), which the `fast_` members use. */
#pragma clang attribute push(__attribute__((target("avx2,fma,f16c,avx512f,avx512bw,avx512vl,avx512dq,avx512bf16,avx512vnni"))), apply_to = function)
#define TABLE kernels_avx512_bf16
#define TABLE_NAME "avx512-bf16"
#define FAST fast_input_bytes, fast_input, fast_linear
#include "avx512.inc"
#include "tables.h"
static size_t fast_input_bytes(int type, size_t K);
static void fast_input(void *input, const float *x, size_t x_stride, int type, size_t rows, size_t K);
static void fast_linear(float *y, size_t y_stride, const void *input, const kernel_weights *w, size_t rows, size_t outputs);
#include "vector.inc"

enum { STEP = 64 };     /* columns that share an input's scale: one vector of bytes */

INLINE __mmask64 first_bytes(size_t count) { return count >= 64 ? ~0ull : (1ull << count) - 1; }

/* An input row. bfloat16: its columns, filled up with zeros to a multiple of 32. Bytes: for each step the rounded columns, in the order
 * in which the weights come; then for each step 16 starting sums, which take back what the weights are stored too large; then the scales. */
INLINE size_t steps_of(size_t K) { return (K + STEP - 1) / STEP; }

static size_t fast_input_bytes(int type, size_t K) {
    switch (type) {
    case KERNEL_BFLOAT16: return (K + 31) / 32 * 64;
    case KERNEL_INT8: case KERNEL_INT4: return steps_of(K) * 128 + (steps_of(K) + 15) / 16 * 64;
    default: return 0;
    }
}

INLINE void round_to_bfloat16(char *input, const float *x, size_t K) {
    for (size_t k = 0; k < K; k += 32) {
        size_t count = K - k < 32 ? K - k : 32;
        __mmask16 low = (__mmask16)first_bytes(count < 16 ? count : 16), high = (__mmask16)first_bytes(count < 16 ? 0 : count - 16);
        __m512bh v = _mm512_cvtne2ps_pbh(_mm512_maskz_loadu_ps(high, x + k + 16), _mm512_maskz_loadu_ps(low, x + k));
        memcpy(input + k * 2, &v, sizeof v);
    }
}

/* 64 columns of an int4 row come as its groups' low halves, then their high halves. */
INLINE size_t step_place(int type, size_t vector) { return type == KERNEL_INT4 ? (vector & 1) << 1 | vector >> 1 : vector; }

INLINE void round_to_bytes(char *input, const float *x, int type, size_t K) {
    size_t steps = steps_of(K);
    for (size_t step = 0; step < steps; step++) {
        __m512 v[4], largest = _mm512_setzero_ps(), poison = _mm512_setzero_ps();
        for (int i = 0; i < 4; i++) {
            size_t k = step * STEP + i * 16, count = k < K ? K - k : 0;
            v[i] = _mm512_maskz_loadu_ps((__mmask16)first_bytes(count < 16 ? count : 16), x + (k < K ? k : 0));
            largest = _mm512_max_ps(largest, _mm512_abs_ps(v[i]));
            poison = _mm512_fmadd_ps(v[i], _mm512_setzero_ps(), poison);
        }
        /* NaN where there is a NaN or an infinity, so that they are not lost. */
        float scale = _mm512_reduce_max_ps(largest) / 127 + _mm512_reduce_add_ps(poison);
        __m512 inverse = _mm512_set1_ps(scale > 0 ? 1 / scale : 0);
        char *place = input + step * 64;
        for (int i = 0; i < 4; i++) {
            __m128i bytes = _mm512_cvtsepi32_epi8(_mm512_cvtps_epi32(_mm512_mul_ps(v[i], inverse)));
            memcpy(place + step_place(type, i) * 16, &bytes, sizeof bytes);
        }
        __m512i rounded = _mm512_loadu_si512(place), offset = _mm512_set1_epi8((char)(type == KERNEL_INT8 ? 128 : 8));
        __m512i start = _mm512_sub_epi32(_mm512_setzero_si512(), _mm512_dpbusd_epi32(_mm512_setzero_si512(), offset, rounded));
        _mm512_storeu_si512(input + (steps + step) * 64, start);
        memcpy(input + steps * 128 + step * sizeof scale, &scale, sizeof scale);
    }
}

static void fast_input(void *input, const float *x, size_t x_stride, int type, size_t rows, size_t K) {
    size_t bytes = fast_input_bytes(type, K);
    for (size_t r = 0; r < rows; r++) {
        if (type == KERNEL_BFLOAT16) round_to_bfloat16((char *)input + r * bytes, x + r * x_stride, K);
        else round_to_bytes((char *)input + r * bytes, x + r * x_stride, type, K);
    }
}

INLINE void tile_bfloat16(floats sums[16], const char *const x[], const weight_row w[], size_t K, size_t ahead, const int ROWS, const int OUTPUTS) {
    for (size_t k = 0; k < K; k += 32) {
        __m512bh rows[16];
        for (int r = 0; r < ROWS; r++) memcpy(&rows[r], x[r] + k * 2, sizeof rows[r]);
        for (int o = 0; o < OUTPUTS; o++) {
            if (ahead) __builtin_prefetch(w[o].elements + k * 2 + ahead, 0, 2);
            __m512bh weight = K - k >= 32 ? (__m512bh)_mm512_loadu_si512(w[o].elements + k * 2)
                                          : (__m512bh)_mm512_maskz_loadu_epi16((__mmask32)first_bytes(K - k), w[o].elements + k * 2);
            for (int r = 0; r < ROWS; r++) sums[r * OUTPUTS + o] = (floats)_mm512_dpbf16_ps((__m512)sums[r * OUTPUTS + o], rows[r], weight);
        }
    }
}

/* 64 weights from column k on, each made larger by 128 (int8) or 8 (int4), so that it has no sign. */
INLINE __m512i load_step(weight_row w, int type, size_t k, size_t K) {
    if (type == KERNEL_INT8) {
        __m512i bytes = K - k >= STEP ? _mm512_loadu_si512(w.elements + k) : _mm512_maskz_loadu_epi8(first_bytes(K - k), w.elements + k);
        return _mm512_xor_si512(bytes, _mm512_set1_epi8((char)128));
    }
    __m256i bytes = K - k > KERNEL_INT4_GROUP ? _mm256_loadu_si256((const __m256i *)(const void *)(w.elements + k / 2))
                                              : _mm256_zextsi128_si256(_mm_loadu_si128((const __m128i *)(const void *)(w.elements + k / 2)));
    __m256i mask = _mm256_set1_epi8(15);
    return _mm512_inserti64x4(_mm512_castsi256_si512(_mm256_and_si256(bytes, mask)), _mm256_and_si256(_mm256_srli_epi16(bytes, 4), mask), 1);
}

/* The scales of the 16 sums of a step; `scales` begin with those of the step's groups. */
INLINE __m512 step_scales(const float *scales, int type) {
    if (type == KERNEL_INT8) return _mm512_set1_ps(*scales);
    const __m512i lanes = _mm512_setr_epi32(0, 0, 0, 0, 1, 1, 1, 1, 0, 0, 0, 0, 1, 1, 1, 1);
    return _mm512_permutexvar_ps(lanes, _mm512_castps256_ps512(_mm256_castps128_ps256(_mm_castpd_ps(_mm_load_sd((const double *)(const void *)scales)))));
}

INLINE void tile_bytes(floats sums[16], const char *const x[], const weight_row w[], int type, size_t K, size_t ahead, const int ROWS, const int OUTPUTS) {
    const size_t steps = steps_of(K), per_step = STEP / group_length(type), groups = (K + group_length(type) - 1) / group_length(type);
    for (size_t first = 0; first < groups; first += 16) {
        float scales[16][16];
        for (int o = 0; o < OUTPUTS; o++) store(scales[o], load_scales(w[o], first, groups - first < 16 ? groups - first : 16));
        for (size_t g = 0; g < 16 && first + g < groups; g += per_step) {
            size_t step = (first + g) / per_step, k = step * STEP;
            for (int o = 0; o < OUTPUTS; o++) {
                if (ahead && (type == KERNEL_INT8 || step % 2 == 0)) __builtin_prefetch(w[o].elements + row_bytes(type, k) + ahead, 0, 2);
                __m512i weight = load_step(w[o], type, k, K);
                __m512 scale = step_scales(&scales[o][g], type);
                for (int r = 0; r < ROWS; r++) {
                    __m512i dots = _mm512_dpbusd_epi32(_mm512_loadu_si512(x[r] + (steps + step) * 64), weight, _mm512_loadu_si512(x[r] + step * 64));
                    float input_scale;
                    memcpy(&input_scale, x[r] + steps * 128 + step * sizeof input_scale, sizeof input_scale);
                    __m512 both = _mm512_mul_ps(scale, _mm512_set1_ps(input_scale));
                    sums[r * OUTPUTS + o] = (floats)_mm512_fmadd_ps(_mm512_cvtepi32_ps(dots), both, (__m512)sums[r * OUTPUTS + o]);
                }
            }
        }
    }
}

INLINE void fast_rows(float *y, size_t y_stride, const char *input, const kernel_weights *w, int type, size_t rows, size_t outputs,
                      const int ROWS, const int OUTPUTS) {
    const size_t bytes = fast_input_bytes(type, w->columns), block = outputs_of_a_block(row_bytes(type, w->columns));
    for (size_t first = 0; first < outputs; first += block)
        for (size_t r0 = 0; r0 < rows; r0 += ROWS) {
            const size_t ahead = r0 == 0 ? PANEL * row_bytes(type, w->stride) : 0;
            const char *inputs[16];
            for (int r = 0; r < ROWS; r++) inputs[r] = input + (r0 + r < rows ? r0 + r : rows - 1) * bytes;
            for (size_t o0 = first; o0 < outputs && o0 < first + block; o0 += OUTPUTS) {
                weight_row tile[16];
                for (int o = 0; o < OUTPUTS; o++) tile[o] = weights_at(w, type, o0 + o < outputs ? o0 + o : outputs - 1);
                floats sums[16];
                for (int i = 0; i < 16; i++) sums[i] = (floats){0};
                if (type == KERNEL_BFLOAT16) tile_bfloat16(sums, inputs, tile, w->columns, ahead, ROWS, OUTPUTS);
                else tile_bytes(sums, inputs, tile, type, w->columns, ahead, ROWS, OUTPUTS);
                floats totals = add_lanes_of_16(sums);
                for (int r = 0; r < ROWS && r0 + r < rows; r++)
                    for (int o = 0; o < OUTPUTS && o0 + o < outputs; o++) y[(r0 + r) * y_stride + o0 + o] = totals[r * OUTPUTS + o];
            }
        }
}

INLINE void fast_of_type(float *y, size_t y_stride, const char *input, const kernel_weights *w, int type, size_t rows, size_t outputs) {
    if (rows == 1) fast_rows(y, y_stride, input, w, type, rows, outputs, 1, 16);
    else if (rows == 2) fast_rows(y, y_stride, input, w, type, rows, outputs, 2, 8);
    else fast_rows(y, y_stride, input, w, type, rows, outputs, 4, 4);
}

static void fast_linear(float *y, size_t y_stride, const void *input, const kernel_weights *w, size_t rows, size_t outputs) {
    switch (w->type) {
    case KERNEL_BFLOAT16: fast_of_type(y, y_stride, input, w, KERNEL_BFLOAT16, rows, outputs); break;
    case KERNEL_INT8: fast_of_type(y, y_stride, input, w, KERNEL_INT8, rows, outputs); break;
    case KERNEL_INT4: fast_of_type(y, y_stride, input, w, KERNEL_INT4, rows, outputs); break;
    }
}
#pragma clang attribute pop
#endif

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

/* An input row. bfloat16: its columns, filled up with zeros to a multiple of 32. Bytes: for each step its 64 rounded columns, in the order
 * in which the weights come; then for each step its scale; then for each step, for both of its int4 groups, what to add to the dot
 * product of the columns and the stored weights, which are too large by a constant (int8: all in the first). */
INLINE size_t steps_of(size_t K) { return (K + STEP - 1) / STEP; }

static size_t fast_input_bytes(int type, size_t K) {
    switch (type) {
    case KERNEL_BFLOAT16: return (K + 31) / 32 * 64;
    case KERNEL_INT8: case KERNEL_INT4: return steps_of(K) * 64 + (steps_of(K) * 12 + 63) / 64 * 64;
    default: return 0;
    }
}

INLINE float scale_of_step(const char *input, size_t steps, size_t step) {
    float scale;
    memcpy(&scale, input + steps * 64 + step * sizeof scale, sizeof scale);
    return scale;
}

INLINE int32_t addend_of_step(const char *input, size_t steps, size_t step, size_t group) {
    int32_t addend;
    memcpy(&addend, input + steps * 68 + (step * 2 + group) * sizeof addend, sizeof addend);
    return addend;
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
enum { LANES_OF_FIRST_GROUP = 0x0F0F };     /* of 16 lanes of 4 columns */
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
        __m512i offset = _mm512_set1_epi8((char)(type == KERNEL_INT8 ? 128 : 8));
        __m512i excess = _mm512_dpbusd_epi32(_mm512_setzero_si512(), offset, _mm512_loadu_si512(place));
        __mmask16 first = type == KERNEL_INT8 ? 0xFFFF : LANES_OF_FIRST_GROUP;
        int32_t addends[2] = {-_mm512_mask_reduce_add_epi32(first, excess), -_mm512_mask_reduce_add_epi32((__mmask16)~first, excess)};
        memcpy(input + steps * 64 + step * sizeof scale, &scale, sizeof scale);
        memcpy(input + steps * 68 + step * sizeof addends, addends, sizeof addends);
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

/* 64 weights from column k on (fewer and zeros, unless WHOLE), each made larger by 128 (int8) or 8 (int4), so that it has no sign. */
INLINE __m512i load_step(weight_row w, int type, size_t k, size_t K, const int WHOLE) {
    if (type == KERNEL_INT8) {
        __m512i bytes = WHOLE ? _mm512_loadu_si512(w.elements + k) : _mm512_maskz_loadu_epi8(first_bytes(K - k), w.elements + k);
        return _mm512_xor_si512(bytes, _mm512_set1_epi8((char)128));
    }
    __m256i bytes = WHOLE || K - k > KERNEL_INT4_GROUP ? _mm256_loadu_si256((const __m256i *)(const void *)(w.elements + k / 2))
                                                       : _mm256_zextsi128_si256(_mm_loadu_si128((const __m128i *)(const void *)(w.elements + k / 2)));
    __m256i mask = _mm256_set1_epi8(15);
    return _mm512_inserti64x4(_mm512_castsi256_si512(_mm256_and_si256(bytes, mask)), _mm256_and_si256(_mm256_srli_epi16(bytes, 4), mask), 1);
}

typedef __m512i ints;

/* 16 x 16 words, of which rows become columns. */
INLINE void transpose_numbers(ints v[16]) {
    ints t[16];
    for (int i = 0; i < 16; i += 2) {
        t[i] = _mm512_unpacklo_epi32(v[i], v[i + 1]);
        t[i + 1] = _mm512_unpackhi_epi32(v[i], v[i + 1]);
    }
    for (int i = 0; i < 16; i += 4)
        for (int j = 0; j < 2; j++) {
            v[i + 2 * j] = _mm512_unpacklo_epi64(t[i + j], t[i + j + 2]);
            v[i + 2 * j + 1] = _mm512_unpackhi_epi64(t[i + j], t[i + j + 2]);
        }
    for (int i = 0; i < 4; i++) {       /* v[i + 4 j]: quarter q holds column 4 q + i of the rows 4 j to 4 j + 3 */
        ints even_low = _mm512_shuffle_i32x4(v[i], v[i + 4], 0x88), even_high = _mm512_shuffle_i32x4(v[i + 8], v[i + 12], 0x88);
        ints odd_low = _mm512_shuffle_i32x4(v[i], v[i + 4], 0xDD), odd_high = _mm512_shuffle_i32x4(v[i + 8], v[i + 12], 0xDD);
        v[i] = _mm512_shuffle_i32x4(even_low, even_high, 0x88);
        v[i + 8] = _mm512_shuffle_i32x4(even_low, even_high, 0xDD);
        v[i + 4] = _mm512_shuffle_i32x4(odd_low, odd_high, 0x88);
        v[i + 12] = _mm512_shuffle_i32x4(odd_low, odd_high, 0xDD);
    }
}

/* The scales of `count` <= 16 groups of 16 outputs: a vector for each group, then zeros. Those that are needed next,
 * `ahead` groups further on, are fetched meanwhile. */
INLINE void scales_of_groups(floats scales[16], const weight_row w[16], size_t first, size_t count, size_t ahead) {
    ints rows[16];
    for (int o = 0; o < 16; o++) {
        __builtin_prefetch(w[o].scales + (first + ahead) * sizeof(uint16_t), 0, 2);
        rows[o] = (ints)load_scales(w[o], first, count);
    }
    transpose_numbers(rows);
    for (int g = 0; g < 16; g++) scales[g] = (floats)rows[g];
}

/* Adds four words of each of four vectors: quarter q of the result holds the sums of their quarters q. */
INLINE ints add_words_of_quarters(const ints v[4]) {
    ints low = _mm512_add_epi32(_mm512_unpacklo_epi32(v[0], v[1]), _mm512_unpackhi_epi32(v[0], v[1]));
    ints high = _mm512_add_epi32(_mm512_unpacklo_epi32(v[2], v[3]), _mm512_unpackhi_epi32(v[2], v[3]));
    return _mm512_add_epi32(_mm512_unpacklo_epi64(low, high), _mm512_unpackhi_epi64(low, high));
}

/* Adds both groups' lanes of 8 outputs: quarter q of the result holds the sums of four outputs, of their first group (q
 * even) or of their second. */
INLINE ints add_groups_of_8(const ints v[8]) {
    ints halves[4];
    for (int i = 0; i < 4; i++) halves[i] = _mm512_add_epi32(_mm512_shuffle_i64x2(v[i], v[i + 4], 0x44), _mm512_shuffle_i64x2(v[i], v[i + 4], 0xEE));
    return add_words_of_quarters(halves);
}

/* The definition of fast products of bytes: sums of whole numbers, exact; times both scales' product, added group after group. */
INLINE floats add_scaled_group(floats sum, ints dots, floats scales, float input_scale) {
    return __builtin_elementwise_fma((floats)_mm512_cvtepi32_ps(dots), scales * input_scale, sum);
}

/* One step of one or two rows with 16 outputs, whose weights are read as they lie: a vector holds columns of one
 * output. */
INLINE void add_step(floats sums[], const char *const x[], const weight_row w[16], const floats *scales, int type, size_t step, size_t K, size_t ahead,
                     const int WHOLE, const int ROWS) {
    ints eights[2][2];
    for (int half = 0; half < 2; half++) {
        ints dots[2][8];
        for (int o = 0; o < 8; o++) {
            const weight_row row = w[half * 8 + o];
            if (type == KERNEL_INT8 || step % 2 == 0) __builtin_prefetch(row.elements + row_bytes(type, step * STEP) + ahead, 0, 2);
            const ints weights = load_step(row, type, step * STEP, K, WHOLE);
            for (int r = 0; r < ROWS; r++) dots[r][o] = _mm512_dpbusd_epi32(_mm512_setzero_si512(), weights, _mm512_loadu_si512(x[r] + step * STEP));
        }
        for (int r = 0; r < ROWS; r++) eights[r][half] = add_groups_of_8(dots[r]);
    }
    for (int r = 0; r < ROWS; r++) {
        const float input_scale = scale_of_step(x[r], steps_of(K), step);
        ints groups[2] = {_mm512_shuffle_i32x4(eights[r][0], eights[r][1], 0x88), _mm512_shuffle_i32x4(eights[r][0], eights[r][1], 0xDD)};
        for (int i = 0; i < 2; i++) groups[i] = _mm512_add_epi32(groups[i], _mm512_set1_epi32(addend_of_step(x[r], steps_of(K), step, i)));
        if (type == KERNEL_INT8) sums[r] = add_scaled_group(sums[r], _mm512_add_epi32(groups[0], groups[1]), scales[0], input_scale);
        else
            for (int i = 0; i < 2; i++) sums[r] = add_scaled_group(sums[r], groups[i], scales[i], input_scale);
    }
}

INLINE void dot_bytes(floats sums[], const char *const x[], const weight_row w[16], int type, size_t K, size_t ahead, const int ROWS) {
    const size_t per_step = STEP / group_length(type), groups = (K + group_length(type) - 1) / group_length(type);
    for (int r = 0; r < ROWS; r++) sums[r] = fill(0);
    for (size_t first = 0; first < groups; first += 16) {
        floats scales[16];
        scales_of_groups(scales, w, first, groups - first < 16 ? groups - first : 16, ahead / row_bytes(type, group_length(type)));
        for (size_t g = 0; g < 16 && first + g < groups; g += per_step) {
            const size_t step = (first + g) / per_step;
            if (K / STEP > step) add_step(sums, x, w, scales + g, type, step, K, ahead, 1, ROWS);
            else add_step(sums, x, w, scales + g, type, step, K, ahead, 0, ROWS);
        }
    }
}

/* For more rows weights are packed: a vector holds 4 columns of each of 16 outputs, so that outputs are lanes from the start. */
enum { PACKED_STEPS = 8, PACKED_PANELS = 2, PACKED_ROWS = 4 };

typedef struct {
    ints columns[PACKED_STEPS][16][PACKED_PANELS];
    floats scales[PACKED_PANELS][16];       /* of all groups */
} packed_weights;

/* `ahead` bytes further on lie the weights that are packed next. */
INLINE void pack(packed_weights *packed, const weight_row w[PACKED_PANELS * 16], int type, size_t first, size_t steps, size_t K, size_t ahead) {
    const size_t per_step = STEP / group_length(type), groups = (K + group_length(type) - 1) / group_length(type) - first * per_step;
    for (size_t p = 0; p < PACKED_PANELS; p++) {
        const weight_row *panel = w + p * 16;
        scales_of_groups(packed->scales[p], panel, first * per_step, groups < steps * per_step ? groups : steps * per_step, ahead / row_bytes(type, group_length(type)));
        for (size_t s = 0; s < steps; s++) {
            const size_t k = (first + s) * STEP;
            ints columns[16];
            if (type == KERNEL_INT8 || s % 2 == 0)
                for (int o = 0; o < 16; o++) __builtin_prefetch(panel[o].elements + row_bytes(type, k) + ahead, 0, 2);
            for (int o = 0; o < 16; o++) columns[o] = K - k >= STEP ? load_step(panel[o], type, k, K, 1) : load_step(panel[o], type, k, K, 0);
            transpose_numbers(columns);
            for (int i = 0; i < 16; i++) packed->columns[s][i][p] = columns[i];
        }
    }
}

/* ROWS rows with all packed outputs; goes on with what stands in y unless `first` is 0. */
INLINE void add_packed(float *y, size_t y_stride, const char *x, size_t bytes, const packed_weights *packed, int type, size_t first, size_t steps,
                       size_t K, size_t outputs, const int ROWS) {
    floats sums[PACKED_ROWS][PACKED_PANELS];
    for (int r = 0; r < ROWS; r++)
        for (size_t p = 0; p < PACKED_PANELS; p++) {
            size_t count = p * 16 < outputs ? part(p * 16, outputs) : 0;
            sums[r][p] = first == 0 || count == 0 ? (floats){0} : load_part(y + r * y_stride + p * 16, count);
        }
    const int groups = STEP / (int)group_length(type), vectors = 16 / groups;
    for (size_t s = 0; s < steps; s++)
        for (int g = 0; g < groups; g++) {
            ints dots[PACKED_ROWS][PACKED_PANELS];
            for (int r = 0; r < ROWS; r++)
                for (int p = 0; p < PACKED_PANELS; p++)
                    dots[r][p] = _mm512_set1_epi32(addend_of_step(x + r * bytes, steps_of(K), first + s, g));
            for (int i = 0; i < vectors; i++) {
                const int vector = type == KERNEL_INT4 ? i % 4 + g * 4 + i / 4 * 8 : i;
                for (int r = 0; r < ROWS; r++) {
                    int32_t four;
                    memcpy(&four, x + r * bytes + (first + s) * STEP + vector * 4, sizeof four);
                    for (int p = 0; p < PACKED_PANELS; p++)
                        dots[r][p] = _mm512_dpbusd_epi32(dots[r][p], packed->columns[s][vector][p], _mm512_set1_epi32(four));
                }
            }
            for (int r = 0; r < ROWS; r++)
                for (int p = 0; p < PACKED_PANELS; p++)
                    sums[r][p] = add_scaled_group(sums[r][p], dots[r][p], packed->scales[p][s * groups + g], scale_of_step(x + r * bytes, steps_of(K), first + s));
        }
    for (int r = 0; r < ROWS; r++)
        for (size_t p = 0; p * 16 < outputs; p++) store_part(y + r * y_stride + p * 16, sums[r][p], part(p * 16, outputs));
}

INLINE void packed_rows(float *y, size_t y_stride, const char *input, const kernel_weights *w, int type, size_t rows, size_t outputs) {
    const size_t K = w->columns, bytes = fast_input_bytes(type, K);
    for (size_t o0 = 0; o0 < outputs; o0 += PACKED_PANELS * 16) {
        weight_row panels[PACKED_PANELS * 16];
        for (size_t o = 0; o < PACKED_PANELS * 16; o++) panels[o] = weights_at(w, type, o0 + o < outputs ? o0 + o : outputs - 1);
        const size_t some = outputs - o0 < PACKED_PANELS * 16 ? outputs - o0 : PACKED_PANELS * 16;
        for (size_t first = 0; first < steps_of(K); first += PACKED_STEPS) {
            const size_t steps = steps_of(K) - first < PACKED_STEPS ? steps_of(K) - first : PACKED_STEPS;
            const size_t ahead = first + steps < steps_of(K) ? row_bytes(type, PACKED_STEPS * STEP)
                                                             : PACKED_PANELS * 16 * row_bytes(type, w->stride) - row_bytes(type, first * STEP);
            packed_weights packed;
            pack(&packed, panels, type, first, steps, K, ahead);
            for (size_t r = 0; r < rows; r += PACKED_ROWS) {
                float *to = y + r * y_stride + o0;
                const char *from = input + r * bytes;
                switch (rows - r) {
                case 1: add_packed(to, y_stride, from, bytes, &packed, type, first, steps, K, some, 1); break;
                case 2: add_packed(to, y_stride, from, bytes, &packed, type, first, steps, K, some, 2); break;
                case 3: add_packed(to, y_stride, from, bytes, &packed, type, first, steps, K, some, 3); break;
                default: add_packed(to, y_stride, from, bytes, &packed, type, first, steps, K, some, 4); break;
                }
            }
        }
    }
}

INLINE void unpacked_rows(float *y, size_t y_stride, const char *input, const kernel_weights *w, int type, size_t outputs, const int ROWS) {
    const char *rows[2];
    for (int r = 0; r < ROWS; r++) rows[r] = input + (size_t)r * fast_input_bytes(type, w->columns);
    for (size_t o0 = 0; o0 < outputs; o0 += PANEL) {
        weight_row panel[PANEL];
        for (int o = 0; o < PANEL; o++) panel[o] = weights_at(w, type, o0 + o < outputs ? o0 + o : outputs - 1);
        floats sums[2];
        dot_bytes(sums, rows, panel, type, w->columns, PANEL * row_bytes(type, w->stride), ROWS);
        for (int r = 0; r < ROWS; r++) store_part(y + (size_t)r * y_stride + o0, sums[r], part(o0, outputs));
    }
}

INLINE void fast_bytes(float *y, size_t y_stride, const char *input, const kernel_weights *w, int type, size_t rows, size_t outputs) {
    if (rows == 1) unpacked_rows(y, y_stride, input, w, type, outputs, 1);
    else if (rows == 2) unpacked_rows(y, y_stride, input, w, type, outputs, 2);
    else packed_rows(y, y_stride, input, w, type, rows, outputs);
}

INLINE void fast_bfloat16_rows(float *y, size_t y_stride, const char *input, const kernel_weights *w, size_t rows, size_t outputs,
                               const int ROWS, const int OUTPUTS) {
    const int type = KERNEL_BFLOAT16;
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
                tile_bfloat16(sums, inputs, tile, w->columns, ahead, ROWS, OUTPUTS);
                floats totals = add_lanes_of_16(sums);
                for (int r = 0; r < ROWS && r0 + r < rows; r++)
                    for (int o = 0; o < OUTPUTS && o0 + o < outputs; o++) y[(r0 + r) * y_stride + o0 + o] = totals[r * OUTPUTS + o];
            }
        }
}

INLINE void fast_bfloat16(float *y, size_t y_stride, const char *input, const kernel_weights *w, size_t rows, size_t outputs) {
    if (rows == 1) fast_bfloat16_rows(y, y_stride, input, w, rows, outputs, 1, 16);
    else if (rows == 2) fast_bfloat16_rows(y, y_stride, input, w, rows, outputs, 2, 8);
    else fast_bfloat16_rows(y, y_stride, input, w, rows, outputs, 4, 4);
}

static void fast_linear(float *y, size_t y_stride, const void *input, const kernel_weights *w, size_t rows, size_t outputs) {
    switch (w->type) {
    case KERNEL_BFLOAT16: fast_bfloat16(y, y_stride, input, w, rows, outputs); break;
    case KERNEL_INT8: fast_bytes(y, y_stride, input, w, KERNEL_INT8, rows, outputs); break;
    case KERNEL_INT4: fast_bytes(y, y_stride, input, w, KERNEL_INT4, rows, outputs); break;
    }
}
#pragma clang attribute pop
#endif

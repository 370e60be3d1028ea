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
/* Both halves of a register get all bytes, of which each word takes its own. In the place of the bytes that only the
 * other half needs stands 0x43. */
#define NIBBLES_AND_128(b, shift) NIBBLES_OF(_mm256_or_si256(\
        _mm256_setr_epi32(0, 0x43434343, 0, 0x43434343, 0x43434343, 0, 0x43434343, 0),\
        _mm256_and_si256(_mm256_setr_epi32(0x0F0F0F0F, 0, 0x0F0F0F0F, 0, 0, 0x0F0F0F0F, 0, 0x0F0F0F0F),\
                         _mm256_srli_epi16(_mm256_broadcastsi128_si256((__m128i)(b)), shift))))
#define NIBBLES_OF(b) __builtin_shufflevector(NIBBLES_OF_8(b, 0), NIBBLES_OF_8(b, 8),\
        0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15)
#define NIBBLES_OF_8(b, i) (floats8)_mm256_shuffle_epi8(b, _mm256_setr_epi8(\
        -1, -1, i, 4, -1, -1, i + 1, 4, -1, -1, i + 2, 4, -1, -1, i + 3, 4,\
        -1, -1, i + 4, 0, -1, -1, i + 5, 0, -1, -1, i + 6, 0, -1, -1, i + 7, 0))
#define FAST fast_input_bytes, fast_input, fast_linear
#include <stddef.h>
#include "tables.h"
static size_t fast_input_bytes(int type, size_t K);
static void fast_input(void *input, const float *x, size_t x_stride, int type, size_t rows, size_t K);
static void fast_linear(float *y, size_t y_stride, const void *input, const kernel_weights *w, size_t rows,
                        size_t outputs);
#include "vector.inc"

/* Fast products of bytes, by the definition in avx512_bf16.c: for each group the exact sum of products of whole
 * numbers, times the product of both scales; these are added group after group. */
enum { STEP = 64, FAST_ROWS = 4 };      /* columns that share an input's scale; rows that share unpacked weights */
typedef int32_t ints8 __attribute__((vector_size(32)));
typedef int16_t shorts16 __attribute__((vector_size(32)));

/* One for each step, after the columns of all steps: the scale of the step, and what to add to the dot product of each
 * int4 group, whose stored weights are 8 too large. */
typedef struct {
    float scale;
    int32_t addends[2];
} input_step;

INLINE size_t steps_of(size_t K) { return (K + STEP - 1) / STEP; }

static size_t fast_input_bytes(int type, size_t K) {
    return group_length(type) ? (steps_of(K) * (STEP + sizeof(input_step)) + 63) / 64 * 64 : 0;
}

/* The columns of an int4 step lie as its groups' low halves do in 32 bytes, then their high halves. */
INLINE size_t step_place(int type, size_t vector) {
    return type == KERNEL_INT4 ? (vector & 1) << 1 | vector >> 1 : vector;
}

INLINE input_step round_step(char *columns, const float *x, int type, size_t count) {
    floats v[STEP / LANES], largest = {0}, poison = {0};
    for (size_t i = 0; i < STEP / LANES; i++) {
        v[i] = i * LANES < count ? load_part(x + i * LANES, part(i * LANES, count)) : fill(0);
        largest = choose(v[i] > largest, v[i], choose(-v[i] > largest, -v[i], largest));
        poison = __builtin_elementwise_fma(v[i], fill(0), poison);
    }
    /* NaN where there is a NaN or an infinity, so that they are not lost. */
    input_step step = {largest_lane(largest) / 127 + add_lanes(poison), {0, 0}};
    const float inverse = step.scale > 0 ? 1 / step.scale : 0;
    for (size_t i = 0; i < STEP / LANES; i++) {
        floats number = v[i] * inverse;
        number = choose(number > 127, fill(127), choose(number < -127, fill(-127), number));
        /* 1.5 · 2^23: the nearest whole number now stands in the low bits. */
        masks numbers = __builtin_convertvector(__builtin_convertvector((masks)(number + 0x1.8p23f), bytes), masks);
        bytes b = __builtin_convertvector(numbers, bytes);
        memcpy(columns + step_place(type, i) * LANES, &b, sizeof b);
        if (type == KERNEL_INT4) step.addends[i / 2] -= 8 * __builtin_reduce_add(numbers);
    }
    return step;
}

INLINE void round_row(char *input, const float *x, int type, size_t K) {
    for (size_t s = 0; s < steps_of(K); s++) {
        input_step step = round_step(input + s * STEP, x + s * STEP, type, K - s * STEP < STEP ? K - s * STEP : STEP);
        memcpy(input + steps_of(K) * STEP + s * sizeof step, &step, sizeof step);
    }
}

static void fast_input(void *input, const float *x, size_t x_stride, int type, size_t rows, size_t K) {
    for (size_t r = 0; r < rows; r++) {
        char *row = (char *)input + r * fast_input_bytes(type, K);
        if (type == KERNEL_INT8) round_row(row, x + r * x_stride, KERNEL_INT8, K);
        else round_row(row, x + r * x_stride, KERNEL_INT4, K);
    }
}

#define LOAD_32(p) _mm256_loadu_si256((const __m256i *)(const void *)(p))

/* A step of one output, for all rows: parts of the sum, 8 of 32 bits (int8) or 16 of 16 bits (int4; each is the sum of
 * 4 products and at most 7620). */
INLINE void multiply_step(ints8 dots[], const char *weights, const char *const x[], int type, const int ROWS) {
    if (type == KERNEL_INT8) {
        const __m256i ones = _mm256_set1_epi16(1), a = LOAD_32(weights), b = LOAD_32(weights + 32);
        const __m256i size_a = _mm256_abs_epi8(a), size_b = _mm256_abs_epi8(b);
        for (int r = 0; r < ROWS; r++)      /* two products are at most 2 · 127 · 128 */
            dots[r] =
                (ints8)_mm256_madd_epi16(_mm256_maddubs_epi16(size_a, _mm256_sign_epi8(LOAD_32(x[r]), a)), ones) +
                (ints8)_mm256_madd_epi16(_mm256_maddubs_epi16(size_b, _mm256_sign_epi8(LOAD_32(x[r] + 32), b)), ones);
    } else {
        const __m256i mask = _mm256_set1_epi8(15), b = LOAD_32(weights);
        const __m256i low = _mm256_and_si256(b, mask), high = _mm256_and_si256(_mm256_srli_epi16(b, 4), mask);
        for (int r = 0; r < ROWS; r++)
            dots[r] = (ints8)_mm256_add_epi16(
                _mm256_maddubs_epi16(low, LOAD_32(x[r])), _mm256_maddubs_epi16(high, LOAD_32(x[r] + 32)));
    }
}

INLINE ints8 add_parts(ints8 a, ints8 b, int type) {
    return type == KERNEL_INT8 ? a + b : (ints8)((shorts16)a + (shorts16)b);
}

/* The sums of the first and of the last halves of 8 vectors of parts, a lane each. */
INLINE void add_halves_of_8(ints8 sums[2], const ints8 v[8], int type) {
    ints8 pairs[4], fours[2];
    for (int i = 0; i < 4; i++)
        pairs[i] = add_parts(__builtin_shufflevector(v[2 * i], v[2 * i + 1], 0, 8, 1, 9, 4, 12, 5, 13),
                             __builtin_shufflevector(v[2 * i], v[2 * i + 1], 2, 10, 3, 11, 6, 14, 7, 15), type);
    for (int i = 0; i < 2; i++) {
        fours[i] = add_parts(__builtin_shufflevector(pairs[2 * i], pairs[2 * i + 1], 0, 1, 8, 9, 4, 5, 12, 13),
                             __builtin_shufflevector(pairs[2 * i], pairs[2 * i + 1], 2, 3, 10, 11, 6, 7, 14, 15), type);
        if (type == KERNEL_INT4) fours[i] = (ints8)_mm256_madd_epi16((__m256i)fours[i], _mm256_set1_epi16(1));
    }
    sums[0] = __builtin_shufflevector(fours[0], fours[1], 0, 1, 2, 3, 8, 9, 10, 11);
    sums[1] = __builtin_shufflevector(fours[0], fours[1], 4, 5, 6, 7, 12, 13, 14, 15);
}

INLINE floats8 add_scaled_group(floats8 sum, ints8 dots, floats8 scales, float input_scale) {
    return __builtin_elementwise_fma(__builtin_convertvector(dots, floats8), scales * input_scale, sum);
}

/* The scales of `count` <= 16 groups of 8 outputs: a vector for each group. Those that are needed next, `ahead` bytes
 * further on, are fetched meanwhile. */
INLINE void scales_of_groups(floats8 scales[16], const weight_row w[8], size_t first, size_t count, size_t ahead) {
    halves rows[8], next[8];
    for (int o = 0; o < 8; o++) {
        const char *from = w[o].scales + first * sizeof(uint16_t);
        __builtin_prefetch(from + ahead, 0, 2);
        if (count == 16) memcpy(&rows[o], from, sizeof rows[o]);
        else {
            rows[o] = (halves){0};
            for (size_t g = 0; g < count; g++) memcpy((char *)&rows[o] + g * 2, from + g * 2, 2);
        }
    }
    /* A transposition in three turns: each makes one binary digit of a place in a row one of the row's number. */
    for (int turn = 0; turn < 3; turn++) {
        for (int i = 0; i < 4; i++) {
            next[2 * i] = __builtin_shufflevector(rows[i], rows[i + 4],
                0, 16, 1, 17, 2, 18, 3, 19, 8, 24, 9, 25, 10, 26, 11, 27);
            next[2 * i + 1] = __builtin_shufflevector(rows[i], rows[i + 4],
                4, 20, 5, 21, 6, 22, 7, 23, 12, 28, 13, 29, 14, 30, 15, 31);
        }
        memcpy(rows, next, sizeof rows);
    }
    for (int g = 0; g < 8; g++) {
        const floats both = HALVES(rows[g]);
        scales[g] = __builtin_shufflevector(both, both, 0, 1, 2, 3, 4, 5, 6, 7);
        scales[g + 8] = __builtin_shufflevector(both, both, 8, 9, 10, 11, 12, 13, 14, 15);
    }
}

/* A step of 8 outputs, whose weights lie from byte `at` of their rows on. `scales`: of its one or two groups. */
INLINE void add_step(floats8 sums[], const char *const x[], const input_step steps[], const weight_row w[8], size_t at,
                     const floats8 scales[], int type, const int ROWS) {
    ints8 dots[FAST_ROWS][8];
    for (int o = 0; o < 8; o++) {
        ints8 of_rows[FAST_ROWS];
        multiply_step(of_rows, w[o].elements + at, x, type, ROWS);
        for (int r = 0; r < ROWS; r++) dots[r][o] = of_rows[r];
    }
    for (int r = 0; r < ROWS; r++) {
        ints8 dot[2];
        add_halves_of_8(dot, dots[r], type);
        const float scale = steps[r].scale;
        if (type == KERNEL_INT8) sums[r] = add_scaled_group(sums[r], dot[0] + dot[1], scales[0], scale);
        else
            for (int g = 0; g < 2; g++)
                sums[r] = add_scaled_group(sums[r], dot[g] + steps[r].addends[g], scales[g], scale);
    }
}

/* All columns of 8 outputs and some rows. `ahead` bytes further on lie the weights that are needed next. */
INLINE void dot_bytes(floats8 sums[], const char *const input[], const weight_row w[8], int type, size_t K,
                      size_t ahead, const int ROWS) {
    const size_t length = group_length(type), per_step = STEP / length, groups = (K + length - 1) / length;
    floats8 scales[16];
    for (int r = 0; r < ROWS; r++) sums[r] = (floats8){0};
    for (size_t step = 0; step < steps_of(K); step++) {
        const size_t group = step * per_step, at = row_bytes(type, step * STEP), left = K - step * STEP;
        if (group % 16 == 0) {
            const size_t count = groups - group < 16 ? groups - group : 16;
            scales_of_groups(scales, w, group, count, ahead / row_bytes(type, length) * sizeof(uint16_t));
        }
        for (int o = 0; o < 8 && (type == KERNEL_INT8 || step % 2 == 0); o++)
            __builtin_prefetch(w[o].elements + at + ahead, 0, 2);
        const char *columns[FAST_ROWS];
        input_step steps[FAST_ROWS];
        for (int r = 0; r < ROWS; r++) {
            columns[r] = input[r] + step * STEP;
            memcpy(&steps[r], input[r] + steps_of(K) * STEP + step * sizeof steps[r], sizeof steps[r]);
        }
        if (left >= STEP) {
            add_step(sums, columns, steps, w, at, scales + group % 16, type, ROWS);
            continue;
        }
        char filled_up[8][STEP] = {0};
        weight_row rest[8];
        for (int o = 0; o < 8; o++) {
            memcpy(filled_up[o], w[o].elements + at, row_bytes(type, left));
            rest[o].elements = filled_up[o];
        }
        add_step(sums, columns, steps, rest, 0, scales + group % 16, type, ROWS);
    }
}

INLINE void fast_rows(float *y, size_t y_stride, const char *input, const weight_row w[8], int type, size_t K,
                      size_t outputs, size_t ahead, const int ROWS) {
    const char *rows[FAST_ROWS];
    floats8 sums[FAST_ROWS];
    for (int r = 0; r < ROWS; r++) rows[r] = input + r * fast_input_bytes(type, K);
    dot_bytes(sums, rows, w, type, K, ahead, ROWS);
    for (int r = 0; r < ROWS; r++) memcpy(y + r * y_stride, &sums[r], outputs * sizeof(float));
}

/* Outputs beyond the last repeat it. */
INLINE void fast_bytes(float *y, size_t y_stride, const char *input, const kernel_weights *w, int type, size_t rows,
                       size_t outputs) {
    for (size_t o0 = 0; o0 < outputs; o0 += 8) {
        weight_row some[8];
        const size_t count = outputs - o0 < 8 ? outputs - o0 : 8, bytes = fast_input_bytes(type, w->columns);
        for (size_t o = 0; o < 8; o++) some[o] = weights_at(w, type, o0 + (o < count ? o : count - 1));
        for (size_t r = 0; r < rows; r += FAST_ROWS) {
            const size_t ahead = r == 0 ? 8 * row_bytes(type, w->stride) : 0;
            float *to = y + r * y_stride + o0;
            const char *from = input + r * bytes;
            switch (rows - r) {
            case 1: fast_rows(to, y_stride, from, some, type, w->columns, count, ahead, 1); break;
            case 2: fast_rows(to, y_stride, from, some, type, w->columns, count, ahead, 2); break;
            case 3: fast_rows(to, y_stride, from, some, type, w->columns, count, ahead, 3); break;
            default: fast_rows(to, y_stride, from, some, type, w->columns, count, ahead, 4); break;
            }
        }
    }
}

static void fast_linear(float *y, size_t y_stride, const void *input, const kernel_weights *w, size_t rows,
                        size_t outputs) {
    if (w->type == KERNEL_INT8) fast_bytes(y, y_stride, input, w, KERNEL_INT8, rows, outputs);
    else fast_bytes(y, y_stride, input, w, KERNEL_INT4, rows, outputs);
}
#pragma clang attribute pop
#endif

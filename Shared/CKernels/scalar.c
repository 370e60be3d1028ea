/* The definition: plain loops over 16 lanes. Slow on purpose, so that it can be read. */
#include "tables.h"

#include <math.h>
#include <string.h>

enum { LANES = 16 };

static float from_bits(uint32_t bits) {
    float value;
    memcpy(&value, &bits, sizeof value);
    return value;
}

static uint16_t load_half(const void *p, size_t index) {
    uint16_t half;
    memcpy(&half, (const char *)p + index * sizeof half, sizeof half);
    return half;
}

/* float16 to float32: the exponent is moved by a multiplication, which makes the denormals right as well. */
static float half_to_float(uint16_t half) {
    uint32_t magnitude = (uint32_t)(half & 0x7fff) << 13, sign = (uint32_t)(half & 0x8000) << 16;
    if (magnitude >= 0x7c00u << 13) return from_bits(sign | 0x7f800000 | magnitude);     /* infinity and NaN */
    return from_bits(sign | 0x3f800000) * (from_bits(magnitude) * 0x1p112f);
}

static float load_weight(const kernel_weights *w, size_t row, size_t k) {
    size_t index = row * w->stride + k;
    switch (w->type) {
    case KERNEL_FLOAT32: {
        float value;
        memcpy(&value, (const char *)w->elements + index * sizeof value, sizeof value);
        return value;
    }
    case KERNEL_INT8: {
        size_t groups = (w->stride + KERNEL_INT8_GROUP - 1) / KERNEL_INT8_GROUP;
        return ((const int8_t *)w->elements)[index] * half_to_float(load_half(w->scales, row * groups + k / KERNEL_INT8_GROUP));
    }
    case KERNEL_INT4: {
        size_t groups = (w->stride + KERNEL_INT4_GROUP - 1) / KERNEL_INT4_GROUP, group = row * groups + k / KERNEL_INT4_GROUP, place = k % KERNEL_INT4_GROUP;
        uint8_t byte = ((const uint8_t *)w->elements)[group * 16 + place % 16];
        int number = (place < 16 ? byte & 15 : byte >> 4) - 8;
        return fmaf((float)number, half_to_float(load_half(w->scales, group)), 0);     /* never -0 */
    }
    default: return from_bits((uint32_t)load_half(w->elements, index) << 16);
    }
}

/* Adds the lanes in halves: 16 -> 8 -> 4 -> 2 -> 1. Overwrites them. */
static float add_lanes(float lanes[LANES]) {
    for (size_t half = LANES / 2; half > 0; half /= 2)
        for (size_t l = 0; l < half; l++) lanes[l] = lanes[l] + lanes[l + half];
    return lanes[0];
}

static float dot_weights(const float *x, const kernel_weights *w, size_t row, size_t from, size_t count) {
    float lanes[LANES] = {0};
    for (size_t k = 0; k < count; k += LANES)
        for (size_t l = 0; l < LANES; l++) {
            int inside = k + l < count;
            lanes[l] = fmaf(inside ? x[k + l] : 0, inside ? load_weight(w, row, from + k + l) : 0, lanes[l]);
        }
    return add_lanes(lanes);
}

static float dot(const float *a, const float *b, size_t count) {
    kernel_weights weights = {b, NULL, count, count, KERNEL_FLOAT32};
    return dot_weights(a, &weights, 0, 0, count);
}

static void linear(float *y, size_t y_stride, const float *x, size_t x_stride, const kernel_weights *w, size_t rows, size_t outputs, size_t blocks) {
    size_t length = w->columns / blocks;
    for (size_t r = 0; r < rows; r++)
        for (size_t o = 0; o < outputs; o++) {
            float parts[KERNEL_SUM_BLOCKS_MAX];
            for (size_t b = 0; b < blocks; b++)
                parts[b] = dot_weights(x + r * x_stride + b * length, w, o, b * length, length);
            for (size_t width = blocks; width > 1; width /= 2)      /* neighbours first: a slice holds neighbouring parts */
                for (size_t b = 0; b < width / 2; b++) parts[b] = parts[2 * b] + parts[2 * b + 1];
            y[r * y_stride + o] = parts[0];
        }
}

/* e^x by 2^n · e^r, |r| <= ln 2 / 2, a polynomial of degree 7; within 2 ulp; saturates instead of overflowing. */
static float exponential(float x) {
    x = x < -87.0f ? -87.0f : x;
    x = x > 88.0f ? 88.0f : x;
    float shifted = x * 1.44269504f + 12582912.0f;       /* 1.5 · 2^23: the nearest integer to x / ln 2 now stands in the low bits */
    float n = shifted - 12582912.0f;
    float r = fmaf(n, -0.693359375f, x);
    r = fmaf(n, 2.12194440e-4f, r);
    float p = 1.9841270e-4f;
    p = fmaf(p, r, 1.3888889e-3f);
    p = fmaf(p, r, 8.3333333e-3f);
    p = fmaf(p, r, 4.1666667e-2f);
    p = fmaf(p, r, 1.6666667e-1f);
    p = fmaf(p, r, 5.0e-1f);
    p = fmaf(p, r, 1.0f);
    p = fmaf(p, r, 1.0f);
    uint32_t bits;
    memcpy(&bits, &shifted, sizeof bits);
    bits = (bits << 23) + (127u << 23);
    float power;
    memcpy(&power, &bits, sizeof power);
    return p * power;
}

static float sigmoid(float x) { return 1.0f / (1.0f + exponential(-x)); }

static void scale_by(float *y, const float *x, float scale, const float *weight, size_t count) {
    for (size_t i = 0; i < count; i++) y[i] = (x[i] * scale) * weight[i];
}

static void add_scaled(float *y, float alpha, const float *a, float beta, const float *b, size_t count) {
    for (size_t i = 0; i < count; i++) {
        float left = alpha * a[i], right = beta * b[i];
        y[i] = left + right;
    }
}

static float sum_of_squares(const float *x, size_t count) { return dot(x, x, count); }

static void silu(float *x, size_t count) {
    for (size_t i = 0; i < count; i++) x[i] = x[i] * sigmoid(x[i]);
}

static void silu_multiply(float *gate, const float *up, size_t count) {
    for (size_t i = 0; i < count; i++) gate[i] = (gate[i] * sigmoid(gate[i])) * up[i];
}

static void sigmoid_multiply(float *y, const float *a, const float *b, size_t count) {
    for (size_t i = 0; i < count; i++) y[i] = (sigmoid(y[i]) * a[i]) * b[i];
}

static void store_keys(float *keys, const float *rows, size_t stride, size_t first, size_t count, size_t d) {
    for (size_t r = 0; r < count; r++)
        for (size_t c = 0; c < d; c++) keys[kernel_key_place(first + r, c, d)] = rows[r * stride + c];
}

/* One number of many, FLOAT32 or BFLOAT16. */
static float load_stored(const void *numbers, int type, size_t index) {
    kernel_weights row = {numbers, NULL, 0, 0, type};
    return load_weight(&row, 0, index);
}

/* A query times the key at `place`: component after component, in one sum. */
static float dot_key(const float *q, const void *keys, int type, size_t place, size_t d) {
    float sum = 0;
    for (size_t c = 0; c < d; c++) sum = fmaf(q[c], load_stored(keys, type, kernel_key_place(place, c, d)), sum);
    return sum;
}

static void lightning_rows(float *out, size_t out_stride, const float *q, size_t q_stride, const float *k,
                           const float *v, size_t v_stride, const float *state, const float *decay,
                           size_t first, size_t count, size_t d) {
    for (size_t r = 0; r < count; r++) {
        size_t i = first + r;
        const float *query = q + r * q_stride;
        float *o = out + r * out_stride;
        for (size_t c = 0; c < d; c++) o[c] = 0;
        for (size_t key = 0; key < d; key++) {
            float weight = query[key] * decay[i + 1];
            for (size_t c = 0; c < d; c++) o[c] = fmaf(weight, state[key * d + c], o[c]);
        }
        for (size_t j = 0; j <= i; j++) {
            float weight = dot_key(query, k, KERNEL_FLOAT32, j, d) * decay[i - j];
            for (size_t c = 0; c < d; c++) o[c] = fmaf(weight, v[j * v_stride + c], o[c]);
        }
    }
}

static void lightning_close(float *state, const float *k, const float *v, size_t v_stride, const float *decay,
                            size_t count, size_t d) {
    for (size_t a = 0; a < d; a++)
        for (size_t c = 0; c < d; c++) {
            float sum = state[a * d + c] * decay[count];
            for (size_t j = 0; j < count; j++) {
                float weight = k[kernel_key_place(j, a, d)] * decay[count - 1 - j];
                sum = fmaf(weight, v[j * v_stride + c], sum);
            }
            state[a * d + c] = sum;
        }
}

static void attention_row(float *m, float *l, float *o, const float *q, const void *keys, const void *values, int type,
                          float scale, size_t first, size_t count, size_t d) {
    float weights[KERNEL_PAGE_MAX], maxima[LANES], sums[LANES] = {0};
    for (size_t lane = 0; lane < LANES; lane++) maxima[lane] = *m;
    for (size_t p = first; p < first + count; p++) {
        weights[p] = dot_key(q, keys, type, p, d) * scale;
        if (weights[p] > maxima[p % LANES]) maxima[p % LANES] = weights[p];
    }
    for (size_t half = LANES / 2; half > 0; half /= 2)
        for (size_t lane = 0; lane < half; lane++)
            if (maxima[lane + half] > maxima[lane]) maxima[lane] = maxima[lane + half];
    float largest = maxima[0], correction = exponential(*m - largest);
    for (size_t p = first; p < first + count; p++) {
        weights[p] = exponential(weights[p] - largest);
        sums[p % LANES] = sums[p % LANES] + weights[p];
    }
    *m = largest;
    *l = fmaf(*l, correction, add_lanes(sums));
    for (size_t c = 0; c < d; c++) o[c] = o[c] * correction;
    for (size_t p = first; p < first + count; p++)
        for (size_t c = 0; c < d; c++) o[c] = fmaf(weights[p], load_stored(values, type, p * d + c), o[c]);
}

static void attention_page(float *m, float *l, float *o, const float *q, const void *keys, const void *values, int type,
                           float scale, size_t rows, size_t first, size_t count, size_t d) {
    for (size_t r = 0; r < rows; r++)
        attention_row(m + r, l + r, o + r * d, q + r * d, keys, values, type, scale, first, count, d);
}

static uint16_t round_to_bfloat16(float value) {
    uint32_t bits;
    memcpy(&bits, &value, sizeof bits);
    if (value != value) return (uint16_t)(bits >> 16 | 0x40);       /* else the rounding could make it infinite */
    return (uint16_t)((bits + 0x7fff + (bits >> 16 & 1)) >> 16);
}

static void store_rounded(uint16_t *keys, uint16_t *values, const float *key, const float *value, size_t place,
                          size_t d) {
    for (size_t c = 0; c < d; c++) {
        keys[kernel_key_place(place, c, d)] = round_to_bfloat16(key[c]);
        values[place * d + c] = round_to_bfloat16(value[c]);
    }
}

static void digest(uint64_t sums[KERNEL_DIGEST_SUMS], const void *bytes, size_t row_bytes, size_t stride, size_t rows,
                   uint64_t first) {
    for (size_t row = 0; row < rows; row++)
        for (size_t done = 0; done < row_bytes; done += KERNEL_DIGEST_BLOCK, first += 8) {
            uint64_t words[8] = {0};
            size_t left = row_bytes - done, count = left < KERNEL_DIGEST_BLOCK ? left : KERNEL_DIGEST_BLOCK;
            memcpy(words, (const char *)bytes + row * stride + done, count);
            for (size_t lane = 0; lane < 8; lane++) {
                uint64_t mixed = words[lane] ^ (first + lane + 1) * KERNEL_DIGEST_STEP;
                sums[lane] += words[lane];
                sums[8 + lane] += (mixed & 0xFFFFFFFFu) * (mixed >> 32);
            }
        }
}

const kernel_table kernels_scalar = {
    "scalar", linear, NULL, NULL, NULL, scale_by, add_scaled, sum_of_squares, silu, silu_multiply, sigmoid_multiply,
    store_keys, lightning_rows, lightning_close, attention_page, store_rounded, digest,
};

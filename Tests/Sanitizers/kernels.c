/* Runs every kernel of every table over odd sizes and misaligned weights, in buffers of exactly the size that kernels.h states, under
 * the address and undefined-behaviour sanitizers (Tests/Sanitizers/run), and compares with the scalar table: exact members byte by byte. */
#include "kernels.h"
#include "quantize.h"
#include "random_weights.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static const size_t SIZES[] = {1, 7, 15, 16, 17, 31, 32, 33, 48, 63, 64, 65, 100, 128, 130, 264, 600};
enum { SIZE_COUNT = sizeof SIZES / sizeof *SIZES };
static int failures;

/* A period of 251 divides no block size: swapped or repeated blocks show. */
static float value(size_t i, int seed) { return (float)((int)((i * 97 + (size_t)seed * 31) % 251) - 125) / 83; }

/* Exactly `count` floats, so that one more is out of bounds. */
static float *floats(size_t count, int seed) {
    float *p = malloc(count * sizeof *p + (count == 0));
    for (size_t i = 0; i < count; i++) p[i] = value(i, seed);
    return p;
}

static void same(const char *what, const char *table, const float *found, const float *expected, size_t count) {
    if (memcmp(found, expected, count * sizeof *found) == 0) return;
    printf("%s of %s differs from scalar\n", what, table);
    failures++;
}

static void near(const char *what, const char *table, const float *found, const float *expected, size_t count, float bound) {
    for (size_t i = 0; i < count; i++) {
        if (fabsf(found[i] - expected[i]) <= bound) continue;
        printf("%s of %s: %g, scalar %g, bound %g\n", what, table, found[i], expected[i], bound);
        failures++;
        return;
    }
}

static size_t element_bytes(int type, size_t K) { return type == KERNEL_INT4 ? (K + 31) / 32 * 16 : type == KERNEL_INT8 ? K : type == KERNEL_FLOAT32 ? 4 * K : 2 * K; }
static size_t scale_count(int type, size_t K) { return type == KERNEL_INT4 ? (K + 31) / 32 : type == KERNEL_INT8 ? (K + 63) / 64 : 0; }

/* The first K of `stride` columns, `misplaced` bytes behind an aligned address; the caller frees `memory[0]` and `memory[1]`. */
static kernel_weights weights(int type, size_t outputs, size_t K, size_t stride, size_t misplaced, char *memory[2]) {
    size_t bytes = (outputs - 1) * element_bytes(type, stride) + element_bytes(type, K);
    size_t scales = scale_count(type, K) ? (outputs - 1) * scale_count(type, stride) + scale_count(type, K) : 0;
    memory[0] = malloc(bytes + misplaced);
    memory[1] = malloc(scales * 2 + 1);
    for (size_t i = 0; i < bytes; i++) memory[0][misplaced + i] = (char)(i * 37 + i / 251 + 11);
    if (type == KERNEL_FLOAT32 || type == KERNEL_BFLOAT16)
        for (size_t i = 0; i < bytes / (type == KERNEL_FLOAT32 ? 4 : 2); i++) {
            float f = value(i, 2);
            memcpy(memory[0] + misplaced + i * (type == KERNEL_FLOAT32 ? 4 : 2), (char *)&f + (type == KERNEL_FLOAT32 ? 0 : 2), type == KERNEL_FLOAT32 ? 4 : 2);
        }
    for (size_t i = 0; i < scales; i++) {
        unsigned short half = (unsigned short)(0x2000 + i * 13 % 512 + (type == KERNEL_INT4 ? i % 3 / 2 << 15 : 0));    /* about 0.01 */
        memcpy(memory[1] + i * 2, &half, 2);
    }
    return (kernel_weights){memory[0] + misplaced, scales ? memory[1] : NULL, K, stride, type};
}

static void product(const kernel_table *table, const kernel_table *scalar, int type, size_t rows, size_t outputs, size_t K, size_t stride,
                    size_t blocks) {
    char *memory[2];
    kernel_weights w = weights(type, outputs, K, stride, (rows + blocks) % 4, memory);
    size_t x_stride = K + rows % 3;
    float *x = floats((rows - 1) * x_stride + K, 1), *y = floats(rows * outputs, 0), *expected = floats(rows * outputs, 0);
    table->linear(y, outputs, x, x_stride, &w, rows, outputs, blocks);
    scalar->linear(expected, outputs, x, x_stride, &w, rows, outputs, blocks);
    same("linear", table->name, y, expected, rows * outputs);
    size_t bytes = table->fast_input_bytes ? table->fast_input_bytes(type, K) : 0;
    if (bytes) {
        float *alone = floats(outputs, 0);
        void *input = malloc(bytes * rows), *last = malloc(bytes);
        table->fast_input(input, x, x_stride, type, rows, K);
        table->fast_linear(y, outputs, input, &w, rows, outputs);
        near("fast_linear", table->name, y, expected, rows * outputs, 0.03f * (float)K);
        memcpy(last, (char *)input + (rows - 1) * bytes, bytes);
        table->fast_linear(alone, outputs, last, &w, 1, outputs);
        if (memcmp(alone, y + (rows - 1) * outputs, outputs * sizeof *y)) {
            printf("fast_linear of %s: a row alone differs from the row among others\n", table->name);
            failures++;
        }
        free(alone); free(input); free(last);
    }
    free(x); free(y); free(expected); free(memory[0]); free(memory[1]);
}

static void products(const kernel_table *table, const kernel_table *scalar) {
    for (int type = KERNEL_BFLOAT16; type <= KERNEL_INT4; type++)
        for (int s = 0; s < SIZE_COUNT; s++)
            for (size_t rows = 1; rows <= 11; rows += rows < 5 ? 1 : 3)
                for (size_t blocks = 1; blocks <= 8; blocks *= 2)
                    if (SIZES[s] % blocks == 0) product(table, scalar, type, rows, rows % 2 ? 35 : 5, SIZES[s], SIZES[s] + s % 3 * 64, blocks);
    for (int type = KERNEL_BFLOAT16; type <= KERNEL_INT4; type++)
        for (size_t rows = 1; rows <= 70; rows += rows < 20 ? 1 : 9) product(table, scalar, type, rows, 16 + rows * 7 % 67, 530 + rows, 640, 1);
}

static void elementwise(const kernel_table *table, const kernel_table *scalar) {
    for (size_t n = 0; n <= 70; n++) {
        float *a = floats(n, 1), *b = floats(n, 2), *y = floats(n, 3), *z = floats(n, 3);
#define BOTH(call_y, call_z) call_y; call_z; same(#call_y, table->name, y, z, n)
        BOTH(table->scale_by(y, a, 0.5f, b, n), scalar->scale_by(z, a, 0.5f, b, n));
        BOTH(table->add_scaled(y, 2, a, 3, b, n), scalar->add_scaled(z, 2, a, 3, b, n));
        BOTH(table->silu(y, n), scalar->silu(z, n));
        BOTH(table->silu_multiply(y, a, n), scalar->silu_multiply(z, a, n));
        BOTH(table->sigmoid_multiply(y, a, b, n), scalar->sigmoid_multiply(z, a, b, n));
        float found = table->sum_of_squares(a, n), expected = scalar->sum_of_squares(a, n);
        same("sum_of_squares", table->name, &found, &expected, 1);
        free(a); free(b); free(y); free(z);
    }
}

/* Keys in groups, of exactly the size that their places take; what no key fills is NaN. */
static float *grouped(const kernel_table *table, const float *rows, size_t stride, size_t count, size_t d) {
    size_t floats = (count + KERNEL_KEY_GROUP - 1) / KERNEL_KEY_GROUP * KERNEL_KEY_GROUP * d;
    float *keys = malloc(floats * sizeof *keys + 1);
    for (size_t i = 0; i < floats; i++) keys[i] = NAN;
    table->store_keys(keys, rows, stride, 0, count / 3, d);
    table->store_keys(keys, rows + count / 3 * stride, stride, count / 3, count - count / 3, d);
    return keys;
}

/* `count` rows of d values, `stride` apart, with NaN between them and nothing behind the last. */
static float *spread(size_t count, size_t stride, size_t d, int seed) {
    float *rows = malloc(((count - 1) * stride + d) * sizeof *rows);
    for (size_t r = 0; r < count; r++)
        for (size_t c = 0; c < (r + 1 < count ? stride : d); c++)
            rows[r * stride + c] = c < d ? value(r * d + c, seed) : NAN;
    return rows;
}

static void storing(const kernel_table *table, const kernel_table *scalar) {
    for (int s = 0; s < SIZE_COUNT && SIZES[s] <= 130; s++)
        for (size_t count = 1; count <= 70; count += 23) {
            size_t d = SIZES[s], floats = (count + KERNEL_KEY_GROUP - 1) / KERNEL_KEY_GROUP * KERNEL_KEY_GROUP * d;
            float *rows = spread(count, d + 3, d, 1);
            float *found = grouped(table, rows, d + 3, count, d), *expected = grouped(scalar, rows, d + 3, count, d);
            same("store_keys", table->name, found, expected, floats);
            free(rows); free(found); free(expected);
        }
}

/* Keys, in groups, and values of `count` places in bfloat16, each of exactly the size that they take. */
static void rounded(const kernel_table *table, uint16_t **keys, uint16_t **values, const float *key_rows,
                    const float *value_rows, size_t count, size_t d) {
    size_t numbers = (count + KERNEL_KEY_GROUP - 1) / KERNEL_KEY_GROUP * KERNEL_KEY_GROUP * d;
    *keys = malloc(numbers * sizeof **keys + 1);
    *values = malloc(count * d * sizeof **values + 1);
    for (size_t i = 0; i < numbers; i++) (*keys)[i] = 0x7fc0;       /* NaN */
    for (size_t p = 0; p < count; p++) table->store_rounded(*keys, *values, key_rows + p * d, value_rows + p * d, p, d);
}

/* Bits of every kind: ties, denormals, infinities and what is not a number among them. */
static void rounding(const kernel_table *table, const kernel_table *scalar) {
    for (int s = 0; s < SIZE_COUNT && SIZES[s] <= 130; s++)
        for (uint32_t round = 0; round < 64; round++) {
            size_t d = SIZES[s], count = 18;
            float *a = floats(count * d, 0), *b = floats(count * d, 0);
            for (size_t i = 0; i < count * d; i++) {
                uint32_t bits = (uint32_t)(i + round * 977) * 2654435761u;
                if (i % 3 == 0) bits = bits >> 16 << 16 | (i % 2 ? 0x8000 : 0x7fff);
                if (i % 7 == 0) bits |= 0x7f800000;
                memcpy(&a[i], &bits, sizeof bits);
                bits = ~bits;
                memcpy(&b[i], &bits, sizeof bits);
            }
            uint16_t *k, *v, *expected_k, *expected_v;
            rounded(table, &k, &v, a, b, count, d);
            rounded(scalar, &expected_k, &expected_v, a, b, count, d);
            same("store_rounded, keys,", table->name, (const float *)k, (const float *)expected_k, 32 * d / 2);
            same("store_rounded, values,", table->name, (const float *)v, (const float *)expected_v, count * d / 2);
            free(a); free(b); free(k); free(v); free(expected_k); free(expected_v);
        }
}

static void lightning(const kernel_table *table, const kernel_table *scalar) {
    for (int s = 0; s < SIZE_COUNT && SIZES[s] <= 130; s++) {
        size_t d = SIZES[s], block = 70;
        float *q = floats(block * d, 1), *rows = floats(block * d, 2), *v = spread(block, d + 2, d, 3);
        float *state = floats(d * d, 4), *decay = floats(block + 1, 5);
        for (size_t first = 0; first < block; first += 23)
            for (size_t count = 1; first + count <= block; count += 9) {
                float *y = floats(count * d, 0), *z = floats(count * d, 0);
                float *k = grouped(scalar, rows, d, first + count, d);
                table->lightning_rows(y, d, q + first * d, d, k, v, d + 2, state, decay, first, count, d);
                scalar->lightning_rows(z, d, q + first * d, d, k, v, d + 2, state, decay, first, count, d);
                same("lightning_rows", table->name, y, z, count * d);
                free(y); free(z); free(k);
            }
        for (size_t count = 0; count <= KERNEL_PAGE_MAX; count += count < 2 ? 1 : 7) {
            float *y = floats(d * d, 4), *z = floats(d * d, 4), *k = grouped(scalar, rows, d, count, d);
            table->lightning_close(y, k, v, d + 2, decay, count, d);
            scalar->lightning_close(z, k, v, d + 2, decay, count, d);
            same("lightning_close", table->name, y, z, d * d);
            free(y); free(z); free(k);
        }
        free(q); free(rows); free(v); free(state); free(decay);
    }
}

static void attention(const kernel_table *table, const kernel_table *scalar) {
    for (int s = 0; s < SIZE_COUNT && SIZES[s] <= 130; s++)
        for (size_t first = 0; first <= 50; first += first < 16 ? 8 : 17)
            for (size_t count = 1; first + count <= KERNEL_PAGE_MAX; count += 7)
                for (size_t rows = 1; rows <= 67; rows += rows < 9 ? 1 : 29) {
                    size_t d = SIZES[s], end = first + count;
                    if (rows > 9 && count % 3) continue;
                    float *q = floats(rows * d, 1), *keys = floats(end * d, 2), *v = floats(end * d, 3);
                    float *k = grouped(scalar, keys, d, end, d);
                    uint16_t *k16, *v16;
                    rounded(scalar, &k16, &v16, keys, v, end, d);
                    float *y = floats(rows * (d + 2), 4), *z = floats(rows * (d + 2), 4);  /* maxima, sums, outputs */
                    for (size_t r = 0; r < rows; r += 2) y[r] = z[r] = -INFINITY;              /* nothing seen yet */
                    for (int type = KERNEL_BFLOAT16; type <= KERNEL_FLOAT32; type++) {     /* one after the other */
                        const void *to_see = type == KERNEL_FLOAT32 ? (void *)k : k16;
                        const void *to_add = type == KERNEL_FLOAT32 ? (void *)v : v16;
                        table->attention_page(
                            y, y + rows, y + 2 * rows, q, to_see, to_add, type, 0.3f, rows, first, count, d);
                        scalar->attention_page(
                            z, z + rows, z + 2 * rows, q, to_see, to_add, type, 0.3f, rows, first, count, d);
                        same("attention_page", table->name, y, z, rows * (d + 2));
                    }
                    free(q); free(keys); free(k); free(v); free(k16); free(v16); free(y); free(z);
                }
}

static void digests(const kernel_table *table, const kernel_table *scalar) {
    for (size_t row_bytes = 0; row_bytes <= 200; row_bytes += row_bytes < 70 ? 1 : 13)
        for (size_t gap = 0; gap <= 3; gap += 3) {
            size_t rows = 5, stride = row_bytes + gap, count = (rows - 1) * stride + row_bytes;
            char *bytes = malloc(count + 1);
            for (size_t i = 0; i < count; i++) bytes[1 + i] = (char)(i * 37 + 11);
            uint64_t found[KERNEL_DIGEST_SUMS] = {1, 2, 3}, expected[KERNEL_DIGEST_SUMS] = {1, 2, 3};
            table->digest(found, bytes + 1, row_bytes, stride, rows, 8 * gap);
            scalar->digest(expected, bytes + 1, row_bytes, stride, rows, 8 * gap);
            same("digest", table->name, (const float *)found, (const float *)expected, 2 * KERNEL_DIGEST_SUMS);
            free(bytes);
        }
}

/* Quantizes misaligned weights into buffers of exactly the size; with one that is no number it must refuse. */
static void quantizing(int source, int target) {
    for (int s = 0; s < SIZE_COUNT; s++)
        for (int bad = 0; bad <= 1; bad++) {
            size_t rows = 3, K = SIZES[s], bytes = rows * element_bytes(source, K);
            float *wanted = floats(rows * K, 1);
            if (bad) wanted[rows * K - 1] = NAN;
            char *stored = malloc(bytes + 1), *weights = stored + 1;
            for (size_t i = 0; i < rows * K; i++)
                memcpy(weights + i * (source == KERNEL_FLOAT32 ? 4 : 2), (char *)&wanted[i] + (source == KERNEL_FLOAT32 ? 0 : 2), source == KERNEL_FLOAT32 ? 4 : 2);
            void *elements = malloc(rows * element_bytes(target, K));
            uint16_t *scales = malloc(rows * scale_count(target, K) * sizeof *scales);
            int is_good = target == KERNEL_INT8 ? quantize_int8(elements, scales, weights, source, rows, K) : quantize_int4(elements, scales, weights, source, rows, K);
            if (is_good == bad) {
                printf("quantizing %zu columns %s\n", K, bad ? "accepts what is no number" : "fails");
                failures++;
            }
            free(wanted); free(stored); free(elements); free(scales);
        }
}

static void random_weights(void) {
    for (size_t count = 0; count < 70; count++) {
        uint16_t *values = malloc(count * sizeof *values + (count == 0));
        random_bfloat16(values, 1, 2 * count, count, 0, 1);
        free(values);
    }
}

int main(void) {
    const kernel_table *tables[KERNEL_TABLES_MAX];
    size_t count = kernels_supported(tables);
    for (size_t t = 0; t < count; t++) {
        products(tables[t], tables[0]);
        elementwise(tables[t], tables[0]);
        storing(tables[t], tables[0]);
        rounding(tables[t], tables[0]);
        lightning(tables[t], tables[0]);
        attention(tables[t], tables[0]);
        digests(tables[t], tables[0]);
        printf("%s: %s\n", tables[t]->name, failures ? "wrong" : "clean, and as scalar");
    }
    for (int target = KERNEL_INT8; target <= KERNEL_INT4; target++) {
        quantizing(KERNEL_BFLOAT16, target);
        quantizing(KERNEL_FLOAT32, target);
    }
    random_weights();
    printf("quantizing and random weights: %s\n", failures ? "wrong" : "clean");
    return failures > 0;
}

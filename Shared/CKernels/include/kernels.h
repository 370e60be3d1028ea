/* The arithmetic of the model, one table per instruction set; every table computes the same bytes, but for the `fast_` members.
 *
 * The order of every sum is part of the definition, so that a row's result depends on that row alone: not on how many rows
 * share a call, on the table, or on the number of threads. Sums over an inner dimension run in 16 lanes (lane l adds the
 * elements l, l+16, l+32, ... with fused multiply-add, starting from 0, the missing tail being zeros); the lanes are then
 * added in halves: l with l+8, then +4, +2, +1. Attention's sums have orders of their own, which their members say.
 * scalar.c spells this out and is the definition; vector.inc is the fast form.
 *
 * Shapes are row-major; strides count elements. No pointer needs alignment. */
#ifndef KERNELS_H
#define KERNELS_H

#include <stddef.h>
#include <stdint.h>

/* How weights are stored.
 * INT8: a whole number each, times the float16 scale of its group of 64 columns of a row.
 * INT4: groups of 32 columns in 16 bytes each; byte j of a group holds column j in its low half and column j + 16 in its high half, each
 *       8 more than the whole number it stands for, which is times the group's float16 scale. The last group of a row is filled up.
 * A weight is the exact product of number and scale, which float32 can hold; scales are finite. An int4 weight of zero is +0. */
enum { KERNEL_BFLOAT16 = 0, KERNEL_FLOAT32 = 1, KERNEL_INT8 = 2, KERNEL_INT4 = 3 };
enum { KERNEL_INT8_GROUP = 64, KERNEL_INT4_GROUP = 32 };
enum { KERNEL_TABLES_MAX = 8, KERNEL_SUM_BLOCKS_MAX = 8 };
enum { KERNEL_DIGEST_BLOCK = 64, KERNEL_DIGEST_SUMS = 16 };
#define KERNEL_DIGEST_STEP 0x9E3779B97F4A7C15u      /* 2^64 divided by the golden ratio, odd */

/* A matrix of weights, row-major; or some columns of each row of a larger one, from the first column of a group on. */
typedef struct {
    const void *elements;
    const void *scales;     /* float16, row-major, one for each group of a row; NULL for BFLOAT16 and FLOAT32 */
    size_t columns;
    size_t stride;          /* columns of the larger matrix: how far apart rows lie */
    int type;
} kernel_weights;

typedef struct {
    const char *name;

    /* y[rows, outputs] = x[rows, K] · w[outputs, K]ᵀ, K being w's columns. The sum over K is cut into `blocks` equal parts (1, 2, 4 or 8,
     * dividing K); the parts are added as a balanced tree, so that a slice of K at a tree border can be computed elsewhere. */
    void (*linear)(float *y, size_t y_stride, const float *x, size_t x_stride, const kernel_weights *w, size_t rows, size_t outputs, size_t blocks);

    /* The same product with x rounded for the set's dot-product instructions: to bfloat16 beside BFLOAT16 weights, to int8 with a scale for
     * each 64 columns beside INT8 and INT4. A row's bytes still depend on that row alone. `fast_input` writes `rows` rounded rows to `input`,
     * `fast_input_bytes` each. It is 0 for a type that has no such product; NULL members: the set has none at all. */
    size_t (*fast_input_bytes)(int type, size_t K);
    void (*fast_input)(void *input, const float *x, size_t x_stride, int type, size_t rows, size_t K);
    void (*fast_linear)(float *y, size_t y_stride, const void *input, const kernel_weights *w, size_t rows, size_t outputs);

    /* y[i] = x[i] · scale · weight[i] */
    void (*scale_by)(float *y, const float *x, float scale, const float *weight, size_t count);
    /* y[i] = alpha · a[i] + beta · b[i], rounded after each product and after the sum */
    void (*add_scaled)(float *y, float alpha, const float *a, float beta, const float *b, size_t count);
    /* sum of x[i]² */
    float (*sum_of_squares)(const float *x, size_t count);
    /* x[i] = x[i] · sigmoid(x[i]) */
    void (*silu)(float *x, size_t count);
    /* gate[i] = silu(gate[i]) · up[i] */
    void (*silu_multiply)(float *gate, const float *up, size_t count);
    /* y[i] = sigmoid(y[i]) · a[i] · b[i] */
    void (*sigmoid_multiply)(float *y, const float *a, const float *b, size_t count);

    /* Keys lie in groups of KERNEL_KEY_GROUP (kernel_key_place says where), so that a query meets a group's keys at
     * once: one after the other the components of the group, each of all its keys. A product q·k is one sum, component
     * after component with fused multiply-add, starting from 0. Of a group that holds a key in use, all may be read.
     * Stores `count` keys, `stride` apart at `rows`, from place `first` on. */
    void (*store_keys)(float *keys, const float *rows, size_t stride, size_t first, size_t count, size_t d);

    /* One head of lightning attention for the rows [first, first + count) of one canonical block.
     * q: row `first` at q, stride q_stride; k: the block's keys, in groups; v: row 0 of the block, stride v_stride;
     * state[d, d] (key, value) at the block's start; decay[m] = exp(-slope · m), m = 0..block.
     * out row i = decay[i+1] · q_i·state + Σ_{j<=i} decay[i-j] · (q_i·k_j) · v_j, as one sum with fused multiply-add
     * from 0: first the components of the query, each times decay[i+1], with the state's rows; then j ascending. */
    void (*lightning_rows)(float *out, size_t out_stride, const float *q, size_t q_stride, const float *k,
                           const float *v, size_t v_stride, const float *state, const float *decay,
                           size_t first, size_t count, size_t d);

    /* Carries one head's state through `count` <= KERNEL_PAGE_MAX rows: a whole block, or what there is of an open one.
     * k, v and decay as above. state[a, c] = decay[count] · state[a, c] + Σ_j (decay[count-1-j] · k_j[a]) · v_j[c], the
     * first product rounded, then with fused multiply-add, j ascending. */
    void (*lightning_close)(float *state, const float *k, const float *v, size_t v_stride, const float *decay,
                            size_t count, size_t d);

    /* `rows` queries of softmax attention over the places [first, first + count) of one page, first + count <=
     * KERNEL_PAGE_MAX: updates each row's running maximum m[r], running sum l[r] and running output o[r, d] (not yet
     * divided by l). keys: the page's, in groups; values: from that of place 0 on, stride d; both are of `type`, FLOAT32
     * or BFLOAT16, and a bfloat16 counts as the float32 that it stands for. The maximum is taken and the powers are added in lanes, place p in lane p % 16, and the lanes joined in halves. The output is multiplied by
     * what the new maximum leaves of it; then power · value is added with fused multiply-add, p ascending. */
    void (*attention_page)(float *m, float *l, float *o, const float *q, const void *keys, const void *values, int type,
                           float scale, size_t rows, size_t first, size_t count, size_t d);

    /* Stores the key and the value of one place of a page whose keys and values are BFLOAT16: each component rounded to
     * the nearest, of two equally near to the one that ends in a zero bit. What is not a number stays so. */
    void (*store_rounded)(uint16_t *keys, uint16_t *values, const float *key, const float *value, size_t place,
                          size_t d);

    /* Adds the terms of a digest to `sums`: of `rows` rows of `row_bytes` bytes, `stride` bytes apart, each filled up
     * with zeros to whole blocks of 8 words. Word i (little-endian, 64 bits; the first has the number `first`, a
     * multiple of 8) is added to sums[i % 8]; the product of the two halves of word ^ (i + 1) · KERNEL_DIGEST_STEP is
     * added to sums[8 + i % 8]; both modulo 2^64. So rows can be added in any order, by any number of threads, and one
     * changed word always changes a sum. */
    void (*digest)(uint64_t sums[KERNEL_DIGEST_SUMS], const void *bytes, size_t row_bytes, size_t stride, size_t rows,
                   uint64_t first);
} kernel_table;

enum { KERNEL_PAGE_MAX = 64, KERNEL_KEY_GROUP = 16 };

/* Where a component of the key at `place` lies among keys in groups. */
static inline size_t kernel_key_place(size_t place, size_t component, size_t d) {
    return (place / KERNEL_KEY_GROUP * d + component) * KERNEL_KEY_GROUP + place % KERNEL_KEY_GROUP;
}

/* Fills `tables` with what this machine can run, scalar first, best last; returns how many. */
size_t kernels_supported(const kernel_table *tables[KERNEL_TABLES_MAX]);

#endif

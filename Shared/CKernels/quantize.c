/* Plain loops of fixed length over one group at a time, which compilers turn into vector instructions of any set. */
#include "include/quantize.h"
#include "include/kernels.h"

#include <string.h>

static inline uint32_t bits_of(float value) {
    uint32_t bits;
    memcpy(&bits, &value, sizeof bits);
    return bits;
}

static inline float float_of(uint32_t bits) {
    float value;
    memcpy(&value, &bits, sizeof value);
    return value;
}

/* float16 is 1 bit of sign, 5 of exponent (bias 15), 10 of fraction. */
static uint16_t nearest_float16(float value) {
    uint32_t sign = bits_of(value) >> 16 & 0x8000u, magnitude = bits_of(value) & 0x7FFFFFFFu;
    if (magnitude >= bits_of(65520.0f))                     /* half a step above the largest: infinity */
        return (uint16_t)(sign | 0x7C00u);
    if (magnitude < bits_of(0x1p-14f))                      /* subnormal: in steps of 2^-24, which are those of float32 from 0.5 on */
        return (uint16_t)(sign | (bits_of(float_of(magnitude) + 0.5f) - bits_of(0.5f)));
    uint32_t rebiased = magnitude - ((127u - 15u) << 23);
    return (uint16_t)(sign | (rebiased + 0x0FFFu + (rebiased >> 13 & 1u)) >> 13);
}

static float float_of_float16(uint16_t half) {
    uint32_t sign = (uint32_t)(half & 0x8000u) << 16, exponent = half >> 10 & 31u, fraction = half & 1023u;
    float magnitude = exponent == 0 ? (float)fraction * 0x1p-24f : float_of((exponent + 127u - 15u) << 23 | fraction << 13);
    return float_of(sign | bits_of(magnitude));
}

/* Nearest whole number, ties to even: numbers this large have no fraction left, and their rounding is the default one. */
static inline float nearest_whole(float value) {
    const float large = 0x1.8p23f;
    return (value + large) - large;
}

static inline float clamped(float value, float low, float high) {
    value = value < low ? low : value;
    return value > high ? high : value;
}

/* `count` weights from place `first` on as float32, and zeros up to `group`. */
static inline void load(float *group, size_t group_size, const void *weights, int type, size_t first, size_t count) {
    if (count < group_size)
        memset(group, 0, group_size * sizeof *group);
    if (type == KERNEL_FLOAT32) {
        memcpy(group, (const char *)weights + first * 4, count * 4);
        return;
    }
    uint16_t stored[KERNEL_INT8_GROUP] = {0};
    memcpy(stored, (const char *)weights + first * 2, count * 2);
    for (size_t i = 0; i < group_size; i++)
        group[i] = float_of((uint32_t)stored[i] << 16);
}

/* The largest magnitude as its bits, which are in the same order as the values, above them infinity, above that whatever is no number. */
static inline int32_t largest_magnitude(const float *group, size_t group_size) {
    int32_t largest = 0;
    for (size_t i = 0; i < group_size; i++) {
        int32_t magnitude = (int32_t)(bits_of(group[i]) & 0x7FFFFFFFu);
        largest = magnitude > largest ? magnitude : largest;
    }
    return largest;
}

static inline int is_finite_float16(uint16_t half) { return (half & 0x7C00u) != 0x7C00u; }
static const int32_t infinity_bits = 0x7F800000;

int quantize_int8(int8_t *elements, uint16_t *scales, const void *weights, int type, size_t rows, size_t columns) {
    enum { GROUP = KERNEL_INT8_GROUP };
    for (size_t row = 0; row < rows; row++)
        for (size_t column = 0; column < columns; column += GROUP) {
            size_t place = row * columns + column, count = columns - column < GROUP ? columns - column : GROUP;
            float group[GROUP];
            int8_t numbers[GROUP];
            load(group, GROUP, weights, type, place, count);
            int32_t largest = largest_magnitude(group, GROUP);
            uint16_t half = nearest_float16(float_of((uint32_t)largest) / 127);
            if (largest >= infinity_bits || !is_finite_float16(half))
                return 0;
            float scale = float_of_float16(half);
            for (size_t i = 0; i < GROUP; i++)
                numbers[i] = scale == 0 ? 0 : (int8_t)clamped(nearest_whole(group[i] / scale), -127, 127);
            memcpy(elements + place, numbers, count);
            *scales++ = half;
        }
    return 1;
}

/* The first weight of this magnitude, which is there. */
static inline float first_of_magnitude(const float *group, int32_t magnitude) {
    while ((int32_t)(bits_of(*group) & 0x7FFFFFFFu) != magnitude)
        group++;
    return *group;
}

int quantize_int4(uint8_t *elements, uint16_t *scales, const void *weights, int type, size_t rows, size_t columns) {
    enum { GROUP = KERNEL_INT4_GROUP };
    for (size_t row = 0; row < rows; row++)
        for (size_t column = 0; column < columns; column += GROUP) {
            size_t count = columns - column < GROUP ? columns - column : GROUP;
            float group[GROUP];
            uint8_t numbers[GROUP];
            load(group, GROUP, weights, type, row * columns + column, count);
            int32_t largest = largest_magnitude(group, GROUP);
            if (largest >= infinity_bits)
                return 0;
            uint16_t half = nearest_float16(first_of_magnitude(group, largest) / -8);
            if (!is_finite_float16(half))
                return 0;
            float scale = float_of_float16(half);
            for (size_t i = 0; i < GROUP; i++)
                numbers[i] = scale == 0 ? 8 : (uint8_t)(clamped(nearest_whole(group[i] / scale), -8, 7) + 8);
            for (size_t j = 0; j < GROUP / 2; j++)
                *elements++ = (uint8_t)(numbers[j] | numbers[j + GROUP / 2] << 4);
            *scales++ = half;
        }
    return 1;
}

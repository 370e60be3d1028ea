#include "include/random_weights.h"

#include <string.h>

/* Number `index` of the generator splitmix64 started at `key` (Steele, Lea, Flood: Fast splittable pseudorandom number generators). */
static inline uint64_t random_word(uint64_t key, uint64_t index) {
    uint64_t z = key + (index + 1) * 0x9E3779B97F4A7C15u;
    z = (z ^ (z >> 30)) * 0xBF58476D1CE4E5B9u;
    z = (z ^ (z >> 27)) * 0x94D049BB133111EBu;
    return z ^ (z >> 31);
}

/* The sum of four bytes minus its mean: bell-shaped, variance 4 · (256² - 1) / 12, at most 3.45 deviations from 0. */
static inline float centred_byte_sum(uint32_t bits) {
    uint32_t pairs = (bits & 0x00FF00FFu) + (bits >> 8 & 0x00FF00FFu);
    return (float)((int32_t)((pairs & 0xFFFFu) + (pairs >> 16)) - 510);
}

static inline uint16_t nearest_bfloat16(float value) {
    uint32_t bits;
    memcpy(&bits, &value, sizeof bits);
    return (uint16_t)((bits + 0x7FFFu + (bits >> 16 & 1u)) >> 16);      /* ties to even; no NaN comes here */
}

void random_bfloat16(uint16_t *values, uint64_t key, uint64_t first, size_t count, float mean, float deviation) {
    const float scale = deviation / 147.80053f;     /* the root of the variance above */
    for (size_t i = 0; i < count; i += 2) {
        uint64_t word = random_word(key, (first + i) / 2);
        values[i] = nearest_bfloat16(mean + scale * centred_byte_sum((uint32_t)word));
        if (i + 1 < count)
            values[i + 1] = nearest_bfloat16(mean + scale * centred_byte_sum((uint32_t)(word >> 32)));
    }
}

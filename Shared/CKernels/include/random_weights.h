/* Weights of a model that nobody trained: roughly normal, and the same bytes for the same key on every machine. */
#ifndef RANDOM_WEIGHTS_H
#define RANDOM_WEIGHTS_H

#include <stddef.h>
#include <stdint.h>

/* values[i] = bfloat16(mean + deviation · n), n roughly normal with mean 0 and deviation 1, for the numbers first, first + 1, …
 * of the stream `key`. A number depends on its key and its place alone, so any thread can make any part. `first` is even. */
void random_bfloat16(uint16_t *values, uint64_t key, uint64_t first, size_t count, float mean, float deviation);

#endif

/* Makes weights of type INT8 and INT4, as kernels.h describes them, from weights of type BFLOAT16 or FLOAT32. */
#ifndef QUANTIZE_H
#define QUANTIZE_H

#include <stddef.h>
#include <stdint.h>

/* `weights`: (rows, columns), row-major, of type KERNEL_BFLOAT16 or KERNEL_FLOAT32, in any alignment.
 *
 * INT8: a group's scale is float16(largest magnitude / 127), an element round(weight / scale), ties to even, between -127 and 127.
 * INT4: with m the group's first weight of largest magnitude, the scale is float16(m / -8), as in llama.cpp's Q4_0, so that one end of
 *       the range is met; an element is round(weight / scale) + 8, ties to even, between 0 and 15; columns past the end are 8.
 * Where the scale is 0, so is every weight of the group.
 *
 * Both return 1; or 0, the output being of no use, where a weight is not finite or so large that its scale is not. */
int quantize_int8(int8_t *elements, uint16_t *scales, const void *weights, int type, size_t rows, size_t columns);
int quantize_int4(uint8_t *elements, uint16_t *scales, const void *weights, int type, size_t rows, size_t columns);

#endif

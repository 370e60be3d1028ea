#if defined(__aarch64__)
#include <arm_neon.h>

#define TABLE kernels_neon
#define TABLE_NAME "neon"
#define TILE_PART 4
#define TILE_LANES 4
#define TILE_SUMS 16
#define HALF(bits) vgetq_lane_f32(vcvt_f32_f16(vreinterpret_f16_u16(vdup_n_u16(bits))), 0)
#define HALVES(h) __builtin_convertvector(__builtin_bit_cast(neon_halves, h), floats)
typedef __fp16 neon_halves __attribute__((vector_size(32)));
#include "vector.inc"
#endif

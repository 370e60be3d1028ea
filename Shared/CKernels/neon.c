#if defined(__aarch64__)
#define TABLE kernels_neon
#define TABLE_NAME "neon"
#define TILE_PART 4
#include "vector.inc"
#endif

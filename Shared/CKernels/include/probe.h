/* What this machine can do at most: loops that only load, or only compute. Benchmarks give their figures as shares of these.
 *
 * Every loop runs on the thread that calls it; how fast it was is for the caller to measure. */
#ifndef PROBE_H
#define PROBE_H

#include <stddef.h>

/* What one instruction of a loop does; a multiply-add counts as two operations. */
enum { PROBE_FLOAT32 = 0, PROBE_BFLOAT16_DOT = 1, PROBE_INT8_DOT = 2 };
enum { PROBE_LOOPS_MAX = 8, PROBE_READ_MULTIPLE = 512 };

typedef struct {
    const char *name;               /* the instruction set */
    int arithmetic;                 /* one of the above */
    size_t operations;              /* of one round */
    void (*run)(size_t rounds);     /* independent sums in registers, enough of them to hide the instruction's latency */
} probe_loop;

/* Loads each of `count` bytes once, in order; `count` is a multiple of PROBE_READ_MULTIPLE. */
typedef void (*probe_reader)(const void *bytes, size_t count);

/* Fills `loops` with what this machine can run; returns how many. */
size_t probe_loops_supported(const probe_loop *loops[PROBE_LOOPS_MAX]);

/* The reader with the widest loads that this machine has. */
probe_reader probe_reader_supported(void);

#endif

/* What compute threads need of the processor and the C library, and Swift cannot reach. */
#ifndef KERNELS_PROCESS_H
#define KERNELS_PROCESS_H

#include <stdlib.h>
#if defined(__GLIBC__)
#include <malloc.h>
#endif

/* Tells the processor that this thread waits for another. */
static inline void kernels_pause(void) {
#if defined(__x86_64__)
    __builtin_ia32_pause();
#elif defined(__aarch64__)
    __asm__ volatile("yield");
#endif
}

/* Makes malloc keep blocks of up to 32 MiB (its own limit) for the next that asks. Handed back to the system each time, their pages
 * would be cleared and mapped again, which is a twentieth of a prefill. */
static inline void kernels_keep_freed_memory(void) {
#if defined(__GLIBC__)
    mallopt(M_MMAP_THRESHOLD, 32 << 20);
    mallopt(M_TRIM_THRESHOLD, 48 << 20);
    mallopt(M_ARENA_MAX, 2);        /* each would keep as much */
#endif
}

/* Gives what is freed and kept back to the system: after something large that will not come again soon. */
static inline void kernels_release_freed_memory(void) {
#if defined(__GLIBC__)
    malloc_trim(0);
#endif
}

#endif

/* Memory for the whole core: every heap block of csrc/ comes from here.
 *
 * Invariant: a block obtained here is released here. No function of the core
 * aborts on exhaustion: NULL travels up as AM_ERR_MEMORY.
 *
 * Built with AM_FAULTS, the n-th allocation can be made to fail, which is how
 * the specs prove that every failure path unwinds. The countdown is per thread.
 */
#ifndef AM_BASE_ALLOC_H
#define AM_BASE_ALLOC_H

#include <stdbool.h>
#include <stddef.h>

/* Returns `size` bytes, or NULL. A size of zero returns a valid block. */
void *am_alloc(size_t size);
/* The same, filled with zero bytes. */
void *am_calloc(size_t size);
/* Resizes `block` (may be NULL). On failure the old block stays valid. */
void *am_realloc(void *block, size_t size);
/* Releases `block`; NULL is allowed. */
void am_free(void *block);
/* A NUL-terminated copy of `size` bytes, or NULL. */
char *am_memdup(const char *bytes, size_t size);
char *am_strdup(const char *text);

/* Small blocks that come and go by the million (nodes and their lists): zeroed, of known size, kept
 * in short lists per thread instead of going back to malloc. A block may be freed on another thread
 * than it was made on. */
void *am_small_calloc(size_t size);
void am_small_free(void *block, size_t size);

/* The n-th allocation from now fails (1 = the next); 0 switches faults off.
 * Does nothing unless built with AM_FAULTS. */
void am_alloc_fail_at(long n);
/* True while a fault that was set has not happened yet. */
bool am_alloc_fault_pending(void);
/* Number of blocks now alive in this thread's account (AM_FAULTS builds; else 0). */
long am_alloc_alive(void);

#endif

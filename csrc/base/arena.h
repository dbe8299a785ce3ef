/* Memory that is released as a whole.
 *
 * For plans, compile scratch and result batches: allocate freely, free once.
 * Blocks are never moved, so pointers into an arena stay valid until it is
 * reset or released. Alignment is 16 bytes.
 */
#ifndef AM_BASE_ARENA_H
#define AM_BASE_ARENA_H

#include <stdbool.h>
#include <stddef.h>

typedef struct am_arena_block am_arena_block;

typedef struct am_arena {
  am_arena_block *blocks; /* newest first */
  size_t used;            /* bytes taken from the newest block */
  size_t block_size;      /* payload of the next regular block */
  bool failed;            /* an allocation was refused; sticky */
} am_arena;

void am_arena_init(am_arena *arena, size_t block_size);
void am_arena_deinit(am_arena *arena);
/* Forgets all content but keeps the newest block. */
void am_arena_reset(am_arena *arena);
/* `size` bytes, or NULL when memory runs out. */
void *am_arena_alloc(am_arena *arena, size_t size);
void *am_arena_calloc(am_arena *arena, size_t size);
/* NUL-terminated copy. */
char *am_arena_memdup(am_arena *arena, const char *bytes, size_t size);

#endif

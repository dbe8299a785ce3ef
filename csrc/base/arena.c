/* Arenas; see arena.h. */
#include "base/arena.h"

#include <stdint.h>
#include <string.h>

#include "base/alloc.h"

struct am_arena_block {
  am_arena_block *older;
  size_t size;
  _Alignas(16) unsigned char payload[];
};

void am_arena_init(am_arena *arena, size_t block_size)
{
  arena->blocks = NULL;
  arena->used = 0;
  arena->block_size = block_size;
  arena->failed = false;
}

static void free_blocks(am_arena_block *block)
{
  while (block != NULL) {
    am_arena_block *older = block->older;
    am_free(block);
    block = older;
  }
}

void am_arena_deinit(am_arena *arena)
{
  free_blocks(arena->blocks);
  arena->blocks = NULL;
  arena->used = 0;
}

void am_arena_reset(am_arena *arena)
{
  if (arena->blocks == NULL) return;
  free_blocks(arena->blocks->older);
  arena->blocks->older = NULL;
  arena->used = 0;
}

void *am_arena_alloc(am_arena *arena, size_t size)
{
  if (size > SIZE_MAX / 2) {
    arena->failed = true;
    return NULL;
  }
  size = (size + 15) & ~(size_t)15;
  am_arena_block *block = arena->blocks;
  if (block == NULL || block->size - arena->used < size) {
    size_t payload = size > arena->block_size ? size : arena->block_size;
    block = am_alloc(sizeof *block + payload);
    if (block == NULL) {
      arena->failed = true;
      return NULL;
    }
    block->older = arena->blocks;
    block->size = payload;
    arena->blocks = block;
    arena->used = 0;
  }
  void *at = block->payload + arena->used;
  arena->used += size;
  return at;
}

void *am_arena_calloc(am_arena *arena, size_t size)
{
  void *at = am_arena_alloc(arena, size);
  if (at != NULL) memset(at, 0, size);
  return at;
}

char *am_arena_memdup(am_arena *arena, const char *bytes, size_t size)
{
  char *copy = am_arena_alloc(arena, size + 1);
  if (copy == NULL) return NULL;
  if (size > 0) memcpy(copy, bytes, size);
  copy[size] = '\0';
  return copy;
}

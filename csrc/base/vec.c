/* Pointer vectors; see vec.h. */
#include "base/vec.h"

#include <string.h>

#include "base/alloc.h"

void am_vec_init(am_vec *vec) { memset(vec, 0, sizeof *vec); }

void am_vec_deinit(am_vec *vec)
{
  am_free(vec->items);
  am_vec_init(vec);
}

void am_vec_push(am_vec *vec, void *item)
{
  if (vec->count == vec->capacity) {
    size_t capacity = vec->capacity == 0 ? 8 : vec->capacity * 2;
    void **items = am_realloc(vec->items, capacity * sizeof *items);
    if (items == NULL) {
      vec->failed = true;
      return;
    }
    vec->items = items;
    vec->capacity = capacity;
  }
  vec->items[vec->count++] = item;
}

bool am_vec_contains(const am_vec *vec, const void *item)
{
  for (size_t i = 0; i < vec->count; i++)
    if (vec->items[i] == item) return true;
  return false;
}

bool am_vec_push_unique(am_vec *vec, void *item)
{
  if (am_vec_contains(vec, item)) return false;
  am_vec_push(vec, item);
  return true;
}

void am_vec_remove_at(am_vec *vec, size_t index)
{
  memmove(vec->items + index, vec->items + index + 1,
          (vec->count - index - 1) * sizeof *vec->items);
  vec->count--;
}

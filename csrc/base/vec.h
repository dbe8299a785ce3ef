/* A growing array of pointers with sticky failure, as strbuf is for text.
 * The vector does not own what it points to. */
#ifndef AM_BASE_VEC_H
#define AM_BASE_VEC_H

#include <stdbool.h>
#include <stddef.h>

typedef struct am_vec {
  void **items;
  size_t count;
  size_t capacity;
  bool failed; /* an append was lost for want of memory */
} am_vec;

/* clang-format off */
#define AM_VEC_INIT {NULL, 0, 0, false}
/* clang-format on */

void am_vec_init(am_vec *vec);
void am_vec_deinit(am_vec *vec);
void am_vec_push(am_vec *vec, void *item);
/* Appends unless present (by pointer); for short lists. Returns true if it was new. */
bool am_vec_push_unique(am_vec *vec, void *item);
bool am_vec_contains(const am_vec *vec, const void *item);
void am_vec_remove_at(am_vec *vec, size_t index);

#endif

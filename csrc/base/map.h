/* Two small hash maps: text → value and pointer → value.
 *
 * Open addressing with linear probing; a removed entry leaves a mark (key NULL), and
 * marks are swept when an insertion needs room. Order of iteration is order of
 * insertion (entries stand in one dense array), so that nothing that a user sees
 * depends on hashing.
 */
#ifndef AM_BASE_MAP_H
#define AM_BASE_MAP_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

typedef struct am_map_entry {
  const void *key; /* text: owned copy; pointer: as given; NULL: removed */
  size_t size;     /* length of a text key, 0 for pointers */
  uint64_t hash;
  intptr_t value;
} am_map_entry;

typedef struct am_map {
  am_map_entry *entries; /* dense, in order of insertion */
  size_t count;          /* entries in use, removed ones included */
  size_t capacity;
  uint32_t *slots; /* index + 1 into entries, 0 = free */
  size_t slot_count;
  bool text; /* keys are texts owned by the map */
} am_map;

void am_map_init_text(am_map *map);
void am_map_init_pointer(am_map *map);
void am_map_deinit(am_map *map);
/* Sets or replaces; false when memory runs out. */
bool am_map_set_text(am_map *map, const char *key, size_t size, intptr_t value);
bool am_map_set_pointer(am_map *map, const void *key, intptr_t value);
/* True and *out_value (may be NULL) if present. */
bool am_map_get_text(const am_map *map, const char *key, size_t size, intptr_t *out_value);
bool am_map_get_pointer(const am_map *map, const void *key, intptr_t *out_value);
bool am_map_remove_text(am_map *map, const char *key, size_t size);

#endif

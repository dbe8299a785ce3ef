/* Hash maps in order of insertion; see map.h. */
#include "base/map.h"

#include <string.h>

#include "base/alloc.h"
#include "base/hash.h"

static void init(am_map *map, bool text)
{
  memset(map, 0, sizeof *map);
  map->text = text;
}

void am_map_init_text(am_map *map) { init(map, true); }
void am_map_init_pointer(am_map *map) { init(map, false); }

static void free_keys(am_map *map)
{
  if (!map->text) return;
  for (size_t i = 0; i < map->count; i++) am_free((void *)(uintptr_t)map->entries[i].key);
}

void am_map_deinit(am_map *map)
{
  free_keys(map);
  am_free(map->entries);
  am_free(map->slots);
  init(map, map->text);
}

static uint64_t hash_text(const char *key, size_t size)
{
  return am_key_bytes(am_key_seed(1), key, size).a;
}

static uint64_t hash_pointer(const void *key)
{
  return am_hash_mum((uint64_t)(uintptr_t)key ^ 0x9e3779b97f4a7c15u, 0xa0761d6478bd642fu);
}

static bool same(const am_map *map, const am_map_entry *entry, const void *key, size_t size,
                 uint64_t hash)
{
  if (entry->key == NULL || entry->hash != hash) return false;
  if (!map->text) return entry->key == key;
  return entry->size == size && memcmp(entry->key, key, size) == 0;
}

static am_map_entry *find(const am_map *map, const void *key, size_t size, uint64_t hash)
{
  if (map->slot_count == 0) return NULL;
  size_t mask = map->slot_count - 1;
  for (size_t at = hash & mask; map->slots[at] != 0; at = (at + 1) & mask) {
    am_map_entry *entry = &map->entries[map->slots[at] - 1];
    if (same(map, entry, key, size, hash)) return entry;
  }
  return NULL;
}

static void place(am_map *map, uint64_t hash, size_t index)
{
  size_t mask = map->slot_count - 1;
  size_t at = hash & mask;
  while (map->slots[at] != 0) at = (at + 1) & mask;
  map->slots[at] = (uint32_t)(index + 1);
}

/* Closes the gaps that removed entries left, if they are at least half of all: without this a map
 * whose keys come and go would grow for ever. */
static bool compact(am_map *map)
{
  size_t live = 0;
  for (size_t i = 0; i < map->count; i++) live += map->entries[i].key != NULL;
  if (live > map->capacity / 2) return false;
  memset(map->slots, 0, map->slot_count * sizeof *map->slots);
  size_t at = 0;
  for (size_t i = 0; i < map->count; i++) {
    if (map->entries[i].key == NULL) continue;
    map->entries[at] = map->entries[i];
    place(map, map->entries[at].hash, at);
    at++;
  }
  map->count = at;
  return true;
}

/* Room for one more entry, slots at most half full. */
static bool grow(am_map *map)
{
  if (map->count < map->capacity || (map->capacity > 0 && compact(map))) return true;
  size_t capacity = map->capacity == 0 ? 8 : map->capacity * 2;
  size_t slot_count = capacity * 2;
  am_map_entry *entries = am_realloc(map->entries, capacity * sizeof *entries);
  if (entries == NULL) return false;
  map->entries = entries;
  uint32_t *slots = am_calloc(slot_count * sizeof *slots);
  if (slots == NULL) return false;
  am_free(map->slots);
  map->slots = slots;
  map->slot_count = slot_count;
  map->capacity = capacity;
  for (size_t i = 0; i < map->count; i++) place(map, entries[i].hash, i);
  return true;
}

static bool set(am_map *map, const void *key, size_t size, uint64_t hash, intptr_t value)
{
  am_map_entry *entry = find(map, key, size, hash);
  if (entry != NULL) {
    entry->value = value;
    return true;
  }
  if (!grow(map)) return false;
  const void *stored = key;
  if (map->text && (stored = am_memdup(key, size)) == NULL) return false;
  am_map_entry fresh = {stored, size, hash, value};
  map->entries[map->count] = fresh;
  place(map, hash, map->count);
  map->count++;
  return true;
}

static bool get(const am_map *map, const void *key, size_t size, uint64_t hash, intptr_t *out_value)
{
  const am_map_entry *entry = find(map, key, size, hash);
  if (entry == NULL) return false;
  if (out_value != NULL) *out_value = entry->value;
  return true;
}

static bool remove_entry(am_map *map, am_map_entry *entry)
{
  if (entry == NULL) return false;
  if (map->text) am_free((void *)(uintptr_t)entry->key);
  entry->key = NULL;
  return true;
}

bool am_map_set_text(am_map *map, const char *key, size_t size, intptr_t value)
{
  return set(map, key, size, hash_text(key, size), value);
}

bool am_map_set_pointer(am_map *map, const void *key, intptr_t value)
{
  return set(map, key, 0, hash_pointer(key), value);
}

bool am_map_get_text(const am_map *map, const char *key, size_t size, intptr_t *out_value)
{
  return get(map, key, size, hash_text(key, size), out_value);
}

bool am_map_get_pointer(const am_map *map, const void *key, intptr_t *out_value)
{
  return get(map, key, 0, hash_pointer(key), out_value);
}

bool am_map_remove_text(am_map *map, const char *key, size_t size)
{
  return remove_entry(map, find(map, key, size, hash_text(key, size)));
}

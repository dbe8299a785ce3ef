/* Prepared statements of a PostgreSQL connection.
 *
 * Keyed by statement id (or text) and parameter types. libpq (before 17) cannot close a statement,
 * so names that fell out are kept as DEALLOCATE texts, which the next Parse takes along in its
 * pipeline.
 */
#include <stdio.h>
#include <string.h>

#include "base/alloc.h"
#include "base/hash.h"
#include "driver/postgresql_private.h"

bool am__pg_cache_init(am__pg_cache *cache, long limit, am_error *err)
{
  memset(cache, 0, sizeof *cache);
  return am_lru_init(&cache->entries, limit, err);
}

static void entry_free(am__pg_entry *entry)
{
  am__pg_shape_unref(entry->shape);
  am_free(entry->sql);
  am_free(entry->oids);
  am_free(entry);
}

/* The table is made of entries and nothing else. */
static am__pg_entry *entry_of(am_lru_entry *use) { return (am__pg_entry *)use; }

/* Without memory the server keeps a statement too many, which harms nobody. */
static void remember_dropped(am__pg_cache *cache, const am__pg_entry *entry)
{
  if (cache->dropped_count == cache->dropped_capacity) {
    size_t capacity = cache->dropped_capacity == 0 ? 8 : cache->dropped_capacity * 2;
    void *grown = am_realloc(cache->dropped, capacity * sizeof *cache->dropped);
    if (grown == NULL) return;
    cache->dropped = grown;
    cache->dropped_capacity = capacity;
  }
  snprintf(cache->dropped[cache->dropped_count++], sizeof *cache->dropped, "DEALLOCATE %s",
           entry->name);
}

void am__pg_entry_drop(am__pg_cache *cache, am__pg_entry *entry, bool at_server)
{
  if (entry->dead) return;
  am_lru_remove(&cache->entries, &entry->use);
  entry->dead = true;
  if (at_server && entry->prepared) remember_dropped(cache, entry);
  if (entry->users == 0) entry_free(entry);
}

void am__pg_entry_release(am__pg_entry *entry)
{
  if (--entry->users == 0 && entry->dead) entry_free(entry);
}

void am__pg_cache_forget(am__pg_cache *cache)
{
  while (cache->entries.newest != NULL)
    am__pg_entry_drop(cache, entry_of(cache->entries.newest), false);
  cache->dropped_count = 0;
}

void am__pg_cache_renew(am__pg_cache *cache)
{
  while (cache->entries.newest != NULL)
    am__pg_entry_drop(cache, entry_of(cache->entries.newest), true);
}

void am__pg_cache_deinit(am__pg_cache *cache)
{
  am__pg_cache_forget(cache);
  am_lru_deinit(&cache->entries);
  am_free(cache->dropped);
  memset(cache, 0, sizeof *cache);
}

static uint64_t hash_of(const am_query *query, const am__pg_params *params)
{
  am_key key = am_key_seed(3);
  key =
      query->id != 0 ? am_key_mix(key, query->id) : am_key_bytes(key, query->sql, query->sql_size);
  for (size_t i = 0; i < params->count; i++) key = am_key_mix(key, params->oids[i]);
  return key.a;
}

static bool same(const am__pg_entry *entry, const am_query *query, const am__pg_params *params)
{
  if (entry->id != query->id || entry->oid_count != params->count) return false;
  if (params->count > 0 &&
      memcmp(entry->oids, params->oids, params->count * sizeof *entry->oids) != 0)
    return false;
  return query->id != 0 || (entry->sql_size == query->sql_size &&
                            memcmp(entry->sql, query->sql, query->sql_size) == 0);
}

static am__pg_entry *entry_new(const am_query *query, const am__pg_params *params)
{
  am__pg_entry *entry = am_calloc(sizeof *entry);
  if (entry == NULL) return NULL;
  entry->sql = am_memdup(query->sql, query->sql_size);
  entry->oids = am_alloc(params->count * sizeof *entry->oids);
  if (entry->sql == NULL || entry->oids == NULL) {
    entry_free(entry);
    return NULL;
  }
  entry->id = query->id;
  entry->sql_size = query->sql_size;
  entry->oid_count = params->count;
  if (params->count > 0) memcpy(entry->oids, params->oids, params->count * sizeof *entry->oids);
  return entry;
}

static am__pg_entry *find(const am_lru *entries, const am_query *query, const am__pg_params *params,
                          uint64_t hash)
{
  am_lru_entry *use = am_lru_chain(entries, hash);
  while (use != NULL && !(use->hash == hash && same(entry_of(use), query, params)))
    use = use->chain;
  return use == NULL ? NULL : entry_of(use);
}

static void make_room(am__pg_cache *cache)
{
  am_lru_entry *old = cache->entries.oldest;
  while (cache->entries.count >= cache->entries.limit && old != NULL) {
    am_lru_entry *newer = old->newer;
    if (entry_of(old)->users == 0) am__pg_entry_drop(cache, entry_of(old), true);
    old = newer;
  }
}

am__pg_entry *am__pg_entry_take(am__pg_cache *cache, const am_query *query,
                                const am__pg_params *params, am_error *err)
{
  uint64_t hash = hash_of(query, params);
  am__pg_entry *entry = find(&cache->entries, query, params, hash);
  if (entry == NULL) {
    entry = entry_new(query, params);
    if (entry == NULL) {
      am_error_memory(err);
      return NULL;
    }
    make_room(cache);
    snprintf(entry->name, sizeof entry->name, "am_%x", ++cache->next_name);
    am_lru_insert(&cache->entries, &entry->use, hash);
  } else {
    am_lru_touch(&cache->entries, &entry->use);
  }
  entry->users++;
  return entry;
}

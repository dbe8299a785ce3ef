/* Prepared statements of a PostgreSQL connection.
 *
 * Keyed by statement id (or text) and parameter types; a list by last use decides who goes. libpq
 * (before 17) cannot close a statement, so names that fell out are kept as DEALLOCATE texts, which
 * the next Parse takes along in its pipeline.
 */
#include <stdio.h>
#include <string.h>

#include "base/alloc.h"
#include "base/hash.h"
#include "driver/postgresql_private.h"

bool am__pg_cache_init(am__pg_cache *cache, long limit, am_error *err)
{
  memset(cache, 0, sizeof *cache);
  if (limit <= 0) return true;
  size_t buckets = 16;
  while (buckets < (size_t)limit && buckets < 65536) buckets *= 2;
  cache->buckets = am_calloc(buckets * sizeof *cache->buckets);
  if (cache->buckets == NULL) return am_error_memory(err);
  cache->bucket_count = buckets;
  cache->limit = (size_t)limit;
  return true;
}

static void entry_free(am__pg_entry *entry)
{
  am__pg_shape_unref(entry->shape);
  am_free(entry->sql);
  am_free(entry->oids);
  am_free(entry);
}

static void unlink_use(am__pg_cache *cache, am__pg_entry *entry)
{
  if (entry->newer != NULL) entry->newer->older = entry->older;
  else cache->newest = entry->older;
  if (entry->older != NULL) entry->older->newer = entry->newer;
  else cache->oldest = entry->newer;
}

static void link_newest(am__pg_cache *cache, am__pg_entry *entry)
{
  entry->newer = NULL;
  entry->older = cache->newest;
  if (cache->newest != NULL) cache->newest->newer = entry;
  else cache->oldest = entry;
  cache->newest = entry;
}

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
  am__pg_entry **at = &cache->buckets[entry->hash & (cache->bucket_count - 1)];
  while (*at != entry) at = &(*at)->chain;
  *at = entry->chain;
  unlink_use(cache, entry);
  cache->count--;
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
  while (cache->newest != NULL) am__pg_entry_drop(cache, cache->newest, false);
  cache->dropped_count = 0;
}

void am__pg_cache_deinit(am__pg_cache *cache)
{
  am__pg_cache_forget(cache);
  am_free(cache->buckets);
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

static bool same(const am__pg_entry *entry, const am_query *query, const am__pg_params *params,
                 uint64_t hash)
{
  if (entry->hash != hash || entry->id != query->id || entry->oid_count != params->count)
    return false;
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

static void make_room(am__pg_cache *cache)
{
  am__pg_entry *old = cache->oldest;
  while (cache->count >= cache->limit && old != NULL) {
    am__pg_entry *newer = old->newer;
    if (old->users == 0) am__pg_entry_drop(cache, old, true);
    old = newer;
  }
}

am__pg_entry *am__pg_entry_take(am__pg_cache *cache, const am_query *query,
                                const am__pg_params *params, am_error *err)
{
  uint64_t hash = hash_of(query, params);
  am__pg_entry **bucket = &cache->buckets[hash & (cache->bucket_count - 1)];
  am__pg_entry *entry = *bucket;
  while (entry != NULL && !same(entry, query, params, hash)) entry = entry->chain;
  if (entry == NULL) {
    entry = entry_new(query, params);
    if (entry == NULL) {
      am_error_memory(err);
      return NULL;
    }
    make_room(cache);
    entry->hash = hash;
    snprintf(entry->name, sizeof entry->name, "am_%x", ++cache->next_name);
    entry->chain = *bucket;
    *bucket = entry;
    link_newest(cache, entry);
    cache->count++;
  } else if (cache->newest != entry) {
    unlink_use(cache, entry);
    link_newest(cache, entry);
  }
  entry->users++;
  return entry;
}

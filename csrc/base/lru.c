/* Hash table in the order of last use; see lru.h. */
#include "base/lru.h"

#include <string.h>

#include "base/alloc.h"

/* More buckets than this would cost memory for statements that nobody has. */
enum { FEWEST_BUCKETS = 16, MOST_BUCKETS = 65536 };

bool am_lru_init(am_lru *lru, long limit, am_error *err)
{
  memset(lru, 0, sizeof *lru);
  if (limit <= 0) return true;
  size_t buckets = FEWEST_BUCKETS;
  while (buckets < (size_t)limit && buckets < MOST_BUCKETS) buckets *= 2;
  lru->buckets = am_calloc(buckets * sizeof *lru->buckets);
  if (lru->buckets == NULL) return am_error_memory(err);
  lru->bucket_count = buckets;
  lru->limit = (size_t)limit;
  return true;
}

void am_lru_deinit(am_lru *lru)
{
  am_free(lru->buckets);
  memset(lru, 0, sizeof *lru);
}

static am_lru_entry **bucket_of(const am_lru *lru, uint64_t hash)
{
  return &lru->buckets[hash & (lru->bucket_count - 1)];
}

am_lru_entry *am_lru_chain(const am_lru *lru, uint64_t hash)
{
  return lru->buckets == NULL ? NULL : *bucket_of(lru, hash);
}

static void unlink_use(am_lru *lru, am_lru_entry *entry)
{
  if (entry->newer != NULL) entry->newer->older = entry->older;
  else lru->newest = entry->older;
  if (entry->older != NULL) entry->older->newer = entry->newer;
  else lru->oldest = entry->newer;
}

static void link_newest(am_lru *lru, am_lru_entry *entry)
{
  entry->newer = NULL;
  entry->older = lru->newest;
  if (lru->newest != NULL) lru->newest->newer = entry;
  else lru->oldest = entry;
  lru->newest = entry;
}

void am_lru_insert(am_lru *lru, am_lru_entry *entry, uint64_t hash)
{
  am_lru_entry **bucket = bucket_of(lru, hash);
  entry->hash = hash;
  entry->chain = *bucket;
  *bucket = entry;
  link_newest(lru, entry);
  lru->count++;
}

void am_lru_touch(am_lru *lru, am_lru_entry *entry)
{
  if (lru->newest == entry) return;
  unlink_use(lru, entry);
  link_newest(lru, entry);
}

void am_lru_remove(am_lru *lru, am_lru_entry *entry)
{
  am_lru_entry **at = bucket_of(lru, entry->hash);
  while (*at != entry) at = &(*at)->chain;
  *at = entry->chain;
  unlink_use(lru, entry);
  lru->count--;
}

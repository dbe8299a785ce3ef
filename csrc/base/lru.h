/* A hash table whose entries also stand in the order of their last use: what a cache of prepared
 * statements is made of.
 *
 * Intrusive: an entry is a struct of the caller's that begins with am_lru_entry; the table neither
 * allocates nor frees entries and does not know their keys. The caller compares keys along the
 * chain of a hash (am_lru_chain) and decides who has to leave, beginning with `oldest`.
 */
#ifndef AM_BASE_LRU_H
#define AM_BASE_LRU_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/error.h"

typedef struct am_lru_entry am_lru_entry;
struct am_lru_entry {
  uint64_t hash;
  am_lru_entry *chain; /* the next one in the same bucket */
  am_lru_entry *newer, *older;
};

typedef struct am_lru {
  am_lru_entry **buckets;
  size_t bucket_count; /* a power of two */
  size_t count;
  size_t limit; /* how many the caller wants to keep; 0: none, and there are no buckets */
  am_lru_entry *newest, *oldest;
} am_lru;

/* A limit of 0 or below makes a table that holds nothing. False: no memory. */
bool am_lru_init(am_lru *lru, long limit, am_error *err);
/* Frees the table, not the entries in it. */
void am_lru_deinit(am_lru *lru);
/* The first entry of the bucket of `hash`; go on by ->chain and compare ->hash first. */
am_lru_entry *am_lru_chain(const am_lru *lru, uint64_t hash);
/* Puts an entry in, as the newest. The table must have buckets. */
void am_lru_insert(am_lru *lru, am_lru_entry *entry, uint64_t hash);
/* Makes an entry of the table the newest. */
void am_lru_touch(am_lru *lru, am_lru_entry *entry);
/* Takes an entry of the table out. */
void am_lru_remove(am_lru *lru, am_lru_entry *entry);

#endif

/* base/lru */
#include "base/lru.h"

#include "check.h"

typedef struct item {
  am_lru_entry use; /* first: an item is an entry */
  int key;
} item;

static item *find(const am_lru *lru, int key, uint64_t hash)
{
  for (am_lru_entry *at = am_lru_chain(lru, hash); at != NULL; at = at->chain)
    if (at->hash == hash && ((item *)at)->key == key) return (item *)at;
  return NULL;
}

static int key_of(const am_lru_entry *entry) { return ((const item *)entry)->key; }

TEST(entries_are_found_by_hash_though_they_share_a_bucket)
{
  static item items[100];
  am_error err = AM_ERROR_INIT;
  am_lru lru;
  CHECK(am_lru_init(&lru, 10, &err));
  for (int i = 0; i < 100; i++) {
    items[i].key = i;
    am_lru_insert(&lru, &items[i].use, (uint64_t)(i % 7));
  }
  CHECK_EQUAL(lru.count, 100);
  for (int i = 0; i < 100; i++) CHECK(find(&lru, i, (uint64_t)(i % 7)) == &items[i]);
  CHECK(find(&lru, 100, 2) == NULL);
  for (int i = 0; i < 100; i += 2) am_lru_remove(&lru, &items[i].use);
  CHECK_EQUAL(lru.count, 50);
  for (int i = 0; i < 100; i++) CHECK((find(&lru, i, (uint64_t)(i % 7)) != NULL) == (i % 2 == 1));
  am_lru_deinit(&lru);
}

TEST(the_oldest_is_the_one_longest_unused)
{
  item items[4] = {{.key = 0}, {.key = 1}, {.key = 2}, {.key = 3}};
  am_error err = AM_ERROR_INIT;
  am_lru lru;
  CHECK(am_lru_init(&lru, 4, &err));
  for (int i = 0; i < 4; i++) am_lru_insert(&lru, &items[i].use, (uint64_t)i);
  CHECK_EQUAL(key_of(lru.oldest), 0);
  am_lru_touch(&lru, &items[0].use);
  am_lru_touch(&lru, &items[2].use);
  am_lru_touch(&lru, &items[2].use);
  static const int order[] = {1, 3, 0, 2};
  int at = 0;
  for (am_lru_entry *entry = lru.oldest; entry != NULL; entry = entry->newer)
    CHECK_EQUAL(key_of(entry), order[at++]);
  CHECK_EQUAL(at, 4);
  for (int i = 0; i < 4; i++) am_lru_remove(&lru, lru.oldest);
  CHECK(lru.oldest == NULL && lru.newest == NULL && lru.count == 0);
  am_lru_deinit(&lru);
}

TEST(a_limit_of_zero_makes_a_table_without_entries)
{
  am_error err = AM_ERROR_INIT;
  am_lru lru;
  CHECK(am_lru_init(&lru, 0, &err));
  CHECK(am_lru_chain(&lru, 5) == NULL);
  am_lru_deinit(&lru);
}

TEST(without_memory_nothing_is_made)
{
  EACH_FAULT
  {
    am_error err = AM_ERROR_INIT;
    am_lru lru;
    if (!am_lru_init(&lru, 1000, &err)) CHECK_EQUAL(err.cls, AM_ERR_MEMORY);
    am_lru_deinit(&lru);
    am_error_clear(&err);
  }
}

RUN({"entries_are_found_by_hash_though_they_share_a_bucket",
     entries_are_found_by_hash_though_they_share_a_bucket},
    {"the_oldest_is_the_one_longest_unused", the_oldest_is_the_one_longest_unused},
    {"a_limit_of_zero_makes_a_table_without_entries",
     a_limit_of_zero_makes_a_table_without_entries},
    {"without_memory_nothing_is_made", without_memory_nothing_is_made})

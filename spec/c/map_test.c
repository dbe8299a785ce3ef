/* base/map */
#include "base/map.h"

#include "check.h"

TEST(text_keys_are_found_by_content)
{
  am_map map;
  am_map_init_text(&map);
  char key[] = "alpha";
  intptr_t value = 0;
  CHECK(!am_map_get_text(&map, key, 5, NULL));
  CHECK(am_map_set_text(&map, key, 5, 1));
  key[0] = 'b'; /* the map has its own copy */
  CHECK(am_map_set_text(&map, "beta", 4, 2));
  CHECK(am_map_set_text(&map, "a\0b", 3, 3));
  CHECK(am_map_set_text(&map, "", 0, 4));
  CHECK(am_map_get_text(&map, "alpha", 5, &value) && value == 1);
  CHECK(am_map_get_text(&map, "a\0b", 3, &value) && value == 3);
  CHECK(am_map_get_text(&map, "", 0, &value) && value == 4);
  CHECK(!am_map_get_text(&map, "a", 1, &value));
  CHECK(am_map_set_text(&map, "alpha", 5, 9));
  CHECK(am_map_get_text(&map, "alpha", 5, &value) && value == 9);
  CHECK_EQUAL(map.count, 4);
  am_map_deinit(&map);
}

TEST(entries_stand_in_order_of_insertion)
{
  am_map map;
  am_map_init_text(&map);
  char key[16];
  for (int i = 0; i < 5000; i++) {
    int size = snprintf(key, sizeof key, "key %d", i * 7919 % 5000);
    CHECK(am_map_set_text(&map, key, (size_t)size, i));
  }
  CHECK_EQUAL(map.count, 5000);
  for (int i = 0; i < 5000; i++) CHECK_EQUAL(map.entries[i].value, i);
  am_map_deinit(&map);
}

TEST(removed_keys_are_gone_and_may_return)
{
  am_map map;
  am_map_init_text(&map);
  char key[16];
  intptr_t value;
  for (int i = 0; i < 1000; i++)
    CHECK(am_map_set_text(&map, key, (size_t)snprintf(key, sizeof key, "key %d", i), i));
  for (int i = 0; i < 1000; i += 2)
    CHECK(am_map_remove_text(&map, key, (size_t)snprintf(key, sizeof key, "key %d", i)));
  CHECK(!am_map_remove_text(&map, "key 0", 5));
  for (int i = 0; i < 1000; i++) {
    size_t size = (size_t)snprintf(key, sizeof key, "key %d", i);
    bool there = am_map_get_text(&map, key, size, &value);
    CHECK_EQUAL(there, i % 2);
    if (there) CHECK_EQUAL(value, i);
  }
  CHECK(am_map_set_text(&map, "key 0", 5, 77));
  CHECK(am_map_get_text(&map, "key 0", 5, &value) && value == 77);
  am_map_deinit(&map);
}

TEST(pointer_keys_are_found_by_address)
{
  static int items[1000];
  am_map map;
  am_map_init_pointer(&map);
  for (int i = 0; i < 1000; i++) CHECK(am_map_set_pointer(&map, &items[i], i));
  intptr_t value;
  for (int i = 0; i < 1000; i++) CHECK(am_map_get_pointer(&map, &items[i], &value) && value == i);
  CHECK(!am_map_get_pointer(&map, &map, NULL));
  am_map_deinit(&map);
}

TEST(coming_and_going_needs_no_more_memory)
{
  am_map map;
  am_map_init_text(&map);
  CHECK(am_map_set_text(&map, "stays", 5, 1));
  char key[24];
  for (int i = 0; i < 100000; i++) {
    int size = snprintf(key, sizeof key, "%d", i);
    CHECK(am_map_set_text(&map, key, (size_t)size, i));
    CHECK(am_map_remove_text(&map, key, (size_t)size));
  }
  CHECK(map.capacity <= 64);
  CHECK(am_map_get_text(&map, "stays", 5, NULL));
  am_map_deinit(&map);
}

TEST(survives_every_fault)
{
  EACH_FAULT
  {
    am_map map;
    am_map_init_text(&map);
    int stored = 0;
    char key[16];
    for (int i = 0; i < 40; i++) {
      int size = snprintf(key, sizeof key, "k%d", i);
      stored += am_map_set_text(&map, key, (size_t)size, i);
    }
    CHECK_EQUAL(stored, check_failed_once() ? 39 : 40);
    CHECK_EQUAL(map.count, stored);
    am_map_deinit(&map);
  }
}

RUN({"text_keys_are_found_by_content", text_keys_are_found_by_content},
    {"entries_stand_in_order_of_insertion", entries_stand_in_order_of_insertion},
    {"removed_keys_are_gone_and_may_return", removed_keys_are_gone_and_may_return},
    {"pointer_keys_are_found_by_address", pointer_keys_are_found_by_address},
    {"coming_and_going_needs_no_more_memory", coming_and_going_needs_no_more_memory},
    {"survives_every_fault", survives_every_fault})

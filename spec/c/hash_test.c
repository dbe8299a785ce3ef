/* base/hash */
#include "base/hash.h"

#include "check.h"

static am_key of(const char *text, size_t size) { return am_key_bytes(am_key_seed(0), text, size); }

TEST(equal_content_gives_equal_keys)
{
  char copy[] = "a longer text than one word";
  CHECK(am_key_equal(of(copy, 27), of("a longer text than one word", 27)));
}

TEST(order_size_and_zero_bytes_matter)
{
  CHECK(!am_key_equal(of("ab", 2), of("ba", 2)));
  CHECK(!am_key_equal(of("", 0), of("\0", 1)));
  CHECK(!am_key_equal(of("\0\0\0\0\0\0\0", 7), of("\0\0\0\0\0\0\0\0", 8)));
  am_key seed = am_key_seed(1);
  CHECK(!am_key_equal(am_key_mix(am_key_mix(seed, 1), 2), am_key_mix(am_key_mix(seed, 2), 1)));
  CHECK(!am_key_equal(am_key_mix(seed, 0), seed));
  CHECK(!am_key_equal(am_key_seed(1), am_key_seed(2)));
}

TEST(joined_keys_depend_on_both)
{
  am_key x = of("x", 1), y = of("y", 1);
  CHECK(!am_key_equal(am_key_join(x, y), am_key_join(y, x)));
  CHECK(am_key_equal(am_key_join(x, y), am_key_join(of("x", 1), of("y", 1))));
}

TEST(no_two_of_many_small_values_collide)
{
  enum { COUNT = 2000 };
  static am_key keys[COUNT];
  for (int i = 0; i < COUNT; i++) keys[i] = am_key_mix(am_key_seed(0), (uint64_t)i);
  int same = 0;
  for (int i = 0; i < COUNT; i++)
    for (int j = i + 1; j < COUNT; j++) same += keys[i].a == keys[j].a || keys[i].b == keys[j].b;
  CHECK_EQUAL(same, 0);
}

RUN({"equal_content_gives_equal_keys", equal_content_gives_equal_keys},
    {"order_size_and_zero_bytes_matter", order_size_and_zero_bytes_matter},
    {"joined_keys_depend_on_both", joined_keys_depend_on_both},
    {"no_two_of_many_small_values_collide", no_two_of_many_small_values_collide})

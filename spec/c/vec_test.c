/* base/vec */
#include "base/vec.h"

#include "check.h"

static int items[100];

TEST(pushes_in_order)
{
  am_vec vec = AM_VEC_INIT;
  for (int i = 0; i < 100; i++) am_vec_push(&vec, &items[i]);
  CHECK_EQUAL(vec.count, 100);
  for (int i = 0; i < 100; i++) CHECK(vec.items[i] == &items[i]);
  am_vec_deinit(&vec);
}

TEST(keeps_unique_items_once)
{
  am_vec vec = AM_VEC_INIT;
  CHECK(am_vec_push_unique(&vec, &items[1]));
  CHECK(am_vec_push_unique(&vec, &items[2]));
  CHECK(!am_vec_push_unique(&vec, &items[1]));
  CHECK_EQUAL(vec.count, 2);
  CHECK(am_vec_contains(&vec, &items[2]));
  CHECK(!am_vec_contains(&vec, &items[3]));
  am_vec_deinit(&vec);
}

TEST(removes_from_any_place)
{
  am_vec vec = AM_VEC_INIT;
  for (int i = 0; i < 4; i++) am_vec_push(&vec, &items[i]);
  am_vec_remove_at(&vec, 1);
  am_vec_remove_at(&vec, 2);
  am_vec_remove_at(&vec, 0);
  CHECK_EQUAL(vec.count, 1);
  CHECK(vec.items[0] == &items[2]);
  am_vec_deinit(&vec);
}

TEST(remembers_a_lost_push)
{
  EACH_FAULT
  {
    am_vec vec = AM_VEC_INIT;
    for (int i = 0; i < 100; i++) am_vec_push(&vec, &items[i]);
    CHECK_EQUAL(vec.failed, check_failed_once());
    am_vec_deinit(&vec);
  }
}

RUN({"pushes_in_order", pushes_in_order}, {"keeps_unique_items_once", keeps_unique_items_once},
    {"removes_from_any_place", removes_from_any_place},
    {"remembers_a_lost_push", remembers_a_lost_push})

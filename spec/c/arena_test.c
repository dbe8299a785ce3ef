/* base/arena */
#include "base/arena.h"

#include <stdint.h>

#include "check.h"

TEST(blocks_are_aligned_and_do_not_move)
{
  am_arena arena;
  am_arena_init(&arena, 128);
  unsigned char *first = am_arena_alloc(&arena, 5);
  memset(first, 7, 5);
  for (size_t i = 0; i < 1000; i++) {
    unsigned char *at = am_arena_alloc(&arena, i % 300);
    CHECK_EQUAL((uintptr_t)at % 16, 0);
    memset(at, 0xff, i % 300);
  }
  for (int i = 0; i < 5; i++) CHECK_EQUAL(first[i], 7);
  am_arena_deinit(&arena);
}

TEST(calloc_is_zero_after_a_reset)
{
  am_arena arena;
  am_arena_init(&arena, 256);
  memset(am_arena_alloc(&arena, 200), 1, 200);
  am_arena_reset(&arena);
  const unsigned char *clean = am_arena_calloc(&arena, 200);
  for (int i = 0; i < 200; i++) CHECK_EQUAL(clean[i], 0);
  CHECK_EQUAL(check_alive(), 1);
  am_arena_deinit(&arena);
}

TEST(copies_end_with_nul)
{
  am_arena arena;
  am_arena_init(&arena, 64);
  CHECK_TEXT(am_arena_memdup(&arena, "hello world", 5), "hello");
  CHECK_TEXT(am_arena_memdup(&arena, NULL, 0), "");
  am_arena_deinit(&arena);
}

TEST(an_impossible_size_is_refused)
{
  am_arena arena;
  am_arena_init(&arena, 64);
  CHECK(am_arena_alloc(&arena, SIZE_MAX) == NULL);
  CHECK(am_arena_alloc(&arena, SIZE_MAX - 15) == NULL);
  am_arena_reset(&arena);
  am_arena_deinit(&arena);
}

TEST(survives_every_fault)
{
  EACH_FAULT
  {
    am_arena arena;
    am_arena_init(&arena, 64);
    int lost = 0;
    for (int i = 0; i < 20; i++) lost += am_arena_alloc(&arena, 40) == NULL;
    CHECK_EQUAL(lost, check_failed_once());
    am_arena_deinit(&arena);
  }
}

RUN({"blocks_are_aligned_and_do_not_move", blocks_are_aligned_and_do_not_move},
    {"calloc_is_zero_after_a_reset", calloc_is_zero_after_a_reset},
    {"copies_end_with_nul", copies_end_with_nul},
    {"an_impossible_size_is_refused", an_impossible_size_is_refused},
    {"survives_every_fault", survives_every_fault})

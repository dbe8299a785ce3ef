/* base/topo */
#include "base/topo.h"

#include <stdlib.h>

#include "check.h"

#define EDGES(list) (list), sizeof(list) / sizeof(list)[0]

TEST(levels_keep_the_given_order)
{
  static const am_topo_edge edges[] = {{4, 0}, {2, 1}, {0, 3}, {2, 1}};
  uint32_t order[5], level[5];
  am_error err = AM_ERROR_INIT;
  CHECK(am_topo_sort(5, EDGES(edges), order, level, &err));
  static const uint32_t expected[] = {2, 4, 0, 1, 3}, levels[] = {1, 1, 0, 2, 0};
  CHECK(memcmp(order, expected, sizeof order) == 0);
  CHECK(memcmp(level, levels, sizeof level) == 0);
}

TEST(nothing_is_sorted_at_once)
{
  am_error err = AM_ERROR_INIT;
  uint32_t none, count = 9;
  CHECK(am_topo_sort(0, NULL, 0, &none, NULL, &err));
  CHECK(am_topo_cycles(0, NULL, 0, &none, &count, &err));
  CHECK_EQUAL(count, 0);
}

TEST(cycles_are_told_apart_from_what_hangs_on_them)
{
  /* 1 <-> 3, 4 -> itself, 0 leads in, 5 hangs on; 2 and 6 form a ring with 7 */
  static const am_topo_edge edges[] = {{0, 1}, {1, 3}, {3, 1}, {4, 4},
                                       {3, 5}, {7, 2}, {2, 6}, {6, 7}};
  uint32_t order[8] = {99}, cycle[8], count;
  am_error err = AM_ERROR_INIT;
  CHECK(!am_topo_sort(8, EDGES(edges), order, NULL, &err));
  CHECK_EQUAL(err.cls, AM_ERR_CIRCULAR_DEPENDENCY);
  CHECK_EQUAL(order[0], 99);
  am_error_clear(&err);
  CHECK(am_topo_cycles(8, EDGES(edges), cycle, &count, &err));
  static const uint32_t expected[] = {0, 1, 2, 1, 3, 0, 2, 2};
  CHECK(memcmp(cycle, expected, sizeof cycle) == 0);
  CHECK_EQUAL(count, 3);
}

TEST(an_edge_to_nowhere_is_refused)
{
  static const am_topo_edge edges[] = {{0, 2}};
  uint32_t order[2];
  am_error err = AM_ERROR_INIT;
  CHECK(!am_topo_sort(2, EDGES(edges), order, NULL, &err));
  CHECK_EQUAL(err.cls, AM_ERR_ARGUMENT);
  am_error_clear(&err);
}

TEST(a_long_chain_needs_no_recursion)
{
  enum { COUNT = 1000000 };
  am_topo_edge *edges = malloc(COUNT * sizeof *edges);
  uint32_t *out = malloc(COUNT * sizeof *out);
  for (uint32_t i = 0; i < COUNT; i++) {
    edges[i].parent = COUNT - 1 - i;
    edges[i].child = (2 * COUNT - 2 - i) % COUNT;
  }
  am_error err = AM_ERROR_INIT;
  uint32_t count = 0;
  CHECK(am_topo_cycles(COUNT, edges, COUNT, out, &count, &err));
  CHECK_EQUAL(count, 1);
  CHECK_EQUAL(out[COUNT / 2], 1);
  CHECK(am_topo_sort(COUNT, edges, COUNT - 1, out, NULL, &err));
  CHECK_EQUAL(out[0], COUNT - 1);
  CHECK_EQUAL(out[COUNT - 1], 0);
  free(edges);
  free(out);
}

TEST(random_graphs_are_sorted_or_have_a_cycle)
{
  enum { N = 12, E = 14 };
  srand(20261121);
  int sorted = 0;
  for (int round = 0; round < 20000; round++) {
    am_topo_edge edges[E];
    for (int i = 0; i < E; i++)
      edges[i] = (am_topo_edge){(uint32_t)rand() % N, (uint32_t)rand() % N};
    uint32_t order[N], cycle[N], at[N], count;
    am_error err = AM_ERROR_INIT;
    bool ok = am_topo_sort(N, edges, E, order, NULL, &err);
    am_error_clear(&err);
    CHECK(am_topo_cycles(N, edges, E, cycle, &count, &err));
    CHECK_EQUAL(ok, count == 0);
    if (!ok) continue;
    sorted++;
    for (uint32_t i = 0; i < N; i++) at[order[i]] = i;
    for (int i = 0; i < E; i++) CHECK(at[edges[i].parent] < at[edges[i].child]);
  }
  CHECK(sorted > 20);
}

TEST(survives_every_fault)
{
  static const am_topo_edge edges[] = {{0, 1}, {1, 2}, {2, 0}};
  EACH_FAULT
  {
    uint32_t out[3];
    am_error err = AM_ERROR_INIT;
    bool ok = am_topo_sort(3, edges, 2, out, NULL, &err) &&
              am_topo_cycles(3, EDGES(edges), out, NULL, &err);
    CHECK_EQUAL(ok, !check_failed_once());
    CHECK_EQUAL(err.cls, ok ? AM_ERR_NONE : AM_ERR_MEMORY);
  }
}

RUN({"levels_keep_the_given_order", levels_keep_the_given_order},
    {"nothing_is_sorted_at_once", nothing_is_sorted_at_once},
    {"cycles_are_told_apart", cycles_are_told_apart_from_what_hangs_on_them},
    {"an_edge_to_nowhere_is_refused", an_edge_to_nowhere_is_refused},
    {"a_long_chain_needs_no_recursion", a_long_chain_needs_no_recursion},
    {"random_graphs_are_sorted_or_have_a_cycle", random_graphs_are_sorted_or_have_a_cycle},
    {"survives_every_fault", survives_every_fault})

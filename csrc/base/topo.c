/* Topological sorting; see topo.h. Kahn's algorithm for the order, Tarjan's (without recursion) for
 * the cycles. Both walk the children of an item in a compact adjacency list. */
#include "base/topo.h"

#include <string.h>

#include "base/alloc.h"

typedef struct graph {
  uint32_t n;
  uint32_t *first; /* children of i are child[first[i]] .. child[first[i + 1] - 1] */
  uint32_t *child;
} graph;

static void graph_deinit(graph *g)
{
  am_free(g->first);
  am_free(g->child);
}

/* Children in one array, sorted by parent; `first` says where those of each begin. */
static bool graph_init(graph *g, uint32_t n, const am_topo_edge *edges, size_t edge_count,
                       am_error *err)
{
  g->n = n;
  g->child = NULL;
  g->first = am_calloc(((size_t)n + 2) * sizeof *g->first);
  if (g->first == NULL) return am_error_memory(err);
  for (size_t i = 0; i < edge_count; i++) {
    if (edges[i].parent >= n || edges[i].child >= n) {
      graph_deinit(g);
      return am_error_set(err, AM_ERR_ARGUMENT, "dependency %u -> %u: there are only %u items",
                          edges[i].parent + 1, edges[i].child + 1, n);
    }
    g->first[edges[i].parent + 2]++;
  }
  g->child = am_alloc(edge_count * sizeof *g->child);
  if (g->child == NULL) {
    graph_deinit(g);
    return am_error_memory(err);
  }
  for (uint32_t i = 0; i < n; i++) g->first[i + 2] += g->first[i + 1];
  /* first[i + 1] is the place to fill next and ends as the start of i + 1. */
  for (size_t i = 0; i < edge_count; i++)
    g->child[g->first[edges[i].parent + 1]++] = edges[i].child;
  return true;
}

/* Orders items by level, stable in item number. `start` has room for n + 1 counters. */
static void order_by_level(uint32_t n, const uint32_t *level, uint32_t *start, uint32_t *out_order)
{
  memset(start, 0, ((size_t)n + 1) * sizeof *start);
  for (uint32_t i = 0; i < n; i++) start[level[i] + 1]++;
  for (uint32_t i = 0; i < n; i++) start[i + 1] += start[i];
  for (uint32_t i = 0; i < n; i++) out_order[start[level[i]]++] = i;
}

bool am_topo_sort(uint32_t n, const am_topo_edge *edges, size_t edge_count, uint32_t *out_order,
                  uint32_t *out_level, am_error *err)
{
  graph g;
  if (!graph_init(&g, n, edges, edge_count, err)) return false;
  /* Three arrays in one block: open parents, level, queue. */
  uint32_t *open = am_calloc((3 * (size_t)n + 1) * sizeof *open);
  if (open == NULL) {
    graph_deinit(&g);
    return am_error_memory(err);
  }
  uint32_t *level = open + n, *queue = level + n;
  for (size_t i = 0; i < edge_count; i++) open[edges[i].child]++;
  uint32_t done = 0, seen = 0;
  for (uint32_t i = 0; i < n; i++)
    if (open[i] == 0) queue[seen++] = i;
  for (; done < seen; done++) {
    uint32_t item = queue[done];
    for (uint32_t at = g.first[item]; at < g.first[item + 1]; at++) {
      uint32_t child = g.child[at];
      if (level[child] < level[item] + 1) level[child] = level[item] + 1;
      if (--open[child] == 0) queue[seen++] = child;
    }
  }
  bool ok = done == n;
  if (ok) {
    order_by_level(n, level, queue, out_order);
    if (out_level != NULL && n > 0) memcpy(out_level, level, n * sizeof *level);
  } else {
    am_error_set(err, AM_ERR_CIRCULAR_DEPENDENCY, "Circular dependency detected.");
  }
  am_free(open);
  graph_deinit(&g);
  return ok;
}

/* Tarjan's search. An item gets a number when it is found; `low` is the smallest number that it
 * reaches on the stack. Where both agree, everything above it on the stack is one component. */
typedef struct search {
  const graph *g;
  uint32_t *number; /* from 1; 0 = not found yet */
  uint32_t *low;
  uint32_t *next; /* index of the next child to look at */
  uint32_t *path; /* items being visited, innermost last */
  uint32_t *stack;
  uint32_t path_size, stack_size, found;
  uint32_t *cycle; /* the caller's array; ON_STACK while an item is on the stack */
} search;

#define ON_STACK UINT32_MAX

static void search_enter(search *s, uint32_t item)
{
  s->number[item] = s->low[item] = ++s->found;
  s->next[item] = s->g->first[item];
  s->path[s->path_size++] = item;
  s->stack[s->stack_size++] = item;
  s->cycle[item] = ON_STACK;
}

static bool has_self_edge(const graph *g, uint32_t item)
{
  for (uint32_t at = g->first[item]; at < g->first[item + 1]; at++)
    if (g->child[at] == item) return true;
  return false;
}

/* Takes a finished component off the stack: alone without an edge to itself it is no cycle. Members
 * get the number of its first item for the time being. */
static void search_leave(search *s, uint32_t root)
{
  bool alone = s->stack[s->stack_size - 1] == root;
  uint32_t mark = alone && !has_self_edge(s->g, root) ? 0 : s->number[root];
  uint32_t item;
  do {
    item = s->stack[--s->stack_size];
    s->cycle[item] = mark;
  } while (item != root);
}

/* Tarjan's search with a stack of its own: a chain may be longer than the C stack allows. */
static void search_from(search *s, uint32_t start)
{
  search_enter(s, start);
  while (s->path_size > 0) {
    uint32_t item = s->path[s->path_size - 1];
    if (s->next[item] < s->g->first[item + 1]) {
      uint32_t child = s->g->child[s->next[item]++];
      if (s->number[child] == 0) search_enter(s, child);
      else if (s->cycle[child] == ON_STACK && s->number[child] < s->low[item])
        s->low[item] = s->number[child];
      continue;
    }
    if (s->low[item] == s->number[item]) search_leave(s, item);
    s->path_size--;
    if (s->path_size == 0) return;
    uint32_t caller = s->path[s->path_size - 1];
    if (s->low[item] < s->low[caller]) s->low[caller] = s->low[item];
  }
}

/* Renumbers the groups from 1 in order of their first item. `names` has room for n + 1 entries. */
static uint32_t number_groups(uint32_t n, uint32_t *cycle, uint32_t *names)
{
  uint32_t count = 0;
  memset(names, 0, ((size_t)n + 1) * sizeof *names);
  for (uint32_t i = 0; i < n; i++) {
    if (cycle[i] == 0) continue;
    if (names[cycle[i]] == 0) names[cycle[i]] = ++count;
    cycle[i] = names[cycle[i]];
  }
  return count;
}

bool am_topo_cycles(uint32_t n, const am_topo_edge *edges, size_t edge_count, uint32_t *out_cycle,
                    uint32_t *out_count, am_error *err)
{
  graph g;
  if (!graph_init(&g, n, edges, edge_count, err)) return false;
  uint32_t *block = am_calloc((5 * (size_t)n + 1) * sizeof *block);
  if (block == NULL) {
    graph_deinit(&g);
    return am_error_memory(err);
  }
  search s = {.g = &g,
              .number = block,
              .low = block + n,
              .next = block + 2 * (size_t)n,
              .path = block + 3 * (size_t)n,
              .stack = block + 4 * (size_t)n,
              .cycle = out_cycle};
  for (uint32_t i = 0; i < n; i++)
    if (s.number[i] == 0) search_from(&s, i);
  uint32_t count = number_groups(n, out_cycle, s.stack);
  if (out_count != NULL) *out_count = count;
  am_free(block);
  graph_deinit(&g);
  return true;
}

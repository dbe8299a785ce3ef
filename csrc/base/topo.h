/* Topological sorting with a deterministic result.
 *
 * Items are the numbers 0 .. n-1 in the caller's preferred order; an edge says that its parent
 * comes before its child. Items fall into levels: level 0 has no parents, each further one only
 * parents in earlier levels. The order is level by level and, inside a level, as given; that is the
 * order in which SQLAlchemy emits tables and flushes mappers. All functions are O(n + edges).
 * An edge that occurs twice is harmless; an edge from an item to itself is a cycle.
 */
#ifndef AM_BASE_TOPO_H
#define AM_BASE_TOPO_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/error.h"

typedef struct am_topo_edge {
  uint32_t parent, child;
} am_topo_edge;

/* Fills out_order with the n items sorted and, unless NULL, out_level with the level of each item
 * (by item, not by position). Fails with CircularDependencyError, or with ArgumentError when an
 * edge names an item that is not there. */
bool am_topo_sort(uint32_t n, const am_topo_edge *edges, size_t edge_count, uint32_t *out_order,
                  uint32_t *out_level, am_error *err);

/* Fills out_cycle[item] with 0 for an item in no cycle, else with the number (from 1, in order of
 * first item) of the group of items that reach each other. out_count, unless NULL, gets the number
 * of groups. Items that merely depend on a cycle are in none. */
bool am_topo_cycles(uint32_t n, const am_topo_edge *edges, size_t edge_count, uint32_t *out_cycle,
                    uint32_t *out_count, am_error *err);

#endif

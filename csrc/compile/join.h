/* Joins: ON from foreign keys, and which of several FROM elements a join goes to. */
#ifndef AM_COMPILE_JOIN_H
#define AM_COMPILE_JOIN_H

#include "sql/from.h"

/* left JOIN right; without onclause it is made from the foreign keys between the two. Counted; NULL
 * with *err set (NoForeignKeysError, AmbiguousForeignKeysError). */
am_node *am_join_new(am_node *left, am_node *right, am_node *onclause, int64_t outer, int64_t full,
                     am_error *err);
/* The condition made from foreign keys; counted, NULL with *err set. */
am_node *am_join_condition(am_node *left, am_node *right, am_error *err);
/* Those of `candidates` that `right` can be joined to: named by onclause, or linked by a foreign
 * key. */
void am_join_left_sides(const am_vec *candidates, am_node *right, am_node *onclause, am_vec *out,
                        am_error *err);
/* The element as messages name it. */
void am_from_describe(am_node *from, am_strbuf *out);
/* a = b, with the types' rules left aside; counted */
am_node *am_equal_new(am_node *left, am_node *right);

/* FROM elements of a SELECT with its joins built, before correlation. Appends counted nodes. */
bool am_select_final_froms(am_node *select, am_vec *out, am_error *err);

#endif

/* Common table expressions of the statement under way. A statement opens a scope where its text begins and closes it
 * where it ends; the CTEs met in between are written at the front of the outermost (or nesting) scope. */
#ifndef AM_COMPILE_CTE_H
#define AM_COMPILE_CTE_H

#include "compile/compile.h"

typedef struct am_cte_scope {
  size_t start;  /* offset in the output at which the statement begins */
  void *outer;
} am_cte_scope;

void am_cte_enter(am_compiler *c, am_node *statement, am_list *own, am_ctx ctx, am_cte_scope *scope);
void am_cte_leave(am_compiler *c, am_cte_scope *scope, am_ctx ctx);
/* The target and extra FROM elements of an UPDATE or DELETE are what correlated subqueries leave out. */
void am_cte_dml_froms(am_compiler *c, am_node *table, am_vec *froms, am_ctx ctx);
void am_put_table_hints(am_compiler *c, am_node *table, am_list *hints);
/* Conditions joined by AND, each grouped as it needs. */
void am_compile_conjunction(am_compiler *c, am_list *conditions, am_ctx ctx);

#endif

/* Scopes of common table expressions; see cte.h. */
#include "compile/cte.h"

void am_cte_enter(am_compiler *c, am_node *statement, am_list *own, am_ctx ctx, am_cte_scope *scope)
{
  (void)statement, (void)own, (void)ctx;
  scope->start = c->out->size;
  scope->outer = NULL;
}

void am_cte_leave(am_compiler *c, am_cte_scope *scope, am_ctx ctx) { (void)c, (void)scope, (void)ctx; }

void am_cte_dml_froms(am_compiler *c, am_node *table, am_vec *froms, am_ctx ctx)
{
  (void)c, (void)table, (void)froms, (void)ctx;
}

void am_put_table_hints(am_compiler *c, am_node *table, am_list *hints)
{
  (void)c, (void)table, (void)hints;
}

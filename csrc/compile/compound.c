/* UNION, INTERSECT, EXCEPT: SELECTs joined by a word. */
#include <string.h>

#include "compile/select.h"

static const char *keyword(int64_t kind)
{
  switch (kind) {
    case AM_COMPOUND_UNION: return " UNION ";
    case AM_COMPOUND_UNION_ALL: return " UNION ALL ";
    case AM_COMPOUND_EXCEPT: return " EXCEPT ";
    case AM_COMPOUND_EXCEPT_ALL: return " EXCEPT ALL ";
    case AM_COMPOUND_INTERSECT: return " INTERSECT ";
    default: return " INTERSECT ALL ";
  }
}

/* ORDER BY of a compound names the columns that it would have as a subquery. */
static am_node *as_subquery(am_compiler *c, am_node *compound)
{
  am_alias_node *alias = (am_alias_node *)am_node_new(AM_NODE_ALIAS);
  if (alias != NULL) {
    alias->element = am_node_ref(compound);
    alias->kind = AM_ALIAS_SUBQUERY;
  }
  return am_compile_keep(c, am_node_seal((am_node *)alias));
}

/* Names in ORDER BY and GROUP BY are looked up in the columns of the result, without any table. */
static void show_columns(am_compiler *c, am_compound_node *compound, am_vec *columns)
{
  if (compound->order_by == NULL && compound->group_by == NULL) return;
  am_node *alias = as_subquery(c, &compound->node);
  if (alias == NULL) return;
  const am_list *list = am_from_columns(alias, c->err);
  for (size_t i = 0; list != NULL && i < list->count; i++) {
    am_column_node *column = (am_column_node *)list->items[i];
    column->table = NULL; /* the alias is this function's own */
    am_vec_push(columns, &column->node);
  }
  if (columns->failed) am_error_memory(c->err);
}

void am_visit_compound(am_compiler *c, am_node *node, am_ctx ctx)
{
  am_compound_node *compound = (am_compound_node *)node;
  am_frame *outer = c->frame;
  bool later = (ctx.flags & AM_CTX_COMPOUND_LATER) != 0;
  bool map = outer == NULL || (!later && outer->need_result_map);
  if (outer == NULL) {
    c->result->is_select = true;
    c->result->columns_ordered = true;
  }
  am_cte_scope scope;
  am_cte_enter(c, node, compound->ctes, ctx, &scope);
  if (outer != NULL && (ctx.flags & AM_CTX_COMPOUND) && !later) {
    am_vec width = AM_VEC_INIT;
    am_selected_columns(node, &width, c->err);
    outer->compound_columns = width.count;
    am_vec_deinit(&width);
  }
  c->frame->correlate_froms = outer != NULL ? outer->correlate_froms : NULL;
  c->frame->asfrom_froms = outer != NULL ? outer->asfrom_froms : NULL;
  c->frame->need_result_map = map;
  am_ctx inner = ctx;
  inner.flags &= ~(unsigned)(AM_CTX_TOPLEVEL | AM_CTX_COMPOUND_LATER | AM_CTX_SUBQUERY |
                             AM_CTX_NEED_RESULT_MAP | AM_CTX_COLUMNS_CLAUSE | AM_CTX_INSERT_SELECT);
  inner.flags |= AM_CTX_COMPOUND;
  for (size_t i = 0; i < am_list_count(compound->selects); i++) {
    if (i > 0) am_put(c, keyword(compound->kind));
    if (i > 0) inner.flags |= AM_CTX_COMPOUND_LATER;
    c->frame->compound_index = (unsigned)i + 1;
    am_compile_node(c, compound->selects->items[i], inner);
  }
  am_vec columns = AM_VEC_INIT;
  show_columns(c, compound, &columns);
  c->frame->columns = &columns;
  c->frame->need_result_map = false;
  am_ctx clause = inner;
  clause.flags &=
      ~(unsigned)(AM_CTX_COMPOUND | AM_CTX_COMPOUND_LATER | AM_CTX_AS_FROM | AM_CTX_LATERAL);
  clause.flags |= AM_CTX_NO_TABLE;
  am_put_group_by(c, compound->group_by, clause);
  am_put_order_by(c, compound->order_by, clause);
  am_put_limits(c, node, clause);
  am_cte_leave(c, &scope, ctx);
  am_vec_deinit(&columns);
}

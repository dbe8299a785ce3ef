/* SELECT: clauses in the order in which they are written. */
#include "compile/select.h"

#include <string.h>

#include "compile/bind.h"
#include "compile/dml.h"
#include "compile/twin.h"

/* --- small clauses ------------------------------------------------------------------------ */

void am_put_order_by(am_compiler *c, am_list *order_by, am_ctx ctx)
{
  if (am_list_count(order_by) == 0) return;
  size_t start = c->out->size;
  am_put(c, " ORDER BY ");
  size_t before = c->out->size;
  am_compile_list(c, order_by, ", ", ctx);
  if (c->out->size == before) am_strbuf_truncate(c->out, start);
}

void am_put_group_by(am_compiler *c, am_list *group_by, am_ctx ctx)
{
  if (am_list_count(group_by) == 0) return;
  size_t start = c->out->size;
  am_put(c, " GROUP BY ");
  size_t before = c->out->size;
  am_compile_list(c, group_by, ", ", ctx);
  if (c->out->size == before) am_strbuf_truncate(c->out, start);
}

static void put_conditions(am_compiler *c, const char *keyword, am_list *conditions, am_ctx ctx)
{
  if (am_list_count(conditions) == 0) return;
  size_t start = c->out->size;
  am_put(c, keyword);
  size_t before = c->out->size;
  am_compile_conjunction(c, conditions, ctx);
  if (c->out->size == before) am_strbuf_truncate(c->out, start);
}

/* DISTINCT ON is PostgreSQL's; elsewhere it is a plain DISTINCT, as in SQLAlchemy. */
void am_precolumns_default(am_compiler *c, am_node *statement, am_ctx ctx)
{
  am_select_node *select = (am_select_node *)statement;
  (void)ctx;
  if (select->distinct) am_put(c, "DISTINCT ");
}

void am_precolumns_postgresql(am_compiler *c, am_node *statement, am_ctx ctx)
{
  am_select_node *select = (am_select_node *)statement;
  if (!select->distinct) return;
  am_put(c, "DISTINCT ");
  if (select->distinct_on == NULL) return;
  am_put(c, "ON (");
  am_compile_list(c, select->distinct_on, ", ", ctx);
  am_put(c, ") ");
}

/* Hints that name no table stand behind the statement. */
static void put_statement_hints(am_compiler *c, am_list *hints)
{
  for (size_t i = 0; i < am_list_count(hints); i++) {
    am_hint_node *hint = (am_hint_node *)hints->items[i];
    if (hint->table != NULL) continue;
    if (hint->dialect != NULL && !am_name_is(hint->dialect, "*") &&
        !am_dialect_is(c->dialect, hint->dialect->text))
      continue;
    const am_name *text = AM_AS(word, WORD, hint->text)->name;
    am_put(c, " ");
    am_put_author_text(c, text->text, text->size);
  }
}

/* --- the columns clause --------------------------------------------------------------------- */

static void put_columns(am_compiler *c, am_select_node *select, const am_vec *columns, bool map,
                        bool top, am_ctx ctx)
{
  am_named *names = am_select_names(&c->scratch, columns, select->label_style, true);
  if (names == NULL) {
    am_error_memory(c->err);
    return;
  }
  for (size_t i = 0; i < columns->count; i++) {
    am_column_use use = {&names[i], map, (ctx.flags & AM_CTX_AS_FROM) != 0, top};
    if (i > 0) am_put(c, ", ");
    am_ctx inner = ctx;
    inner.flags &= ~(unsigned)(AM_CTX_AS_FROM | AM_CTX_LATERAL);
    am_put_select_column(c, &use, inner);
    am_bind_loosen(c, columns->items[i]);
  }
}

/* MySQL knows no WHERE without FROM. */
static void put_froms(am_compiler *c, const am_vec *froms, const am_list *where, am_ctx ctx)
{
  ctx.flags |= AM_CTX_AS_FROM;
  if (froms->count > 0) am_put(c, " \nFROM ");
  else if (where != NULL && am_dialect_is(c->dialect, "mysql")) am_put(c, " FROM DUAL");
  for (size_t i = 0; i < froms->count; i++) {
    if (i > 0) am_put(c, ", ");
    am_compile_node(c, froms->items[i], ctx);
  }
}

/* --- the statement ---------------------------------------------------------------------------- */

typedef struct select_scope {
  am_cte_scope ctes;
  am_vec all_froms, froms, columns;
  am_vec own_froms, correlate; /* what the frame shows to subqueries */
} select_scope;

static void check_compound_width(am_compiler *c, am_frame *outer, const am_vec *columns, am_ctx ctx,
                                 unsigned index)
{
  if (outer == NULL || !(ctx.flags & AM_CTX_COMPOUND)) return;
  if (!(ctx.flags & AM_CTX_COMPOUND_LATER)) {
    outer->compound_columns = columns->count;
    return;
  }
  if (columns->count == outer->compound_columns) return;
  am_compile_fail(
      c, AM_ERR_COMPILE,
      "All selectables passed to CompoundSelect must have identical numbers of columns; "
      "select #1 has %zu columns, select #%u has %zu",
      outer->compound_columns, index, columns->count);
}

/* Opens the frame: columns, FROM elements, what enclosing statements already list. */
static void enter(am_compiler *c, am_select_node *select, select_scope *scope, am_ctx ctx)
{
  memset(scope, 0, sizeof *scope);
  am_frame *outer = c->frame;
  am_selected_columns(&select->node, &scope->columns, c->err);
  check_compound_width(c, outer, &scope->columns, ctx, outer != NULL ? outer->compound_index : 0);
  am_select_froms(c, select, &scope->all_froms);
  am_select_display_froms(c, select, &scope->all_froms, &scope->froms, ctx);
  for (size_t i = 0; i < scope->froms.count; i++)
    am_from_objects(scope->froms.items[i], &scope->own_froms);
  for (size_t i = 0; i < scope->own_froms.count; i++)
    am_vec_push_unique(&scope->correlate, scope->own_froms.items[i]);
  for (size_t i = 0;
       outer != NULL && outer->correlate_froms != NULL && i < outer->correlate_froms->count; i++)
    am_vec_push_unique(&scope->correlate, outer->correlate_froms->items[i]);
  if (scope->columns.failed || scope->correlate.failed || scope->own_froms.failed ||
      scope->all_froms.failed)
    am_error_memory(c->err);
  am_cte_enter(c, &select->node, NULL, ctx, &scope->ctes);
  c->frame->asfrom_froms = &scope->own_froms;
  c->frame->correlate_froms = &scope->correlate;
  c->frame->columns = &scope->columns;
  c->frame->froms = &scope->all_froms;
  c->frame->hints = select->hints;
  am_name_hinted(c, select->hints);
  for (size_t i = 0; i < scope->own_froms.count; i++) {
    am_node *from = scope->own_froms.items[i];
    c->frame->has_schemas |= from->tag == AM_NODE_TABLE && ((am_table_node *)from)->schema != NULL;
  }
  am_cte_independent(c, select->ctes,
                     ctx); /* which may be correlated to what encloses this SELECT */
}

static void leave(am_compiler *c, select_scope *scope, am_ctx ctx)
{
  am_cte_leave(c, &scope->ctes, ctx);
  am_vec_deinit(&scope->all_froms);
  am_vec_deinit(&scope->froms);
  am_vec_deinit(&scope->columns);
  am_vec_deinit(&scope->own_froms);
  am_vec_deinit(&scope->correlate);
}

void am_visit_select(am_compiler *c, am_node *node, am_ctx ctx)
{
  am_select_node *select = (am_select_node *)node;
  am_frame *outer = c->frame;
  bool top = outer == NULL || outer->need_result_map;
  bool map = top && !(ctx.flags & AM_CTX_COMPOUND_LATER);
  if (outer == NULL) {
    c->result->is_select = true;
    c->result->columns_ordered = true;
  }
  select_scope scope;
  enter(c, select, &scope, ctx);
  am_ctx inner = ctx;
  inner.flags &= ~(unsigned)(AM_CTX_COLUMNS_CLAUSE | AM_CTX_LABEL_CLAUSE | AM_CTX_TOPLEVEL |
                             AM_CTX_NEED_RESULT_MAP | AM_CTX_COMPOUND | AM_CTX_COMPOUND_LATER |
                             AM_CTX_SUBQUERY | AM_CTX_NO_TABLE | AM_CTX_INSERT_SELECT);
  inner.label_as_label = NULL;
  inner.result_objects = NULL;
  am_put(c, "SELECT ");
  am_put_hints(c, select->prefixes, inner);
  am_ctx plain = inner;
  plain.flags &= ~(unsigned)(AM_CTX_AS_FROM | AM_CTX_LATERAL);
  AM_DIALECT_CLAUSE(c, select_precolumns)(c, node, plain);
  put_columns(c, select, &scope.columns, map, top, inner);
  put_froms(c, &scope.froms, select->where, plain);
  put_conditions(c, " \nWHERE ", select->where, plain);
  am_put_group_by(c, select->group_by, plain);
  put_conditions(c, " \nHAVING ", select->having, plain);
  am_lint_froms(c, &scope.froms, select->where, "SELECT");
  am_put_order_by(c, select->order_by, plain);
  am_put_limits(c, node, plain);
  if (select->for_update != NULL) AM_DIALECT_CLAUSE(c, for_update_clause)(c, node, plain);
  put_statement_hints(c, select->hints);
  if (select->group_by != NULL || select->distinct) am_twins_note(c, select, &scope.columns);
  if (select->suffixes != NULL) {
    size_t start = c->out->size;
    am_put(c, " ");
    am_put_hints(c, select->suffixes, plain);
    if (c->out->size == start + 1) am_strbuf_truncate(c->out, start);
  }
  leave(c, &scope, ctx);
}

/* --- what stands around a SELECT
 * ------------------------------------------------------------------ */

static void put_in_parentheses(am_compiler *c, am_node *element, am_ctx ctx)
{
  am_put(c, "(");
  am_compile_node(c, element, ctx);
  am_put(c, ")");
}

void am_visit_select_grouping(am_compiler *c, am_node *node, am_ctx ctx)
{
  put_in_parentheses(c, ((am_select_grouping_node *)node)->element, ctx);
}

void am_visit_scalar_select(am_compiler *c, am_node *node, am_ctx ctx)
{
  am_node *element = ((am_scalar_select_node *)node)->element;
  ctx.flags &= ~(unsigned)(AM_CTX_AS_FROM | AM_CTX_LATERAL);
  if (element->tag == AM_NODE_SELECT_GROUPING) am_compile_node(c, element, ctx);
  else put_in_parentheses(c, element, ctx);
}

void am_visit_exists(am_compiler *c, am_node *node, am_ctx ctx)
{
  am_node *element = ((am_exists_node *)node)->element;
  am_put(c, "EXISTS ");
  ctx.flags &= ~(unsigned)(AM_CTX_AS_FROM | AM_CTX_LATERAL);
  if (element->tag == AM_NODE_SELECT || element->tag == AM_NODE_COMPOUND ||
      element->tag == AM_NODE_TEXTUAL_SELECT)
    put_in_parentheses(c, element, ctx);
  else am_compile_node(c, element, ctx);
}

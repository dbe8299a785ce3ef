/* UPDATE: target, SET, FROM, WHERE, RETURNING. */
#include "compile/crud.h"
#include "compile/cte.h"
#include "compile/dml.h"
#include "compile/select.h"

/* --- other tables that take part -------------------------------------------------- */

typedef struct from_search {
  am_node *target;
  am_vec *out;
} from_search;

/* Tables that the statement's expressions name and that are not its target. */
static bool find_froms(am_node *node, void *context)
{
  from_search *search = context;
  switch (node->tag) {
    case AM_NODE_COLUMN: {
      am_node *table = ((am_column_node *)node)->table;
      if (table != NULL && table != search->target) am_vec_push_unique(search->out, table);
      return true;
    }
    case AM_NODE_SELECT: /* what stands in a subquery is its own affair */
    case AM_NODE_COMPOUND:
    case AM_NODE_SCALAR_SELECT:
    case AM_NODE_EXISTS:
    case AM_NODE_ALIAS:
    case AM_NODE_TABLE: return true;
    case AM_NODE_ORM_ATTR: return find_froms(((am_orm_attr_node *)node)->column, context);
    default: return am_node_children(node, find_froms, context);
  }
}

/* The tables of a join beside its leftmost, in order. */
static void joined_tables(am_node *table, am_vec *out)
{
  if (table->tag != AM_NODE_JOIN) return;
  joined_tables(((am_join_node *)table)->left, out);
  am_node *right = ((am_join_node *)table)->right;
  if (right->tag == AM_NODE_JOIN) am_vec_push_unique(out, am_update_target(right));
  else am_vec_push_unique(out, right);
  joined_tables(right, out);
}

void am_dml_extra_froms(am_compiler *c, am_node *table, am_list *where, am_list *values,
                        am_vec *out)
{
  from_search search = {am_update_target(table), out};
  for (size_t i = 0; i < am_list_count(where); i++) find_froms(where->items[i], &search);
  for (size_t i = 0; i < am_list_count(values); i++)
    find_froms(((am_pair_node *)values->items[i])->value, &search);
  joined_tables(table, out);
  if (out->failed) am_error_memory(c->err);
}

void am_update_from(am_compiler *c, am_vec *froms, am_ctx ctx)
{
  ctx.flags |= AM_CTX_AS_FROM;
  for (size_t i = 0; i < froms->count; i++) {
    if (i > 0) am_put(c, ", ");
    am_compile_node(c, froms->items[i], ctx);
  }
}

/* --- clauses ------------------------------------------------------------------------- */

static void put_set(am_compiler *c, am_crud *crud, bool with_table, am_ctx ctx)
{
  am_put(c, " SET ");
  for (size_t i = 0; i < crud->count; i++) {
    am_node *column = crud->items[i].column;
    if (i > 0) am_put(c, ", ");
    am_ctx key = ctx;
    if (!with_table) key.flags |= AM_CTX_NO_TABLE;
    if (with_table || column->tag != AM_NODE_COLUMN) am_compile_node(c, column, key);
    else am_put_identifier(c, ((am_column_node *)column)->name);
    am_put(c, "=");
    am_crud_put_value(c, &crud->items[i], ctx);
  }
}

static void put_where(am_compiler *c, am_list *where, am_ctx ctx)
{
  if (am_list_count(where) == 0) return;
  size_t start = c->out->size;
  am_put(c, " WHERE ");
  size_t before = c->out->size;
  am_compile_conjunction(c, where, ctx);
  if (c->out->size == before) am_strbuf_truncate(c->out, start);
}

void am_visit_update(am_compiler *c, am_node *node, am_ctx ctx)
{
  am_update_node *update = (am_update_node *)node;
  if (ctx.flags & AM_CTX_TOPLEVEL) c->result->is_update = true;
  am_cte_scope scope;
  am_cte_enter(c, node, update->ctes, ctx, &scope);
  am_vec froms = AM_VEC_INIT;
  am_dml_extra_froms(c, update->table, update->where, update->values, &froms);
  am_cte_dml_froms(c, update->table, &froms, ctx);
  am_vec others = AM_VEC_INIT,
         within = AM_VEC_INIT; /* tables beside the target; those that it holds itself */
  joined_tables(update->table, &within);
  for (size_t i = 0; i < froms.count; i++)
    if (!am_vec_contains(&within, froms.items[i])) am_vec_push(&others, froms.items[i]);
  if (others.failed || within.failed) am_error_memory(c->err);
  bool joined = froms.count > 0 && (am_dialect_caps(c->dialect) & AM_DIALECT_SET_WITH_TABLE);
  am_crud crud;
  am_crud_init(&crud);
  am_ctx inner = ctx;
  inner.flags &= ~(unsigned)AM_CTX_TOPLEVEL;
  am_put(c, "UPDATE ");
  am_put_hints(c, update->prefixes, inner);
  am_ctx as_from = inner;
  as_from.flags |= AM_CTX_AS_FROM;
  am_put_table_only(c, update->table, update->hints);
  am_compile_node(c, update->table, as_from);
  if (joined && others.count > 0) {
    am_put(c, ", ");
    am_update_from(c, &others, inner);
  }
  am_put_table_hints(c, update->table, update->hints);
  am_crud_update(c, update, &froms, ctx, &crud);
  put_set(c, &crud, joined && !crud.from_all_columns, inner);
  if (others.count > 0 && !joined) {
    am_put(c, " FROM ");
    am_update_from(c, &others, inner);
  }
  put_where(c, update->where, inner);
  am_visit_clause limit = AM_DIALECT_CLAUSE(c, update_limit_clause);
  if (limit != NULL) limit(c, node, inner);
  am_put_returning(c, node, update->returning, ctx);
  am_cte_leave(c, &scope, ctx);
  am_vec_deinit(&froms);
  am_vec_deinit(&others);
  am_vec_deinit(&within);
  am_crud_deinit(&crud);
}

void am_visit_delete(am_compiler *c, am_node *node, am_ctx ctx)
{
  am_delete_node *del = (am_delete_node *)node;
  if (ctx.flags & AM_CTX_TOPLEVEL) c->result->is_delete = true;
  am_cte_scope scope;
  am_cte_enter(c, node, del->ctes, ctx, &scope);
  am_vec froms = AM_VEC_INIT;
  am_dml_extra_froms(c, del->table, del->where, NULL, &froms);
  am_cte_dml_froms(c, del->table, &froms, ctx);
  am_ctx inner = ctx;
  inner.flags &= ~(unsigned)AM_CTX_TOPLEVEL;
  am_put(c, "DELETE ");
  am_put_hints(c, del->prefixes, inner);
  am_put(c, "FROM ");
  am_ctx as_from = inner;
  as_from.flags |= AM_CTX_AS_FROM;
  am_put_table_only(c, del->table, del->hints);
  if (froms.count > 0 && am_dialect_is(c->dialect, "mysql") && del->table->tag == AM_NODE_ALIAS)
    am_put_label(c, "alias",
                 am_label_from(&c->scratch, del->table)); /* what it stands for follows USING */
  else am_compile_node(c, del->table, as_from);
  am_put_table_hints(c, del->table, del->hints);
  if (froms.count > 0) {
    bool mysql = am_dialect_is(c->dialect, "mysql");
    bool uses = mysql || am_dialect_is(c->dialect, "postgresql");
    if (!uses && !(am_dialect_caps(c->dialect) & AM_DIALECT_STRING))
      am_compile_fail(c, AM_ERR_COMPILE,
                      "This backend does not support multiple-table criteria within DELETE");
    am_put(c, uses ? " USING " : " , ");
    if (mysql) { /* MySQL repeats the target among the tables */
      am_compile_node(c, del->table, as_from);
      am_put(c, ", ");
    }
    am_update_from(c, &froms, inner);
  }
  put_where(c, del->where, inner);
  am_visit_clause limit = AM_DIALECT_CLAUSE(c, delete_limit_clause);
  if (limit != NULL) limit(c, node, inner);
  am_put_returning(c, node, del->returning, ctx);
  am_cte_leave(c, &scope, ctx);
  am_vec_deinit(&froms);
}

/* What happens to a row that is there already: ON CONFLICT (PostgreSQL, SQLite), ON DUPLICATE KEY
 * (MySQL). */
#include <string.h>

#include "compile/crud.h"
#include "compile/ddl.h"
#include "compile/dml.h"

/* (email, lower(name)) WHERE ..., or ON CONSTRAINT name */
static void put_target(am_compiler *c, am_on_conflict_node *conflict, am_ctx ctx)
{
  ctx.flags |= AM_CTX_NO_TABLE;
  if (conflict->constraint != NULL) {
    am_put(c, " ON CONSTRAINT ");
    am_ddl_item_name(c, conflict->constraint, conflict->name_bits);
    return;
  }
  if (am_list_count(conflict->elements) == 0) {
    if (conflict->kind == AM_CONFLICT_UPDATE && !am_dialect_is(c->dialect, "sqlite"))
      am_compile_fail(
          c, AM_ERR_ARGUMENT,
          "Either constraint or index_elements, but not both, must be specified unless DO "
          "NOTHING");
    return;
  }
  am_put(c, " (");
  for (size_t i = 0; i < conflict->elements->count; i++) {
    am_node *element = conflict->elements->items[i];
    if (i > 0) am_put(c, ", ");
    if (element->tag == AM_NODE_WORD) am_put_identifier(c, ((am_word_node *)element)->name);
    else am_compile_node(c, element, ctx);
  }
  am_put(c, ")");
  if (conflict->where_target == NULL) return;
  am_put(c, " WHERE ");
  if (!am_dialect_is(c->dialect, "sqlite")) ctx.flags &= ~(unsigned)AM_CTX_SKIP_BIND_EXPRESSION;
  else ctx.flags |= AM_CTX_LITERAL_EXECUTE;
  am_compile_node(c, conflict->where_target, ctx);
}

static void put_key(am_compiler *c, am_node *key)
{
  if (key->tag == AM_NODE_WORD) am_put_identifier(c, ((am_word_node *)key)->name);
  else am_put_identifier(c, ((am_column_node *)key)->name);
}

/* One "column = value" of the SET list. */
static void put_assignment(am_compiler *c, am_node *key, am_node *value, am_ctx ctx)
{
  am_crud_item item = {key, value};
  put_key(c, key);
  am_put(c, " = ");
  if (key->tag == AM_NODE_COLUMN) am_crud_put_value(c, &item, ctx);
  else am_compile_node(c, value, ctx);
}

static am_pair_node *pair_for(am_on_conflict_node *conflict, am_node *column)
{
  for (size_t i = 0; i < am_list_count(conflict->set); i++) {
    am_pair_node *pair = (am_pair_node *)conflict->set->items[i];
    if (pair->key == column) return pair;
    if (pair->key->tag == AM_NODE_WORD &&
        am_name_equal(((am_word_node *)pair->key)->name, am_column_key(column)))
      return pair;
  }
  return NULL;
}

/* In the order of the table, then what the table does not know; or as the author ordered them. */
static void put_set(am_compiler *c, am_insert_node *insert, am_on_conflict_node *conflict,
                    am_ctx ctx)
{
  am_list *columns =
      insert->table->tag == AM_NODE_TABLE ? ((am_table_node *)insert->table)->columns : NULL;
  am_vec done = AM_VEC_INIT;
  bool first = true;
  for (size_t i = 0; !conflict->ordered && i < am_list_count(columns); i++) {
    am_pair_node *pair = pair_for(conflict, columns->items[i]);
    if (pair == NULL) continue;
    if (!first) am_put(c, ", ");
    first = false;
    put_assignment(c, columns->items[i], pair->value, ctx);
    am_vec_push(&done, pair);
  }
  for (size_t i = 0; i < am_list_count(conflict->set); i++) {
    am_pair_node *pair = (am_pair_node *)conflict->set->items[i];
    if (am_vec_contains(&done, pair)) continue;
    am_node *key = pair->key;
    for (size_t k = 0; k < am_list_count(columns) && key->tag == AM_NODE_WORD; k++)
      if (am_name_equal(((am_word_node *)key)->name, am_column_key(columns->items[k])))
        key = columns->items[k];
    if (!first) am_put(c, ", ");
    first = false;
    put_assignment(c, key, pair->value, ctx);
  }
  am_vec_deinit(&done);
}

void am_put_on_conflict(am_compiler *c, am_insert_node *insert, am_ctx ctx)
{
  am_on_conflict_node *conflict = (am_on_conflict_node *)insert->on_conflict;
  ctx.flags &= ~(unsigned)AM_CTX_TOPLEVEL;
  bool mysql = am_dialect_is(c->dialect, "mysql");
  if (conflict->kind == AM_CONFLICT_DUPLICATE_KEY) {
    if (!mysql) am_compile_unsupported(c, "ON DUPLICATE KEY UPDATE");
    am_put(c, " ON DUPLICATE KEY UPDATE ");
    put_set(c, insert, conflict, ctx);
    return;
  }
  if (mysql || strcmp(c->dialect->name, "default") == 0) am_compile_unsupported(c, "ON CONFLICT");
  am_put(c, " ON CONFLICT");
  put_target(c, conflict, ctx);
  if (conflict->kind == AM_CONFLICT_NOTHING) {
    am_put(c, " DO NOTHING");
    return;
  }
  am_put(c, " DO UPDATE SET ");
  put_set(c, insert, conflict, ctx);
  if (conflict->where != NULL) {
    am_put(c, " WHERE ");
    am_compile_node(c, conflict->where, ctx);
  }
}

/* excluded.x, VALUES(x) */
void am_visit_values_of(am_compiler *c, am_node *node, am_ctx ctx)
{
  am_values_of_node *of = (am_values_of_node *)node;
  (void)ctx;
  am_name *name = ((am_column_node *)of->column)->name;
  if (am_dialect_is(c->dialect, "mysql")) {
    am_put(c, "VALUES(");
    am_put_identifier(c, name);
    am_put(c, ")");
    return;
  }
  am_putf(c, "%s.", of->alias != NULL ? of->alias->text : "excluded");
  am_put_identifier(c, name);
}

void am_visit_default_marker(am_compiler *c, am_node *node, am_ctx ctx)
{
  (void)node, (void)ctx;
  am_put(c, "DEFAULT");
}

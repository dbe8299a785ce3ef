/* Columns and values of UPDATE, whose target may be an alias, a CTE or a join, and which may write
 * other tables; see crud.h. */
#include "compile/bind.h"
#include "compile/crud_private.h"

/* Does return_defaults() bring back this column, whose value only the database knows? */
static bool comes_back(const am_compiler *c, const am_update_node *update, const am_node *column)
{
  return (update->return_options & AM_RETURN_DEFAULTS) && am__crud_may_return(update->table) &&
         (am_dialect_caps(c->dialect) & AM_DIALECT_UPDATE_RETURNING) &&
         am__crud_is_named(update->return_columns, column);
}

static void fetch_after(am_compiler *c, const am_update_node *update, am_node *column)
{
  bool returns = comes_back(c, update, column);
  am__crud_note(c, returns ? &c->result->returned : &c->result->postfetch, column);
}

/* `name`: of the parameter, where a default runs before the statement. */
static void update_default(am_compiler *c, am_update_node *update, am_node *column, am_name *name,
                           am_crud *out)
{
  am_column_schema_node *schema = am_column_schema(column);
  if (schema == NULL) return;
  am_default_node *def = (am_default_node *)schema->onupdate;
  if (def != NULL && def->kind == AM_DEFAULT_SQL) {
    am__crud_add(c, out, column, def->arg);
    fetch_after(c, update, column);
  } else if (def != NULL && def->kind == AM_DEFAULT_SEQUENCE) {
    am__crud_add(c, out, column, am__crud_next_value(c, def->arg));
    fetch_after(c, update, column);
  } else if (def != NULL) {
    am__crud_add(c, out, column, am__crud_prefetch(c, column, name, def));
  } else if (schema->server_onupdate != NULL || schema->computed != NULL) {
    fetch_after(c, update, column);
  }
}

static void update_column(am_compiler *c, am_update_node *update, am__given *from, am_node *column,
                          am_crud *out)
{
  am_pair_node *pair = am__crud_find(from, column);
  if (pair == NULL && !am__crud_has_key(from, column)) {
    if (((am_column_node *)column)->table == NULL ||
        ((am_column_node *)column)->table->tag == AM_NODE_TABLE) /* an alias has no defaults */
      update_default(c, update, column, am_column_key(column), out);
    return;
  }
  am_node *value = pair != NULL ? pair->value : am__crud_required(c, column);
  if (value != NULL) value = am__crud_own_name(c, value, column, -1);
  if (value == NULL) return; /* out of memory, which the compiler remembers */
  am__crud_add(c, out, column, value);
  if (value->tag == AM_NODE_BIND || am_column_schema(column) == NULL) return;
  fetch_after(c, update, column);
}

/* An assignment to an expression, data[5] = 1: such come first. */
static void expression_values(am_compiler *c, am__given *from, am_crud *out)
{
  for (size_t i = 0; i < am_list_count(from->values); i++) {
    am_pair_node *pair = (am_pair_node *)from->values->items[i];
    am_tag tag = (am_tag)pair->key->tag;
    if (tag == AM_NODE_COLUMN || tag == AM_NODE_WORD || tag == AM_NODE_ORM_ATTR) continue;
    am__crud_add(c, out, pair->key, pair->value);
    am_vec_push(&from->consumed, pair);
  }
}

/* "table_key": the parameter of a column of another table. */
static am_name *foreign_name(am_compiler *c, am_node *from, am_node *column)
{
  const am_name *table = from->tag == AM_NODE_TABLE   ? ((am_table_node *)from)->name
                         : from->tag == AM_NODE_ALIAS ? ((am_alias_node *)from)->name
                                                      : NULL;
  return am__crud_name(c, "%s_%s", table != NULL ? table->text : "anon",
                       am_column_key(column)->text);
}

static am_pair_node *foreign_pair(am__given *from, am_node *column)
{
  for (size_t i = 0; i < am_list_count(from->values); i++) {
    am_pair_node *pair = (am_pair_node *)from->values->items[i];
    if (pair->key == column) return pair;
  }
  return NULL;
}

static bool sets_with_table(const am_compiler *c)
{
  return (am_dialect_caps(c->dialect) & AM_DIALECT_SET_WITH_TABLE) != 0;
}

static void refuse_other_table(am_compiler *c, const am_node *table)
{
  am_compile_fail(c, AM_ERR_COMPILE, "%s; cannot include columns from table(s) '%s' in SET clause",
                  sets_with_table(c)
                      ? "Statement is not a multi-table UPDATE statement"
                      : "Backend does not support additional tables in the SET clause",
                  ((const am_table_node *)table)->name->text);
}

/* Values of columns of tables that are not part of the statement. */
static void check_tables(am_compiler *c, const am_node *target, const am__given *from)
{
  for (size_t i = 0; i < am_list_count(from->values); i++) {
    am_pair_node *pair = (am_pair_node *)from->values->items[i];
    if (pair->key->tag != AM_NODE_COLUMN || am_vec_contains(&from->consumed, pair)) continue;
    const am_node *table = ((am_column_node *)pair->key)->table;
    if (table == NULL || table == target || table->tag != AM_NODE_TABLE) continue;
    refuse_other_table(c, table);
    return;
  }
}

/* UPDATE t AS a SET t.x = ...: the table behind the alias may be written everywhere. */
static bool stands_for(const am_node *target, const am_node *table)
{
  while (target->tag == AM_NODE_ALIAS) target = ((const am_alias_node *)target)->element;
  return target == table;
}

/* Columns of one other table (UPDATE of several tables), in its order; then what it sets by itself
 * on an update. */
static void foreign_values(am_compiler *c, am_update_node *update, am_node *table, am__given *from,
                           am_crud *out)
{
  const am_list *columns = am__crud_columns(table);
  bool written = false;
  for (size_t i = 0; i < am_list_count(columns); i++) {
    am_pair_node *pair = foreign_pair(from, columns->items[i]);
    if (pair == NULL || am_vec_contains(&from->consumed, pair)) continue;
    if (!sets_with_table(c) && table->tag == AM_NODE_TABLE && !stands_for(update->table, table)) {
      refuse_other_table(c, table);
      return;
    }
    am_node *value = pair->value;
    if (value->tag == AM_NODE_BIND &&
        (((am_bind_node *)value)->options & (AM_BIND_FROM_NAMES | AM_BIND_UNIQUE))) {
      am_name *name = foreign_name(c, table, pair->key);
      value = am__crud_renamed(c, (am_bind_node *)value, name);
      am_name_unref(name);
    }
    if (value == NULL) return;
    am__crud_add(c, out, pair->key, value);
    am_vec_push(&from->consumed, pair);
    written = true;
  }
  for (size_t i = 0; written && i < am_list_count(columns); i++) {
    if (foreign_pair(from, columns->items[i]) != NULL) continue;
    am_name *name = foreign_name(c, table, columns->items[i]);
    if (name != NULL) update_default(c, update, columns->items[i], name, out);
    am_name_unref(name);
  }
}

am_node *am_update_target(am_node *table)
{
  while (table->tag == AM_NODE_JOIN) table = ((am_join_node *)table)->left;
  return table;
}

void am_crud_update(am_compiler *c, am_update_node *update, const am_vec *froms, am_ctx ctx,
                    am_crud *out)
{
  am__given from = {update->values, c->options->column_keys, c->options->has_column_keys, froms,
                    AM_VEC_INIT};
  am_node *target = am_update_target(update->table);
  if (!(ctx.flags & AM_CTX_TOPLEVEL)) {
    from.has_keys = false;
    from.keys = NULL;
  }
  if (am_list_count(from.values) == 0 && !from.has_keys && !update->has_values) {
    am__crud_all_columns(c, target, out);
    return;
  }
  expression_values(c, &from, out);
  for (size_t i = 0; i < froms->count; i++) foreign_values(c, update, froms->items[i], &from, out);
  const am_list *columns = am__crud_columns(target);
  am_vec done = AM_VEC_INIT;
  for (size_t v = 0; update->ordered && v < am_list_count(from.values); v++) {
    am_pair_node *pair = (am_pair_node *)from.values->items[v];
    for (size_t i = 0; i < am_list_count(columns); i++) {
      if (!am__crud_pair_is_for(&from, pair, columns->items[i])) continue;
      if (am_vec_push_unique(&done, columns->items[i]))
        update_column(c, update, &from, columns->items[i], out);
      break;
    }
  }
  for (size_t i = 0; i < am_list_count(columns); i++)
    if (!am_vec_contains(&done, columns->items[i]))
      update_column(c, update, &from, columns->items[i], out);
  check_tables(c, target, &from);
  am__crud_check_consumed(c, &from, target);
  am_vec_deinit(&done);
  am_vec_deinit(&from.consumed);
}

/* Which column of a table the database numbers by itself; see schema.h. */
#include <stdio.h>

#include "schema/schema.h"
#include "sql/type.h"

/* INTEGER and NUMERIC may count; a decorator counts as what it decorates. */
static bool can_count(const am_node *type)
{
  while (am_type_kind_of(type) == AM_TYPE_DECORATOR && ((const am_type_node *)type)->item != NULL)
    type = ((const am_type_node *)type)->item;
  am_affinity affinity = am_type_affinity(am_type_kind_of(type));
  return affinity == AM_AFFINITY_INTEGER || affinity == AM_AFFINITY_NUMERIC;
}

static bool is_sequence(const am_node *value)
{
  return ((const am_default_node *)value)->kind == AM_DEFAULT_SEQUENCE;
}

/* May the column count? `wanted`: the author asked for it, so that a wrong type is an error. */
static bool validate(const am_column_node *column, bool wanted, am_error *err)
{
  const am_column_schema_node *schema = (const am_column_schema_node *)column->schema;
  if (!can_count(column->node.type)) {
    const am_type_node *type = (const am_type_node *)column->node.type;
    char length[32] = "";
    if (type != NULL && type->length >= 0)
      snprintf(length, sizeof length, "(%d)", (int)type->length);
    if (wanted)
      am_error_set(err, AM_ERR_ARGUMENT,
                   "Column type %s%s on column '%s.%s' is not compatible with autoincrement=true",
                   am_type_visit(am_type_kind_of(column->node.type)), length,
                   ((const am_table_node *)column->table)->name->text, column->name->text);
    return false;
  }
  if (wanted) return true;
  if (schema->default_ != NULL && !is_sequence(schema->default_)) return false;
  if (schema->server_default != NULL && schema->identity == NULL) return false;
  if (schema->computed != NULL) return false;
  return am_list_count(schema->foreign_keys) == 0 ||
         schema->autoincrement == AM_AUTOINCREMENT_IGNORE_FK;
}

am_column_node *am_schema_autoincrement(am_table_node *table, am_error *err)
{
  if (table->primary_key == NULL) return NULL;
  const am_list *columns = ((am_constraint_node *)table->primary_key)->columns;
  if (am_list_count(columns) == 1) {
    am_column_node *column = (am_column_node *)columns->items[0];
    int64_t mode = am_column_facts(column)->autoincrement;
    if (mode == AM_AUTOINCREMENT_NO) return NULL;
    return validate(column, mode == AM_AUTOINCREMENT_YES, err) ? column : NULL;
  }
  am_column_node *found = NULL;
  for (size_t i = 0; i < am_list_count(columns); i++) {
    am_column_node *column = (am_column_node *)columns->items[i];
    if (am_column_facts(column)->autoincrement != AM_AUTOINCREMENT_YES) continue;
    if (!validate(column, true, err)) return NULL;
    if (found != NULL) {
      am_error_set(err, AM_ERR_ARGUMENT,
                   "Only one Column may be marked autoincrement=true, found both %s and %s.",
                   column->name->text, found->name->text);
      return NULL;
    }
    found = column;
  }
  return found;
}

/* Which columns an INSERT or UPDATE writes, and with what.
 *
 * From the statement's values, the parameter names given at execution and the table's defaults
 * follows the list of (column, value) that the clause renders, and what the executor must do before
 * (run a default) and after (fetch what the server made). The rules and their order are
 * SQLAlchemy's. */
#ifndef AM_COMPILE_CRUD_H
#define AM_COMPILE_CRUD_H

#include "compile/compile.h"

typedef struct am_crud_item {
  am_node *column; /* borrowed */
  am_node *value;  /* expression to render (kept by the compiler), NULL in INSERT ... SELECT */
} am_crud_item;

typedef struct am_crud {
  am_crud_item *items;
  size_t count, capacity;
  bool from_all_columns; /* no values, no names: a bind per column */
  am_vec select_extra;   /* INSERT ... SELECT: default expressions to add to the SELECT */
} am_crud;

void am_crud_init(am_crud *crud);
void am_crud_deinit(am_crud *crud);
void am_crud_insert(am_compiler *c, am_insert_node *insert, am_ctx ctx, am_crud *out);
/* froms: the other tables that take part. */
void am_crud_update(am_compiler *c, am_update_node *update, const am_vec *froms, am_ctx ctx,
                    am_crud *out);
/* The table whose rows are updated: the leftmost of a join. */
am_node *am_update_target(am_node *table);
/* Values of rows 2.. of a many-rows INSERT, in the order of `first`: rendered as "(a, b), (c,
 * d)". */
void am_crud_rows(am_compiler *c, am_insert_node *insert, const am_crud *first, am_ctx ctx);
/* Renders a value: groups what stands for an operator expression. */
void am_crud_put_value(am_compiler *c, const am_crud_item *item, am_ctx ctx);

/* The column that the database numbers by itself, or NULL; the rule of
 * Table.autoincrement_column. */
am_node *am_table_autoincrement(am_node *table);
/* Name by which parameters call a column: its key. */
static inline am_name *am_column_key(am_node *column)
{
  am_column_node *col = (am_column_node *)column;
  return col->key_name != NULL ? col->key_name : col->name;
}
static inline am_column_schema_node *am_column_schema(am_node *column)
{
  return (am_column_schema_node *)((am_column_node *)column)->schema;
}

#endif

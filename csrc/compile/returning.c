/* RETURNING: the author's columns, or those that the compiler wants back. */
#include "compile/crud_private.h"
#include "compile/dml.h"
#include "compile/select.h"
#include "sql/from.h"

static void put_columns(am_compiler *c, const am_vec *columns, bool result_map, am_ctx ctx)
{
  am_named *names = am_select_names(&c->scratch, columns, AM_LABEL_STYLE_DISAMBIGUATE_ONLY, true);
  if (names == NULL) {
    am_error_memory(c->err);
    return;
  }
  for (size_t i = 0; i < columns->count; i++) {
    am_column_use use = {&names[i], result_map, false, true};
    if (i > 0) am_put(c, ", ");
    am_put_select_column(c, &use, ctx);
  }
}

static bool may_return(am_compiler *c, const am_node *statement)
{
  unsigned caps = am_dialect_caps(c->dialect);
  if (caps & AM_DIALECT_STRING) return true;
  if (statement->tag == AM_NODE_INSERT) return (caps & AM_DIALECT_INSERT_RETURNING) != 0;
  if (statement->tag == AM_NODE_UPDATE) return (caps & AM_DIALECT_UPDATE_RETURNING) != 0;
  return (caps & AM_DIALECT_DELETE_RETURNING) != 0;
}

/* With return_defaults() on UPDATE and DELETE, or columns named for it. */
static void add_return_defaults(am_compiler *c, am_node *statement)
{
  am_list *columns = NULL, *also = NULL;
  am_node *table = NULL;
  int64_t options = 0;
  if (statement->tag == AM_NODE_UPDATE) {
    table = ((am_update_node *)statement)->table;
    columns = ((am_update_node *)statement)->return_columns;
    also = ((am_update_node *)statement)->return_also;
    options = ((am_update_node *)statement)->return_options;
    if (am_list_count(((am_update_node *)statement)->values) == 0 && !c->options->has_column_keys &&
        !((am_update_node *)statement)->has_values)
      return; /* a parameter per column: there is nothing to bring back */
  } else if (statement->tag == AM_NODE_DELETE) {
    table = ((am_delete_node *)statement)->table;
    columns = ((am_delete_node *)statement)->return_columns;
    also = ((am_delete_node *)statement)->return_also;
    options = ((am_delete_node *)statement)->return_options;
  }
  if (!(options & AM_RETURN_DEFAULTS) || !am__crud_may_return(table)) return;
  for (size_t i = 0; i < am_list_count(columns); i++)
    am__crud_note_once(c, &c->result->returned, columns->items[i]);
  for (size_t i = 0; i < am_list_count(also); i++)
    am__crud_note_once(c, &c->result->returned, also->items[i]);
}

static bool wants_defaults(const am_node *statement)
{
  int64_t options = 0;
  if (statement->tag == AM_NODE_INSERT)
    options = ((const am_insert_node *)statement)->return_options;
  if (statement->tag == AM_NODE_UPDATE)
    options = ((const am_update_node *)statement)->return_options;
  if (statement->tag == AM_NODE_DELETE)
    options = ((const am_delete_node *)statement)->return_options;
  return (options & AM_RETURN_DEFAULTS) != 0;
}

void am_put_returning(am_compiler *c, am_node *statement, am_list *columns, am_ctx ctx)
{
  bool top = (ctx.flags & AM_CTX_TOPLEVEL) != 0;
  if (am_list_count(columns) > 0 && wants_defaults(statement)) {
    am_compile_fail(c, AM_ERR_COMPILE,
                    "Can't compile statement that includes returning() and "
                    "return_defaults() simultaneously");
    return;
  }
  if (columns == NULL && top) {
    if (may_return(c, statement)) add_return_defaults(c, statement);
    columns = c->result->returned;
  }
  if (am_list_count(columns) == 0) return;
  am_put(c, " RETURNING ");
  ctx.flags &= ~(unsigned)AM_CTX_TOPLEVEL;
  if (top) {
    c->result->returning = true;
    c->result->columns_ordered = true;
  }
  if (am_dialect_caps(c->dialect) & AM_DIALECT_RETURNING_NO_TABLE) ctx.flags |= AM_CTX_NO_TABLE;
  am_vec expanded = AM_VEC_INIT;
  if (am_expand_columns(columns, &expanded, c->err)) put_columns(c, &expanded, top, ctx);
  if (expanded.failed) am_error_memory(c->err);
  am_vec_deinit(&expanded);
}

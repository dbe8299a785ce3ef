/* RETURNING: the author's columns, or those that the compiler wants back. */
#include <string.h>

#include "compile/crud.h"
#include "compile/dml.h"
#include "sql/from.h"

/* One result column with its text and its place in the result map. A name that was there before gets a label. */
static void put_column(am_compiler *c, am_node *node, am_map *names, am_ctx ctx)
{
  am_node *element = node;
  const char *label = NULL, *name;
  if (node->tag == AM_NODE_ORM_ATTR) element = ((am_orm_attr_node *)node)->column;
  if (element->tag == AM_NODE_LABEL) {
    am_label_node *node_label = (am_label_node *)element;
    name = node_label->name != NULL
               ? node_label->name->text
               : am_anon_name(c, element, node_label->stem != NULL ? node_label->stem->text : "anon",
                              node_label->stem != NULL ? node_label->stem->size : 4);
    label = name;
    element = node_label->element;
  } else if (element->tag == AM_NODE_COLUMN) {
    am_column_node *column = (am_column_node *)element;
    name = column->name->text;
    if (column->literal) name = column->name->text;
    else if (am_map_get_text(names, name, strlen(name), NULL))
      label = name = am_anon_name(c, node, name, strlen(name));
  } else {
    const char *stem = "anon";
    const am_name *own = element->tag == AM_NODE_FUNCTION ? ((am_function_node *)element)->name : NULL;
    if (own != NULL) stem = own->text;
    label = name = am_anon_name(c, element, stem, strlen(stem));
  }
  if (!am_map_set_text(names, name, strlen(name), 1)) am_error_memory(c->err);
  bool result = (ctx.flags & AM_CTX_NEED_RESULT_MAP) != 0;
  ctx.flags &= ~(unsigned)AM_CTX_NEED_RESULT_MAP; /* the element is entered below, once */
  am_node *shown = am_column_expression(c, element);
  if (shown != NULL && shown != element && label == NULL) label = name;
  am_compile_node(c, shown != NULL ? shown : element, ctx);
  if (label != NULL) {
    am_put(c, " AS ");
    am_put_identifier_text(c, label, strlen(label), 0);
  }
  if (!result) return;
  am_node *objects[3] = {node, element, NULL};
  am_add_result(c, name, name, node->type != NULL ? node->type : element->type, objects,
                node != element ? 2 : 1);
}

/* A table among the author's columns stands for all of its columns. */
static void put_element(am_compiler *c, am_node *node, am_map *names, bool *first, am_ctx ctx)
{
  am_list *columns = NULL;
  if (node->tag == AM_NODE_TABLE) columns = ((am_table_node *)node)->columns;
  if (columns == NULL) {
    if (!*first) am_put(c, ", ");
    *first = false;
    put_column(c, node, names, ctx);
    return;
  }
  for (size_t i = 0; i < columns->count; i++)
    if (!am_column_is_omitted(columns->items[i])) put_element(c, columns->items[i], names, first, ctx);
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
  am_list *columns = NULL;
  int64_t options = 0;
  if (statement->tag == AM_NODE_UPDATE) {
    columns = ((am_update_node *)statement)->return_columns;
    options = ((am_update_node *)statement)->return_options;
  } else if (statement->tag == AM_NODE_DELETE) {
    columns = ((am_delete_node *)statement)->return_columns;
    options = ((am_delete_node *)statement)->return_options;
  }
  if (!(options & AM_RETURN_DEFAULTS)) return;
  for (size_t i = 0; i < am_list_count(columns); i++) {
    bool there = false;
    for (size_t k = 0; k < am_list_count(c->result->returned) && !there; k++)
      there = c->result->returned->items[k] == columns->items[i];
    if (there) continue;
    am_list *longer = am_list_append(c->result->returned, columns->items[i]);
    if (longer == NULL) {
      am_error_memory(c->err);
      return;
    }
    am_list_unref(c->result->returned);
    c->result->returned = longer;
  }
}

void am_put_returning(am_compiler *c, am_node *statement, am_list *columns, am_ctx ctx)
{
  bool top = (ctx.flags & AM_CTX_TOPLEVEL) != 0;
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
    ctx.flags |= AM_CTX_NEED_RESULT_MAP;
  }
  if (am_dialect_caps(c->dialect) & AM_DIALECT_RETURNING_NO_TABLE) ctx.flags |= AM_CTX_NO_TABLE;
  am_map names;
  am_map_init_text(&names);
  bool first = true;
  for (size_t i = 0; i < columns->count; i++) put_element(c, columns->items[i], &names, &first, ctx);
  am_map_deinit(&names);
}

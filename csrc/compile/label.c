/* Columns and labels: how they look in a columns clause, in ORDER BY, and anywhere else. */
#include <string.h>

#include "compile/select.h"

static void add_result(am_compiler *c, am_label name, am_label own, am_node *type, am_node *node,
                       am_ctx ctx)
{
  am_vec objects = AM_VEC_INIT;
  am_vec_push(&objects, node);
  for (size_t i = 0; ctx.result_objects != NULL && i < ctx.result_objects->count; i++)
    am_vec_push_unique(&objects, ctx.result_objects->items[i]);
  own = am_resolve(c, "colident", own);
  if (objects.failed) am_error_memory(c->err);
  else am_add_result(c, name.text, own.text, type, (am_node *const *)objects.items, objects.count);
  am_vec_deinit(&objects);
}

static void put_table_prefix(am_compiler *c, am_node *table, am_ctx ctx)
{
  if (table == NULL || (ctx.flags & AM_CTX_NO_TABLE) || !am_from_is_named(table)) return;
  bool written = false;
  if (table->tag == AM_NODE_TABLE) am_put_schema(c, ((am_table_node *)table)->schema, &written);
  if (table->tag == AM_NODE_TABLE && !written && am_table_is_ambiguous(c, (am_table_node *)table))
    am_put_ambiguous(c, (am_table_node *)table);
  else am_put_label(c, "alias", am_label_from(&c->scratch, table));
  am_put(c, ".");
}

void am_visit_column(am_compiler *c, am_node *node, am_ctx ctx)
{
  am_column_node *column = (am_column_node *)node;
  am_label own = am_label_own_name(&c->scratch, node);
  if (own.text == NULL && (am_dialect_caps(c->dialect) & AM_DIALECT_STRING))
    own = am_label_text("<name unknown>");
  if (own.text == NULL) {
    am_compile_fail(c, AM_ERR_COMPILE,
                    "Cannot compile Column object until its 'name' is assigned.");
    return;
  }
  am_label name = am_resolve(c, "colident", own);
  if (ctx.flags & AM_CTX_NEED_RESULT_MAP) add_result(c, name, own, node->type, node, ctx);
  if (column->source != NULL && column->source->tag == AM_NODE_FUNCTION) { /* (f()).name */
    am_put(c, "(");
    am_ctx inner = ctx;
    inner.flags &= ~(unsigned)AM_CTX_NEED_RESULT_MAP;
    am_compile_node(c, column->source, inner);
    am_put(c, ").");
  }
  put_table_prefix(c, column->table, ctx);
  if (column->literal) am_put_sql_text(c, name.text, name.size);
  else am_put_identifier_text(c, name.text, name.size, name.quote);
}

void am_visit_label(am_compiler *c, am_node *node, am_ctx ctx)
{
  am_label_node *label = (am_label_node *)node;
  bool with_as = (ctx.flags & AM_CTX_COLUMNS_CLAUSE) && !(ctx.flags & AM_CTX_LABEL_CLAUSE);
  am_ctx inner = ctx;
  inner.flags &= ~(unsigned)AM_CTX_NEED_RESULT_MAP;
  inner.result_objects = NULL;
  inner.label_as_label = NULL;
  if (!with_as && ctx.label_as_label != node) {
    inner.flags &= ~(unsigned)AM_CTX_COLUMNS_CLAUSE;
    am_compile_node(c, label->element, inner);
    return;
  }
  am_label own = am_label_own_name(&c->scratch, node);
  if (!with_as) {
    am_put_label(c, "colident", own);
    return;
  }
  am_label name = am_resolve(c, "colident", own);
  if (ctx.flags & AM_CTX_NEED_RESULT_MAP)
    add_result(c, name, own, node->type != NULL ? node->type : label->element->type, node, ctx);
  inner.flags |= AM_CTX_LABEL_CLAUSE;
  am_compile_node(c, label->element, inner);
  am_put(c, am_dialect_operator_text(c->dialect, AM_OP_AS));
  am_put_identifier_text(c, name.text, name.size, name.quote);
}

/* --- the columns clause ------------------------------------------------------------------ */

/* Must an expression without a required label get one all the same? */
static bool renders_with_label(am_compiler *c, am_node *node, bool as_from)
{
  switch (node->tag) {
    case AM_NODE_COLUMN: {
      am_column_node *column = (am_column_node *)node;
      return as_from && !column->literal && column->table != NULL;
    }
    case AM_NODE_TEXT: return false;
    case AM_NODE_CLAUSE_LIST: /* columns with commas between them are no one column */
      return ((am_clause_list_node *)node)->op != AM_OP_COMMA;
    case AM_NODE_UNARY: {
      am_unary_node *unary = (am_unary_node *)node;
      bool truth = unary->op == AM_OP_IS_TRUE || unary->op == AM_OP_IS_FALSE;
      if (truth && !(am_dialect_caps(c->dialect) & AM_DIALECT_NATIVE_BOOLEAN)) return true;
      return as_from || !am_node_is_named_column(am_label_plain(unary->element));
    }
    default: return !am_node_is_named_column(node);
  }
}

/* shown: what is rendered for `node` (an expression that its type puts around it, or itself) */
static void put_labelled(am_compiler *c, am_node *node, am_node *shown, am_label label, am_ctx ctx)
{
  am_label name = am_resolve(c, "colident", label);
  if (ctx.flags & AM_CTX_NEED_RESULT_MAP) add_result(c, name, label, node->type, node, ctx);
  ctx.flags &= ~(unsigned)AM_CTX_NEED_RESULT_MAP;
  ctx.flags |= AM_CTX_LABEL_CLAUSE;
  ctx.result_objects = NULL;
  am_compile_node(c, shown, ctx);
  am_put(c, am_dialect_operator_text(c->dialect, AM_OP_AS));
  am_put_identifier_text(c, name.text, name.size, name.quote);
}

/* literal_column("*"): the columns that come are the database's to say */
static bool is_star(const am_node *node)
{
  if (node->tag != AM_NODE_COLUMN || !((const am_column_node *)node)->literal) return false;
  const am_name *name = ((const am_column_node *)node)->name;
  return name->size == 1 && name->text[0] == '*';
}

/* Every rendered column has exactly one entry in the result map, whatever the visitors below have
 * added. */
static void settle_result(am_compiler *c, const am_column_use *use, am_node *node, size_t before)
{
  am_compiled *r = c->result;
  if (is_star(node)) r->columns_ordered = false;
  if (r->column_count == before) {
    bool text = node->tag == AM_NODE_TEXT;
    if (text) r->columns_ordered = false;
    am_add_result(c, "", "", node->type, &node, 1);
  }
  while (r->column_count > before + 1) {
    am_result_column *extra = &r->columns[--r->column_count];
    am_name_unref(extra->key);
    am_name_unref(extra->name);
    am_node_unref(extra->type);
    am_list_unref(extra->objects);
  }
  if (!use->name->repeated || r->columns[before].objects == NULL) return;
  am_list_unref(r->columns[before].objects); /* the first appearance is the one that is found */
  r->columns[before].objects = am_list_new(0);
  if (r->columns[before].objects == NULL) am_error_memory(c->err);
}

void am_put_select_column(am_compiler *c, const am_column_use *use, am_ctx ctx)
{
  am_node *given = use->name->node, *node = am_label_plain(given);
  size_t before = c->result->column_count;
  am_vec also = AM_VEC_INIT;
  if (given != node) am_vec_push(&also, given);
  ctx.flags |= AM_CTX_COLUMNS_CLAUSE;
  ctx.flags &= ~(unsigned)(AM_CTX_LABEL_CLAUSE | AM_CTX_NEED_RESULT_MAP);
  if (use->result_map) ctx.flags |= AM_CTX_NEED_RESULT_MAP;
  ctx.result_objects = &also;
  am_label label = use->name->required;
  am_node *shown = use->type_expression ? am_column_expression(c, node) : node;
  if (shown == NULL) shown = node;
  if (shown != node && node->tag == AM_NODE_LABEL) {
    label = am_label_own_name(&c->scratch, node);
  } else if (label.text == NULL && (shown != node || renders_with_label(c, node, use->as_from))) {
    label = use->name->fallback;
    if (label.text == NULL) label = am_label_anon(&c->scratch, node);
    label.flags |= AM_NAME_TRUNCATABLE;
  }
  if (label.text == NULL || (node->tag == AM_NODE_LABEL && shown == node))
    am_compile_node(c, node, ctx);
  else put_labelled(c, node, shown, label, ctx);
  if (also.failed) am_error_memory(c->err);
  am_vec_deinit(&also);
  if (!use->result_map || am_compile_failed(c)) return;
  settle_result(c, use, node, before);
  if (shown != node) { /* the value is of the type that the expression says, not of the column's */
    am_result_column *column = &c->result->columns[before];
    am_node_unref(column->type);
    column->type = am_node_ref(shown->type);
  }
}

/* --- references to labels ------------------------------------------------------------------ */

static bool may_be_named(am_node *node)
{
  node = am_label_plain(node);
  if (node->tag == AM_NODE_LABEL) return may_be_named(((am_label_node *)node)->element);
  return node->tag != AM_NODE_TEXT;
}

/* A column that no name means: of an alias that the library joined by itself. */
static bool hides_name(const am_node *column)
{
  if (column->tag != AM_NODE_COLUMN) return false;
  const am_node *from = ((const am_column_node *)column)->table;
  return from != NULL && from->tag == AM_NODE_ALIAS &&
         (((const am_alias_node *)from)->options & AM_ALIAS_HIDES_NAMES);
}

static bool is_named(am_label label, const char *text, size_t size)
{
  return label.text != NULL && label.size == size && memcmp(label.text, text, size) == 0;
}

/* A selected column by its label (table_name, or key); the last one of that name counts, as in a
 * dictionary. */
static am_node *find_selected(am_compiler *c, const am_vec *columns, const char *text, size_t size)
{
  am_node *found = NULL;
  am_label_memo memo = {NULL};
  for (size_t i = 0; columns != NULL && i < columns->count; i++) {
    am_node *node = am_label_plain(columns->items[i]);
    if (!may_be_named(node) || hides_name(node)) continue;
    am_label label = am_label_tq(&c->scratch, node, &memo);
    if (label.text == NULL && node->tag != AM_NODE_FUNCTION)
      label = am_label_proxy_key(&c->scratch, node);
    if (is_named(label, text, size)) found = node;
  }
  return found;
}

static am_node *find_in_froms(am_compiler *c, const am_vec *froms, const char *text, size_t size)
{
  am_node *found = NULL;
  for (size_t i = 0; froms != NULL && i < froms->count; i++) {
    am_node *from = froms->items[i];
    if (!am_is_from(from)) continue;
    const am_list *columns = am_from_columns(from, c->err);
    for (size_t k = 0; columns != NULL && k < columns->count; k++) {
      am_node *column = columns->items[k];
      if (!hides_name(column) && is_named(am_label_proxy_key(&c->scratch, column), text, size))
        found = column;
    }
  }
  return found;
}

static void unresolved(am_compiler *c, const am_name *name)
{
  am_compile_fail(
      c, AM_ERR_COMPILE,
      "Can't resolve label reference for ORDER BY / GROUP BY / DISTINCT etc. Textual SQL "
      "expression '%s' should be explicitly declared as text('%s')",
      name->text, name->text);
}

/* order_by("name") */
static void put_textual(am_compiler *c, am_label_reference_node *reference, am_ctx ctx)
{
  const am_name *name = reference->name;
  if (c->frame == NULL || c->frame->columns == NULL) {
    am_put_author_text(c, name->text, name->size);
    return;
  }
  am_node *column = NULL;
  if (!(ctx.flags & AM_CTX_COLUMNS_CLAUSE))
    column = find_selected(c, c->frame->columns, name->text, name->size);
  if (column == NULL) column = find_in_froms(c, c->frame->froms, name->text, name->size);
  if (column == NULL) {
    unresolved(c, name);
    return;
  }
  ctx.label_as_label = column;
  am_compile_node(c, column, ctx);
}

void am_visit_label_reference(am_compiler *c, am_node *node, am_ctx ctx)
{
  am_label_reference_node *reference = (am_label_reference_node *)node;
  if (reference->element == NULL) {
    put_textual(c, reference, ctx);
    return;
  }
  am_node *label = am_label_plain(reference->element);
  while (label->tag == AM_NODE_UNARY) label = am_label_plain(((am_unary_node *)label)->element);
  if (label->tag == AM_NODE_LABEL && c->frame != NULL && c->frame->columns != NULL) {
    am_label name = am_label_own_name(&c->scratch, label);
    am_node *column = NULL;
    if (ctx.flags & AM_CTX_COLUMNS_CLAUSE)
      column = find_in_froms(c, c->frame->froms, name.text, name.size);
    else column = find_selected(c, c->frame->columns, name.text, name.size);
    if (column != NULL && am_shares_lineage(label, column)) ctx.label_as_label = label;
  }
  am_compile_node(c, reference->element, ctx);
}

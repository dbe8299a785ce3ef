/* FROM elements: tables, aliases of every kind, joins, VALUES. */
#include <string.h>
#include <strings.h>

#include "compile/bind.h"
#include "compile/cte.h"
#include "compile/select.h"

static bool hint_is_for(const am_compiler *c, const am_hint_node *hint)
{
  return hint->dialect == NULL || am_name_is(hint->dialect, "*") ||
         am_dialect_is(c->dialect, hint->dialect->text);
}

void am_name_hinted(am_compiler *c, const am_list *hints)
{
  for (size_t i = 0; i < am_list_count(hints); i++) {
    const am_hint_node *hint = (const am_hint_node *)hints->items[i];
    if (hint->table != NULL && hint->table->tag == AM_NODE_ALIAS && hint_is_for(c, hint))
      am_resolve(c, "alias", am_label_from(&c->scratch, hint->table));
  }
}

/* What "%(name)s" in a hint stands for. */
static void put_hinted(am_compiler *c, am_node *from)
{
  bool written = false;
  if (from->tag != AM_NODE_TABLE) {
    am_put_label(c, "alias", am_label_from(&c->scratch, from));
    return;
  }
  am_put_schema(c, ((am_table_node *)from)->schema, &written);
  am_put_identifier(c, ((am_table_node *)from)->name);
}

/* The hint that the statement has for an element and this dialect, with "%(name)s" exchanged. */
static void put_from_hint(am_compiler *c, am_node *from)
{
  am_list *hints = c->frame != NULL ? c->frame->hints : NULL;
  bool shown =
      am_dialect_is(c->dialect, "mysql") || (am_dialect_caps(c->dialect) & AM_DIALECT_STRING);
  for (size_t i = 0; shown && i < am_list_count(hints); i++) {
    am_hint_node *hint = (am_hint_node *)hints->items[i];
    if (hint->table != from || !hint_is_for(c, hint)) continue;
    const am_name *text = AM_AS(word, WORD, hint->text)->name;
    bool string = (am_dialect_caps(c->dialect) & AM_DIALECT_STRING) != 0;
    am_put(c, string ? " [" : " ");
    const char *at = text->text, *mark;
    while ((mark = strstr(at, "%(name)s")) != NULL) {
      am_put_author_text(c, at, (size_t)(mark - at));
      put_hinted(c, from);
      at = mark + 8;
    }
    am_put_author_text(c, at, strlen(at));
    if (string) am_put(c, "]");
  }
}

/* PostgreSQL knows one hint, which stands before the table. */
static void put_only(am_compiler *c, am_node *from)
{
  am_list *hints = c->frame != NULL ? c->frame->hints : NULL;
  bool postgresql = am_dialect_is(c->dialect, "postgresql");
  for (size_t i = 0; postgresql && i < am_list_count(hints); i++) {
    am_hint_node *hint = (am_hint_node *)hints->items[i];
    if (hint->table != from || !hint_is_for(c, hint)) continue;
    const am_name *text = hint->text->tag == AM_NODE_WORD ? ((am_word_node *)hint->text)->name
                                                          : ((am_text_node *)hint->text)->text;
    if (strcasecmp(text->text, "ONLY") == 0) am_put(c, "ONLY ");
    else am_compile_fail(c, AM_ERR_COMPILE, "Unrecognized hint: '%s'", text->text);
  }
}

void am_put_table_only(am_compiler *c, am_node *table, am_list *hints)
{
  if (c->frame == NULL || hints == NULL) return;
  am_list *former = c->frame->hints;
  c->frame->hints = hints;
  put_only(c, table);
  c->frame->hints = former;
}

void am_put_table_hints(am_compiler *c, am_node *table, am_list *hints)
{
  if (c->frame == NULL || hints == NULL) return;
  am_list *former = c->frame->hints;
  c->frame->hints = hints;
  put_from_hint(c, table);
  c->frame->hints = former;
}

void am_put_ambiguous(am_compiler *c, const am_table_node *table)
{
  const char *name = am_anon_name(c, NULL, table->name->text, table->name->size);
  am_put_identifier_text(c, name, strlen(name), table->name->quote);
}

void am_visit_table(am_compiler *c, am_node *node, am_ctx ctx)
{
  am_table_node *table = (am_table_node *)node;
  bool toplevel = (ctx.flags & AM_CTX_TOPLEVEL) != 0;
  if (!(ctx.flags & AM_CTX_AS_FROM) && !toplevel) return;
  bool written = false;
  put_only(c, node);
  am_put_schema(c, table->schema, &written);
  am_put_identifier(c, table->name);
  if (!written && am_table_is_ambiguous(c, table)) {
    am_put(c, " AS ");
    am_put_ambiguous(c, table);
  }
  put_from_hint(c, node);
}

/* --- aliases ------------------------------------------------------------------------------ */

static bool is_lateral(const am_alias_node *alias)
{
  return alias->kind == AM_ALIAS_LATERAL || (alias->options & AM_ALIAS_IS_LATERAL);
}

/* What stands before AS; the inner names of aliases of aliases are not shown. */
static void put_aliased(am_compiler *c, am_alias_node *alias, am_ctx ctx)
{
  am_node *element = alias->element;
  while (element->tag == AM_NODE_FROM_GROUPING)
    element = ((am_from_grouping_node *)element)->element;
  if (element->tag == AM_NODE_ALIAS && ((am_alias_node *)element)->kind != AM_ALIAS_CTE) {
    am_alias_node *inner = (am_alias_node *)element;
    if (is_lateral(inner) && !is_lateral(alias)) {
      am_put(c, "LATERAL ");
      ctx.flags |= AM_CTX_LATERAL;
    }
    put_aliased(c, inner, ctx);
    return;
  }
  if (element->tag ==
      AM_NODE_TABLE) { /* neither hints nor the name for a table of two schemas are its alias's */
    bool written = false;
    am_put_schema(c, ((am_table_node *)element)->schema, &written);
    am_put_identifier(c, ((am_table_node *)element)->name);
    return;
  }
  bool statement = !am_is_from(element) && am_returns_rows(element);
  bool grouped = element->tag == AM_NODE_SELECT_GROUPING;
  ctx.flags |= AM_CTX_AS_FROM;
  am_list *hints = c->frame != NULL ? c->frame->hints : NULL;
  if (c->frame != NULL) c->frame->hints = NULL; /* a hint for the table is none for its alias */
  if (statement && !grouped) am_put(c, "(");
  am_compile_node(c, element, ctx);
  if (statement && !grouped) am_put(c, ")");
  if (c->frame != NULL) c->frame->hints = hints;
}

/* "AS x(a, b TEXT)" of table-valued functions */
static void put_derived(am_compiler *c, am_alias_node *alias, am_ctx ctx)
{
  if (!(alias->options & AM_ALIAS_RENDER_DERIVED)) return;
  const am_list *columns = am_from_columns(&alias->node, c->err);
  am_put(c, "(");
  for (size_t i = 0; columns != NULL && i < columns->count; i++) {
    if (i > 0) am_put(c, ", ");
    am_put_identifier(c, ((am_column_node *)columns->items[i])->name);
    if (!(alias->options & AM_ALIAS_DERIVED_TYPES)) continue;
    am_put(c, " ");
    am_compile_node(c, columns->items[i]->type, ctx);
  }
  am_put(c, ")");
}

static void put_sampling(am_compiler *c, am_alias_node *alias, am_ctx ctx)
{
  if (alias->kind != AM_ALIAS_TABLESAMPLE) return;
  am_put(c, " TABLESAMPLE ");
  ctx.flags &= ~(unsigned)AM_CTX_AS_FROM;
  am_compile_node(c, alias->sampling, ctx);
  if (alias->seed == NULL) return;
  am_put(c, " REPEATABLE (");
  am_compile_node(c, alias->seed, ctx);
  am_put(c, ")");
}

void am_visit_alias(am_compiler *c, am_node *node, am_ctx ctx)
{
  am_alias_node *alias = (am_alias_node *)node;
  if (alias->kind == AM_ALIAS_CTE) {
    am_visit_cte(c, node, ctx);
    return;
  }
  bool as_from = (ctx.flags & AM_CTX_AS_FROM) != 0;
  bool lateral = is_lateral(alias);
  if (!as_from && alias->kind != AM_ALIAS_TABLESAMPLE) { /* by itself: what it names */
    ctx.flags &= ~(unsigned)AM_CTX_SUBQUERY;
    am_node *element = alias->element;
    while (lateral && element->tag == AM_NODE_ALIAS &&
           ((am_alias_node *)element)->kind != AM_ALIAS_CTE)
      element = ((am_alias_node *)element)->element;
    bool grouped = lateral && !am_is_from(element) && am_returns_rows(element);
    if (lateral) am_put(c, grouped ? "LATERAL (" : "LATERAL ");
    am_compile_node(c, element, ctx);
    if (grouped) am_put(c, ")");
    return;
  }
  put_only(c, node);
  if (lateral) am_put(c, "LATERAL ");
  am_ctx inner = ctx;
  if (lateral) inner.flags |= AM_CTX_LATERAL;
  am_label name =
      am_resolve(c, "alias", am_label_from(&c->scratch, node)); /* numbered before those inside */
  put_aliased(c, alias, inner);
  am_put(c, " AS ");
  if (name.text != NULL) am_put_identifier_text(c, name.text, name.size, name.quote);
  put_derived(c, alias, ctx);
  put_sampling(c, alias, ctx);
  put_from_hint(c, node);
}

/* --- the others ------------------------------------------------------------------------------ */

void am_visit_from_grouping(am_compiler *c, am_node *node, am_ctx ctx)
{
  am_put(c, "(");
  am_compile_node(c, ((am_from_grouping_node *)node)->element, ctx);
  am_put(c, ")");
}

void am_visit_join(am_compiler *c, am_node *node, am_ctx ctx)
{
  am_join_node *join = (am_join_node *)node;
  am_ctx side = ctx;
  side.flags |= AM_CTX_AS_FROM;
  am_compile_node(c, join->left, side);
  const char *inner = am_dialect_is(c->dialect, "mysql") ? " INNER JOIN " : " JOIN ";
  am_put(c, join->full ? " FULL OUTER JOIN " : join->outer ? " LEFT OUTER JOIN " : inner);
  am_compile_node(c, join->right, side);
  am_put(c, " ON ");
  ctx.flags &= ~(unsigned)AM_CTX_AS_FROM;
  am_compile_node(c, join->onclause, ctx);
}

/* One value of a row. A plain one is a parameter anew wherever the rows stand, as SQLAlchemy makes
 * its parameters while it writes; only expressions and bindparam() are what they were. */
static void put_values_item(am_compiler *c, am_node *item, am_ctx ctx)
{
  intptr_t known;
  if (item->tag == AM_NODE_BIND && (((am_bind_node *)item)->options & AM_BIND_OF_VALUES) &&
      am_map_get_pointer(&c->bind_nodes, item, &known))
    item = am_bind_keep_copy(c, am_node_copy(item), item);
  if (item != NULL) am_compile_node(c, item, ctx);
}

static void put_values_row(am_compiler *c, const am_list *items, am_ctx ctx)
{
  am_put(c, "(");
  for (size_t i = 0; i < am_list_count(items); i++) {
    if (i > 0) am_put(c, ", ");
    put_values_item(c, items->items[i], ctx);
  }
  am_put(c, ")");
}

static void put_values_rows(am_compiler *c, am_values_node *values, am_ctx ctx)
{
  if (values->options & AM_VALUES_LITERAL_BINDS) ctx.flags |= AM_CTX_LITERAL_BINDS;
  ctx.flags &= ~(unsigned)AM_CTX_AS_FROM;
  am_put(c, "VALUES ");
  for (size_t i = 0; i < am_list_count(values->rows); i++) {
    am_node *row = values->rows->items[i];
    if (i > 0) am_put(c, ", ");
    put_values_row(c, row->tag == AM_NODE_TUPLE ? ((am_tuple_node *)row)->items : NULL, ctx);
  }
}

void am_visit_values(am_compiler *c, am_node *node, am_ctx ctx)
{
  am_values_node *values = (am_values_node *)node;
  if (values->ctes != NULL) am_cte_independent(c, values->ctes, ctx);
  if (!(ctx.flags & AM_CTX_AS_FROM)) {
    put_values_rows(c, values, ctx);
    return;
  }
  if (ctx.flags & AM_CTX_SUBQUERY) { /* the body of a CTE */
    if (values->options & AM_VALUES_LATERAL)
      am_compile_fail(c, AM_ERR_COMPILE, "Can't use a LATERAL VALUES expression inside of a CTE");
    put_values_rows(c, values, ctx);
    return;
  }
  if (values->options & AM_VALUES_LATERAL) am_put(c, "LATERAL ");
  am_put(c, "(");
  put_values_rows(c, values, ctx);
  am_put(c, ")");
  if (!am_from_is_named(node)) return;
  am_put(c, " AS ");
  am_put_label(c, "values", am_label_from(&c->scratch, node));
  am_put(c, " (");
  const am_list *columns = am_from_columns(node, c->err);
  for (size_t i = 0; columns != NULL && i < columns->count; i++) {
    if (i > 0) am_put(c, ", ");
    am_put_identifier(c, ((am_column_node *)columns->items[i])->name);
  }
  am_put(c, ")");
}

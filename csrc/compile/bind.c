/* Binds: names and marks. */
#include <stdio.h>
#include <string.h>

#include "base/alloc.h"
#include "compile/bind.h"
#include "compile/compile.h"
#include "sql/label.h"

void am_put_author_text(am_compiler *c, const char *text, size_t size)
{
  const char *at = text, *end = text + size;
  while (at < end) {
    const char *mark = memchr(at, '\1', (size_t)(end - at));
    if (mark == NULL) mark = end;
    am_strbuf_add(c->out, at, (size_t)(mark - at));
    if (mark < end) am_strbuf_add(c->out, "\1x", 2);
    at = mark + 1;
  }
}

/* A name that stands in the text; unique binds get a number. */
static const char *bind_text_name(am_compiler *c, const am_bind_node *bind)
{
  const char *name = bind->name != NULL ? bind->name->text : "param";
  size_t size = bind->name != NULL ? bind->name->size : 5;
  if (!(bind->options & AM_BIND_UNIQUE)) return name;
  char text[256], *stem = text; /* neither begins nor ends with "_" */
  if (size >= sizeof text) size = sizeof text - 1;
  memcpy(text, name, size);
  size = am_label_tidy(text, size);
  while (size > 0 && stem[size - 1] == '_') size--;
  while (size > 0 && *stem == '_') stem++, size--;
  return am_truncated(c, "bindparam", am_anon_name(c, bind, stem, size));
}

/* SIZE_MAX without memory, which the compiler remembers. */
static size_t add_bind(am_compiler *c, const am_bind_node *bind, const char *name)
{
  am_compiled *r = c->result;
  if (r->bind_count == c->bind_capacity) {
    size_t capacity = c->bind_capacity == 0 ? 8 : c->bind_capacity * 2;
    am_compiled_bind *binds = am_realloc(r->binds, capacity * sizeof *binds);
    if (binds == NULL) {
      am_error_memory(c->err);
      return SIZE_MAX;
    }
    r->binds = binds;
    c->bind_capacity = capacity;
  }
  intptr_t extract = -1;
  am_map_get_pointer(&c->extract_index, bind, &extract);
  am_compiled_bind *entry = &r->binds[r->bind_count];
  memset(entry, 0, sizeof *entry);
  entry->name = am_name_new(name, strlen(name), 0);
  entry->key = bind->name != NULL ? am_name_ref(bind->name) : am_name_new("param", 5, 0);
  entry->bind = am_node_ref((am_node *)(uintptr_t)bind);
  entry->type = am_node_ref(bind->node.type);
  entry->extract = extract;
  if (bind->options & AM_BIND_EXPANDING) entry->flags |= AM_CBIND_EXPANDING;
  if (bind->options & AM_BIND_LITERAL_EXECUTE) entry->flags |= AM_CBIND_LITERAL_EXECUTE;
  if (bind->options & AM_BIND_REQUIRED) entry->flags |= AM_CBIND_REQUIRED;
  if (bind->options & AM_BIND_FROM_NAMES) entry->flags |= AM_CBIND_FROM_NAMES;
  if (entry->name == NULL || entry->key == NULL ||
      !am_map_set_text(&c->bind_names, name, strlen(name), (intptr_t)r->bind_count) ||
      !am_map_set_pointer(&c->bind_nodes, bind, (intptr_t)r->bind_count))
    am_error_memory(c->err);
  return r->bind_count++;
}

/* Two binds of one name: the same parameter, unless one of them was to be unique, as the values
 * given to values() are, or belongs to a column named among the parameters, or one is a list. */
static void check_conflict(am_compiler *c, const am_bind_node *bind, const am_bind_node *other,
                           const char *name)
{
  bool mixed = ((bind->options ^ other->options) & AM_BIND_FROM_NAMES) != 0;
  const am_bind_node *assigned = bind->options & AM_BIND_FROM_NAMES ? bind : other;
  if (((bind->options | other->options) & AM_BIND_UNIQUE) != 0 ||
      (mixed && !(assigned->options & (AM_BIND_REQUIRED | AM_BIND_PREFETCH))))
    am_compile_fail(c, AM_ERR_COMPILE,
                    "Bind parameter '%s' conflicts with unique bind parameter of the same name",
                    name);
  else if (((bind->options ^ other->options) & AM_BIND_EXPANDING) != 0)
    am_compile_fail(c, AM_ERR_COMPILE,
                    "Can't reuse bound parameter name '%s' in both 'expanding' (e.g. within an IN "
                    "expression) and non-expanding contexts.  If this parameter is to receive a "
                    "list/array value, set { expanding = true } on it for expressions that aren't "
                    "IN, otherwise use a different parameter name.",
                    name);
  else if (mixed)
    am_compile_fail(c, AM_ERR_COMPILE,
                    "bindparam() name '%s' is reserved for automatic usage in the VALUES or SET "
                    "clause of this insert/update statement.   Please use a name other than column "
                    "name when using bindparam() with insert() or update() (for example, 'b_%s').",
                    name, name);
}

/* The later one's value counts, and a value is required if either says so, as in SQLAlchemy. */
static void replace_bind(am_compiler *c, am_compiled_bind *entry, const am_bind_node *bind)
{
  intptr_t extract = -1;
  am_map_get_pointer(&c->extract_index, bind, &extract);
  am_node_unref(entry->bind);
  entry->bind = am_node_ref((am_node *)(uintptr_t)bind);
  entry->extract = extract;
  if (bind->options & AM_BIND_REQUIRED) entry->flags |= AM_CBIND_REQUIRED;
}

size_t am_bind_index(am_compiler *c, am_node *node)
{
  const am_bind_node *bind = (const am_bind_node *)node;
  intptr_t known;
  if (am_map_get_pointer(&c->bind_nodes, node, &known)) return (size_t)known;
  const char *name = bind_text_name(c, bind);
  if (am_map_get_text(&c->bind_names, name, strlen(name), &known)) {
    am_compiled_bind *entry = &c->result->binds[known];
    check_conflict(c, bind, (const am_bind_node *)entry->bind, name);
    if (am_type_kind_of(entry->type) == AM_TYPE_NULLTYPE) { /* one of them may know the type */
      am_node_unref(entry->type);
      entry->type = am_node_ref(bind->node.type);
    }
    replace_bind(c, entry, bind);
    if (!am_map_set_pointer(&c->bind_nodes, node, known)) am_error_memory(c->err);
    return (size_t)known;
  }
  return add_bind(c, bind, name);
}

am_node *am_bind_keep_copy(am_compiler *c, am_node *take_copy, const am_node *bind)
{
  am_node *kept = am_compile_keep(c, am_node_seal(take_copy));
  intptr_t extract;
  if (kept != NULL && am_map_get_pointer(&c->extract_index, bind, &extract) &&
      !am_map_set_pointer(&c->extract_index, kept, extract))
    am_error_memory(c->err);
  return kept;
}

void am_bind_loosen(am_compiler *c, const am_node *operand)
{
  intptr_t index;
  if (c->result->paramstyle != AM_PARAM_NUMERIC || !(operand->flags & AM_NODE_HAS_BIND)) return;
  switch (operand->tag) {
    case AM_NODE_BIND:
      if (am_affinity_of(operand->type) == AM_AFFINITY_STRING &&
          am_map_get_pointer(&c->bind_nodes, operand, &index))
        c->result->binds[index].loose++;
      break;
    case AM_NODE_GROUPING: am_bind_loosen(c, ((const am_grouping_node *)operand)->element); break;
    case AM_NODE_LABEL: am_bind_loosen(c, ((const am_label_node *)operand)->element); break;
    case AM_NODE_CLAUSE_LIST: { /* the bounds of BETWEEN */
      const am_list *items = ((const am_clause_list_node *)operand)->items;
      for (size_t i = 0; i < am_list_count(items); i++) am_bind_loosen(c, items->items[i]);
      break;
    }
    default: break;
  }
}

void am_bind_null_test(am_compiler *c, const am_node *operand)
{
  intptr_t index;
  if (operand->tag == AM_NODE_BIND && am_map_get_pointer(&c->bind_nodes, operand, &index))
    c->result->binds[index].flags |= AM_CBIND_NULL_TEST;
}

static char *part_of(am_compiler *c, const char *text, size_t size)
{
  char *copy = am_alloc(size + 1);
  if (copy == NULL) {
    am_error_memory(c->err);
    return NULL;
  }
  memcpy(copy, text, size);
  copy[size] = '\0';
  return copy;
}

static bool put_expanded_literals(am_compiler *c, am_node *node, const char *before,
                                  const char *after)
{
  const am_bound *value = ((am_bind_node *)node)->value;
  const am_compile_hooks *hooks = c->options->hooks;
  if (value == NULL || value->kind != AM_BOUND_FOREIGN || hooks == NULL) return false;
  am_strbuf text = AM_STRBUF_INIT;
  if (hooks->expand_literal(c->options->hook_context, node, before, after, &text, c->err)) {
    am_put(c, "(");
    am_put_sql_text(c, text.text != NULL ? text.text : "", text.size);
    am_put(c, ")");
  }
  am_strbuf_deinit(&text);
  return true;
}

/* Writes `expression` aside and cuts it at `hole` (of that size). False when the hole is not there:
 * then the text was written as it is. */
static bool cut_template(am_compiler *c, am_node *expression, am_node *column, const char *hole,
                         size_t size, am_ctx ctx, char **out_before, char **out_after,
                         am_strbuf *filled)
{
  am_strbuf text = AM_STRBUF_INIT;
  am_strbuf *out = am_compile_output(c, &text);
  am_compile_column_bind(c, expression, column, ctx);
  am_compile_output(c, out);
  const char *whole = text.text != NULL ? text.text : "", *at = strstr(whole, hole);
  if (at == NULL) {
    am_strbuf_add(c->out, whole, text.size);
  } else {
    size_t before = (size_t)(at - whole);
    *out_before = part_of(c, whole, before);
    *out_after = part_of(c, at + size, text.size - before - size);
    if (filled != NULL) am_strbuf_add(filled, at, size);
  }
  am_strbuf_deinit(&text);
  return at != NULL && !am_compile_failed(c);
}

/* As literals: the expression is made for a stand-in and written around every member. */
static void put_literal_template(am_compiler *c, am_node *type, am_node *node, am_ctx ctx)
{
  const am_compile_hooks *hooks = c->options->hooks;
  am_bind_node *stand_in = (am_bind_node *)am_node_new(AM_NODE_BIND);
  if (am_compile_keep(c, (am_node *)stand_in) == NULL) return;
  stand_in->value = am_bound_text("\2\3", 2);
  if (stand_in->value == NULL) am_error_memory(c->err);
  am_node_seal(&stand_in->node);
  am_node *wrapped =
      hooks->bind_expression(c->options->hook_context, type, &stand_in->node, c->err);
  if (wrapped == NULL || am_compile_keep(c, wrapped) == NULL) return;
  char *before = NULL, *after = NULL;
  if (cut_template(c, wrapped, NULL, "'\2\3'", 4, ctx, &before, &after, NULL))
    put_expanded_literals(c, node, before, after);
  am_free(before);
  am_free(after);
}

/* An expanding parameter: the expression is kept as a template for its members. */
static void put_template(am_compiler *c, am_node *node, am_node *wrapped, am_node *column,
                         am_ctx ctx)
{
  char *before = NULL, *after = NULL;
  bool cut = cut_template(c, wrapped, column, "(\1", 9, ctx, &before, &after, c->out);
  size_t index = cut ? am_bind_index(c, node) : SIZE_MAX;
  am_compiled_bind *entry = index != SIZE_MAX ? &c->result->binds[index] : NULL;
  if (entry != NULL && entry->before == NULL) {
    entry->before = before;
    entry->after = after;
    return;
  }
  am_free(before);
  am_free(after);
}

/* A parameter whose type wraps it into an expression. */
static bool put_with_expression(am_compiler *c, am_node *node, am_node *column, am_ctx ctx)
{
  if (ctx.flags & AM_CTX_SKIP_BIND_EXPRESSION) return false;
  const am_compile_hooks *hooks = c->options->hooks;
  am_node *type = am_type_variant(c, node->type);
  am_type_kind kind = am_type_kind_of(type);
  bool custom = kind == AM_TYPE_DECORATOR || kind == AM_TYPE_USERDEFINED;
  if (!custom || hooks == NULL || hooks->bind_expression == NULL) return false;
  am_node *wrapped = hooks->bind_expression(c->options->hook_context, type, node, c->err);
  if (wrapped == NULL) return am_compile_failed(c);
  if (am_compile_keep(c, wrapped) == NULL) return true;
  if (wrapped == node) return false;
  ctx.flags |= AM_CTX_SKIP_BIND_EXPRESSION;
  bool expanding = ((am_bind_node *)node)->options & AM_BIND_EXPANDING;
  if (expanding && (ctx.flags & AM_CTX_LITERAL_BINDS)) put_literal_template(c, type, node, ctx);
  else if (expanding) put_template(c, node, wrapped, column, ctx);
  else am_compile_column_bind(c, wrapped, column, ctx);
  return true;
}

void am_put_column_bind(am_compiler *c, am_node *node, am_node *column, am_ctx ctx)
{
  const am_bind_node *bind = (const am_bind_node *)node;
  if (put_with_expression(c, node, column, ctx)) return;
  bool expanding = bind->options & AM_BIND_EXPANDING;
  if ((ctx.flags & AM_CTX_LITERAL_BINDS) && expanding && put_expanded_literals(c, node, NULL, NULL))
    return;
  bool given = bind->value != NULL && bind->value->kind != AM_BOUND_NONE;
  bool named_later = bind->callable != NULL || (bind->options & AM_BIND_FROM_NAMES);
  if ((ctx.flags & AM_CTX_LITERAL_BINDS) && !expanding && (given || !named_later)) {
    am_put_literal(c, node->type, given ? bind->value : NULL);
    return;
  }
  size_t index = am_bind_index(c, node);
  if (index == SIZE_MAX || am_compile_failed(c)) return;
  am_compiled_bind *entry = &c->result->binds[index];
  if (ctx.flags & AM_CTX_LITERAL_EXECUTE) entry->flags |= AM_CBIND_LITERAL_EXECUTE;
  if (column != NULL && entry->column == NULL) entry->column = am_node_ref(column);
  am_putf(c, expanding ? "(\1%06zx)" : "\1%06zx", index);
}

void am_put_bind(am_compiler *c, am_node *bind, am_ctx ctx)
{
  am_put_column_bind(c, bind, c->bind_column, ctx);
}

void am_compile_column_bind(am_compiler *c, am_node *bind, am_node *column, am_ctx ctx)
{
  am_node *before = c->bind_column;
  c->bind_column = column;
  am_compile_node(c, bind, ctx);
  c->bind_column = before;
}

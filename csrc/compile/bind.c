/* Binds: names, marks, literals. */
#include <inttypes.h>
#include <math.h>
#include <stdio.h>
#include <string.h>

#include "base/alloc.h"
#include "compile/bind.h"
#include "compile/compile.h"

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

void am_put_quoted_text(am_compiler *c, const char *text, size_t size)
{
  am_strbuf_putc(c->out, '\'');
  for (size_t i = 0; i < size; i++) {
    if (text[i] == '\'') am_strbuf_putc(c->out, '\'');
    am_put_author_text(c, text + i, 1);
  }
  am_strbuf_putc(c->out, '\'');
}

static void put_real(am_compiler *c, double value)
{
  char text[40];
  snprintf(text, sizeof text, "%.15g", value);
  double back = 0;
  if (sscanf(text, "%lf", &back) != 1 || back != value) snprintf(text, sizeof text, "%.17g", value);
  if (strpbrk(text, ".eEni") == NULL) strcat(text, ".0"); /* as Python's repr: 5.0 */
  am_put(c, text);
}

void am_put_literal(am_compiler *c, am_node *type, const am_bound *value)
{
  am_type_kind kind = am_type_kind_of(type);
  bool plain = kind != AM_TYPE_DECORATOR && kind != AM_TYPE_USERDEFINED;
  if (value == NULL || value->kind == AM_BOUND_NULL) {
    am_put(c, "NULL");
    return;
  }
  if (plain && value->kind == AM_BOUND_INT && am_type_affinity(kind) != AM_AFFINITY_BOOLEAN) {
    am_putf(c, "%" PRId64, value->u.integer);
    return;
  }
  if (plain && value->kind == AM_BOUND_REAL) {
    put_real(c, value->u.real);
    return;
  }
  am_affinity affinity = am_type_affinity(kind);
  if (plain && value->kind == AM_BOUND_BOOL) {
    if (am_dialect_caps(c->dialect) & AM_DIALECT_NATIVE_BOOLEAN)
      am_put(c, value->u.boolean ? "true" : "false");
    else am_put(c, value->u.boolean ? "1" : "0");
    return;
  }
  if (plain && value->kind == AM_BOUND_TEXT &&
      (affinity == AM_AFFINITY_STRING || affinity == AM_AFFINITY_NULLTYPE)) {
    am_put_quoted_text(c, value->text, value->size);
    return;
  }
  am_literal_fn literal = c->options->literal;
  if (literal == NULL) {
    am_compile_fail(c, AM_ERR_COMPILE,
                    "Could not render literal value with datatype %s; no literal value renderer is "
                    "available for the value",
                    am_type_name(kind));
    return;
  }
  am_strbuf text = AM_STRBUF_INIT;
  if (literal(c->options->literal_context, type, value, &text, c->err)) {
    if (am_strbuf_failed(&text)) am_error_memory(c->err);
    else am_put_author_text(c, text.text != NULL ? text.text : "", text.size);
  }
  am_strbuf_deinit(&text);
}

/* A name that stands in the text; unique binds get a number. */
static const char *bind_text_name(am_compiler *c, const am_bind_node *bind)
{
  const char *name = bind->name != NULL ? bind->name->text : "param";
  size_t size = bind->name != NULL ? bind->name->size : 5;
  if (!(bind->options & AM_BIND_UNIQUE)) return name;
  char stem[256]; /* characters that a placeholder cannot hold, as SQLAlchemy replaces them */
  if (size >= sizeof stem) size = sizeof stem - 1;
  for (size_t i = 0; i < size; i++) stem[i] = strchr("%(). []:", name[i]) ? '_' : name[i];
  return am_truncated(c, "bindparam", am_anon_name(c, bind, stem, size));
}

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

/* Two binds of one name: the same parameter, unless one of them was to be unique. */
static void check_conflict(am_compiler *c, const am_bind_node *bind, const am_bind_node *other,
                           const char *name)
{
  if (((bind->options | other->options) & AM_BIND_UNIQUE) != 0)
    am_compile_fail(c, AM_ERR_COMPILE,
                    "Bind parameter '%s' conflicts with unique bind parameter of the same name",
                    name);
  else if (((bind->options | other->options) & AM_BIND_FROM_NAMES) != 0 &&
           ((bind->options ^ other->options) & AM_BIND_FROM_NAMES) != 0)
    am_compile_fail(c, AM_ERR_COMPILE,
                    "bindparam() name '%s' is reserved for automatic usage in the VALUES or SET "
                    "clause of this insert/update statement.   Please use a name other than column "
                    "name when using bindparam() with insert() or update() (for example, 'b_%s').",
                    name, name);
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
    /* the later one's value counts, as in SQLAlchemy, where binds[name] is assigned again */
    if (((bind->options & AM_BIND_REQUIRED) == 0) && (entry->flags & AM_CBIND_REQUIRED)) {
      intptr_t extract = -1;
      am_map_get_pointer(&c->extract_index, bind, &extract);
      am_node_unref(entry->bind);
      entry->bind = am_node_ref(node);
      entry->extract = extract;
      entry->flags &= ~(unsigned)AM_CBIND_REQUIRED;
    }
    return (size_t)known;
  }
  return add_bind(c, bind, name);
}

void am_put_column_bind(am_compiler *c, am_node *node, am_node *column, am_ctx ctx)
{
  const am_bind_node *bind = (const am_bind_node *)node;
  if ((ctx.flags & AM_CTX_LITERAL_BINDS) && !(bind->options & AM_BIND_EXPANDING)) {
    if (bind->value != NULL && bind->value->kind != AM_BOUND_NONE) {
      am_put_literal(c, node->type, bind->value);
      return;
    }
    if (bind->callable == NULL && !(bind->options & AM_BIND_FROM_NAMES))
      am_compile_fail(c, AM_ERR_COMPILE,
                      "Bind parameter '%s' without a renderable value not allowed here.",
                      bind->name != NULL ? bind->name->text : "param");
  }
  size_t index = am_bind_index(c, node);
  if (index == SIZE_MAX || am_compile_failed(c)) return;
  am_compiled_bind *entry = &c->result->binds[index];
  if (ctx.flags & AM_CTX_LITERAL_EXECUTE) entry->flags |= AM_CBIND_LITERAL_EXECUTE;
  if (column != NULL && entry->column == NULL) entry->column = am_node_ref(column);
  am_putf(c, "\1%06zx", index);
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

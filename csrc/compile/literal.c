/* Literals in the text, where parameters are not wanted or not possible.
 *
 * Numbers, truth values and texts are spelt here; everything that needs more knowledge of its value
 * (dates, JSON, arrays, types with hooks) goes through the host language. */
#include <inttypes.h>
#include <math.h>
#include <stdio.h>
#include <string.h>

#include "base/real.h"
#include "compile/compile.h"

bool am_doubles_percent(const am_compiler *c)
{
  return c->options->paramstyle == AM_PARAM_FORMAT || c->options->paramstyle == AM_PARAM_PYFORMAT;
}

void am_put_sql_text(am_compiler *c, const char *text, size_t size)
{
  if (!am_doubles_percent(c) || memchr(text, '%', size) == NULL) {
    am_put_author_text(c, text, size);
    return;
  }
  for (size_t i = 0; i < size; i++) {
    if (text[i] == '%') am_strbuf_putc(c->out, '%');
    am_put_author_text(c, text + i, 1);
  }
}

void am_put_quoted_text(am_compiler *c, const char *text, size_t size)
{
  bool backslash = c->options->backslash_escapes && !am_dialect_is(c->dialect, "sqlite") &&
                   (am_dialect_is(c->dialect, "postgresql") || am_dialect_is(c->dialect, "mysql"));
  if (am_dialect_is(c->dialect, "mysql")) backslash = true;
  am_strbuf_putc(c->out, '\'');
  for (size_t i = 0; i < size; i++) {
    if (text[i] == '\'') am_strbuf_putc(c->out, '\'');
    if (text[i] == '\\' && backslash) am_strbuf_putc(c->out, '\\');
    am_put_sql_text(c, text + i, 1);
  }
  am_strbuf_putc(c->out, '\'');
}

/* The shortest decimal form that reads back as the same number; 5.0 keeps its point. */
static void put_real(am_compiler *c, double value)
{
  char text[AM_REAL_TEXT];
  am_real_print(value, 1, text);
  if (strpbrk(text, ".eEni") == NULL) strcat(text, ".0");
  am_put(c, text);
}

static void put_through_hook(am_compiler *c, am_node *type, const am_bound *value)
{
  const am_compile_hooks *hooks = c->options->hooks;
  if (hooks == NULL || hooks->literal == NULL) {
    am_compile_fail(c, AM_ERR_COMPILE,
                    "Could not render literal value with datatype %s; no literal value renderer is "
                    "available for the value",
                    am_type_name(am_type_kind_of(type)));
    return;
  }
  am_strbuf text = AM_STRBUF_INIT;
  if (hooks->literal(c->options->hook_context, type, value, &text, c->err)) {
    if (am_strbuf_failed(&text)) am_error_memory(c->err);
    else am_put_sql_text(c, text.text != NULL ? text.text : "", text.size);
  }
  am_strbuf_deinit(&text);
}

/* Subscripts of JSON that a database takes as a path ('$."key"'), not as the key or number itself.
 */
static bool is_json_path(const am_compiler *c, am_type_kind kind)
{
  if (kind == AM_TYPE_PATHTYPE) return true;
  return (kind == AM_TYPE_INTINDEXTYPE || kind == AM_TYPE_STRINDEXTYPE) &&
         (am_dialect_is(c->dialect, "sqlite") || am_dialect_is(c->dialect, "mysql"));
}

void am_put_literal(am_compiler *c, am_node *type, const am_bound *value)
{
  type = am_type_variant(c, type);
  am_type_kind kind = am_type_kind_of(type);
  if (kind == AM_TYPE_DECORATOR || kind == AM_TYPE_USERDEFINED) {
    put_through_hook(c, type, value);
    return;
  }
  type = am_type_here(c, type);
  kind = am_type_kind_of(type);
  if (kind == AM_TYPE_DECORATOR || kind == AM_TYPE_USERDEFINED) {
    put_through_hook(c, type, value);
    return;
  }
  if (is_json_path(c, kind)) {
    put_through_hook(c, type, value);
    return;
  }
  am_affinity affinity = am_type_affinity(kind);
  bool evaluates_none =
      type != NULL && (((am_type_node *)type)->options & AM_TYPE_SHOULD_EVALUATE_NONE) != 0;
  bool nothing = value == NULL || value->kind == AM_BOUND_NULL;
  if (nothing && !evaluates_none) {
    am_put(c, "NULL");
    return;
  }
  bool number = affinity == AM_AFFINITY_INTEGER || affinity == AM_AFFINITY_NUMERIC ||
                kind == AM_TYPE_NULLTYPE;
  bool text = affinity == AM_AFFINITY_STRING || kind == AM_TYPE_NULLTYPE;
  bool truth = affinity == AM_AFFINITY_BOOLEAN || kind == AM_TYPE_NULLTYPE;
  if (number && !nothing && value->kind == AM_BOUND_INT) {
    am_putf(c, "%" PRId64, value->u.integer);
  } else if (number && !nothing && value->kind == AM_BOUND_REAL && isfinite(value->u.real)) {
    if (affinity == AM_AFFINITY_INTEGER) am_putf(c, "%.0f", trunc(value->u.real));
    else put_real(c, value->u.real);
  } else if (truth && !nothing && value->kind == AM_BOUND_BOOL) {
    bool native =
        am_dialect_caps(c->dialect) & (AM_DIALECT_NATIVE_BOOLEAN | AM_DIALECT_TRUTH_WORDS);
    am_put(c, native ? (value->u.boolean ? "true" : "false") : value->u.boolean ? "1" : "0");
  } else if (text && !nothing && value->kind == AM_BOUND_TEXT) {
    am_put_quoted_text(c, value->text, value->size);
  } else {
    put_through_hook(c, type, value);
  }
}

/* How types are written: the default spelling. Dialects write what differs in
 * csrc/dialect/<name>_type.c.
 *
 * am_put_type resolves decorators and variants first; a dialect's type_text gets plain types only
 * and hands what it does not know to am_type_text_default. */
#include <inttypes.h>
#include <string.h>

#include "compile/expr.h"

static am_node *variant_for(const am_type_node *type, const char *dialect)
{
  for (size_t i = 0; i < am_list_count(type->variants); i++) {
    am_type_variant_node *variant = (am_type_variant_node *)type->variants->items[i];
    if (am_name_is(variant->dialect, dialect)) return variant->impl;
  }
  return NULL;
}

am_node *am_type_variant(am_compiler *c, am_node *type)
{
  am_node *variant = NULL;
  if (type != NULL) variant = variant_for((am_type_node *)type, c->dialect->name);
  return variant != NULL ? variant : type;
}

static am_node *decorated(am_compiler *c, am_type_node *type)
{
  const am_compile_hooks *hooks = c->options->hooks;
  if (hooks == NULL || hooks->type_impl == NULL) return type->item;
  am_node *impl = hooks->type_impl(c->options->hook_context, &type->node, c->err);
  if (impl == NULL) return type->item;
  return am_compile_keep(c, impl);
}

am_node *am_type_here(am_compiler *c, am_node *node)
{
  for (int turns = 0; node != NULL && turns < 20; turns++) {
    am_type_node *type = (am_type_node *)node;
    am_node *next = variant_for(type, c->dialect->name);
    if (next == NULL && type->kind == AM_TYPE_DECORATOR) next = decorated(c, type);
    if (next == NULL || next == node) return node;
    node = next;
  }
  return node;
}

am_node *am_column_expression(am_compiler *c, am_node *node)
{
  const am_compile_hooks *hooks = c->options->hooks;
  am_node *type = am_type_variant(c, node->type);
  am_type_kind kind = am_type_kind_of(type);
  bool custom = kind == AM_TYPE_DECORATOR || kind == AM_TYPE_USERDEFINED;
  if (!custom || hooks == NULL || hooks->column_expression == NULL) return node;
  am_node *expression = hooks->column_expression(c->options->hook_context, type, node, c->err);
  return expression != NULL ? am_compile_keep(c, expression) : node;
}

/* A text of the user's own for the type, its variant, or anything that it decorates. */
static bool put_custom(am_compiler *c, am_node *type, am_ctx ctx)
{
  for (int turns = 0; type != NULL && turns < 20; turns++) {
    type = am_type_variant(c, type);
    if (am_compile_custom(c, type, ctx)) return true;
    if (am_type_kind_of(type) != AM_TYPE_DECORATOR) return false;
    type = decorated(c, (am_type_node *)type);
  }
  return false;
}

void am_put_type(am_compiler *c, am_node *type, am_ctx ctx)
{
  if (c->options->overridden != NULL && put_custom(c, type, ctx)) return;
  type = am_type_here(c, type);
  if (am_compile_failed(c)) return;
  for (const am_dialect *d = c->dialect; d != NULL; d = d->parent) {
    if (d->type_text == NULL) continue;
    d->type_text(c, type, ctx);
    return;
  }
  am_type_text_default(c, type, ctx);
}

void am_visit_type(am_compiler *c, am_node *node, am_ctx ctx) { am_put_type(c, node, ctx); }

void am_put_type_length(am_compiler *c, const char *name, int64_t length)
{
  am_put(c, name);
  if (length >= 0) am_putf(c, "(%" PRId64 ")", length);
}

/* A length of 0 says nothing, except on MySQL. */
static void put_positive_length(am_compiler *c, const char *name, int64_t length)
{
  am_put_type_length(c, name, length > 0 ? length : -1);
}

static void put_string(am_compiler *c, const char *name, const am_type_node *type)
{
  put_positive_length(c, name, type->length);
  if (type->collation == NULL) return;
  am_put(c, " COLLATE ");
  am_put_identifier_text(c, type->collation->text, type->collation->size, 1);
}

static void put_numeric(am_compiler *c, const char *name, const am_type_node *type)
{
  am_put(c, name);
  if (type->precision < 0) return;
  if (type->scale < 0) am_putf(c, "(%" PRId64 ")", type->precision);
  else am_putf(c, "(%" PRId64 ", %" PRId64 ")", type->precision, type->scale);
}

static void put_user_defined(am_compiler *c, am_node *type)
{
  const am_compile_hooks *hooks = c->options->hooks;
  am_strbuf text = AM_STRBUF_INIT;
  if (hooks != NULL && hooks->type_spec(c->options->hook_context, type, &text, c->err))
    am_put_author_text(c, text.text != NULL ? text.text : "", text.size);
  am_strbuf_deinit(&text);
}

static void put_untyped(am_compiler *c)
{
  if (am_dialect_caps(c->dialect) & AM_DIALECT_STRING) am_put(c, "NULL");
  else
    am_compile_fail(c, AM_ERR_COMPILE,
                    "Can't generate DDL for NullType(); did you forget to specify a type on this "
                    "Column?");
}

/* Types that only one database has, `home`; what is only shown may have any. PostgreSQL's JSON is
 * JSON to every database that has one. */
static void put_foreign(am_compiler *c, am_type_kind kind, const char *home)
{
  if (kind == AM_TYPE_PG_JSON && c->dialect->parent != NULL) home = c->dialect->name;
  if (am_dialect_caps(c->dialect) & AM_DIALECT_STRING || am_dialect_is(c->dialect, home)) {
    am_put(c, kind == AM_TYPE_DOMAIN ? "DOMAIN" : am_type_visit(kind));
    return;
  }
  am_compile_fail(c, AM_ERR_UNSUPPORTED_COMPILATION, "The \"%s\" dialect cannot render the type %s",
                  c->dialect->name, am_type_name(kind));
}

void am_type_text_default(am_compiler *c, am_node *node, am_ctx ctx)
{
  (void)ctx;
  am_type_kind kind = am_type_kind_of(node);
  if (node == NULL || kind == AM_TYPE_NULLTYPE) {
    put_untyped(c);
    return;
  }
  const am_type_node *type = (const am_type_node *)node;
  switch (kind) {
    case AM_TYPE_STRING:
    case AM_TYPE_TEXT_:
    case AM_TYPE_UNICODE:
    case AM_TYPE_UNICODETEXT:
    case AM_TYPE_SQL_VARCHAR:
    case AM_TYPE_SQL_NVARCHAR:
    case AM_TYPE_SQL_CHAR:
    case AM_TYPE_SQL_NCHAR:
    case AM_TYPE_SQL_TEXT:
    case AM_TYPE_ENUM: put_string(c, am_type_visit(kind), type); break;
    case AM_TYPE_PG_ENUM: put_string(c, am_type_visit(AM_TYPE_ENUM), type); break;
    case AM_TYPE_NUMERIC:
    case AM_TYPE_SQL_NUMERIC:
    case AM_TYPE_SQL_DECIMAL: put_numeric(c, am_type_visit(kind), type); break;
    case AM_TYPE_SQL_BINARY:
    case AM_TYPE_SQL_VARBINARY: put_positive_length(c, am_type_visit(kind), type->length); break;
    case AM_TYPE_UUID: {
      bool native = am_dialect_caps(c->dialect) & AM_DIALECT_NATIVE_UUID;
      am_put(c, native && !(type->options & AM_TYPE_NO_NATIVE) ? "UUID" : "CHAR(32)");
      break;
    }
    case AM_TYPE_INTERVAL: am_put(c, "DATETIME"); break; /* kept as a moment after the epoch */
    case AM_TYPE_USERDEFINED: put_user_defined(c, node); break;
    default:
      if (kind == AM_TYPE_MY_INET4 || kind == AM_TYPE_MY_INET6) put_foreign(c, kind, "mariadb");
      else if (kind >= AM_TYPE_MY_TINYINT && kind <= AM_TYPE_MY_LONGBLOB)
        put_foreign(c, kind, "mysql");
      else if (kind >= AM_TYPE_PG_JSON && kind < AM_TYPE_MY_TINYINT)
        put_foreign(c, kind, "postgresql");
      else if (kind == AM_TYPE_ARRAY) put_foreign(c, kind, "postgresql");
      else if (kind == AM_TYPE_JSON && c->dialect->parent == NULL)
        put_foreign(c, kind, "postgresql");
      else am_put(c, am_type_visit(kind));
  }
}

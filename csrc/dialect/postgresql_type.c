/* PostgreSQL: spelling of types. */
#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#include "dialect/oper.h"

static void put_moment(am_compiler *c, const char *name, const am_type_node *type)
{
  am_put(c, name);
  if (type->precision >= 0) am_putf(c, "(%" PRId64 ")", type->precision);
  am_put(c, type->options & AM_TYPE_TIMEZONE ? " WITH TIME ZONE" : " WITHOUT TIME ZONE");
}

static void put_interval(am_compiler *c, const am_type_node *type)
{
  am_put(c, "INTERVAL");
  if (type->name != NULL && type->kind == AM_TYPE_PG_INTERVAL) am_putf(c, " %s", type->name->text);
  if (type->precision >= 0) am_putf(c, " (%" PRId64 ")", type->precision);
}

static void put_bit(am_compiler *c, const am_type_node *type)
{
  if (type->options & AM_TYPE_VARYING) am_put_type_length(c, "BIT VARYING", type->length);
  else am_put_type_length(c, "BIT", type->length > 0 ? type->length : 1);
}

static void put_named(am_compiler *c, const am_type_node *type)
{
  if (type->name == NULL) {
    am_compile_fail(c, AM_ERR_COMPILE, "PostgreSQL %s type requires a name.",
                    am_type_name(type->kind));
    return;
  }
  bool written;
  am_put_schema(c, type->schema, &written);
  am_put_identifier(c, type->name);
}

/* The brackets stand before a COLLATE of the items' type. */
static void put_array(am_compiler *c, const am_type_node *type, am_ctx ctx)
{
  am_strbuf item = AM_STRBUF_INIT;
  am_strbuf *out = am_compile_output(c, &item);
  am_put_type(c, type->item, ctx);
  am_compile_output(c, out);
  if (am_strbuf_failed(&item)) am_error_memory(c->err);
  const char *text = item.text != NULL ? item.text : "";
  const char *collate = strstr(text, " COLLATE ");
  size_t size = collate != NULL ? (size_t)(collate - text) : item.size;
  am_strbuf_add(c->out, text, size);
  for (int64_t i = 0; i < (type->length > 0 ? type->length : 1); i++) am_put(c, "[]");
  if (collate != NULL) am_put(c, collate);
  am_strbuf_deinit(&item);
}

void am_pg_type_text(am_compiler *c, am_node *node, am_ctx ctx)
{
  if (node == NULL) {
    am_type_text_default(c, node, ctx);
    return;
  }
  const am_type_node *type = (const am_type_node *)node;
  switch ((am_type_kind)type->kind) {
    case AM_TYPE_DATETIME:
    case AM_TYPE_SQL_TIMESTAMP: put_moment(c, "TIMESTAMP", type); break;
    case AM_TYPE_TIME:
    case AM_TYPE_SQL_TIME: put_moment(c, "TIME", type); break;
    case AM_TYPE_INTERVAL:
      if (type->options & AM_TYPE_NO_NATIVE) am_put(c, "TIMESTAMP WITHOUT TIME ZONE");
      else put_interval(c, type);
      break;
    case AM_TYPE_PG_INTERVAL: put_interval(c, type); break;
    case AM_TYPE_FLOAT:
    case AM_TYPE_SQL_FLOAT:
      am_put(c, "FLOAT");
      if (type->precision > 0) am_putf(c, "(%" PRId64 ")", type->precision);
      break;
    case AM_TYPE_DOUBLE: am_put(c, "DOUBLE PRECISION"); break;
    case AM_TYPE_LARGEBINARY: am_put(c, "BYTEA"); break;
    case AM_TYPE_BIT: put_bit(c, type); break;
    case AM_TYPE_ENUM:
      if (type->options & AM_TYPE_NO_NATIVE) am_type_text_default(c, node, ctx);
      else put_named(c, type);
      break;
    case AM_TYPE_PG_ENUM:
    case AM_TYPE_DOMAIN: put_named(c, type); break;
    case AM_TYPE_ARRAY: put_array(c, type, ctx); break;
    default: am_type_text_default(c, node, ctx);
  }
}

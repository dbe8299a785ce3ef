/* MySQL: spelling of types, and the few that CAST knows. */
#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#include "dialect/oper.h"

static void put_number(am_compiler *c, const char *name, const am_type_node *type)
{
  am_put_type_length(c, name, type->length);
  if (type->options & AM_TYPE_UNSIGNED) am_put(c, " UNSIGNED");
  if (type->options & AM_TYPE_ZEROFILL) am_put(c, " ZEROFILL");
}

/* both: the database wants both numbers or none (DOUBLE, REAL). */
static void put_decimal(am_compiler *c, const char *name, const am_type_node *type, bool both)
{
  am_put(c, name);
  if (type->precision >= 0 && type->scale >= 0)
    am_putf(c, "(%" PRId64 ", %" PRId64 ")", type->precision, type->scale);
  else if (type->precision >= 0 && !both) am_putf(c, "(%" PRId64 ")", type->precision);
  if (type->options & AM_TYPE_UNSIGNED) am_put(c, " UNSIGNED");
  if (type->options & AM_TYPE_ZEROFILL) am_put(c, " ZEROFILL");
}

/* Character set and collation follow the type; NATIONAL goes before it and rules out a character
 * set. */
static void put_attributes(am_compiler *c, const am_type_node *type, bool national)
{
  int64_t options = type->options;
  if (!national) {
    if (type->charset != NULL) am_putf(c, " CHARACTER SET %s", type->charset->text);
    else if (options & AM_TYPE_ASCII) am_put(c, " ASCII");
    else if (options & AM_TYPE_UNICODE_ATTRIBUTE) am_put(c, " UNICODE");
  }
  if (type->collation != NULL) am_putf(c, " COLLATE %s", type->collation->text);
  else if (options & AM_TYPE_BINARY_ATTRIBUTE) am_put(c, " BINARY");
}

static void put_text(am_compiler *c, const char *name, const am_type_node *type, bool national)
{
  national = national || (type->options & AM_TYPE_NATIONAL);
  if (national) am_put(c, "NATIONAL ");
  am_put_type_length(c, name, type->length);
  put_attributes(c, type, national);
}

static void put_varchar(am_compiler *c, const char *name, const am_type_node *type, bool national)
{
  if (type->length < 0) {
    am_compile_fail(c, AM_ERR_COMPILE, "%s requires a length on dialect %s",
                    national ? "NVARCHAR" : name, c->dialect->name);
    return;
  }
  put_text(c, name, type, national);
}

static void put_members(am_compiler *c, const char *name, const am_type_node *type)
{
  am_put(c, name);
  am_put(c, "(");
  for (size_t i = 0; i < am_list_count(type->values); i++) {
    const am_name *member = ((am_word_node *)type->values->items[i])->name;
    if (i > 0) am_put(c, ",");
    am_put(c, "'");
    for (size_t k = 0; k < member->size; k++) {
      if (member->text[k] == '\'') am_put(c, "'");
      am_put_sql_text(c, member->text + k, 1);
    }
    am_put(c, "'");
  }
  am_put(c, ")");
  put_attributes(c, type, type->options & AM_TYPE_NATIONAL);
}

/* `fsp` stands in scale: precision is that of PostgreSQL's types, which says nothing here. */
static void put_moment(am_compiler *c, const char *name, const am_type_node *type)
{
  am_put(c, name);
  if (type->scale >= 0) am_putf(c, "(%" PRId64 ")", type->scale);
}

void am_mysql_type_text(am_compiler *c, am_node *node, am_ctx ctx)
{
  const am_type_node *type = (const am_type_node *)node;
  am_type_kind kind = am_type_kind_of(node);
  switch (kind) {
    case AM_TYPE_INTEGER:
    case AM_TYPE_SQL_INTEGER: put_number(c, "INTEGER", type); break;
    case AM_TYPE_SMALLINTEGER:
    case AM_TYPE_SQL_SMALLINT: put_number(c, "SMALLINT", type); break;
    case AM_TYPE_BIGINTEGER:
    case AM_TYPE_SQL_BIGINT: put_number(c, "BIGINT", type); break;
    case AM_TYPE_MY_TINYINT:
    case AM_TYPE_MY_MEDIUMINT: put_number(c, am_type_visit(kind), type); break;
    case AM_TYPE_NUMERIC:
    case AM_TYPE_SQL_NUMERIC: put_decimal(c, "NUMERIC", type, false); break;
    case AM_TYPE_SQL_DECIMAL: put_decimal(c, "DECIMAL", type, false); break;
    case AM_TYPE_FLOAT:
    case AM_TYPE_SQL_FLOAT: put_decimal(c, "FLOAT", type, false); break;
    case AM_TYPE_DOUBLE:
    case AM_TYPE_SQL_DOUBLE: put_decimal(c, "DOUBLE", type, true); break;
    case AM_TYPE_SQL_REAL: put_decimal(c, "REAL", type, true); break;
    case AM_TYPE_MY_BIT:
    case AM_TYPE_BIT: am_put_type_length(c, "BIT", type->length); break;
    case AM_TYPE_MY_YEAR: am_put_type_length(c, "YEAR", type->length); break;
    case AM_TYPE_DATETIME:
    case AM_TYPE_SQL_DATETIME: put_moment(c, "DATETIME", type); break;
    case AM_TYPE_SQL_TIMESTAMP: put_moment(c, "TIMESTAMP", type); break;
    case AM_TYPE_TIME:
    case AM_TYPE_SQL_TIME: put_moment(c, "TIME", type); break;
    case AM_TYPE_STRING:
    case AM_TYPE_UNICODE:
    case AM_TYPE_SQL_VARCHAR: put_varchar(c, "VARCHAR", type, false); break;
    case AM_TYPE_SQL_NVARCHAR: put_varchar(c, "VARCHAR", type, true); break;
    case AM_TYPE_SQL_CHAR: put_text(c, "CHAR", type, false); break;
    case AM_TYPE_SQL_NCHAR: put_text(c, "CHAR", type, true); break;
    case AM_TYPE_TEXT_:
    case AM_TYPE_UNICODETEXT:
    case AM_TYPE_SQL_TEXT: put_text(c, "TEXT", type, false); break;
    case AM_TYPE_MY_TINYTEXT:
    case AM_TYPE_MY_MEDIUMTEXT:
    case AM_TYPE_MY_LONGTEXT: put_text(c, am_type_visit(kind), type, false); break;
    case AM_TYPE_ENUM:
      if (type->options & AM_TYPE_NO_NATIVE) put_varchar(c, "VARCHAR", type, false);
      else put_members(c, "ENUM", type);
      break;
    case AM_TYPE_PG_ENUM:
    case AM_TYPE_MY_ENUM: put_members(c, "ENUM", type); break;
    case AM_TYPE_MY_SET: put_members(c, "SET", type); break;
    case AM_TYPE_BOOLEAN:
    case AM_TYPE_SQL_BOOLEAN: am_put(c, "BOOL"); break;
    case AM_TYPE_SQL_BLOB:
    case AM_TYPE_LARGEBINARY: am_put_type_length(c, "BLOB", type->length); break;
    default: am_type_text_default(c, node, ctx);
  }
}

/* --- CAST ------------------------------------------------------------------------------ */

/* Only CHAR and MySQL's own types bring more than their length. */
static void put_char(am_compiler *c, const am_type_node *type)
{
  am_put_type_length(c, "CHAR", type->length);
  if (!(type->options & AM_TYPE_OF_MYSQL) && type->kind != AM_TYPE_SQL_CHAR) return;
  if (type->charset != NULL) am_putf(c, " CHARACTER SET %s", type->charset->text);
  else if (type->options & AM_TYPE_ASCII) am_put(c, " ASCII");
  else if (type->options & AM_TYPE_UNICODE_ATTRIBUTE) am_put(c, " UNICODE");
  if (type->collation != NULL) am_putf(c, " COLLATE %s", type->collation->text);
  else if (type->options & AM_TYPE_BINARY_ATTRIBUTE) am_put(c, " BINARY");
}

/* Writes the type of a CAST; false: CAST does not know it. */
static bool put_cast_type(am_compiler *c, am_node *node, am_ctx ctx)
{
  const am_type_node *type = (const am_type_node *)node;
  am_type_kind kind = am_type_kind_of(node);
  switch (kind) {
    case AM_TYPE_SQL_TIMESTAMP: am_put(c, "DATETIME"); return true;
    case AM_TYPE_NUMERIC:
    case AM_TYPE_SQL_NUMERIC: put_decimal(c, "DECIMAL", type, false); return true;
    case AM_TYPE_SQL_DECIMAL: put_decimal(c, "DECIMAL", type, false); return true;
    case AM_TYPE_ENUM:
      if (!(type->options & AM_TYPE_NO_NATIVE)) return false;
      put_char(c, type);
      return true;
    case AM_TYPE_PG_ENUM:
    case AM_TYPE_MY_ENUM:
    case AM_TYPE_MY_SET:
    case AM_TYPE_MY_INET4:
    case AM_TYPE_MY_INET6:
    case AM_TYPE_MY_BIT:
    case AM_TYPE_MY_YEAR:
    case AM_TYPE_BIT: return false;
    case AM_TYPE_BYTEA:
    case AM_TYPE_CITEXT:
    case AM_TYPE_PG_JSON:
    case AM_TYPE_JSONB: break;
    default:
      if (kind >= AM_TYPE_PG_JSON && kind < AM_TYPE_MY_TINYINT) return false;
  }
  switch (am_type_affinity(kind)) {
    case AM_AFFINITY_INTEGER:
      am_put(c, type->options & AM_TYPE_UNSIGNED ? "UNSIGNED INTEGER" : "SIGNED INTEGER");
      return true;
    case AM_AFFINITY_STRING: put_char(c, type); return true;
    case AM_AFFINITY_DATE:
    case AM_AFFINITY_TIME:
    case AM_AFFINITY_DATETIME: am_put_type(c, node, ctx); return true;
    case AM_AFFINITY_INTERVAL: am_put(c, "DATETIME"); return true;
    case AM_AFFINITY_BINARY: am_put(c, "BINARY"); return true;
    case AM_AFFINITY_JSON: am_put(c, "JSON"); return true;
    default: return false;
  }
}

void am_mysql_cast(am_compiler *c, am_node *node, am_ctx ctx)
{
  am_cast_node *cast = (am_cast_node *)node;
  if (cast->safe) {
    am_visit_cast(c, node, ctx); /* which refuses it */
    return;
  }
  am_node *type = am_type_here(c, cast->to_type);
  am_strbuf text = AM_STRBUF_INIT;
  am_strbuf *out = am_compile_output(c, &text);
  bool known = put_cast_type(c, type, ctx);
  am_compile_output(c, out);
  if (known) {
    am_put(c, "CAST(");
    am_compile_node(c, cast->element, ctx);
    am_put(c, " AS ");
    am_strbuf_add(c->out, text.text != NULL ? text.text : "", text.size);
    am_put(c, ")");
  } else { /* without the CAST; but the type must be one that this database has */
    am_strbuf_truncate(&text, 0);
    out = am_compile_output(c, &text);
    am_put_type(c, type, ctx);
    am_compile_output(c, out);
    am_put_operand(c, cast->element, AM_OP_ALONE, ctx);
  }
  am_strbuf_deinit(&text);
}

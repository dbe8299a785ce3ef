/* Columns in CREATE TABLE: type, default, computed, identity; see ddl.h. */
#include <string.h>

#include "compile/ddl.h"

bool am_ddl_is_integer(const am_node *type)
{
  while (am_type_kind_of(type) == AM_TYPE_DECORATOR && ((const am_type_node *)type)->item != NULL)
    type = ((const am_type_node *)type)->item;
  return am_type_affinity(am_type_kind_of(type)) == AM_AFFINITY_INTEGER;
}

am_column_node *am_ddl_counter(am_compiler *c, am_table_node *table)
{
  return am_compile_failed(c) ? NULL : am_schema_autoincrement(table, c->err);
}

void am_ddl_type(am_compiler *c, const am_column_node *column)
{
  am_ctx ctx = {AM_CTX_LITERAL_BINDS | AM_CTX_NO_TABLE, NULL, NULL, NULL, NULL};
  /* what is shown and not run may lack a type: NULL stands for it */
  bool shown = (am_dialect_caps(c->dialect) & AM_DIALECT_STRING) != 0;
  if (am_type_kind_of(column->node.type) == AM_TYPE_NULLTYPE && !shown)
    am_compile_fail(c, AM_ERR_COMPILE,
                    "Can't generate DDL for NullType(); did you forget to specify a type on this "
                    "Column?");
  else am_put_type(c, column->node.type, ctx);
}

bool am_ddl_default(am_compiler *c, const am_column_node *column, am_strbuf *out)
{
  const am_column_schema_node *facts = am_column_facts(column);
  const am_default_node *value =
      facts != NULL ? (const am_default_node *)facts->server_default : NULL;
  if (value == NULL || value->node.tag != AM_NODE_DEFAULT || value->kind != AM_DEFAULT_SERVER)
    return false;
  am_strbuf *former = am_compile_output(c, out);
  if (value->arg != NULL) {
    am_ddl_expression(c, value->arg);
  } else if (value->value != NULL && value->value->kind == AM_BOUND_TEXT) {
    am_put_quoted_text(c, value->value->text, value->value->size);
  }
  am_compile_output(c, former);
  if (am_strbuf_failed(out)) am_error_memory(c->err);
  return true;
}

static void put_default(am_compiler *c, const am_column_node *column)
{
  am_strbuf text = AM_STRBUF_INIT;
  if (am_ddl_default(c, column, &text)) {
    am_put(c, " DEFAULT ");
    am_strbuf_add(c->out, text.text != NULL ? text.text : "", text.size);
  }
  am_strbuf_deinit(&text);
}

/* One option of a counter: " START WITH 1" */
static void put_number(am_compiler *c, const char *words, const am_name *number)
{
  if (number != NULL) am_putf(c, " %s %s", words, number->text);
}

static void put_flag(am_compiler *c, int64_t flag, const char *when_true, const char *when_false)
{
  if (flag == AM_FLAG_TRUE) am_putf(c, " %s", when_true);
  if (flag == AM_FLAG_FALSE && when_false != NULL) am_putf(c, " %s", when_false);
}

void am_ddl_counter_options(am_compiler *c, const am_node *node)
{
  bool one_word = am_dialect_is(c->dialect, "mysql") || am_dialect_is(c->dialect, "mariadb");
  const char *no_cycle = one_word ? "NOCYCLE" : "NO CYCLE";
  /* both kinds of node have the same fields under the same names */
#define OPTIONS(of)                                            \
  put_number(c, "INCREMENT BY", (of)->increment);              \
  put_number(c, "START WITH", (of)->start);                    \
  put_number(c, "MINVALUE", (of)->minvalue);                   \
  put_number(c, "MAXVALUE", (of)->maxvalue);                   \
  put_flag(c, (of)->nominvalue, "NO MINVALUE", "NO MINVALUE"); \
  put_flag(c, (of)->nomaxvalue, "NO MAXVALUE", "NO MAXVALUE"); \
  put_number(c, "CACHE", (of)->cache);                         \
  put_flag(c, (of)->cycle, "CYCLE", no_cycle)
  if (node->tag == AM_NODE_SEQUENCE) {
    OPTIONS((const am_sequence_node *)node);
  } else {
    OPTIONS((const am_identity_node *)node);
  }
#undef OPTIONS
}

void am_ddl_identity(am_compiler *c, const am_identity_node *identity)
{
  am_putf(c, "GENERATED %s AS IDENTITY", identity->always ? "ALWAYS" : "BY DEFAULT");
  am_strbuf text = AM_STRBUF_INIT;
  am_strbuf *former = am_compile_output(c, &text);
  am_ddl_counter_options(c, &identity->node);
  am_compile_output(c, former);
  if (text.size > 0) am_putf(c, " (%s)", text.text + 1);
  if (am_strbuf_failed(&text)) am_error_memory(c->err);
  am_strbuf_deinit(&text);
}

static void standard_computed(am_compiler *c, const am_computed_node *computed)
{
  am_put(c, "GENERATED ALWAYS AS (");
  am_ddl_expression(c, computed->sqltext);
  am_put(c, ")");
  if (computed->persisted == AM_FLAG_TRUE) am_put(c, " STORED");
  if (computed->persisted == AM_FLAG_FALSE) am_put(c, " VIRTUAL");
}

void am_ddl_computed(am_compiler *c, const am_column_node *column)
{
  const am_column_schema_node *facts = am_column_facts(column);
  if (facts == NULL || facts->computed == NULL) return;
  const am_computed_node *computed = (const am_computed_node *)facts->computed;
  am_put(c, " ");
  const am_ddl_rules *rules = am_ddl_rules_of(c->dialect);
  while (rules != NULL && rules->computed == NULL) rules = rules->parent;
  if (rules != NULL) rules->computed(c, computed);
  else standard_computed(c, computed);
}

void am_ddl_standard_column(am_compiler *c, am_column_node *column)
{
  const am_column_schema_node *facts = am_column_facts(column);
  bool identity =
      facts != NULL && facts->identity != NULL && (am_ddl_flags(c->dialect) & AM_DDL_IDENTITY);
  am_ddl_column_name(c, &column->node);
  am_put(c, " ");
  am_ddl_type(c, column);
  put_default(c, column);
  am_ddl_computed(c, column);
  if (identity) {
    am_put(c, " ");
    am_ddl_identity(c, (const am_identity_node *)facts->identity);
  }
  if (facts != NULL && !facts->nullable && !identity) am_put(c, " NOT NULL");
}

void am_ddl_column(am_compiler *c, am_column_node *column)
{
  const am_ddl_rules *rules = am_ddl_rules_of(c->dialect);
  while (rules->column == NULL) rules = rules->parent;
  rules->column(c, column);
  const am_column_schema_node *facts = am_column_facts(column);
  const am_list *options = facts != NULL ? facts->options : NULL;
  for (size_t i = 0; i < am_list_count(options); i++) {
    if (options->items[i]->tag != AM_NODE_CONSTRAINT) continue;
    am_put(c, " ");
    am_ddl_constraint(c, (am_constraint_node *)options->items[i]);
  }
}

/* "(in table 't', column 'c'): ..." before what went wrong */
static void name_error(am_compiler *c, const am_table_node *table, const am_column_node *column)
{
  am_error former = *c->err;
  am_error_class top = former.cls;
  while (top != AM_ERR_COMPILE && top != AM_ERR_ERROR) top = am_error_class_parent(top);
  if (top != AM_ERR_COMPILE) return;
  *c->err = (am_error)AM_ERROR_INIT;
  am_error_set(c->err, AM_ERR_COMPILE, "(in table '%s', column '%s'): %s", table->name->text,
               column->name->text, former.message != NULL ? former.message : "");
  am_error_clear(&former);
}

/* A column through CreateColumn, which a user may have given a text of their own. */
static void create_column(am_compiler *c, am_column_node *column)
{
  am_ctx ctx = {0, NULL, NULL, NULL, NULL};
  const unsigned char *overridden = c->options->overridden;
  if (overridden == NULL || !overridden[AM_NODE_DDL]) {
    am_ddl_column(c, column);
    return;
  }
  am_ddl_node *ddl = (am_ddl_node *)am_node_new(AM_NODE_DDL);
  if (ddl != NULL) {
    ddl->kind = AM_DDL_CREATE_COLUMN;
    ddl->element = am_node_ref(&column->node);
  }
  am_node *made = am_compile_keep(c, am_node_seal((am_node *)ddl));
  if (made != NULL) am_compile_node(c, made, ctx);
}

void am_ddl_create_columns(am_compiler *c, am_table_node *table)
{
  bool first = true;
  for (size_t i = 0; i < am_list_count(table->columns); i++) {
    am_column_node *column = (am_column_node *)table->columns->items[i];
    const am_column_schema_node *facts = am_column_facts(column);
    if (facts != NULL && facts->system) continue;
    size_t before = c->out->size;
    am_put(c, first ? "\n\t" : ", \n\t");
    size_t start = c->out->size;
    create_column(c, column);
    if (c->out->size == start) am_strbuf_truncate(c->out, before); /* rendered nothing */
    else first = false;
    if (am_compile_failed(c)) {
      name_error(c, table, column);
      return;
    }
  }
}

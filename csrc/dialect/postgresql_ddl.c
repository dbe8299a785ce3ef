/* DDL of PostgreSQL: SERIAL, IDENTITY, index options, EXCLUDE, enumerated and domain types. */
#include <ctype.h>

#include "dialect/dialects.h"

/* --- columns ---------------------------------------------------------------------------- */

static const am_node *plain_type(const am_node *type)
{
  while (am_type_kind_of(type) == AM_TYPE_DECORATOR && ((const am_type_node *)type)->item != NULL)
    type = ((const am_type_node *)type)->item;
  return type;
}

/* SERIAL, BIGSERIAL or SMALLSERIAL if the database numbers this column, else NULL. */
static const char *serial(am_compiler *c, const am_column_node *column)
{
  const am_column_schema_node *facts = am_column_facts(column);
  if (facts == NULL || !facts->primary_key || column->table == NULL || facts->identity != NULL)
    return NULL;
  if (am_ddl_counter(c, (am_table_node *)column->table) != column) return NULL;
  const am_default_node *value = (const am_default_node *)facts->default_;
  if (value != NULL &&
      (value->kind != AM_DEFAULT_SEQUENCE || !((const am_sequence_node *)value->arg)->optional))
    return NULL;
  switch (am_type_kind_of(plain_type(column->node.type))) {
    case AM_TYPE_BIGINTEGER:
    case AM_TYPE_SQL_BIGINT: return " BIGSERIAL";
    case AM_TYPE_SMALLINTEGER:
    case AM_TYPE_SQL_SMALLINT: return " SMALLSERIAL";
    default: return " SERIAL";
  }
}

/* A serial type brings its default along. */
static void column_definition(am_compiler *c, am_column_node *column)
{
  const am_column_schema_node *facts = am_column_facts(column);
  const char *counter = serial(c, column);
  am_ddl_column_name(c, &column->node);
  if (counter != NULL) {
    am_put(c, counter);
  } else {
    am_put(c, " ");
    am_ddl_type(c, column);
    am_strbuf text = AM_STRBUF_INIT;
    if (am_ddl_default(c, column, &text) && text.text != NULL) {
      am_put(c, " DEFAULT ");
      am_strbuf_add(c->out, text.text, text.size);
    }
    am_strbuf_deinit(&text);
  }
  am_ddl_computed(c, column);
  if (facts == NULL) return;
  if (facts->identity != NULL) {
    am_put(c, " ");
    am_ddl_identity(c, (const am_identity_node *)facts->identity);
    if (facts->nullable) am_put(c, " NULL");
  } else if (!facts->nullable) {
    am_put(c, " NOT NULL");
  }
}

static void computed(am_compiler *c, const am_computed_node *value)
{
  if (value->persisted == AM_FLAG_FALSE)
    am_compile_fail(c, AM_ERR_COMPILE,
                    "PostgreSQL computed columns do not support 'virtual' persistence; set the "
                    "'persisted' flag to nil or true for PostgreSQL support.");
  am_put(c, "GENERATED ALWAYS AS (");
  am_ddl_expression(c, value->sqltext);
  am_put(c, ") STORED");
}

/* --- constraints -------------------------------------------------------------------------- */

static void validity(am_compiler *c, const am_constraint_node *constraint)
{
  if (am_ddl_option_true(constraint->dialect_options, "postgresql_not_valid"))
    am_put(c, " NOT VALID");
}

static void foreign_key(am_compiler *c, am_constraint_node *constraint)
{
  am_ddl_foreign_key(c, constraint);
  validity(c, constraint);
}

static void check(am_compiler *c, am_constraint_node *constraint)
{
  am_ddl_check(c, constraint);
  validity(c, constraint);
}

static void distinct(am_compiler *c, const am_list *options, const char *when_true,
                     const char *when_false)
{
  const am_option_node *option = am_ddl_option(options, "postgresql_nulls_not_distinct");
  if (option != NULL) am_put(c, option->number ? when_true : when_false);
}

static void unique_distinct(am_compiler *c, const am_constraint_node *constraint)
{
  distinct(c, constraint->dialect_options, "NULLS NOT DISTINCT ", "NULLS DISTINCT ");
}

/* INCLUDE (columns): names in a list option. */
static void put_include(am_compiler *c, const am_list *options)
{
  const am_option_node *option = am_ddl_option(options, "postgresql_include");
  if (option == NULL) return;
  if (option->text != NULL) {
    am_put(c, " INCLUDE (");
    am_put_identifier(c, option->text);
    am_put(c, ")");
    return;
  }
  const am_list *items =
      option->value != NULL ? ((const am_clause_list_node *)option->value)->items : NULL;
  if (am_list_count(items) == 0) return;
  am_put(c, " INCLUDE (");
  for (size_t i = 0; i < am_list_count(items); i++) {
    if (i > 0) am_put(c, ", ");
    if (items->items[i]->tag == AM_NODE_OPTION)
      am_put_identifier(c, ((const am_option_node *)items->items[i])->text);
    else am_ddl_expression(c, items->items[i]);
  }
  am_put(c, ")");
}

static void key_include(am_compiler *c, const am_constraint_node *constraint)
{
  put_include(c, constraint->dialect_options);
}

void am_pg_exclude(am_compiler *c, am_constraint_node *constraint)
{
  am_ddl_constraint_name(c, constraint);
  am_ddl_phrase(c, "EXCLUDE USING ", constraint->match, &am_ddl_index_methods);
  am_put(c, " (");
  for (size_t i = 0; i < am_list_count(constraint->elements); i++) {
    const am_option_node *element = (const am_option_node *)constraint->elements->items[i];
    if (i > 0) am_put(c, ", ");
    am_ddl_expression(c, element->value);
    if (element->text != NULL) am_putf(c, " %s", element->text->text);
    am_put(c, " WITH ");
    am_put_author_text(c, element->name->text, element->name->size);
  }
  am_put(c, ")");
  if (constraint->sqltext != NULL) {
    am_put(c, " WHERE (");
    am_ddl_expression_in(c, constraint->sqltext, 0);
    am_put(c, ")");
  }
  am_ddl_deferrability(c, constraint);
}

/* --- indexes --------------------------------------------------------------------------------- */

/* Items of an option that was given as a table { key = value }. */
static const am_list *pairs(const am_list *options, const char *name)
{
  const am_option_node *option = am_ddl_option(options, name);
  if (option == NULL || option->value == NULL || option->value->tag != AM_NODE_CLAUSE_LIST)
    return NULL;
  return ((const am_clause_list_node *)option->value)->items;
}

/* What an index is on: an operator needs parentheses around it, a column or a call does not. */
static void put_index_expression(am_compiler *c, am_node *expression)
{
  bool group = expression->tag == AM_NODE_BINARY || expression->tag == AM_NODE_CLAUSE_LIST;
  if (expression->tag == AM_NODE_UNARY) {
    const am_unary_node *unary = (const am_unary_node *)expression;
    if (unary->modifier != 0) { /* DESC, NULLS LAST: behind the parentheses */
      put_index_expression(c, unary->element);
      am_put(c, am_dialect_operator_text(c->dialect, (am_operator)unary->modifier));
      return;
    }
    group = unary->op != 0;
  }
  if (group) am_put(c, "(");
  am_ddl_expression(c, expression);
  if (group) am_put(c, ")");
}

static const am_name *key_of(const am_node *expression)
{
  if (expression->tag == AM_NODE_COLUMN)
    return am_column_lookup_key((const am_column_node *)expression);
  if (expression->tag == AM_NODE_LABEL) return ((const am_label_node *)expression)->name;
  return NULL;
}

static void put_expressions(am_compiler *c, const am_index_node *index)
{
  const am_list *ops = pairs(index->options, "postgresql_ops");
  am_put(c, "(");
  for (size_t i = 0; i < am_list_count(index->expressions); i++) {
    am_node *expression = index->expressions->items[i];
    const am_name *key = key_of(expression);
    if (i > 0) am_put(c, ", ");
    if (expression->tag == AM_NODE_LABEL) /* a label only names the expression for postgresql_ops */
      put_index_expression(c, ((am_label_node *)expression)->element);
    else put_index_expression(c, expression);
    const am_name *op = key != NULL ? am_ddl_option_text(ops, key->text) : NULL;
    if (op != NULL) am_putf(c, " %s", op->text);
  }
  am_put(c, ")");
}

static void put_storage(am_compiler *c, const am_list *options)
{
  const am_list *with = pairs(options, "postgresql_with");
  if (am_list_count(with) == 0) return;
  am_put(c, " WITH (");
  for (size_t i = 0; i < with->count; i++) {
    const am_option_node *option = (const am_option_node *)with->items[i];
    am_putf(c, "%s%s = %s", i > 0 ? ", " : "", option->name->text,
            option->text != NULL ? option->text->text
            : option->number     ? "true"
                                 : "false");
  }
  am_put(c, ")");
}

static void create_index(am_compiler *c, am_ddl_node *ddl)
{
  const am_index_node *index = (const am_index_node *)ddl->element;
  if (!am_ddl_index_check(c, index, "CREATE")) return;
  am_putf(c, "CREATE %sINDEX ", index->unique ? "UNIQUE " : "");
  if (am_ddl_option_true(index->options, "postgresql_concurrently")) am_put(c, "CONCURRENTLY ");
  am_ddl_if_exists(c, ddl, "IF NOT EXISTS ");
  am_ddl_index_name(c, index, false);
  am_put(c, " ON ");
  am_ddl_table(c, (const am_table_node *)index->table);
  am_put(c, " ");
  const am_name *using = am_ddl_option_text(index->options, "postgresql_using");
  if (using != NULL) {
    am_ddl_phrase(c, "USING ", using, &am_ddl_index_methods);
    am_put(c, " ");
  }
  put_expressions(c, index);
  put_include(c, index->options);
  distinct(c, index->options, " NULLS NOT DISTINCT", " NULLS DISTINCT");
  put_storage(c, index->options);
  const am_name *space = am_ddl_option_text(index->options, "postgresql_tablespace");
  if (space != NULL) {
    am_put(c, " TABLESPACE ");
    am_put_identifier(c, space);
  }
  const am_option_node *where = am_ddl_option(index->options, "postgresql_where");
  if (where == NULL || where->value == NULL) return;
  am_put(c, " WHERE ");
  am_ddl_expression(c, where->value);
}

static void drop_index(am_compiler *c, am_ddl_node *ddl)
{
  const am_index_node *index = (const am_index_node *)ddl->element;
  if (index->name == NULL) {
    am_compile_fail(c, AM_ERR_COMPILE, "DROP INDEX requires that the index have a name");
    return;
  }
  am_put(c, "\nDROP INDEX ");
  if (am_ddl_option_true(index->options, "postgresql_concurrently")) am_put(c, "CONCURRENTLY ");
  am_ddl_if_exists(c, ddl, "IF EXISTS ");
  am_ddl_index_name(c, index, true);
}

/* --- tables and types
 * -------------------------------------------------------------------------- */

static void put_inherits(am_compiler *c, const am_list *options)
{
  const am_option_node *option = am_ddl_option(options, "postgresql_inherits");
  if (option == NULL) return;
  am_put(c, "\n INHERITS ( ");
  if (option->text != NULL) am_put_identifier(c, option->text);
  const am_list *names = pairs(options, "postgresql_inherits");
  for (size_t i = 0; i < am_list_count(names); i++) {
    if (i > 0) am_put(c, ", ");
    am_put_identifier(c, ((const am_option_node *)names->items[i])->text);
  }
  am_put(c, " )");
}

static void put_text(am_compiler *c, const char *before, const am_name *text)
{
  if (text == NULL) return;
  am_put(c, before);
  am_put_author_text(c, text->text, text->size);
}

static void post_create_table(am_compiler *c, am_table_node *table)
{
  const am_list *options = table->options;
  put_inherits(c, options);
  put_text(c, "\n PARTITION BY ", am_ddl_option_text(options, "postgresql_partition_by"));
  put_text(c, "\n USING ", am_ddl_option_text(options, "postgresql_using"));
  put_storage(c, options);
  const am_option_node *oids = am_ddl_option(options, "postgresql_with_oids");
  if (oids != NULL) am_put(c, oids->number ? "\n WITH OIDS" : "\n WITHOUT OIDS");
  const am_name *commit = am_ddl_option_text(options, "postgresql_on_commit");
  if (commit != NULL) {
    am_put(c, "\n ON COMMIT ");
    for (const char *at = commit->text; *at != '\0'; at++)
      am_strbuf_putc(c->out, *at == '_' ? ' ' : (char)toupper((unsigned char)*at));
  }
  const am_name *space = am_ddl_option_text(options, "postgresql_tablespace");
  if (space != NULL) {
    am_put(c, "\n TABLESPACE ");
    am_put_identifier(c, space);
  }
}

static void put_type_name(am_compiler *c, const am_node *element)
{
  const am_type_node *type = (const am_type_node *)element;
  bool written;
  if (type->name == NULL) {
    am_compile_fail(c, AM_ERR_COMPILE, "PostgreSQL %s type requires a name.",
                    am_type_name(type->kind));
    return;
  }
  am_put_schema(c, type->schema, &written);
  am_put_identifier(c, type->name);
}

static void create_type(am_compiler *c, am_ddl_node *ddl)
{
  const am_list *values = ((const am_type_node *)ddl->element)->values;
  am_put(c, "CREATE TYPE ");
  put_type_name(c, ddl->element);
  am_put(c, " AS ENUM (");
  for (size_t i = 0; i < am_list_count(values); i++) {
    if (i > 0) am_put(c, ", ");
    am_ddl_string(c, ((const am_word_node *)values->items[i])->name);
  }
  am_put(c, ")");
}

static void drop_type(am_compiler *c, am_ddl_node *ddl)
{
  am_put(c, ddl->kind == AM_DDL_DROP_TYPE ? "DROP TYPE " : "DROP DOMAIN ");
  am_ddl_if_exists(c, ddl, "IF EXISTS ");
  put_type_name(c, ddl->element);
  if (ddl->options & AM_DDL_CASCADE) am_put(c, " CASCADE");
}

/* The facts of a DOMAIN (default, not_null, check ...) come as options of the DDL element. */
static void create_domain(am_compiler *c, am_ddl_node *ddl)
{
  const am_type_node *type = (const am_type_node *)ddl->element;
  am_ctx ctx = {0, NULL, NULL, NULL, NULL};
  am_put(c, "CREATE DOMAIN ");
  put_type_name(c, ddl->element);
  am_put(c, " AS ");
  am_put_type(c, type->item, ctx);
  if (type->collation != NULL) {
    am_put(c, " COLLATE ");
    am_put_identifier(c, type->collation);
  }
  const am_option_node *value = am_ddl_option(ddl->include, "default");
  if (value != NULL) {
    am_put(c, " DEFAULT ");
    if (value->value != NULL) am_ddl_expression(c, value->value);
    else am_ddl_string(c, value->text);
  }
  const am_name *name = am_ddl_option_text(ddl->include, "constraint_name");
  if (name != NULL) {
    am_put(c, " CONSTRAINT ");
    am_put_identifier(c, name);
  }
  if (am_ddl_option_true(ddl->include, "not_null")) am_put(c, " NOT NULL");
  const am_option_node *rule = am_ddl_option(ddl->include, "check");
  if (rule == NULL || rule->value == NULL) return;
  am_put(c, " CHECK (");
  am_ddl_expression(c, rule->value);
  am_put(c, ")");
}

const am_ddl_rules am_ddl_rules_postgresql = {
    .parent = &am_ddl_rules_default,
    .flags = AM_DDL_IDENTITY | AM_DDL_SMALLSERIAL,
    .column = column_definition,
    .constraint =
        {
            [AM_CONSTRAINT_FOREIGN_KEY] = foreign_key,
            [AM_CONSTRAINT_CHECK] = check,
            [AM_CONSTRAINT_EXCLUDE] = am_pg_exclude,
        },
    .element =
        {
            [AM_DDL_CREATE_INDEX] = create_index,
            [AM_DDL_DROP_INDEX] = drop_index,
            [AM_DDL_CREATE_TYPE] = create_type,
            [AM_DDL_DROP_TYPE] = drop_type,
            [AM_DDL_CREATE_DOMAIN] = create_domain,
            [AM_DDL_DROP_DOMAIN] = drop_type,
        },
    .computed = computed,
    .post_create_table = post_create_table,
    .unique_distinct = unique_distinct,
    .key_include = key_include,
};

/* DDL of SQLite: AUTOINCREMENT, ON CONFLICT, WITHOUT ROWID; foreign keys within one schema only. */
#include <ctype.h>
#include <string.h>

#include "dialect/dialects.h"

static const am_list *table_options(const am_node *table)
{
  return ((const am_table_node *)table)->options;
}

/* Is this column "INTEGER PRIMARY KEY AUTOINCREMENT"? */
static bool counts(const am_column_node *column)
{
  const am_column_schema_node *facts = am_column_facts(column);
  return facts != NULL && facts->primary_key &&
         am_ddl_option_true(table_options(column->table), "sqlite_autoincrement") &&
         am_ddl_is_integer(column->node.type) && am_list_count(facts->foreign_keys) == 0;
}

static void on_conflict(am_compiler *c, const am_list *options, const char *name)
{
  const am_name *text = am_ddl_option_text(options, name);
  if (text == NULL) return;
  am_put(c, " ON CONFLICT ");
  am_put_author_text(c, text->text, text->size);
}

/* An expression needs parentheses: it holds something beyond word characters and is no literal. */
static bool needs_parentheses(const char *text)
{
  while (isspace((unsigned char)*text)) text++;
  if (*text == '\'' || *text == '"' || *text == '(') return false;
  for (; *text != '\0'; text++)
    if (!isalnum((unsigned char)*text) && *text != '_' && (unsigned char)*text < 128) return true;
  return false;
}

static void put_default(am_compiler *c, const am_column_node *column)
{
  am_strbuf text = AM_STRBUF_INIT;
  if (am_ddl_default(c, column, &text) && text.text != NULL) {
    bool wrap = needs_parentheses(text.text);
    am_put(c, wrap ? " DEFAULT (" : " DEFAULT ");
    am_strbuf_add(c->out, text.text, text.size);
    if (wrap) am_put(c, ")");
  }
  am_strbuf_deinit(&text);
}

/* AUTOINCREMENT belongs to the column there, so the key of one column is part of it. */
static void column_definition(am_compiler *c, am_column_node *column)
{
  const am_column_schema_node *facts = am_column_facts(column);
  am_ddl_column_name(c, &column->node);
  am_put(c, " ");
  am_ddl_type(c, column);
  put_default(c, column);
  if (facts == NULL) return;
  if (!facts->nullable) {
    am_put(c, " NOT NULL");
    on_conflict(c, facts->options, "sqlite_on_conflict_not_null");
  }
  if (facts->primary_key && column->table != NULL) {
    const am_table_node *table = (const am_table_node *)column->table;
    const am_constraint_node *key = (const am_constraint_node *)table->primary_key;
    if (facts->autoincrement == AM_AUTOINCREMENT_YES && am_list_count(key->columns) != 1)
      am_compile_fail(c, AM_ERR_COMPILE,
                      "SQLite does not support autoincrement for composite primary keys");
    if (counts(column)) {
      am_put(c, " PRIMARY KEY");
      on_conflict(c, facts->options, "sqlite_on_conflict_primary_key");
      am_put(c, " AUTOINCREMENT");
    }
  }
  am_ddl_computed(c, column);
}

/* The option of the constraint itself, or of its only column. */
static void constraint_conflict(am_compiler *c, const am_constraint_node *constraint,
                                const char *of_column)
{
  if (am_ddl_option(constraint->dialect_options, "sqlite_on_conflict") != NULL) {
    on_conflict(c, constraint->dialect_options, "sqlite_on_conflict");
  } else if (am_list_count(constraint->columns) == 1) {
    const am_column_node *column = (const am_column_node *)constraint->columns->items[0];
    const am_column_schema_node *facts = am_column_facts(column);
    if (facts != NULL) on_conflict(c, facts->options, of_column);
  }
}

static void primary_key(am_compiler *c, am_constraint_node *constraint)
{
  if (am_list_count(constraint->columns) == 0) return;
  if (am_list_count(constraint->columns) == 1 &&
      counts((const am_column_node *)constraint->columns->items[0]))
    return;
  am_ddl_primary_key(c, constraint);
  constraint_conflict(c, constraint, "sqlite_on_conflict_primary_key");
}

static void unique(am_compiler *c, am_constraint_node *constraint)
{
  if (am_list_count(constraint->columns) == 0) return;
  am_ddl_unique(c, constraint);
  constraint_conflict(c, constraint, "sqlite_on_conflict_unique");
}

static void check(am_compiler *c, am_constraint_node *constraint)
{
  am_ddl_check(c, constraint);
  if (am_ddl_option(constraint->dialect_options, "sqlite_on_conflict") == NULL) return;
  if (constraint->options & AM_ITEM_COLUMN_LEVEL)
    am_compile_fail(c, AM_ERR_COMPILE,
                    "SQLite does not support on conflict clause for column check constraint");
  on_conflict(c, constraint->dialect_options, "sqlite_on_conflict");
}

/* A foreign key cannot leave its schema (an attached file). */
static void foreign_key(am_compiler *c, am_constraint_node *constraint)
{
  const am_table_node *local = (const am_table_node *)constraint->table;
  am_column_node *column =
      am_foreign_key_column((am_foreign_key_node *)constraint->elements->items[0], c->err);
  if (column == NULL) return;
  if (am_name_equal(local->schema, ((const am_table_node *)column->table)->schema))
    am_ddl_foreign_key(c, constraint);
}

static void create_index(am_compiler *c, am_ddl_node *ddl)
{
  const am_index_node *index = (const am_index_node *)ddl->element;
  if (!am_ddl_index_check(c, index, "CREATE")) return;
  am_putf(c, "CREATE %sINDEX ", index->unique ? "UNIQUE " : "");
  am_ddl_if_exists(c, ddl, "IF NOT EXISTS ");
  am_ddl_index_name(c, index, true);
  am_put(c, " ON ");
  am_put_identifier(c, ((const am_table_node *)index->table)->name);
  am_put(c, " (");
  for (size_t i = 0; i < am_list_count(index->expressions); i++) {
    if (i > 0) am_put(c, ", ");
    am_ddl_expression(c, index->expressions->items[i]);
  }
  am_put(c, ")");
  const am_option_node *where = am_ddl_option(index->options, "sqlite_where");
  if (where == NULL || where->value == NULL) return;
  am_put(c, " WHERE ");
  am_ddl_expression(c, where->value);
}

static void post_create_table(am_compiler *c, am_table_node *table)
{
  const am_option_node *rowid = am_ddl_option(table->options, "sqlite_with_rowid");
  bool without = rowid != NULL && rowid->number == 0;
  bool strict = am_ddl_option_true(table->options, "sqlite_strict");
  if (without) am_put(c, "\n WITHOUT ROWID");
  if (strict) am_put(c, without ? ",\n STRICT" : "\n STRICT");
}

const am_ddl_rules am_ddl_rules_sqlite = {
    .parent = &am_ddl_rules_default,
    .flags = AM_DDL_NO_ALTER,
    .column = column_definition,
    .constraint =
        {
            [AM_CONSTRAINT_PRIMARY_KEY] = primary_key,
            [AM_CONSTRAINT_FOREIGN_KEY] = foreign_key,
            [AM_CONSTRAINT_UNIQUE] = unique,
            [AM_CONSTRAINT_CHECK] = check,
        },
    .element = {[AM_DDL_CREATE_INDEX] = create_index},
    .post_create_table = post_create_table,
};

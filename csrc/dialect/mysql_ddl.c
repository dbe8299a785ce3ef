/* DDL of MySQL and MariaDB: AUTO_INCREMENT, comments inside the definition, table options,
 * index lengths. */
#include <ctype.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "dialect/dialects.h"

static bool is_mariadb(const am_compiler *c) { return am_dialect_is(c->dialect, "mariadb"); }

/* "mysql_using" or "mariadb_using", as the dialect is called. */
static const am_option_node *own_option(am_compiler *c, const am_list *options, const char *name)
{
  char text[96];
  size_t size = is_mariadb(c) ? 8 : 6;
  memcpy(text, is_mariadb(c) ? "mariadb_" : "mysql_", size);
  strncpy(text + size, name, sizeof text - size - 1);
  text[sizeof text - 1] = '\0';
  return am_ddl_option(options, text);
}

/* The same; MariaDB still heeds what is said to MySQL alone. */
static const am_option_node *shared_option(am_compiler *c, const am_list *options, const char *own,
                                           const char *mysql)
{
  const am_option_node *option = own_option(c, options, own);
  return option != NULL ? option : am_ddl_option(options, mysql);
}

/* --- columns ------------------------------------------------------------------------------- */

static bool is_counter(am_compiler *c, const am_column_node *column)
{
  const am_column_schema_node *facts = am_column_facts(column);
  if (column->table == NULL || facts == NULL) return false;
  if (facts->server_default != NULL && facts->identity == NULL) return false;
  const am_default_node *value = (const am_default_node *)facts->default_;
  if (value != NULL && value->kind == AM_DEFAULT_SEQUENCE &&
      (am_dialect_caps(c->dialect) & AM_DIALECT_SEQUENCES) &&
      !((const am_sequence_node *)value->arg)->optional)
    return false;
  return am_ddl_counter(c, (am_table_node *)column->table) == column;
}

/* A TIMESTAMP is NOT NULL there unless NULL is said. */
static void column_definition(am_compiler *c, am_column_node *column)
{
  const am_column_schema_node *facts = am_column_facts(column);
  am_ddl_column_name(c, &column->node);
  am_put(c, " ");
  am_ddl_type(c, column);
  am_ddl_computed(c, column);
  if (facts == NULL) return;
  bool loose = is_mariadb(c) && facts->computed != NULL && !facts->nullable_given;
  if (!facts->nullable && !loose) am_put(c, " NOT NULL");
  else if (am_type_kind_of(column->node.type) == AM_TYPE_SQL_TIMESTAMP) am_put(c, " NULL");
  if (facts->comment != NULL) {
    am_put(c, " COMMENT ");
    am_ddl_string(c, facts->comment);
  }
  if (is_counter(c, column)) {
    am_put(c, " AUTO_INCREMENT");
    return;
  }
  am_strbuf text = AM_STRBUF_INIT;
  if (am_ddl_default(c, column, &text) && text.text != NULL) {
    am_put(c, " DEFAULT ");
    am_strbuf_add(c->out, text.text, text.size);
  }
  am_strbuf_deinit(&text);
}

/* --- constraints ------------------------------------------------------------------------------ */

static void primary_key(am_compiler *c, am_constraint_node *constraint)
{
  if (am_list_count(constraint->columns) == 0) return;
  am_ddl_primary_key(c, constraint);
  const am_option_node *using =
      shared_option(c, constraint->dialect_options, "using", "mysql_using");
  if (using == NULL || using->text == NULL) return;
  am_put(c, " USING ");
  am_put_identifier(c, using->text);
}

static void foreign_key(am_compiler *c, am_constraint_node *constraint)
{
  if (constraint->match != NULL)
    am_compile_fail(c, AM_ERR_COMPILE,
                    "MySQL ignores the 'MATCH' keyword while at the same time causes ON UPDATE/ON "
                    "DELETE clauses to be ignored.");
  am_ddl_foreign_key(c, constraint);
}

/* Each kind of constraint is dropped by another word, and only a primary key needs no name. */
static void drop_constraint(am_compiler *c, am_ddl_node *ddl)
{
  const am_constraint_node *constraint = (const am_constraint_node *)ddl->element;
  bool primary = constraint->kind == AM_CONSTRAINT_PRIMARY_KEY;
  if (constraint->name == NULL && !primary) {
    am_compile_fail(c, AM_ERR_COMPILE,
                    "Can't emit DROP CONSTRAINT for constraint of table '%s'; it has no name",
                    ((const am_table_node *)constraint->table)->name->text);
    return;
  }
  am_put(c, "ALTER TABLE ");
  am_ddl_table(c, (const am_table_node *)constraint->table);
  am_put(c, " DROP ");
  switch (constraint->kind) {
    case AM_CONSTRAINT_PRIMARY_KEY: am_put(c, "PRIMARY KEY "); break;
    case AM_CONSTRAINT_FOREIGN_KEY: am_put(c, "FOREIGN KEY "); break;
    case AM_CONSTRAINT_UNIQUE: am_put(c, "INDEX "); break;
    case AM_CONSTRAINT_CHECK: am_put(c, is_mariadb(c) ? "CONSTRAINT " : "CHECK "); break;
    default: break;
  }
  if (!primary) am_ddl_item_name(c, constraint->name, constraint->options);
}

/* --- indexes
 * ------------------------------------------------------------------------------------ */

static bool in_parentheses(const am_node *expression)
{
  if (expression->tag == AM_NODE_BINARY || expression->tag == AM_NODE_FUNCTION) return true;
  return expression->tag == AM_NODE_UNARY && ((const am_unary_node *)expression)->modifier == 0;
}

/* mysql_length: one number for all columns, or one per column. */
static void put_length(am_compiler *c, const am_option_node *length, const am_node *expression)
{
  if (length == NULL) return;
  const am_list *pairs =
      length->value != NULL ? ((const am_clause_list_node *)length->value)->items : NULL;
  if (pairs == NULL) {
    am_putf(c, "(%d)", (int)length->number);
    return;
  }
  if (expression->tag != AM_NODE_COLUMN) return;
  const char *name = ((const am_column_node *)expression)->name->text;
  const am_option_node *own = am_ddl_option(pairs, name);
  if (own == NULL) { /* or by the name in backquotes */
    char quoted[160];
    snprintf(quoted, sizeof quoted, "`%s`", name);
    own = am_ddl_option(pairs, quoted);
  }
  if (own != NULL) am_putf(c, "(%d)", (int)own->number);
}

static void create_index(am_compiler *c, am_ddl_node *ddl)
{
  const am_index_node *index = (const am_index_node *)ddl->element;
  if (!am_ddl_index_check(c, index, "CREATE")) return;
  am_putf(c, "CREATE %s", index->unique ? "UNIQUE " : "");
  const am_option_node *prefix = own_option(c, index->options, "prefix");
  if (prefix != NULL && prefix->text != NULL) am_putf(c, "%s ", prefix->text->text);
  am_put(c, "INDEX ");
  am_ddl_if_exists(c, ddl, "IF NOT EXISTS ");
  am_ddl_index_name(c, index, false);
  am_put(c, " ON ");
  am_ddl_table(c, (const am_table_node *)index->table);
  am_put(c, " (");
  for (size_t i = 0; i < am_list_count(index->expressions); i++) {
    am_node *expression = index->expressions->items[i];
    if (i > 0) am_put(c, ", ");
    if (in_parentheses(expression)) am_put(c, "(");
    am_ddl_expression(c, expression);
    if (in_parentheses(expression)) am_put(c, ")");
    put_length(c, own_option(c, index->options, "length"), expression);
  }
  am_put(c, ")");
  const am_option_node *parser =
      shared_option(c, index->options, "with_parser", "mysql_with_parser");
  if (parser != NULL && parser->text != NULL) am_putf(c, " WITH PARSER %s", parser->text->text);
  const am_option_node *using = shared_option(c, index->options, "using", "mysql_using");
  if (using == NULL || using->text == NULL) return;
  am_put(c, " USING ");
  am_put_identifier(c, using->text);
}

static void drop_index(am_compiler *c, am_ddl_node *ddl)
{
  const am_index_node *index = (const am_index_node *)ddl->element;
  if (!am_ddl_index_check(c, index, "DROP")) return;
  am_put(c, "\nDROP INDEX ");
  am_ddl_if_exists(c, ddl, "IF EXISTS ");
  am_ddl_index_name(c, index, false);
  am_put(c, " ON ");
  am_ddl_table(c, (const am_table_node *)index->table);
}

/* --- comments and table options
 * -------------------------------------------------------------------- */

static void table_comment(am_compiler *c, am_ddl_node *ddl)
{
  const am_table_node *table = (const am_table_node *)ddl->element;
  am_put(c, "ALTER TABLE ");
  am_ddl_table(c, table);
  am_put(c, " COMMENT ");
  if (ddl->kind == AM_DDL_SET_TABLE_COMMENT && table->comment != NULL)
    am_ddl_string(c, table->comment);
  else am_put(c, "''");
}

static void column_comment(am_compiler *c, am_ddl_node *ddl)
{
  am_column_node *column = (am_column_node *)ddl->element;
  am_put(c, "ALTER TABLE ");
  am_ddl_table(c, (const am_table_node *)column->table);
  am_put(c, " CHANGE ");
  am_ddl_column_name(c, &column->node);
  am_put(c, " ");
  column_definition(c, column);
}

typedef struct table_option {
  char name[64]; /* upper case, as it is written */
  const am_name *text;
  int rank; /* COLLATE follows the character set, PARTITION BY comes last */
} table_option;

/* Options have no order of their own in Lua: the engine comes first, the table's comment behind
 * the others, COLLATE behind what it depends on. */
static int rank_of(const char *name)
{
  static const char *const last[] = {"PARTITION BY", "PARTITIONS", "SUBPARTITION BY",
                                     "SUBPARTITIONS"};
  for (int i = 0; i < 4; i++)
    if (strcmp(name, last[i]) == 0) return 10 + i;
  if (strcmp(name, "ENGINE") == 0) return -1;
  if (strcmp(name, "COMMENT") == 0) return 1;
  return strcmp(name, "COLLATE") == 0 ? 2 : 0;
}

static bool is_string_option(const char *name)
{
  static const char *const names[] = {"COMMENT", "DATA DIRECTORY", "INDEX DIRECTORY", "PASSWORD",
                                      "CONNECTION"};
  for (size_t i = 0; i < sizeof names / sizeof *names; i++)
    if (strcmp(name, names[i]) == 0) return true;
  return false;
}

static void put_table_option(am_compiler *c, const table_option *option)
{
  bool space = option->rank >= 10 || strcmp(option->name, "TABLESPACE") == 0 ||
               strcmp(option->name, "DEFAULT CHARACTER SET") == 0 ||
               strcmp(option->name, "CHARACTER SET") == 0 || strcmp(option->name, "COLLATE") == 0;
  am_putf(c, "%s%s", option->name, space ? " " : "=");
  if (is_string_option(option->name)) am_ddl_string(c, option->text);
  else am_put_author_text(c, option->text->text, option->text->size);
}

/* "mysql_default_charset" → "DEFAULT CHARSET"; words that keep their underscore stay. */
static void name_option(table_option *out, const char *name)
{
  static const char *const spaced[] = {"DATA_DIRECTORY", "INDEX_DIRECTORY", "DEFAULT_CHARACTER_SET",
                                       "CHARACTER_SET",  "DEFAULT_CHARSET", "DEFAULT_COLLATE",
                                       "PARTITION_BY",   "SUBPARTITION_BY"};
  size_t size = 0;
  for (; name[size] != '\0' && size < sizeof out->name - 1; size++)
    out->name[size] = (char)toupper((unsigned char)name[size]);
  out->name[size] = '\0';
  for (size_t i = 0; i < sizeof spaced / sizeof *spaced; i++) {
    if (strcmp(out->name, spaced[i]) != 0) continue;
    for (char *at = out->name; *at != '\0'; at++)
      if (*at == '_') *at = ' ';
    break;
  }
  out->rank = rank_of(out->name);
}

static int by_rank(const void *x, const void *y)
{
  const table_option *a = x, *b = y;
  if (a->rank != b->rank) return a->rank - b->rank;
  return strcmp(a->name, b->name);
}

#define MAX_OPTIONS 32

/* Options have an order there that pairs() would not keep. */
static void post_create_table(am_compiler *c, am_table_node *table)
{
  table_option options[MAX_OPTIONS];
  size_t count = 0;
  const char *prefix = is_mariadb(c) ? "mariadb_" : "mysql_";
  for (size_t i = 0; i < am_list_count(table->options) && count < MAX_OPTIONS - 1; i++) {
    const am_option_node *option = (const am_option_node *)table->options->items[i];
    if (strncmp(option->name->text, prefix, strlen(prefix)) != 0 || option->text == NULL) continue;
    options[count].text = option->text;
    name_option(&options[count++], option->name->text + strlen(prefix));
  }
  if (table->comment != NULL) {
    options[count].text = table->comment;
    name_option(&options[count++], "comment");
  }
  qsort(options, count, sizeof *options, by_rank);
  for (size_t i = 0; i < count; i++) {
    if (i > 0) am_put(c, " ");
    put_table_option(c, &options[i]);
  }
}

const am_ddl_rules am_ddl_rules_mysql = {
    .parent = &am_ddl_rules_default,
    .max_name = 64,
    .column = column_definition,
    .constraint =
        {[AM_CONSTRAINT_PRIMARY_KEY] = primary_key, [AM_CONSTRAINT_FOREIGN_KEY] = foreign_key},
    .element =
        {
            [AM_DDL_CREATE_INDEX] = create_index,
            [AM_DDL_DROP_INDEX] = drop_index,
            [AM_DDL_DROP_CONSTRAINT] = drop_constraint,
            [AM_DDL_SET_TABLE_COMMENT] = table_comment,
            [AM_DDL_DROP_TABLE_COMMENT] = table_comment,
            [AM_DDL_SET_COLUMN_COMMENT] = column_comment,
        },
    .post_create_table = post_create_table,
};

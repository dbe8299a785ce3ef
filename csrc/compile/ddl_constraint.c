/* Constraints in CREATE TABLE and ALTER TABLE; see ddl.h. */
#include <ctype.h>
#include <stdlib.h>

#include "base/alloc.h"
#include "compile/ddl.h"

static const char *const action_words[] = {"RESTRICT",  "CASCADE",     "SET NULL",
                                           "NO ACTION", "SET DEFAULT", NULL};
static const char *const initial_words[] = {"DEFERRED", "IMMEDIATE", NULL};
static const am_ddl_words actions = {
    action_words, "^(?:RESTRICT|CASCADE|SET NULL|NO ACTION|SET DEFAULT)$", false};
static const am_ddl_words pg_actions = {
    action_words, "^(?:RESTRICT|CASCADE|SET (?:NULL|DEFAULT)(?:\\s*\\(.+\\))?|NO ACTION)$", true};
static const am_ddl_words initials = {initial_words, "^(?:DEFERRED|IMMEDIATE)$", false};

void am_ddl_deferrability(am_compiler *c, const am_constraint_node *constraint)
{
  if (constraint->deferrable == AM_FLAG_TRUE) am_put(c, " DEFERRABLE");
  if (constraint->deferrable == AM_FLAG_FALSE) am_put(c, " NOT DEFERRABLE");
  if (constraint->initially != NULL)
    am_ddl_phrase(c, " INITIALLY ", constraint->initially, &initials);
}

/* What a dialect adds behind the columns of a key. */
static void put_include(am_compiler *c, const am_constraint_node *constraint)
{
  const am_ddl_rules *rules = am_ddl_rules_of(c->dialect);
  while (rules != NULL && rules->key_include == NULL) rules = rules->parent;
  if (rules != NULL) rules->key_include(c, constraint);
}

/* The counting column of an implicit primary key stands first. */
static void put_primary_columns(am_compiler *c, const am_constraint_node *constraint)
{
  am_column_node *first = NULL;
  if (constraint->options & AM_ITEM_IMPLICIT)
    first = am_ddl_counter(c, (am_table_node *)constraint->table);
  const am_node *leader = (am_node *)first;
  if (leader != NULL) am_ddl_column_name(c, leader);
  bool any = leader != NULL;
  for (size_t i = 0; i < am_list_count(constraint->columns); i++) {
    if (constraint->columns->items[i] == leader) continue;
    if (any) am_put(c, ", ");
    am_ddl_column_name(c, constraint->columns->items[i]);
    any = true;
  }
}

void am_ddl_primary_key(am_compiler *c, am_constraint_node *constraint)
{
  if (am_list_count(constraint->columns) == 0) return;
  am_ddl_constraint_name(c, constraint);
  am_put(c, "PRIMARY KEY (");
  put_primary_columns(c, constraint);
  am_put(c, ")");
  put_include(c, constraint);
  am_ddl_deferrability(c, constraint);
}

void am_ddl_unique(am_compiler *c, am_constraint_node *constraint)
{
  if (am_list_count(constraint->columns) == 0) return;
  am_ddl_constraint_name(c, constraint);
  am_put(c, "UNIQUE ");
  const am_ddl_rules *rules = am_ddl_rules_of(c->dialect);
  while (rules != NULL && rules->unique_distinct == NULL) rules = rules->parent;
  if (rules != NULL) rules->unique_distinct(c, constraint);
  am_put(c, "(");
  am_ddl_column_list(c, constraint->columns);
  am_put(c, ")");
  put_include(c, constraint);
  am_ddl_deferrability(c, constraint);
}

/* MATCH FULL: any word, as the database will tell what it knows. */
static void put_match(am_compiler *c, const am_name *match)
{
  for (const char *at = match->text; *at != '\0'; at++)
    if (!isalnum((unsigned char)*at) && *at != '_') {
      am_compile_fail(c, AM_ERR_COMPILE, "Unexpected SQL phrase: '%s' (matching against '^\\w+$')",
                      match->text);
      return;
    }
  am_putf(c, " MATCH %s", match->text);
}

void am_ddl_foreign_key(am_compiler *c, am_constraint_node *constraint)
{
  const am_ddl_words *known = am_dialect_is(c->dialect, "postgresql") ? &pg_actions : &actions;
  const am_table_node *remote = NULL;
  am_ddl_constraint_name(c, constraint);
  am_put(c, "FOREIGN KEY(");
  for (size_t i = 0; i < am_list_count(constraint->elements); i++) {
    am_foreign_key_node *key = (am_foreign_key_node *)constraint->elements->items[i];
    if (i > 0) am_put(c, ", ");
    am_ddl_column_name(c, key->parent);
    am_column_node *column = am_foreign_key_column(key, c->err);
    if (column == NULL) return;
    remote = (const am_table_node *)column->table;
  }
  am_put(c, ") REFERENCES ");
  if (remote == NULL) return;
  if (am_ddl_flags(c->dialect) & AM_DDL_NO_ALTER) am_put_identifier(c, remote->name); /* SQLite */
  else am_ddl_table(c, remote);
  am_put(c, " (");
  for (size_t i = 0; i < am_list_count(constraint->elements); i++) {
    am_foreign_key_node *key = (am_foreign_key_node *)constraint->elements->items[i];
    const am_node *column = (am_node *)am_foreign_key_column(key, c->err);
    if (column == NULL) return;
    if (i > 0) am_put(c, ", ");
    am_ddl_column_name(c, column);
  }
  am_put(c, ")");
  if (constraint->match != NULL) put_match(c, constraint->match);
  if (constraint->ondelete != NULL) am_ddl_phrase(c, " ON DELETE ", constraint->ondelete, known);
  if (constraint->onupdate != NULL) am_ddl_phrase(c, " ON UPDATE ", constraint->onupdate, known);
  am_ddl_deferrability(c, constraint);
}

static const am_node *undecorated(const am_node *type)
{
  while (am_type_kind_of(type) == AM_TYPE_DECORATOR && ((const am_type_node *)type)->item != NULL)
    type = ((const am_type_node *)type)->item;
  return type;
}

/* column IN (values) of an Enum or Boolean that the database does not know */
static void put_type_check(am_compiler *c, const am_node *column)
{
  const am_node *type = undecorated(am_type_variant(c, column->type));
  am_ddl_column_name(c, column);
  am_put(c, " IN (");
  if (am_type_affinity(am_type_kind_of(type)) == AM_AFFINITY_BOOLEAN) am_put(c, "0, 1");
  const am_list *values = ((const am_type_node *)type)->values;
  for (size_t i = 0; i < am_list_count(values); i++) {
    if (i > 0) am_put(c, ", ");
    am_ddl_string(c, ((const am_word_node *)values->items[i])->name);
  }
  am_put(c, ")");
}

void am_ddl_check(am_compiler *c, am_constraint_node *constraint)
{
  if (constraint->name == NULL && (constraint->options & AM_ITEM_NEEDS_NAME))
    am_compile_fail(
        c, AM_ERR_INVALID_REQUEST,
        "Naming convention including %%(constraint_name)s token requires that constraint is "
        "explicitly named.");
  am_ddl_constraint_name(c, constraint);
  am_put(c, "CHECK (");
  if (constraint->options & AM_ITEM_TYPE_BOUND) put_type_check(c, constraint->columns->items[0]);
  else am_ddl_expression(c, constraint->sqltext);
  am_put(c, ")");
  am_ddl_deferrability(c, constraint);
}

/* ddl_if{dialect=}: OPTIONs "ddl_if" name the dialects. `unasked`: the answer if there are none. */
static bool dialect_wanted(const am_compiler *c, const am_list *options, bool unasked)
{
  bool asked = false;
  for (size_t i = 0; i < am_list_count(options); i++) {
    const am_option_node *option = (const am_option_node *)options->items[i];
    if (!am_name_is(option->name, "ddl_if")) continue;
    asked = true;
    if (am_name_is(option->text, c->dialect->name)) return true;
  }
  return !asked && unasked;
}

bool am_ddl_constraint_wanted(am_compiler *c, const am_constraint_node *constraint)
{
  bool type_bound = constraint->options & AM_ITEM_TYPE_BOUND;
  am_node *own = type_bound ? constraint->columns->items[0]->type : NULL;
  const am_node *type = am_type_variant(c, own);
  /* the CHECK of a variant names its dialects, that of the type itself is for all others */
  if (!dialect_wanted(c, constraint->dialect_options, type == own)) return false;
  if (!type_bound) return true;
  type = undecorated(type);
  unsigned caps = am_dialect_caps(c->dialect);
  bool no_native = ((const am_type_node *)type)->options & AM_TYPE_NO_NATIVE;
  if (am_type_affinity(am_type_kind_of(type)) == AM_AFFINITY_BOOLEAN)
    return !(caps & AM_DIALECT_NATIVE_BOOLEAN);
  return no_native || !(caps & AM_DIALECT_NATIVE_ENUM);
}

void am_ddl_constraint(am_compiler *c, am_constraint_node *constraint)
{
  am_ctx ctx = {0, NULL, NULL, NULL, NULL};
  am_compile_node(c, &constraint->node, ctx);
}

void am_visit_constraint(am_compiler *c, am_node *node, am_ctx ctx)
{
  (void)ctx;
  am_constraint_node *constraint = (am_constraint_node *)node;
  const am_ddl_rules *rules = am_ddl_rules_of(c->dialect);
  for (; rules != NULL; rules = rules->parent) {
    if (rules->constraint[constraint->kind] == NULL) continue;
    rules->constraint[constraint->kind](c, constraint);
    return;
  }
  am_compile_fail(c, AM_ERR_UNSUPPORTED_COMPILATION,
                  "The \"%s\" dialect does not support EXCLUDE constraints", c->dialect->name);
}

static int by_order(const void *x, const void *y)
{
  const am_constraint_node *a = *(am_constraint_node *const *)x,
                           *b = *(am_constraint_node *const *)y;
  if (a->order != b->order) return a->order < b->order ? -1 : 1;
  return 0;
}

static bool in_list(const am_list *list, const am_node *node)
{
  for (size_t i = 0; i < am_list_count(list); i++)
    if (list->items[i] == node) return true;
  return false;
}

static bool stands_in_table(am_compiler *c, const am_constraint_node *constraint,
                            const am_ddl_node *ddl)
{
  bool alter = !(am_ddl_flags(c->dialect) & AM_DDL_NO_ALTER);
  if (constraint->options & (AM_ITEM_COLUMN_LEVEL | AM_ITEM_ISOLATED)) return false;
  if (constraint->kind == AM_CONSTRAINT_FOREIGN_KEY) {
    if (alter && (constraint->options & AM_ITEM_USE_ALTER)) return false;
    if (ddl != NULL && (ddl->options & AM_DDL_HAS_INCLUDE) &&
        !in_list(ddl->include, &constraint->node))
      return false;
  }
  return am_ddl_constraint_wanted(c, constraint);
}

static void put_constraint(am_compiler *c, am_constraint_node *constraint)
{
  size_t before = c->out->size;
  am_put(c, ", \n\t");
  size_t start = c->out->size;
  am_ddl_constraint(c, constraint);
  if (c->out->size == start) am_strbuf_truncate(c->out, before); /* rendered nothing */
}

/* The primary key first, the others in the order in which they were made. */
void am_ddl_table_constraints(am_compiler *c, am_table_node *table, const am_ddl_node *ddl)
{
  size_t count = am_list_count(table->constraints);
  am_constraint_node **sorted = am_alloc((count + 1) * sizeof *sorted);
  if (sorted == NULL) {
    am_error_memory(c->err);
    return;
  }
  for (size_t i = 0; i < count; i++) sorted[i] = (am_constraint_node *)table->constraints->items[i];
  qsort(sorted, count, sizeof *sorted, by_order);
  if (table->primary_key != NULL) put_constraint(c, (am_constraint_node *)table->primary_key);
  for (size_t i = 0; i < count && !am_compile_failed(c); i++)
    if (&sorted[i]->node != table->primary_key && stands_in_table(c, sorted[i], ddl))
      put_constraint(c, sorted[i]);
  am_free(sorted);
}

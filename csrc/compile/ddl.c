/* DDL statements; see ddl.h. Columns, constraints and names have files of their own. */
#include "compile/ddl.h"

#include <string.h>

static am_table_node *table_of(const am_ddl_node *ddl) { return (am_table_node *)ddl->element; }

/* --- tables -------------------------------------------------------------------------- */

static void create_table(am_compiler *c, am_ddl_node *ddl)
{
  am_table_node *table = table_of(ddl);
  am_put(c, "\nCREATE ");
  for (size_t i = 0; i < am_list_count(table->prefixes); i++) {
    am_node *prefix = table->prefixes->items[i];
    if (prefix->tag == AM_NODE_WORD) {
      const am_name *text = ((am_word_node *)prefix)->name;
      am_put_author_text(c, text->text, text->size);
    } else {
      am_ddl_expression(c, prefix);
    }
    am_put(c, " ");
  }
  am_put(c, "TABLE ");
  am_ddl_if_exists(c, ddl, "IF NOT EXISTS ");
  am_ddl_table(c, table);
  am_put(c, " (");
  size_t start = c->out->size;
  am_ddl_create_columns(c, table);
  bool columns = c->out->size > start;
  size_t before = c->out->size;
  am_ddl_table_constraints(c, table, ddl);
  if (!columns && c->out->size > before) { /* no column: no comma either */
    c->out->text[before] = '\n';
    c->out->text[before + 1] = '\t';
  }
  am_put(c, "\n)");
  const am_ddl_rules *rules = am_ddl_rules_of(c->dialect);
  while (rules != NULL && rules->post_create_table == NULL) rules = rules->parent;
  if (rules != NULL) rules->post_create_table(c, table);
  am_put(c, "\n\n");
}

static void drop_table(am_compiler *c, am_ddl_node *ddl)
{
  am_put(c, "\nDROP TABLE ");
  am_ddl_if_exists(c, ddl, "IF EXISTS ");
  am_ddl_table(c, table_of(ddl));
}

static void create_column(am_compiler *c, am_ddl_node *ddl)
{
  const am_column_node *column = (const am_column_node *)ddl->element;
  const am_column_schema_node *facts = am_column_facts(column);
  if (facts == NULL || !facts->system) am_ddl_column(c, (am_column_node *)ddl->element);
}

/* --- indexes and constraints ------------------------------------------------------------- */

bool am_ddl_index_check(am_compiler *c, const am_index_node *index, const char *verb)
{
  if (index->table == NULL)
    am_compile_fail(c, AM_ERR_COMPILE, "Index '%s' is not associated with any table.",
                    index->name != NULL ? index->name->text : "nil");
  else if (index->name == NULL)
    am_compile_fail(c, AM_ERR_COMPILE, "%s INDEX requires that the index have a name", verb);
  return !am_compile_failed(c);
}

static void create_index(am_compiler *c, am_ddl_node *ddl)
{
  const am_index_node *index = (const am_index_node *)ddl->element;
  if (!am_ddl_index_check(c, index, "CREATE")) return;
  am_putf(c, "CREATE %sINDEX ", index->unique ? "UNIQUE " : "");
  am_ddl_if_exists(c, ddl, "IF NOT EXISTS ");
  am_ddl_index_name(c, index, false);
  am_put(c, " ON ");
  am_ddl_table(c, (const am_table_node *)index->table);
  am_put(c, " (");
  for (size_t i = 0; i < am_list_count(index->expressions); i++) {
    if (i > 0) am_put(c, ", ");
    am_ddl_expression(c, index->expressions->items[i]);
  }
  am_put(c, ")");
}

static void drop_index(am_compiler *c, am_ddl_node *ddl)
{
  const am_index_node *index = (const am_index_node *)ddl->element;
  if (index->name == NULL) {
    am_compile_fail(c, AM_ERR_COMPILE, "DROP INDEX requires that the index have a name");
    return;
  }
  am_put(c, "\nDROP INDEX ");
  am_ddl_if_exists(c, ddl, "IF EXISTS ");
  am_ddl_index_name(c, index, true);
}

static void add_constraint(am_compiler *c, am_ddl_node *ddl)
{
  am_constraint_node *constraint = (am_constraint_node *)ddl->element;
  am_put(c, "ALTER TABLE ");
  am_ddl_table(c, (const am_table_node *)constraint->table);
  if (am_compile_failed(c)) return;
  am_put(c, " ADD ");
  am_ddl_constraint(c, constraint);
}

static void drop_constraint(am_compiler *c, am_ddl_node *ddl)
{
  const am_constraint_node *constraint = (const am_constraint_node *)ddl->element;
  if (constraint->name == NULL && constraint->table != NULL) {
    am_compile_fail(c, AM_ERR_COMPILE,
                    "Can't emit DROP CONSTRAINT for constraint of table '%s'; it has no name",
                    ((const am_table_node *)constraint->table)->name->text);
    return;
  }
  am_put(c, "ALTER TABLE ");
  am_ddl_table(c, (const am_table_node *)constraint->table);
  if (am_compile_failed(c)) return;
  am_put(c, " DROP CONSTRAINT ");
  am_ddl_if_exists(c, ddl, "IF EXISTS ");
  am_ddl_item_name(c, constraint->name, constraint->options);
  if (ddl->options & AM_DDL_CASCADE) am_put(c, " CASCADE");
}

/* --- sequences, schemas ------------------------------------------------------------------- */

static void put_sequence(am_compiler *c, const am_node *element)
{
  const am_sequence_node *sequence = (const am_sequence_node *)element;
  bool written;
  am_put_schema(c, sequence->schema, &written);
  am_put_identifier(c, sequence->name);
}

static void create_sequence(am_compiler *c, am_ddl_node *ddl)
{
  const am_sequence_node *sequence = (const am_sequence_node *)ddl->element;
  am_put(c, "CREATE SEQUENCE ");
  am_ddl_if_exists(c, ddl, "IF NOT EXISTS ");
  put_sequence(c, ddl->element);
  if (sequence->data_type != NULL && am_dialect_is(c->dialect, "postgresql")) {
    am_ctx ctx = {0, NULL, NULL, NULL, NULL};
    am_put(c, " AS ");
    am_put_type(c, sequence->data_type, ctx);
  }
  am_ddl_counter_options(c, ddl->element);
}

static void drop_sequence(am_compiler *c, am_ddl_node *ddl)
{
  am_put(c, "DROP SEQUENCE ");
  am_ddl_if_exists(c, ddl, "IF EXISTS ");
  put_sequence(c, ddl->element);
}

static void create_schema(am_compiler *c, am_ddl_node *ddl)
{
  am_put(c, "CREATE SCHEMA ");
  am_ddl_if_exists(c, ddl, "IF NOT EXISTS ");
  am_put_identifier(c, ddl->text);
}

static void drop_schema(am_compiler *c, am_ddl_node *ddl)
{
  am_put(c, "DROP SCHEMA ");
  am_ddl_if_exists(c, ddl, "IF EXISTS ");
  am_put_identifier(c, ddl->text);
  if (ddl->options & AM_DDL_CASCADE) am_put(c, " CASCADE");
}

/* --- comments ------------------------------------------------------------------------------ */

static void put_comment(am_compiler *c, const am_name *comment)
{
  am_put(c, " IS ");
  if (comment != NULL) am_ddl_string(c, comment);
  else am_put(c, "NULL");
}

static void table_comment(am_compiler *c, am_ddl_node *ddl)
{
  am_put(c, "COMMENT ON TABLE ");
  am_ddl_table(c, table_of(ddl));
  put_comment(c, ddl->kind == AM_DDL_SET_TABLE_COMMENT ? table_of(ddl)->comment : NULL);
}

static void column_comment(am_compiler *c, am_ddl_node *ddl)
{
  const am_column_node *column = (const am_column_node *)ddl->element;
  const am_column_schema_node *facts = am_column_facts(column);
  am_put(c, "COMMENT ON COLUMN ");
  am_ddl_table(c, (const am_table_node *)column->table);
  am_put(c, ".");
  am_ddl_column_name(c, &column->node);
  put_comment(c, ddl->kind == AM_DDL_SET_COLUMN_COMMENT && facts != NULL ? facts->comment : NULL);
}

static void constraint_comment(am_compiler *c, am_ddl_node *ddl)
{
  const am_constraint_node *constraint = (const am_constraint_node *)ddl->element;
  if (!am_dialect_is(c->dialect, "postgresql") &&
      !(am_dialect_caps(c->dialect) & AM_DIALECT_STRING)) {
    am_compile_unsupported(c, "comments on constraints");
    return;
  }
  am_put(c, "COMMENT ON CONSTRAINT ");
  am_ddl_item_name(c, constraint->name, constraint->options);
  am_put(c, " ON ");
  am_ddl_table(c, (const am_table_node *)constraint->table);
  put_comment(c, ddl->kind == AM_DDL_SET_CONSTRAINT_COMMENT ? constraint->comment : NULL);
}

/* --- DDL("... %(table)s ...") ---------------------------------------------------------------- */

/* %(table)s and the like of DDL(); a name that the author gave goes first. */
static void put_named(am_compiler *c, const am_ddl_node *ddl, const char *text)
{
  const am_option_node *own = am_ddl_option(ddl->include, text);
  const am_table_node *table =
      ddl->element != NULL && ddl->element->tag == AM_NODE_TABLE ? table_of(ddl) : NULL;
  if (own != NULL) {
    if (own->text != NULL) am_put_author_text(c, own->text->text, own->text->size);
  } else if (table != NULL && strcmp(text, "table") == 0) {
    am_put_identifier(c, table->name);
  } else if (table != NULL && strcmp(text, "schema") == 0) {
    if (table->schema != NULL) am_put_identifier(c, table->schema);
  } else if (table != NULL && strcmp(text, "fullname") == 0) {
    am_ddl_table(c, table);
  } else {
    am_compile_fail(c, AM_ERR_COMPILE,
                    "DDL: the statement names '%s', which its context does not have", text);
  }
}

static void put_between(am_compiler *c, const am_ddl_node *ddl, const char *from, const char *to)
{
  am_strbuf name = AM_STRBUF_INIT;
  am_strbuf_add(&name, from, (size_t)(to - from));
  if (am_strbuf_failed(&name)) am_error_memory(c->err);
  else put_named(c, ddl, to > from ? name.text : "");
  am_strbuf_deinit(&name);
}

static void ddl_text(am_compiler *c, am_ddl_node *ddl)
{
  const char *at = ddl->text->text, *end = at + ddl->text->size;
  for (; at < end; at++) {
    const char *close = *at == '%' && at[1] == '(' ? strstr(at, ")s") : NULL;
    if (close != NULL) {
      put_between(c, ddl, at + 2, close);
      at = close + 1;
    } else {
      am_put_author_text(c, at, 1);
      if (*at == '%' && at[1] == '%') at++;
    }
  }
}

static void unsupported(am_compiler *c, am_ddl_node *ddl)
{
  static const char *const names[] = {
#define AM_DDL(id, name, visit) name,
#include "schema/ddl.def"
#undef AM_DDL
  };
  am_compile_unsupported(c, names[ddl->kind]);
}

const am_ddl_rules am_ddl_rules_default = {
    .column = am_ddl_standard_column,
    .constraint =
        {
            [AM_CONSTRAINT_PRIMARY_KEY] = am_ddl_primary_key,
            [AM_CONSTRAINT_FOREIGN_KEY] = am_ddl_foreign_key,
            [AM_CONSTRAINT_UNIQUE] = am_ddl_unique,
            [AM_CONSTRAINT_CHECK] = am_ddl_check,
        },
    .element =
        {
            [AM_DDL_TEXT] = ddl_text,
            [AM_DDL_CREATE_TABLE] = create_table,
            [AM_DDL_DROP_TABLE] = drop_table,
            [AM_DDL_CREATE_COLUMN] = create_column,
            [AM_DDL_CREATE_INDEX] = create_index,
            [AM_DDL_DROP_INDEX] = drop_index,
            [AM_DDL_ADD_CONSTRAINT] = add_constraint,
            [AM_DDL_DROP_CONSTRAINT] = drop_constraint,
            [AM_DDL_CREATE_SEQUENCE] = create_sequence,
            [AM_DDL_DROP_SEQUENCE] = drop_sequence,
            [AM_DDL_CREATE_SCHEMA] = create_schema,
            [AM_DDL_DROP_SCHEMA] = drop_schema,
            [AM_DDL_SET_TABLE_COMMENT] = table_comment,
            [AM_DDL_DROP_TABLE_COMMENT] = table_comment,
            [AM_DDL_SET_COLUMN_COMMENT] = column_comment,
            [AM_DDL_DROP_COLUMN_COMMENT] = column_comment,
            [AM_DDL_SET_CONSTRAINT_COMMENT] = constraint_comment,
            [AM_DDL_DROP_CONSTRAINT_COMMENT] = constraint_comment,
            [AM_DDL_CUSTOM] = unsupported,
            [AM_DDL_CREATE_TYPE] = unsupported,
            [AM_DDL_DROP_TYPE] = unsupported,
            [AM_DDL_CREATE_DOMAIN] = unsupported,
            [AM_DDL_DROP_DOMAIN] = unsupported,
        },
};

void am_visit_ddl(am_compiler *c, am_node *node, am_ctx ctx)
{
  (void)ctx;
  am_ddl_node *ddl = (am_ddl_node *)node;
  c->result->is_ddl = true;
  for (const am_ddl_rules *rules = am_ddl_rules_of(c->dialect); rules != NULL;
       rules = rules->parent) {
    if (rules->element[ddl->kind] == NULL) continue;
    rules->element[ddl->kind](c, ddl);
    return;
  }
}

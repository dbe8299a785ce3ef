/* DDL: what the dialects exchange, and the helpers that they share.
 *
 * A dialect's am_ddl_rules (am_dialect.ddl) holds only what it writes in its own way; lookups
 * climb to the parent. Texts of expressions inside DDL have literal values and columns without
 * their table. */
#ifndef AM_COMPILE_DDL_H
#define AM_COMPILE_DDL_H

#include "compile/compile.h"
#include "schema/schema.h"

/* am_ddl_node.options */
enum {
  /* `include` lists the foreign key constraints that stand in CREATE TABLE */
  AM_DDL_HAS_INCLUDE = 1,
  AM_DDL_CASCADE = 2
};

/* am_ddl_rules.flags */
enum {
  AM_DDL_NO_ALTER = 1, /* constraints cannot be added later: all stand in CREATE TABLE */
  AM_DDL_IDENTITY = 2, /* GENERATED ... AS IDENTITY is known */
  AM_DDL_SMALLSERIAL = 4
};

typedef struct am_ddl_rules am_ddl_rules;
struct am_ddl_rules {
  const am_ddl_rules *parent; /* asked for what is NULL here */
  unsigned flags;             /* not inherited */
  size_t max_name;            /* of constraints and indexes; 0: that of identifiers */
  void (*column)(am_compiler *c, am_column_node *column);
  void (*constraint[AM_CONSTRAINT_EXCLUDE + 1])(am_compiler *c, am_constraint_node *constraint);
  void (*element[AM_DDL_COUNT])(am_compiler *c, am_ddl_node *ddl);
  void (*computed)(am_compiler *c, const am_computed_node *computed);
  void (*post_create_table)(am_compiler *c, am_table_node *table);
  void (*unique_distinct)(am_compiler *c, const am_constraint_node *constraint);
  void (*key_include)(am_compiler *c, const am_constraint_node *constraint);
  bool (*native_type)(const am_node *type); /* a Boolean or Enum needs no CHECK */
};

/* The rules of the dialect itself or of the nearest ancestor that has some. */
static inline const am_ddl_rules *am_ddl_rules_of(const am_dialect *dialect)
{
  while (dialect->ddl == NULL) dialect = dialect->parent;
  return dialect->ddl;
}
static inline unsigned am_ddl_flags(const am_dialect *dialect)
{
  return am_ddl_rules_of(dialect)->flags;
}

/* Of the default dialect; the others' rules name it as their parent. */
extern const am_ddl_rules am_ddl_rules_default;

void am_visit_ddl(am_compiler *c, am_node *node, am_ctx ctx);
void am_visit_constraint(am_compiler *c, am_node *node, am_ctx ctx);
void am_visit_next_value(am_compiler *c, am_node *node, am_ctx ctx); /* sequence.c */

/* The column that the database numbers by itself, or NULL; fails the compilation where the marks of
 * the columns contradict. */
am_column_node *am_ddl_counter(am_compiler *c, am_table_node *table);

/* --- names ------------------------------------------------------------------------ */
void am_ddl_table(am_compiler *c, const am_table_node *table); /* schema.name */
void am_ddl_column_name(am_compiler *c, const am_node *column);
void am_ddl_column_list(am_compiler *c, const am_list *columns);
/* A constraint's or index's name, shortened or refused when it is too long. False if it has
 * none. */
bool am_ddl_item_name(am_compiler *c, const am_name *name, int64_t bits);
void am_ddl_index_name(am_compiler *c, const am_index_node *index, bool with_schema);
/* "CONSTRAINT name ", or nothing */
void am_ddl_constraint_name(am_compiler *c, const am_constraint_node *constraint);
/* Words that may stand in a place of DDL, and how the message about others shows them. */
typedef struct am_ddl_words {
  const char *const *allowed; /* ended by NULL; NULL: any single word, written in lower case */
  const char *pattern;
  bool columns; /* "SET NULL (a, b)" as well */
} am_ddl_words;
extern const am_ddl_words am_ddl_index_methods;
void am_ddl_phrase(am_compiler *c, const char *before, const am_name *text,
                   const am_ddl_words *words);

/* --- expressions and options --------------------------------------------------------- */
void am_ddl_expression(am_compiler *c, am_node *expression);
/* With AM_CTX_NO_TABLE or, where SQLAlchemy names the table, 0. */
void am_ddl_expression_in(am_compiler *c, am_node *expression, unsigned flags);
void am_ddl_string(am_compiler *c, const am_name *text); /* 'literal' */
/* The OPTION of that name in a list, or NULL. */
const am_option_node *am_ddl_option(const am_list *options, const char *name);
bool am_ddl_option_true(const am_list *options, const char *name);
/* Text of an option or NULL. */
const am_name *am_ddl_option_text(const am_list *options, const char *name);

/* --- parts ------------------------------------------------------------------------------ */
void am_ddl_create_columns(am_compiler *c, am_table_node *table);
void am_ddl_table_constraints(am_compiler *c, am_table_node *table, const am_ddl_node *ddl);
void am_ddl_constraint(am_compiler *c, am_constraint_node *constraint);
bool am_ddl_constraint_wanted(am_compiler *c, const am_constraint_node *constraint);
void am_ddl_column(am_compiler *c, am_column_node *column);
void am_ddl_identity(am_compiler *c, const am_identity_node *identity);
/* START WITH ... of a SEQUENCE or IDENTITY node, each after a space */
void am_ddl_counter_options(am_compiler *c, const am_node *node);
/* The text of the DEFAULT clause; false if there is none. */
bool am_ddl_default(am_compiler *c, const am_column_node *column, am_strbuf *out);
void am_ddl_computed(am_compiler *c, const am_column_node *column);
void am_ddl_type(am_compiler *c, const am_column_node *column);
void am_ddl_deferrability(am_compiler *c, const am_constraint_node *constraint);
bool am_ddl_is_integer(const am_node *type);
/* "CREATE [UNIQUE ]" and the check that index has a name and a table */
bool am_ddl_index_check(am_compiler *c, const am_index_node *index, const char *verb);
void am_ddl_if_exists(am_compiler *c, const am_ddl_node *ddl, const char *text);

/* the standard forms, for dialects that add to them */
void am_ddl_standard_column(am_compiler *c, am_column_node *column);
void am_ddl_primary_key(am_compiler *c, am_constraint_node *constraint);
void am_ddl_foreign_key(am_compiler *c, am_constraint_node *constraint);
void am_ddl_unique(am_compiler *c, am_constraint_node *constraint);
void am_ddl_check(am_compiler *c, am_constraint_node *constraint);

#endif

/* Common table expressions and the frames of statements under way. A statement opens a scope where
 * its text begins and closes it where it ends; the CTEs met in between are written at the front of
 * the outermost (or nesting) scope. */
#ifndef AM_COMPILE_CTE_H
#define AM_COMPILE_CTE_H

#include "compile/compile.h"

/* One statement being rendered; frames lie on the C stack. */
struct am_frame {
  am_frame *outer;
  am_node *statement;
  const am_vec *correlate_froms; /* FROM elements of this and of enclosing statements; NULL: none */
  const am_vec *asfrom_froms;    /* those of this statement alone */
  const am_vec *columns;         /* selected columns, for label references; NULL: none */
  const am_vec *froms;           /* FROM elements whose columns ORDER BY may name */
  am_vec own;                    /* FROM elements that the frame itself holds (UPDATE, DELETE) */
  bool need_result_map;          /* elements of this compound fill the result map */
  size_t compound_columns;       /* number of columns of the first element */
  unsigned compound_index;       /* which element is under way, from 1 */
  am_list *hints;                /* with_hint() of the statement */
  bool has_schemas;              /* tables of named schemas stand in FROM */
  unsigned level;                /* 1: outermost */
};

typedef struct am_cte_scope {
  size_t start; /* offset in the output at which the statement begins */
  am_frame frame;
} am_cte_scope;

/* own: CTEs added with add_cte(). */
void am_cte_enter(am_compiler *c, am_node *statement, am_list *own, am_ctx ctx,
                  am_cte_scope *scope);
void am_cte_leave(am_compiler *c, am_cte_scope *scope, am_ctx ctx);
/* The target and extra FROM elements of an UPDATE or DELETE are what correlated subqueries leave
 * out. */
void am_cte_dml_froms(am_compiler *c, am_node *table, am_vec *froms, am_ctx ctx);
/* Puts the WITH clause that is due at offset `at`, for statements that do not have it at their very
 * front. following: that of the statements directly within, too. */
void am_cte_write(am_compiler *c, size_t at, bool following);
void am_put_table_hints(am_compiler *c, am_node *table, am_list *hints);
/* Numbers the aliases that the hints name, as SQLAlchemy does before the columns. */
void am_name_hinted(am_compiler *c, const am_list *hints);
/* CTEs that are written although nothing refers to them (add_cte). */
void am_cte_independent(am_compiler *c, am_list *own, am_ctx ctx);
/* A hint that stands before the table (PostgreSQL's ONLY). */
void am_put_table_only(am_compiler *c, am_node *table, am_list *hints);
/* Has a table of a named schema the same name as this one, which has no schema? Then this one gets
 * an alias, because the nameless schema may be that very schema. */
bool am_table_is_ambiguous(am_compiler *c, const am_table_node *table);
/* Looks for FROM elements that neither a join nor a condition connects (lint.c). verb: what the
 * statement is. */
void am_lint_froms(am_compiler *c, const am_vec *froms, am_list *where, const char *verb);
/* Conditions joined by AND, each grouped as it needs. */
void am_compile_conjunction(am_compiler *c, am_list *conditions, am_ctx ctx);

#endif

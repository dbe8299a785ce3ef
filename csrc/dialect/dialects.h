/* All dialects of dialects.def. */
#ifndef AM_DIALECT_DIALECTS_H
#define AM_DIALECT_DIALECTS_H

#include "compile/compile.h"
#include "compile/ddl.h"

#define AM_DIALECT(id, name) extern const am_dialect am_dialect_##id;
#include "dialect/dialects.def"
#undef AM_DIALECT

extern const am_ddl_rules am_ddl_rules_sqlite, am_ddl_rules_postgresql, am_ddl_rules_mysql,
    am_ddl_rules_string;

/* EXCLUDE USING gist (...), which str() of a statement writes, too. */
void am_pg_exclude(am_compiler *c, am_constraint_node *constraint);

#endif

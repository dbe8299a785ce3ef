/* The default dialect: every visitor that the others inherit. */
#include "compile/compile.h"
#include "compile/dml.h"
#include "compile/expr.h"

const am_dialect am_dialect_default = {
    .name = "default",
    .paramstyle = AM_PARAM_NAMED,
    .max_identifier = 9999,
    .caps = AM_DIALECT_POSTFETCH_LASTROWID | AM_DIALECT_EMPTY_INSERT | AM_DIALECT_CTE,
    .quote_open = '"',
    .quote_close = '"',
    .visit =
        {
            [AM_NODE_BIND] = am_visit_bind,
            [AM_NODE_NULL] = am_visit_null,
            [AM_NODE_TRUE] = am_visit_true,
            [AM_NODE_FALSE] = am_visit_false,
            [AM_NODE_GROUPING] = am_visit_grouping,
            [AM_NODE_CLAUSE_LIST] = am_visit_clause_list,
            [AM_NODE_BINARY] = am_visit_binary,
            [AM_NODE_INSERT] = am_visit_insert,
            [AM_NODE_UPDATE] = am_visit_update,
            [AM_NODE_DELETE] = am_visit_delete,
            [AM_NODE_VALUES_OF] = am_visit_values_of,
            [AM_NODE_DEFAULT_MARKER] = am_visit_default_marker,
        },
};

/* The default dialect: every visitor that the others inherit. */
#include "compile/compile.h"
#include "compile/expr.h"

const am_dialect am_dialect_default = {
    .name = "default",
    .paramstyle = AM_PARAM_NAMED,
    .max_identifier = 9999,
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
        },
};

/* SQLite. */
#include "compile/select.h"
#include "dialect/dialects.h"
#include "dialect/oper.h"

const am_dialect am_dialect_sqlite = {
    .name = "sqlite",
    .parent = &am_dialect_default,
    .reserved = am_sqlite_reserved,
    .functions = am_sqlite_functions,
    .type_text = am_sqlite_type_text,
    .visit = {[AM_NODE_EXTRACT] = am_sqlite_extract},
    .operators =
        {
            [AM_OP_TRUEDIV] = am_sqlite_truediv,
            [AM_OP_BITWISE_XOR] = am_sqlite_xor,
            [AM_OP_IS_DISTINCT_FROM] = am_sqlite_is_distinct,
            [AM_OP_IS_NOT_DISTINCT_FROM] = am_sqlite_is_distinct,
            [AM_OP_REGEXP_MATCH] = am_sqlite_regexp,
            [AM_OP_NOT_REGEXP_MATCH] = am_sqlite_regexp,
            [AM_OP_JSON_GETITEM] = am_sqlite_json_getitem,
            [AM_OP_JSON_PATH_GETITEM] = am_sqlite_json_getitem,
        },
    .limit_clause = am_limit_clause_sqlite,
    .for_update_clause = am_for_update_none,
    .ddl = &am_ddl_rules_sqlite,
    .paramstyle = AM_PARAM_QMARK,
    .caps = AM_DIALECT_DEFAULT_VALUES | AM_DIALECT_MULTIVALUES | AM_DIALECT_INSERT_RETURNING |
            AM_DIALECT_UPDATE_RETURNING | AM_DIALECT_DELETE_RETURNING |
            AM_DIALECT_POSTFETCH_LASTROWID | AM_DIALECT_RETURNING_NO_TABLE |
            AM_DIALECT_NO_CONFLICT_RETURNING | AM_DIALECT_CTE | AM_DIALECT_TUPLE_IN_VALUES,
};

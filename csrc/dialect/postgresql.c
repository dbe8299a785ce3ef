/* PostgreSQL. */
#include "compile/select.h"
#include "dialect/dialects.h"
#include "dialect/oper.h"

const am_dialect am_dialect_postgresql = {
    .name = "postgresql",
    .parent = &am_dialect_default,
    .reserved = am_pg_reserved,
    .functions = am_pg_functions,
    .type_text = am_pg_type_text,
    .operators =
        {
            [AM_OP_ILIKE] = am_pg_ilike,
            [AM_OP_NOT_ILIKE] = am_pg_ilike,
            [AM_OP_ICONTAINS] = am_pg_substring,
            [AM_OP_NOT_ICONTAINS] = am_pg_substring,
            [AM_OP_ISTARTSWITH] = am_pg_substring,
            [AM_OP_NOT_ISTARTSWITH] = am_pg_substring,
            [AM_OP_IENDSWITH] = am_pg_substring,
            [AM_OP_NOT_IENDSWITH] = am_pg_substring,
            [AM_OP_MATCH] = am_pg_match,
            [AM_OP_REGEXP_MATCH] = am_pg_regexp,
            [AM_OP_NOT_REGEXP_MATCH] = am_pg_regexp,
            [AM_OP_REGEXP_REPLACE] = am_visit_regexp_replace,
            [AM_OP_GETITEM] = am_put_subscript,
            [AM_OP_JSON_GETITEM] = am_pg_json_getitem,
            [AM_OP_JSON_PATH_GETITEM] = am_pg_json_getitem,
        },
    .operator_text = {[AM_OP_BITWISE_XOR] = " # "},
    .limit_clause = am_limit_clause_postgresql,
    .for_update_clause = am_for_update_postgresql,
    .select_precolumns = am_precolumns_postgresql,
    .ddl = &am_ddl_rules_postgresql,
    .paramstyle = AM_PARAM_NUMERIC,
    .max_identifier = 63,
    .caps = AM_DIALECT_NATIVE_BOOLEAN | AM_DIALECT_SEQUENCES | AM_DIALECT_SEQUENCES_OPTIONAL |
            AM_DIALECT_DEFAULT_VALUES | AM_DIALECT_DEFAULT_WORD | AM_DIALECT_MULTIVALUES |
            AM_DIALECT_INSERT_RETURNING | AM_DIALECT_UPDATE_RETURNING |
            AM_DIALECT_DELETE_RETURNING | AM_DIALECT_NATIVE_ENUM | AM_DIALECT_NATIVE_UUID |
            AM_DIALECT_COMMENTS | AM_DIALECT_SCHEMAS | AM_DIALECT_CTE | AM_DIALECT_IS_DISTINCT_FROM,
};

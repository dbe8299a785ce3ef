/* MySQL (text only). */
#include "compile/select.h"
#include "dialect/dialects.h"
#include "dialect/oper.h"

const am_dialect am_dialect_mysql = {
    .name = "mysql",
    .parent = &am_dialect_default,
    .reserved = am_mysql_reserved,
    .functions = am_mysql_functions,
    .type_text = am_mysql_type_text,
    .visit =
        {
            [AM_NODE_TRUE] = am_mysql_true,
            [AM_NODE_FALSE] = am_mysql_false,
            [AM_NODE_CAST] = am_mysql_cast,
        },
    .operators =
        {
            [AM_OP_CONCAT] = am_mysql_concat,
            [AM_OP_TRUEDIV] = am_mysql_truediv,
            [AM_OP_MATCH] = am_mysql_match,
            [AM_OP_REGEXP_MATCH] = am_mysql_regexp,
            [AM_OP_NOT_REGEXP_MATCH] = am_mysql_regexp,
            [AM_OP_REGEXP_REPLACE] = am_visit_regexp_replace,
            [AM_OP_IS_DISTINCT_FROM] = am_mysql_is_distinct,
            [AM_OP_IS_NOT_DISTINCT_FROM] = am_mysql_is_distinct,
            [AM_OP_JSON_GETITEM] = am_mysql_json_getitem,
            [AM_OP_JSON_PATH_GETITEM] = am_mysql_json_getitem,
        },
    .limit_clause = am_limit_clause_mysql,
    .update_limit_clause = am_dml_limit_mysql,
    .delete_limit_clause = am_dml_limit_mysql,
    .for_update_clause = am_for_update_mysql,
    .ddl = &am_ddl_rules_mysql,
    .paramstyle = AM_PARAM_FORMAT,
    .max_identifier = 255,
    .quote_open = '`',
    .quote_close = '`',
    .caps = AM_DIALECT_TRUTH_WORDS | AM_DIALECT_MULTIVALUES | AM_DIALECT_POSTFETCH_LASTROWID |
            AM_DIALECT_EMPTY_INSERT | AM_DIALECT_DEFAULT_WORD | AM_DIALECT_SET_WITH_TABLE |
            AM_DIALECT_CTE_FOLLOWS_INSERT | AM_DIALECT_NATIVE_ENUM | AM_DIALECT_COMMENTS |
            AM_DIALECT_INLINE_COMMENTS | AM_DIALECT_SCHEMAS | AM_DIALECT_CTE,
};

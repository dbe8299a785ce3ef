/* What str(statement) shows: the default dialect, except that it renders everything. */
#include "dialect/dialects.h"
#include "dialect/oper.h"

const am_ddl_rules am_ddl_rules_string = {.parent = &am_ddl_rules_default,
                                          .flags = AM_DDL_IDENTITY,
                                          .constraint = {
                                              [AM_CONSTRAINT_EXCLUDE] = am_pg_exclude,
                                          }};

const am_dialect am_dialect_string = {
    .name = "string",
    .parent = &am_dialect_default,
    .operators =
        {
            [AM_OP_REGEXP_MATCH] = am_string_regexp,
            [AM_OP_NOT_REGEXP_MATCH] = am_string_regexp,
            [AM_OP_REGEXP_REPLACE] = am_string_regexp,
            [AM_OP_GETITEM] = am_put_subscript,
            [AM_OP_JSON_GETITEM] = am_put_subscript,
            [AM_OP_JSON_PATH_GETITEM] = am_put_subscript,
        },
    .ddl = &am_ddl_rules_string,
    .paramstyle = AM_PARAM_NAMED,
    .caps = AM_DIALECT_STRING | AM_DIALECT_NATIVE_BOOLEAN | AM_DIALECT_MULTIVALUES |
            AM_DIALECT_INSERT_RETURNING | AM_DIALECT_UPDATE_RETURNING |
            AM_DIALECT_DELETE_RETURNING | AM_DIALECT_SEQUENCES | AM_DIALECT_SEQUENCES_OPTIONAL |
            AM_DIALECT_POSTFETCH_LASTROWID | AM_DIALECT_EMPTY_INSERT | AM_DIALECT_CTE |
            AM_DIALECT_SIMPLE_ORDER_BY_LABEL,
};

/* MariaDB: MySQL with RETURNING and sequences. */
#include "dialect/dialects.h"
#include "dialect/oper.h"

const am_dialect am_dialect_mariadb = {
    .name = "mariadb",
    .parent = &am_dialect_mysql,
    .reserved = am_mariadb_reserved,
    .operators =
        {
            [AM_OP_REGEXP_MATCH] = am_mariadb_regexp,
            [AM_OP_NOT_REGEXP_MATCH] = am_mariadb_regexp,
            [AM_OP_REGEXP_REPLACE] = am_mariadb_regexp_replace,
        },
    .paramstyle = AM_PARAM_FORMAT,
    .caps = AM_DIALECT_TRUTH_WORDS | AM_DIALECT_MULTIVALUES | AM_DIALECT_POSTFETCH_LASTROWID |
            AM_DIALECT_EMPTY_INSERT | AM_DIALECT_DEFAULT_WORD | AM_DIALECT_SET_WITH_TABLE |
            AM_DIALECT_CTE_FOLLOWS_INSERT | AM_DIALECT_NATIVE_ENUM | AM_DIALECT_COMMENTS |
            AM_DIALECT_INLINE_COMMENTS | AM_DIALECT_SCHEMAS | AM_DIALECT_CTE |
            AM_DIALECT_INSERT_RETURNING | AM_DIALECT_DELETE_RETURNING | AM_DIALECT_SEQUENCES,
};

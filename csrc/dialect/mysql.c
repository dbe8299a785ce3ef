/* MySQL (text only). */
#include "dialect/dialects.h"

const am_dialect am_dialect_mysql = {
    .name = "mysql",
    .parent = &am_dialect_default,
    .paramstyle = AM_PARAM_FORMAT,
    .max_identifier = 255,
    .quote_open = '`',
    .quote_close = '`',
    .caps = AM_DIALECT_MULTIVALUES | AM_DIALECT_POSTFETCH_LASTROWID | AM_DIALECT_EMPTY_INSERT |
            AM_DIALECT_SET_WITH_TABLE | AM_DIALECT_CTE_FOLLOWS_INSERT | AM_DIALECT_NATIVE_ENUM |
            AM_DIALECT_COMMENTS | AM_DIALECT_INLINE_COMMENTS | AM_DIALECT_SCHEMAS | AM_DIALECT_CTE,
};

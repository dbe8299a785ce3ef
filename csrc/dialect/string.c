/* What str(statement) shows: the default dialect, except that it renders everything. */
#include "dialect/dialects.h"

const am_dialect am_dialect_string = {
    .name = "string",
    .parent = &am_dialect_default,
    .paramstyle = AM_PARAM_NAMED,
    .caps = AM_DIALECT_STRING | AM_DIALECT_NATIVE_BOOLEAN | AM_DIALECT_MULTIVALUES |
            AM_DIALECT_INSERT_RETURNING | AM_DIALECT_UPDATE_RETURNING |
            AM_DIALECT_DELETE_RETURNING | AM_DIALECT_SEQUENCES | AM_DIALECT_SEQUENCES_OPTIONAL |
            AM_DIALECT_POSTFETCH_LASTROWID | AM_DIALECT_EMPTY_INSERT | AM_DIALECT_CTE |
            AM_DIALECT_SIMPLE_ORDER_BY_LABEL,
};

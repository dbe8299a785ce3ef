/* SQLite. */
#include "dialect/dialects.h"

const am_dialect am_dialect_sqlite = {
    .name = "sqlite",
    .parent = &am_dialect_default,
    .paramstyle = AM_PARAM_QMARK,
    .caps = AM_DIALECT_DEFAULT_VALUES | AM_DIALECT_MULTIVALUES | AM_DIALECT_INSERT_RETURNING |
            AM_DIALECT_UPDATE_RETURNING | AM_DIALECT_DELETE_RETURNING |
            AM_DIALECT_POSTFETCH_LASTROWID | AM_DIALECT_RETURNING_NO_TABLE |
            AM_DIALECT_NO_CONFLICT_RETURNING | AM_DIALECT_CTE | AM_DIALECT_TUPLE_IN_VALUES,
};

/* PostgreSQL. */
#include "dialect/dialects.h"

const am_dialect am_dialect_postgresql = {
    .name = "postgresql",
    .parent = &am_dialect_default,
    .paramstyle = AM_PARAM_NUMERIC,
    .max_identifier = 63,
    .caps = AM_DIALECT_NATIVE_BOOLEAN | AM_DIALECT_SEQUENCES | AM_DIALECT_SEQUENCES_OPTIONAL |
            AM_DIALECT_DEFAULT_VALUES | AM_DIALECT_MULTIVALUES | AM_DIALECT_INSERT_RETURNING |
            AM_DIALECT_UPDATE_RETURNING | AM_DIALECT_DELETE_RETURNING | AM_DIALECT_NATIVE_ENUM |
            AM_DIALECT_NATIVE_UUID | AM_DIALECT_COMMENTS | AM_DIALECT_SCHEMAS | AM_DIALECT_CTE |
            AM_DIALECT_IS_DISTINCT_FROM,
};

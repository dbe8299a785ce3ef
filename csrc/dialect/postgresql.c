/* PostgreSQL. */
#include "dialect/dialects.h"

const am_dialect am_dialect_postgresql = {
    .name = "postgresql",
    .parent = &am_dialect_default,
    .paramstyle = AM_PARAM_NUMERIC,
    .max_identifier = 63,
    .caps = AM_DIALECT_NATIVE_BOOLEAN,
};

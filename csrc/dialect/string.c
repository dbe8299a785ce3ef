/* What str(statement) shows: the default dialect, except that it renders everything. */
#include "dialect/dialects.h"

const am_dialect am_dialect_string = {
    .name = "string",
    .parent = &am_dialect_default,
    .paramstyle = AM_PARAM_NAMED,
    .max_identifier = 0,
    .caps = AM_DIALECT_STRING,
};

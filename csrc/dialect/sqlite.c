/* SQLite. */
#include "dialect/dialects.h"

const am_dialect am_dialect_sqlite = {
    .name = "sqlite",
    .parent = &am_dialect_default,
    .paramstyle = AM_PARAM_QMARK,
    .max_identifier = 0,
    .caps = 0,
};

/* MySQL (text only). */
#include "dialect/dialects.h"

const am_dialect am_dialect_mysql = {
    .name = "mysql",
    .parent = &am_dialect_default,
    .paramstyle = AM_PARAM_FORMAT,
    .max_identifier = 255,
    .quote_open = '`',
    .quote_close = '`',
    .caps = 0,
};

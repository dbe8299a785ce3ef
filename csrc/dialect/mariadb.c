/* MariaDB: MySQL with RETURNING and sequences. */
#include "dialect/dialects.h"

const am_dialect am_dialect_mariadb = {
    .name = "mariadb",
    .parent = &am_dialect_mysql,
    .paramstyle = AM_PARAM_FORMAT,
    .max_identifier = 0,
    .caps = 0,
};

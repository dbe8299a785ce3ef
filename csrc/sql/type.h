/* Kinds of SQL types (types.def) and the meaning of a TYPE node's options. */
#ifndef AM_SQL_TYPE_H
#define AM_SQL_TYPE_H

#include "sql/node.h"

typedef enum am_type_kind {
#define AM_TYPE(id, name, visit, affinity) AM_TYPE_##id,
#include "sql/types.def"
#undef AM_TYPE
  AM_TYPE_COUNT
} am_type_kind;

typedef enum am_affinity {
  AM_AFFINITY_NULLTYPE,
  AM_AFFINITY_INTEGER,
  AM_AFFINITY_STRING,
  AM_AFFINITY_BOOLEAN,
  AM_AFFINITY_NUMERIC,
  AM_AFFINITY_DATE,
  AM_AFFINITY_TIME,
  AM_AFFINITY_DATETIME,
  AM_AFFINITY_INTERVAL,
  AM_AFFINITY_BINARY,
  AM_AFFINITY_JSON,
  AM_AFFINITY_UUID,
  AM_AFFINITY_ARRAY,
  AM_AFFINITY_HSTORE,
  AM_AFFINITY_NETWORK,
  AM_AFFINITY_RANGE
} am_affinity;

/* Absent length, precision and scale of a TYPE node are -1; options: AM_TYPE_* of enums.def.
 * AM_TYPE_TEXT_FORMAT: a JSON element read as text (astext, as_string). */

const char *am_type_name(am_type_kind kind);  /* "Integer" */
const char *am_type_visit(am_type_kind kind); /* "INTEGER" */
am_affinity am_type_affinity(am_type_kind kind);
/* Affinity of a TYPE node (NULLTYPE for NULL); a decorator has that of the type it decorates. */
am_affinity am_affinity_of(const am_node *type);
/* Kind of a TYPE node; NULLTYPE for NULL. */
am_type_kind am_type_kind_of(const am_node *type);

#endif

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

enum { /* am_type_node.options; absent length, precision, scale are -1 */
  AM_TYPE_TIMEZONE = 1,
  AM_TYPE_NO_NATIVE = 2,          /* native_enum=False, native_uuid=False, native=False */
  AM_TYPE_NOT_DECIMAL = 4,        /* asdecimal=False */
  AM_TYPE_AS_DECIMAL = 8,         /* Float(asdecimal=True) */
  AM_TYPE_NONE_AS_NULL = 16,
  AM_TYPE_CREATE_CONSTRAINT = 32,
  AM_TYPE_VALIDATE_STRINGS = 64,
  AM_TYPE_VARYING = 128,          /* BIT VARYING */
  AM_TYPE_ZERO_INDEXES = 256,
  AM_TYPE_NO_CREATE_TYPE = 512,
  AM_TYPE_SHOULD_EVALUATE_NONE = 1024,
  AM_TYPE_TEXT_FORMAT = 2048      /* JSON element read as text (astext, as_string) */
};

const char *am_type_name(am_type_kind kind);   /* "Integer" */
const char *am_type_visit(am_type_kind kind);  /* "INTEGER" */
am_affinity am_type_affinity(am_type_kind kind);
/* Kind of a TYPE node; NULLTYPE for NULL. */
am_type_kind am_type_kind_of(const am_node *type);

#endif

/* Hints: what a parameter of an SQL type is at the server, as its cell tells the driver. */
#include "bind/codec.h"
#include "sql/type.h"

unsigned am_codec_kind_hint(am_type_kind kind)
{
  switch (kind) {
    case AM_TYPE_INTEGER:
    case AM_TYPE_SQL_INTEGER: return AM_HINT_INT4;
    case AM_TYPE_SMALLINTEGER:
    case AM_TYPE_SQL_SMALLINT: return AM_HINT_INT2;
    case AM_TYPE_BIGINTEGER:
    case AM_TYPE_SQL_BIGINT: return AM_HINT_INT8;
    case AM_TYPE_OID: return AM_HINT_OID;
    case AM_TYPE_SQL_REAL: return AM_HINT_FLOAT4;
    case AM_TYPE_MONEY: return AM_HINT_MONEY;
    case AM_TYPE_NUMERIC:
    case AM_TYPE_SQL_NUMERIC:
    case AM_TYPE_SQL_DECIMAL: return AM_HINT_NUMERIC;
    case AM_TYPE_PG_JSON:
    case AM_TYPE_JSON: return AM_HINT_JSON;
    case AM_TYPE_JSONB: return AM_HINT_JSONB;
    case AM_TYPE_INET: return AM_HINT_INET;
    case AM_TYPE_CIDR: return AM_HINT_CIDR;
    case AM_TYPE_MACADDR: return AM_HINT_MACADDR;
    case AM_TYPE_MACADDR8: return AM_HINT_MACADDR8;
    case AM_TYPE_TSVECTOR: return AM_HINT_TSVECTOR;
    case AM_TYPE_TSQUERY: return AM_HINT_TSQUERY;
    case AM_TYPE_BIT: return AM_HINT_VARBIT;
#define RANGE(name) \
  case AM_TYPE_##name: return AM_HINT_##name;
      RANGE(INT4RANGE)
      RANGE(INT8RANGE)
      RANGE(NUMRANGE)
      RANGE(DATERANGE)
      RANGE(TSRANGE)
      RANGE(TSTZRANGE)
      RANGE(INT4MULTIRANGE)
      RANGE(INT8MULTIRANGE)
      RANGE(NUMMULTIRANGE)
      RANGE(DATEMULTIRANGE)
      RANGE(TSMULTIRANGE)
      RANGE(TSTZMULTIRANGE)
#undef RANGE
    case AM_TYPE_PATHTYPE: return AM_HINT_TEXT | AM_HINT_ARRAY;
    case AM_TYPE_ENUM:
    case AM_TYPE_PG_ENUM:
    case AM_TYPE_JSONPATH:
    case AM_TYPE_HSTORE:
    case AM_TYPE_REGCLASS:
    case AM_TYPE_REGCONFIG:
    case AM_TYPE_CITEXT:
    case AM_TYPE_DOMAIN: return AM_HINT_NONE;
    default: break;
  }
  switch (am_type_affinity(kind)) {
    case AM_AFFINITY_STRING: return AM_HINT_VARCHAR;
    case AM_AFFINITY_BOOLEAN: return AM_HINT_BOOL;
    case AM_AFFINITY_NUMERIC: return AM_HINT_FLOAT8;
    case AM_AFFINITY_DATE: return AM_HINT_DATE;
    case AM_AFFINITY_INTERVAL: return AM_HINT_INTERVAL;
    case AM_AFFINITY_BINARY: return AM_HINT_BYTEA;
    case AM_AFFINITY_UUID: return AM_HINT_UUID;
    default: return AM_HINT_NONE;
  }
}

unsigned am_codec_hint(const am_node *type)
{
  if (type == NULL) return AM_HINT_NONE;
  const am_type_node *node = (const am_type_node *)type;
  am_type_kind kind = am_type_kind_of(type);
  bool zone = (node->options & AM_TYPE_TIMEZONE) != 0;
  if (kind == AM_TYPE_INTERVAL && (node->options & AM_TYPE_NO_NATIVE)) return AM_HINT_TIMESTAMP;
  switch (am_type_affinity(kind)) {
    case AM_AFFINITY_TIME: return zone ? AM_HINT_TIMETZ : AM_HINT_TIME;
    case AM_AFFINITY_DATETIME: return zone ? AM_HINT_TIMESTAMPTZ : AM_HINT_TIMESTAMP;
    case AM_AFFINITY_ARRAY: {
      unsigned item = am_codec_hint(node->item);
      return item == AM_HINT_NONE ? AM_HINT_NONE : item | AM_HINT_ARRAY;
    }
    default: return am_codec_kind_hint(kind);
  }
}

/* Parameters by type; see codec.h. */
#include "bind/codec.h"

#include "sql/type.h"

static unsigned kind_hint(am_type_kind kind)
{
  switch (kind) {
    case AM_TYPE_INTEGER:
    case AM_TYPE_SQL_INTEGER: return AM_HINT_INT4;
    case AM_TYPE_SMALLINTEGER:
    case AM_TYPE_SQL_SMALLINT: return AM_HINT_INT2;
    case AM_TYPE_BIGINTEGER:
    case AM_TYPE_SQL_BIGINT: return AM_HINT_INT8;
    case AM_TYPE_FLOAT:
    case AM_TYPE_DOUBLE:
    case AM_TYPE_SQL_FLOAT:
    case AM_TYPE_SQL_REAL:
    case AM_TYPE_SQL_DOUBLE:
    case AM_TYPE_SQL_DOUBLE_PRECISION: return AM_HINT_FLOAT8;
    case AM_TYPE_NUMERIC:
    case AM_TYPE_SQL_NUMERIC:
    case AM_TYPE_SQL_DECIMAL: return AM_HINT_NUMERIC;
    case AM_TYPE_BOOLEAN:
    case AM_TYPE_SQL_BOOLEAN: return AM_HINT_BOOL;
    case AM_TYPE_TEXT_:
    case AM_TYPE_SQL_TEXT:
    case AM_TYPE_STRING:
    case AM_TYPE_UNICODE:
    case AM_TYPE_UNICODETEXT:
    case AM_TYPE_SQL_VARCHAR:
    case AM_TYPE_SQL_CHAR: return AM_HINT_VARCHAR;
    case AM_TYPE_LARGEBINARY:
    case AM_TYPE_SQL_BLOB:
    case AM_TYPE_BYTEA: return AM_HINT_BYTEA;
    case AM_TYPE_DATE:
    case AM_TYPE_SQL_DATE: return AM_HINT_DATE;
    case AM_TYPE_JSON:
    case AM_TYPE_PG_JSON: return AM_HINT_JSON;
    case AM_TYPE_JSONB: return AM_HINT_JSONB;
    case AM_TYPE_UUID:
    case AM_TYPE_SQL_UUID: return AM_HINT_UUID;
    default: return AM_HINT_NONE;
  }
}

unsigned am_codec_hint(const am_node *type, const am_dialect *dialect)
{
  (void)dialect;
  return kind_hint(am_type_kind_of(type));
}

void am_codec_encode(lua_State *L, am_params *params, int index, am_node *type,
                     const am_dialect *dialect)
{
  am_params_add_value(L, params, index, am_codec_hint(type, dialect));
}

void am_codec_encode_bound(lua_State *L, am_params *params, const am_bound *value, am_node *type,
                           const am_dialect *dialect)
{
  am_push_bound(L, value);
  am_codec_encode(L, params, lua_gettop(L), type, dialect);
  lua_pop(L, 1);
}

void am_bind_codec(lua_State *L) { (void)L; }

/* Lua values become parameter cells by SQL type; see codec.h.
 *
 * Integers, texts, booleans and what value/ knows are done here. JSON, arrays, ranges, decorated
 * and user-defined types go through the Lua function registered with core.set_encoder:
 * encode(value, type, dialect) → value, type (encode that instead) or text, "exact" | "text" |
 * "blob". */
#include "bind/codec.h"

#include <ctype.h>
#include <float.h>
#include <stdio.h>

#include "base/alloc.h"
#include "base/real.h"
#include "bind/value.h"
#include "sql/type.h"
#include "value/decimal.h"
#include "value/uuid.h"

static const char encoder_key = 0;

typedef struct encoding {
  lua_State *L;
  am_params *params;
  int index; /* absolute */
  am_node *type;
  const am_dialect *dialect;
  am_type_kind kind;
  unsigned hint;
  bool postgresql;
} encoding;

/* --- helpers ------------------------------------------------------------------------ */

static am_cell *add_cell(encoding *e)
{
  am_cell *cell = am_params_add(e->params);
  if (cell == NULL) am_raise_memory(e->L);
  cell->hint = (uint16_t)e->hint;
  return cell;
}

static void add_bytes(encoding *e, am_cell_class cls, const char *bytes, size_t size)
{
  am_cell *cell = add_cell(e);
  if (!am_params_set_bytes(e->params, cell, cls, bytes, size)) am_raise_memory(e->L);
}

static void add_real(encoding *e, double value)
{
  am_cell *cell = add_cell(e);
  cell->cls = AM_CELL_REAL;
  cell->u.real = value;
}

static _Noreturn void refuse(encoding *e, const char *reason)
{
  am_raisef(e->L, AM_ERR_STATEMENT, "(alchemoon.exc.ArgumentError) %s: '%s' for type %s", reason,
            am_text_of(e->L, e->index, NULL), am_type_name(e->kind));
}

static _Noreturn void refuse_with(encoding *e, am_error *err)
{
  char text[400];
  snprintf(text, sizeof text, "%s", err->message != NULL ? err->message : "not enough memory");
  am_error_clear(err);
  am_raisef(e->L, AM_ERR_STATEMENT, "(alchemoon.exc.ArgumentError) %s (type %s)", text,
            am_type_name(e->kind));
}

/* May the database's own type be used, not the stand-in that SQLite needs? */
static bool is_native(const encoding *e)
{
  return e->postgresql && !(((const am_type_node *)e->type)->options & AM_TYPE_NO_NATIVE);
}

/* --- by affinity ----------------------------------------------------------------------- */

static void encode_boolean(encoding *e)
{
  int64_t integer;
  if (lua_isboolean(e->L, e->index)) integer = lua_toboolean(e->L, e->index);
  else if (!am_to_int64(e->L, e->index, &integer))
    am_raisef(e->L, AM_ERR_STATEMENT, "(alchemoon.exc.ArgumentError) Not a boolean value: '%s'",
              am_text_of(e->L, e->index, NULL));
  else if (integer != 0 && integer != 1)
    am_raisef(e->L, AM_ERR_STATEMENT,
              "(alchemoon.exc.ArgumentError) Value %s is not nil, true, or false",
              am_text_of(e->L, e->index, NULL));
  am_cell *cell = add_cell(e);
  cell->cls = AM_CELL_BOOL;
  cell->u.integer = integer;
}

/* SQLite would keep any text in a column of numbers, and give it back as 0. */
static void check_float_text(encoding *e)
{
  const char *text = lua_tostring(e->L, e->index);
  char *end;
  am_real_read(text, &end);
  while (isspace((unsigned char)*end)) end++;
  if (end != text && *end == '\0') return;
  am_raisef(e->L, AM_ERR_STATEMENT,
            "(alchemoon.exc.ArgumentError) could not convert string to float: '%.100s'", text);
}

static void encode_float(encoding *e)
{
  const am_decimal *decimal = am_test_decimal(e->L, e->index);
  if (lua_type(e->L, e->index) == LUA_TSTRING && !e->postgresql) check_float_text(e);
  if (decimal != NULL) add_real(e, am_decimal_to_double(decimal));
  else if (lua_type(e->L, e->index) == LUA_TNUMBER)
    add_real(e, (double)lua_tonumber(e->L, e->index));
  else am_params_add_value(e->L, e->params, e->index, e->hint);
}

/* How many digits of a decimal count: those without the zeros at its end. */
static size_t significant_digits(encoding *e, const am_decimal *decimal)
{
  am_strbuf text = AM_STRBUF_INIT;
  am_decimal_print_key(decimal, &text);
  bool failed = am_strbuf_failed(&text);
  size_t count = 0, all = am_decimal_digits(decimal);
  for (size_t i = 0; i < text.size && text.text[i] != 'E'; i++)
    if (text.text[i] >= '0' && text.text[i] <= '9') count++;
  am_strbuf_deinit(&text);
  if (failed) am_raise_memory(e->L);
  return count < all ? count : all;
}

/* SQLite's NUMERIC affinity keeps integers of 64 bits and doubles; a decimal that is neither
 * exactly is refused and never rounded. */
static void encode_decimal_sqlite(encoding *e, const am_decimal *decimal)
{
  int64_t integer;
  if (am_decimal_to_int64(decimal, &integer)) {
    am_cell *cell = add_cell(e);
    cell->cls = AM_CELL_INT;
    cell->u.integer = integer;
    return;
  }
  if (decimal->kind == AM_DECIMAL_FINITE && significant_digits(e, decimal) > DBL_DIG)
    refuse(e, "SQLite cannot keep this number exactly (more than 15 digits)");
  add_real(e, am_decimal_to_double(decimal));
}

static void check_decimal_text(encoding *e)
{
  am_strbuf text = AM_STRBUF_INIT;
  am_error err = AM_ERROR_INIT;
  bool ok = am_read_decimal_text(e->L, e->index, &text, &err);
  am_strbuf_deinit(&text);
  if (!ok) refuse_with(e, &err);
}

/* PostgreSQL gets exact text; SQLite knows no decimals and gets what its affinity stores. */
static void encode_numeric(encoding *e)
{
  lua_State *L = e->L;
  const am_decimal *decimal = am_test_decimal(L, e->index);
  if (!e->postgresql) {
    if (lua_type(L, e->index) == LUA_TSTRING) check_decimal_text(e);
    if (decimal != NULL) encode_decimal_sqlite(e, decimal);
    else am_params_add_value(L, e->params, e->index, e->hint);
    return;
  }
  am_strbuf text = AM_STRBUF_INIT;
  am_error err = AM_ERROR_INIT;
  bool ok = am_read_decimal_text(L, e->index, &text, &err) && !am_strbuf_failed(&text);
  if (ok) {
    am_cell *cell = am_params_add(e->params);
    ok = cell != NULL && am_params_set_bytes(e->params, cell, AM_CELL_EXACT, text.text, text.size);
    if (ok) cell->hint = (uint16_t)e->hint;
    else am_error_memory(&err);
  }
  am_strbuf_deinit(&text);
  if (!ok) refuse_with(e, &err);
}

static void encode_date(encoding *e)
{
  am_date date;
  am_error err = AM_ERROR_INIT;
  char text[AM_TEMPORAL_TEXT];
  if (!am_read_date(e->L, e->index, &date, &err)) refuse_with(e, &err);
  add_bytes(e, AM_CELL_EXACT, text, am_date_print(date, text));
}

/* SQLite stores six digits of a second, always, so that texts sort as times. */
static am_timespec timespec_for(const encoding *e)
{
  return e->postgresql ? AM_TIMESPEC_AUTO : AM_TIMESPEC_MICROSECONDS;
}

static void encode_time(encoding *e)
{
  am_time time;
  am_error err = AM_ERROR_INIT;
  char text[AM_TEMPORAL_TEXT];
  if (!am_read_time(e->L, e->index, &time, &err)) refuse_with(e, &err);
  if (!e->postgresql) time.tzoffset = AM_NO_OFFSET;
  add_bytes(e, AM_CELL_EXACT, text, am_time_print(time, timespec_for(e), text));
}

static void encode_datetime(encoding *e)
{
  am_datetime moment;
  am_error err = AM_ERROR_INIT;
  char text[AM_TEMPORAL_TEXT];
  bool zone = (((am_type_node *)e->type)->options & AM_TYPE_TIMEZONE) != 0;
  if (lua_type(e->L, e->index) == LUA_TSTRING && e->postgresql) { /* 'infinity' and the like */
    const char *word = lua_tostring(e->L, e->index);
    if (strcmp(word, "infinity") == 0 || strcmp(word, "-infinity") == 0) {
      add_bytes(e, AM_CELL_EXACT, word, strlen(word));
      return;
    }
  }
  if (!am_read_datetime(e->L, e->index, zone, &moment, &err)) refuse_with(e, &err);
  if (!e->postgresql) moment.time.tzoffset = AM_NO_OFFSET;
  add_bytes(e, AM_CELL_EXACT, text, am_datetime_print(moment, ' ', timespec_for(e), text));
}

/* Without an interval type: the moment that lies so far behind the epoch, as SQLAlchemy stores
 * it. */
static void encode_interval(encoding *e)
{
  am_timedelta delta;
  am_error err = AM_ERROR_INIT;
  char text[AM_TEMPORAL_TEXT];
  if (!am_read_timedelta(e->L, e->index, &delta, &err)) refuse_with(e, &err);
  bool no_native = e->type != NULL && e->kind == AM_TYPE_INTERVAL &&
                   ((const am_type_node *)e->type)->options & AM_TYPE_NO_NATIVE;
  if (e->postgresql && !no_native) {
    add_bytes(e, AM_CELL_EXACT, text, am_interval_print(delta, text));
    return;
  }
  am_datetime epoch = {{1970, 1, 1}, {0, AM_NO_OFFSET, 0, 0, 0}}, moment;
  if (!am_datetime_add(epoch, delta, 1, &moment, &err)) refuse_with(e, &err);
  add_bytes(e, AM_CELL_EXACT, text, am_datetime_print(moment, ' ', AM_TIMESPEC_MICROSECONDS, text));
}

/* Any usual spelling to canonical lower case; without a UUID type, 32 digits. */
static void encode_uuid(encoding *e)
{
  size_t size;
  unsigned char bytes[16];
  char text[AM_UUID_TEXT];
  am_error err = AM_ERROR_INIT;
  const char *given = am_text_of(e->L, e->index, &size);
  if (!am_uuid_parse(given, size, bytes, &err)) {
    am_error_clear(&err);
    refuse(e, "Not a UUID");
  }
  if (e->kind == AM_TYPE_UUID && !is_native(e)) {
    e->hint = AM_HINT_VARCHAR;
    add_bytes(e, AM_CELL_TEXT, text, am_uuid_print_digits(bytes, text));
  } else {
    add_bytes(e, AM_CELL_EXACT, text, am_uuid_print(bytes, text));
  }
}

static bool is_listed(const am_list *values, const char *text, size_t size)
{
  for (size_t i = 0; i < am_list_count(values); i++) {
    const am_name *name = ((const am_word_node *)values->items[i])->name;
    if (name->size == size && memcmp(name->text, text, size) == 0) return true;
  }
  return false;
}

static _Noreturn void refuse_enum(encoding *e, const am_list *values)
{
  char shown[400];
  am_strbuf list = AM_STRBUF_INIT;
  for (size_t i = 0; i < am_list_count(values); i++)
    am_strbuf_printf(&list, "%s%s", i > 0 ? ", " : "",
                     ((const am_word_node *)values->items[i])->name->text);
  snprintf(shown, sizeof shown, "%s", list.text != NULL ? list.text : "");
  am_strbuf_deinit(&list);
  const am_name *name = ((const am_type_node *)e->type)->name;
  am_raisef(e->L, AM_ERR_STATEMENT,
            "(LookupError) '%s' is not among the defined enum values. Enum name: %s. Possible "
            "values: %s",
            am_text_of(e->L, e->index, NULL), name != NULL ? name->text : "nil", shown);
}

/* An Enum without values takes any text: it is one of a database that says what is in it. */
static void encode_enum(encoding *e)
{
  const am_list *values = ((const am_type_node *)e->type)->values;
  size_t size = 0;
  const char *given =
      lua_type(e->L, e->index) == LUA_TSTRING ? lua_tolstring(e->L, e->index, &size) : NULL;
  if (given == NULL || (am_list_count(values) > 0 && !is_listed(values, given, size)))
    refuse_enum(e, values);
  e->hint = is_native(e) ? AM_HINT_NONE : AM_HINT_VARCHAR;
  add_bytes(e, AM_CELL_TEXT, given, size);
}

static void encode_binary(encoding *e)
{
  size_t size;
  if (lua_type(e->L, e->index) != LUA_TSTRING) refuse(e, "bytes are given as a string");
  const char *bytes = lua_tolstring(e->L, e->index, &size);
  add_bytes(e, AM_CELL_BLOB, bytes, size);
}

/* For types whose encoder is a function of the user's, or written in Lua. */
static void encode_by_lua(encoding *e)
{
  lua_State *L = e->L;
  luaL_checkstack(L, 8, NULL);
  lua_rawgetp(L, LUA_REGISTRYINDEX, &encoder_key);
  if (!lua_isfunction(L, -1))
    am_raisef(L, AM_ERR_STATEMENT, "type %s needs alchemoon.types.codec", am_type_name(e->kind));
  lua_pushvalue(L, e->index);
  am_push_node(L, e->type);
  lua_pushstring(L, e->dialect->name);
  lua_call(L, 3, 2);
  int value = lua_gettop(L) - 1;
  am_node *other = am_test_node(L, -1);
  if (other != NULL) {
    am_codec_encode(L, e->params, value, other, e->dialect);
  } else if (lua_isnil(L, value)) {
    add_cell(e);
  } else {
    size_t size;
    const char *how = lua_tostring(L, -1), *text = am_text_of(L, value, &size);
    am_cell_class cls = AM_CELL_EXACT;
    if (how != NULL && strcmp(how, "text") == 0) cls = AM_CELL_TEXT;
    else if (how != NULL && strcmp(how, "blob") == 0) cls = AM_CELL_BLOB;
    add_bytes(e, cls, text, size);
  }
  lua_settop(L, value - 1);
}

/* A list without a type is an array to PostgreSQL; an integer is one of 32 bits if it fits, as it
 * is where it stands in an expression, because few functions take a bigint. */
static void encode_plain(encoding *e)
{
  lua_State *L = e->L;
  if (!e->postgresql) {
    am_params_add_value(L, e->params, e->index, e->hint);
    return;
  }
  if (lua_istable(L, e->index)) {
    if (!lua_getmetatable(L, e->index)) {
      encode_by_lua(e);
      return;
    }
    lua_pop(L, 1);
  }
  am_params_add_value(L, e->params, e->index, e->hint);
  am_cell *cell = &e->params->cells[e->params->count - 1];
  if (cell->cls == AM_CELL_INT && cell->hint == AM_HINT_NONE) cell->hint = AM_HINT_INT4;
}

/* A value whose type nobody told: by what it is. */
static void encode_untyped(encoding *e)
{
  char text[AM_TEMPORAL_TEXT];
  lua_State *L = e->L;
  switch (am_value_kind_at(L, e->index)) {
    case AM_VALUE_DECIMAL:
      e->hint = AM_HINT_NUMERIC;
      encode_numeric(e);
      return;
    case AM_VALUE_DATE:
      e->hint = AM_HINT_DATE;
      add_bytes(e, AM_CELL_EXACT, text, am_date_print(*am_test_date(L, e->index), text));
      return;
    case AM_VALUE_TIME:
      e->hint = AM_HINT_TIME;
      add_bytes(e, AM_CELL_EXACT, text,
                am_time_print(*am_test_time(L, e->index), timespec_for(e), text));
      return;
    case AM_VALUE_DATETIME: {
      am_datetime moment = *am_test_datetime(L, e->index);
      e->hint = moment.time.tzoffset == AM_NO_OFFSET ? AM_HINT_TIMESTAMP : AM_HINT_TIMESTAMPTZ;
      add_bytes(e, AM_CELL_EXACT, text, am_datetime_print(moment, ' ', timespec_for(e), text));
      return;
    }
    case AM_VALUE_TIMEDELTA:
      e->hint = AM_HINT_INTERVAL;
      encode_interval(e);
      return;
    default: encode_plain(e);
  }
}

/* --- through Lua --------------------------------------------------------------------------- */

static bool needs_lua(am_type_kind kind)
{
  if (kind == AM_TYPE_DECORATOR || kind == AM_TYPE_USERDEFINED || kind == AM_TYPE_DOMAIN)
    return true;
  if (kind == AM_TYPE_INTINDEXTYPE || kind == AM_TYPE_STRINDEXTYPE || kind == AM_TYPE_PATHTYPE)
    return true;
  switch (am_type_affinity(kind)) {
    case AM_AFFINITY_JSON:
    case AM_AFFINITY_ARRAY:
    case AM_AFFINITY_HSTORE:
    case AM_AFFINITY_RANGE: return true;
    default: return false;
  }
}

/* Strings and numbers of such a type are bound as they are. */
static bool is_plain(am_type_kind kind)
{
  if (needs_lua(kind) || kind == AM_TYPE_ENUM || kind == AM_TYPE_PG_ENUM) return false;
  switch (am_type_affinity(kind)) {
    case AM_AFFINITY_BOOLEAN:
    case AM_AFFINITY_DATE:
    case AM_AFFINITY_TIME:
    case AM_AFFINITY_DATETIME:
    case AM_AFFINITY_INTERVAL:
    case AM_AFFINITY_UUID:
    case AM_AFFINITY_NUMERIC:
    case AM_AFFINITY_BINARY: return false;
    default: return true;
  }
}

static void encode_typed(encoding *e)
{
  if (e->kind == AM_TYPE_ENUM || e->kind == AM_TYPE_PG_ENUM) {
    encode_enum(e);
    return;
  }
  switch (am_type_affinity(e->kind)) {
    case AM_AFFINITY_BOOLEAN: encode_boolean(e); break;
    case AM_AFFINITY_DATE: encode_date(e); break;
    case AM_AFFINITY_TIME: encode_time(e); break;
    case AM_AFFINITY_DATETIME: encode_datetime(e); break;
    case AM_AFFINITY_INTERVAL: encode_interval(e); break;
    case AM_AFFINITY_UUID: encode_uuid(e); break;
    case AM_AFFINITY_NUMERIC:
      if (e->hint == AM_HINT_NUMERIC) encode_numeric(e);
      else encode_float(e);
      break;
    case AM_AFFINITY_BINARY: encode_binary(e); break;
    case AM_AFFINITY_NULLTYPE: encode_untyped(e); break;
    default:
      if (lua_type(e->L, e->index) == LUA_TSTRING || lua_type(e->L, e->index) == LUA_TNUMBER)
        am_params_add_value(e->L, e->params, e->index, e->hint);
      else encode_untyped(e);
  }
}

/* The variant of a type for the dialect. */
static am_node *variant_for(am_node *type, const am_dialect *dialect)
{
  am_list *variants = ((am_type_node *)type)->variants;
  for (size_t i = 0; i < am_list_count(variants); i++) {
    am_type_variant_node *variant = (am_type_variant_node *)variants->items[i];
    if (am_name_is(variant->dialect, dialect->name)) return variant->impl;
  }
  return type;
}

bool am_codec_is_plain(am_node *type, const am_dialect *dialect, unsigned *out_hint)
{
  if (type != NULL && ((am_type_node *)type)->variants != NULL) type = variant_for(type, dialect);
  *out_hint = am_codec_hint(type);
  return is_plain(am_type_kind_of(type));
}

void am_codec_encode(lua_State *L, am_params *params, int index, am_node *type,
                     const am_dialect *dialect)
{
  if (type != NULL && ((am_type_node *)type)->variants != NULL) type = variant_for(type, dialect);
  am_type_kind kind = am_type_kind_of(type);
  encoding e = {L,       params, lua_absindex(L, index), type,
                dialect, kind,   am_codec_hint(type),    am_dialect_is(dialect, "postgresql")};
  if (needs_lua(kind)) {
    encode_by_lua(&e);
    return;
  }
  int given = lua_type(L, index);
  if (given == LUA_TNIL || (given == LUA_TLIGHTUSERDATA && lua_touserdata(L, index) == NULL)) {
    add_cell(&e);
    return;
  }
  if (type == NULL) encode_untyped(&e);
  else encode_typed(&e);
}

void am_codec_encode_bound(lua_State *L, am_params *params, const am_bound *value, am_node *type,
                           const am_dialect *dialect)
{
  am_type_kind kind = am_type_kind_of(type);
  am_affinity affinity = am_type_affinity(kind);
  bool plain = type == NULL || ((am_type_node *)type)->variants == NULL;
  if (plain && value->kind == AM_BOUND_INT && affinity == AM_AFFINITY_INTEGER && !needs_lua(kind)) {
    am_cell *cell = am_params_add(params);
    if (cell == NULL) am_raise_memory(L);
    cell->cls = AM_CELL_INT;
    cell->hint = (uint16_t)am_codec_kind_hint(kind);
    cell->u.integer = value->u.integer;
    return;
  }
  am_push_bound(L, value);
  am_codec_encode(L, params, lua_gettop(L), type, dialect);
  lua_pop(L, 1);
}

/* set_encoder(function(value, type, dialect) → value, type | text, class) */
static int set_encoder(lua_State *L)
{
  am_check_type(L, 1, LUA_TFUNCTION);
  lua_settop(L, 1);
  lua_rawsetp(L, LUA_REGISTRYINDEX, &encoder_key);
  return 0;
}

/* encode_text(value, type, dialect name) → the text of the parameter cell, its class: for arrays
 * and literals */
static int encode_text(lua_State *L)
{
  static const char *const classes[] = {"null", "int", "real", "text", "blob", "bool", "exact"};
  am_node *type = am_test_node(L, 2);
  const am_dialect *dialect = am_dialect_named(am_check_string(L, 3, NULL));
  if (dialect == NULL) am_raisef(L, AM_ERR_ARGUMENT, "unknown dialect");
  am_scratch_params *box = am_scratch_params_new(L);
  am_codec_encode(L, &box->params, 1, type, dialect);
  am_cell *cell = &box->params.cells[0];
  char real[AM_REAL_TEXT];
  if (cell->cls == AM_CELL_BOOL) lua_pushstring(L, cell->u.integer ? "true" : "false");
  else if (cell->cls != AM_CELL_REAL) am_push_cell(L, cell);
  else {
    am_real_spell(cell->u.real, DBL_DIG, real);
    lua_pushstring(L, real);
  }
  if (lua_type(L, -1) == LUA_TNUMBER) {
    lua_getglobal(L, "tostring");
    lua_insert(L, -2);
    lua_call(L, 1, 1);
  }
  lua_pushstring(L, classes[cell->cls]);
  return 2;
}

/* encode_value(value, type, dialect name) → the parameter cell as a Lua value; SQLite has numbers
 * for booleans */
static int encode_value(lua_State *L)
{
  am_node *type = am_test_node(L, 2);
  const am_dialect *dialect = am_dialect_named(am_check_string(L, 3, NULL));
  if (dialect == NULL) am_raisef(L, AM_ERR_ARGUMENT, "unknown dialect");
  am_scratch_params *box = am_scratch_params_new(L);
  am_codec_encode(L, &box->params, 1, type, dialect);
  const am_cell *cell = &box->params.cells[0];
  if (cell->cls == AM_CELL_BOOL && am_dialect_is(dialect, "sqlite"))
    lua_pushinteger(L, cell->u.integer);
  else am_push_cell(L, cell);
  return 1;
}

static const luaL_Reg functions[] = {
    {"set_encoder", set_encoder},
    {"encode_text", encode_text},
    {"encode_value", encode_value},
    {NULL, NULL},
};

void am_bind_codec(lua_State *L)
{
  am_scratch_params_class(L);
  am_setfuncs(L, functions);
  am_codec_decoders(L);
}

/* Result cells become Lua values: the decoders that shapes and populate programs use.
 *
 * core.decoders.<name> is a light userdata that points to a constant am_decoder;
 * core.decimal_decoder(scale) makes one with a context of its own. Which decoder a type has is said
 * in lua/alchemoon/types/codec.lua. */
#include <errno.h>
#include <float.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/real.h"
#include "bind/codec.h"
#include "bind/row.h"
#include "bind/value.h"
#include "value/decimal.h"
#include "value/uuid.h"

am_scratch_params *am_scratch_params_new(lua_State *L)
{
  am_scratch_params *box = am_newuserdata(L, sizeof *box);
  am_params_init(&box->params);
  luaL_getmetatable(L, "alchemoon.scratch");
  lua_setmetatable(L, -2);
  return box;
}

static int scratch_gc(lua_State *L)
{
  am_params_deinit(&((am_scratch_params *)lua_touserdata(L, 1))->params);
  return 0;
}

void am_scratch_params_class(lua_State *L)
{
  static const luaL_Reg metamethods[] = {
      {"__gc", scratch_gc},
      {NULL, NULL},
  };
  am_new_class(L, "alchemoon.scratch", metamethods, NULL);
  lua_pop(L, 1);
}

const char *am_text_of(lua_State *L, int index, size_t *out_size)
{
  if (lua_type(L, index) != LUA_TSTRING) {
    index = lua_absindex(L, index);
    lua_getglobal(L, "tostring");
    lua_pushvalue(L, index);
    lua_call(L, 1, 1);
    return lua_tolstring(L, -1, out_size);
  }
  return lua_tolstring(L, index, out_size);
}

static bool is_text(const am_cell *cell)
{
  return cell->cls == AM_CELL_TEXT || cell->cls == AM_CELL_EXACT || cell->cls == AM_CELL_BLOB;
}

static _Noreturn void raise_bad(lua_State *L, am_error *err, const char *what)
{
  char text[300];
  snprintf(text, sizeof text, "%s", err->message != NULL ? err->message : "not enough memory");
  am_error_clear(err);
  am_raisef(L, AM_ERR_DATA, "the database gave a value that is no %s: %s", what, text);
}

static _Noreturn void raise_number(lua_State *L, const am_cell *cell, const char *what)
{
  am_push_cell(L, cell);
  am_raisef(L, AM_ERR_DATA, "the database gave a value that is no %s: the number %s", what,
            am_text_of(L, -1, NULL));
}

static void decode_boolean(lua_State *L, const am_cell *cell, void *context)
{
  (void)context;
  if (cell->cls == AM_CELL_NULL) lua_pushnil(L);
  else if (cell->cls == AM_CELL_INT || cell->cls == AM_CELL_BOOL)
    lua_pushboolean(L, cell->u.integer != 0);
  else if (cell->cls == AM_CELL_REAL) lua_pushboolean(L, cell->u.real != 0);
  else lua_pushboolean(L, cell->size > 0 && (cell->u.bytes[0] == 't' || cell->u.bytes[0] == '1'));
}

/* FLOAT: a float, also when the database kept an integer. */
static void decode_float(lua_State *L, const am_cell *cell, void *context)
{
  (void)context;
  char text[64];
  if (cell->cls == AM_CELL_INT) {
    lua_pushnumber(L, (lua_Number)cell->u.integer);
    return;
  }
  if (is_text(cell) && cell->size > 0 && cell->size < sizeof text) {
    memcpy(text, cell->u.bytes, cell->size);
    text[cell->size] = '\0';
    char *end;
    double value = am_real_read(text, &end);
    if (end == text + cell->size) {
      lua_pushnumber(L, (lua_Number)value);
      return;
    }
  }
  am_push_cell(L, cell); /* NULL, a float, or a text that SQLite keeps in such a column */
}

#define TEMPORAL(name, push, what)                                                \
  static void decode_##name(lua_State *L, const am_cell *cell, void *context)     \
  {                                                                               \
    am_error err = AM_ERROR_INIT;                                                 \
    (void)context;                                                                \
    if (cell->cls == AM_CELL_NULL) lua_pushnil(L);                                \
    else if (!is_text(cell)) raise_number(L, cell, what);                         \
    else if (!push(L, cell->u.bytes, cell->size, &err)) raise_bad(L, &err, what); \
  }
TEMPORAL(date, am_push_date_text, "date")
TEMPORAL(time, am_push_time_text, "time")
TEMPORAL(interval, am_push_interval_text, "interval")

/* 'infinity' stays a text: no datetime can say it. */
static void decode_datetime(lua_State *L, const am_cell *cell, void *context)
{
  am_error err = AM_ERROR_INIT;
  (void)context;
  bool is_infinite = is_text(cell) && cell->size >= 8 && memchr(cell->u.bytes, 'i', 2) != NULL;
  if (cell->cls == AM_CELL_NULL || is_infinite) am_push_cell(L, cell);
  else if (!is_text(cell)) raise_number(L, cell, "datetime");
  else if (!am_push_datetime_text(L, cell->u.bytes, cell->size, &err))
    raise_bad(L, &err, "datetime");
}

/* Interval without an interval type: the distance of a moment from the epoch. */
static void decode_epoch_interval(lua_State *L, const am_cell *cell, void *context)
{
  (void)context;
  am_error err = AM_ERROR_INIT;
  am_datetime moment, epoch = {{1970, 1, 1}, {0, AM_NO_OFFSET, 0, 0, 0}};
  am_timedelta delta;
  if (cell->cls == AM_CELL_NULL) {
    lua_pushnil(L);
    return;
  }
  if (!is_text(cell)) raise_number(L, cell, "interval");
  if (!am_datetime_parse(cell->u.bytes, cell->size, &moment, &err) ||
      !am_datetime_difference(moment, epoch, &delta, &err)) {
    raise_bad(L, &err, "interval");
    return;
  }
  am_push_timedelta(L, delta);
}

static void push_decimal_text(lua_State *L, const char *text, size_t size)
{
  am_error err = AM_ERROR_INIT;
  if (!am_push_decimal_text(L, text, size, &err)) raise_bad(L, &err, "decimal");
}

/* The digits behind the point of numbers that come as doubles, or as integers from a database that
 * has no exact type. */
typedef struct decimal_scale {
  int digits;
  bool whole_as_is;
} decimal_scale;

/* The context is a decimal_scale; without one there are as many digits as are needed. */
static void decode_decimal(lua_State *L, const am_cell *cell, void *context)
{
  char text[400];
  const decimal_scale *wanted = context;
  int scale = wanted != NULL ? wanted->digits : -1, size;
  switch (cell->cls) {
    case AM_CELL_INT:
      size = snprintf(text, sizeof text, "%lld", (long long)cell->u.integer);
      if (scale > 0 && !wanted->whole_as_is)
        size += snprintf(text + size, sizeof text - (size_t)size, ".%0*d", scale, 0);
      push_decimal_text(L, text, (size_t)size);
      break;
    case AM_CELL_REAL:
      if (scale >= 0) size = snprintf(text, sizeof text, "%.*f", scale, cell->u.real);
      else size = snprintf(text, sizeof text, "%.*g", DBL_DIG, cell->u.real);
      am_real_point(text);
      push_decimal_text(L, text, (size_t)size);
      break;
    case AM_CELL_TEXT:
    case AM_CELL_EXACT: push_decimal_text(L, cell->u.bytes, cell->size); break;
    default: am_push_cell(L, cell);
  }
}

/* What was taken for an integer and is numeric at the server, as sum() of bigint and EXTRACT are:
 * an integer if it is one. */
static void decode_number(lua_State *L, const am_cell *cell, void *context)
{
  char text[20], *end;
  if (cell->cls != AM_CELL_EXACT) {
    am_push_cell(L, cell);
    return;
  }
  if (cell->size > 0 && cell->size < sizeof text - 1) { /* so short that it cannot overflow */
    memcpy(text, cell->u.bytes, cell->size);
    text[cell->size] = '\0';
    long long value = strtoll(text, &end, 10);
    if (*end == '\0') {
      am_push_int64(L, value);
      return;
    }
  }
  decode_decimal(L, cell, context);
}

/* 32 digits or canonical text to canonical text. */
static void decode_uuid(lua_State *L, const am_cell *cell, void *context)
{
  (void)context;
  unsigned char bytes[16];
  char text[AM_UUID_TEXT];
  am_error err = AM_ERROR_INIT;
  if (!is_text(cell) || cell->size != 32) {
    am_push_cell(L, cell);
  } else if (am_uuid_parse(cell->u.bytes, cell->size, bytes, &err)) {
    lua_pushlstring(L, text, am_uuid_print(bytes, text));
  } else { /* somebody else's text in that column is shown as it is */
    am_error_clear(&err);
    am_push_cell(L, cell);
  }
}

/* The strings of an enumeration one after the other, each with its NUL. */
typedef struct enum_decoder {
  am_decoder decoder; /* context points to the whole */
  size_t size;
  char strings[];
} enum_decoder;

static _Noreturn void raise_unknown(lua_State *L, const am_cell *cell, const enum_decoder *known)
{
  am_push_cell(L, cell);
  const char *value = am_text_of(L, -1, NULL);
  luaL_Buffer names;
  luaL_buffinit(L, &names);
  for (const char *at = known->strings; at < known->strings + known->size; at += strlen(at) + 1) {
    if (at > known->strings) luaL_addstring(&names, ", ");
    luaL_addstring(&names, at);
  }
  luaL_pushresult(&names);
  am_raisef(
      L, AM_ERR_DATA,
      "the database gave a value that is no member: '%s' is not among the defined enum values. "
      "Possible values: %s",
      value, lua_tostring(L, -1));
}

static void decode_enum(lua_State *L, const am_cell *cell, void *context)
{
  const enum_decoder *known = context;
  bool found = cell->cls == AM_CELL_NULL;
  const char *end = known->strings + known->size;
  for (const char *at = known->strings; is_text(cell) && !found && at < end;) {
    size_t size = strlen(at);
    found = size == cell->size && memcmp(at, cell->u.bytes, size) == 0;
    at += size + 1;
  }
  if (!found) raise_unknown(L, cell, known);
  am_push_cell(L, cell);
}

static const struct {
  const char *name;
  am_decoder decoder;
} decoders[] = {{"boolean", {decode_boolean, NULL}},
                {"float", {decode_float, NULL}},
                {"date", {decode_date, NULL}},
                {"time", {decode_time, NULL}},
                {"datetime", {decode_datetime, NULL}},
                {"interval", {decode_interval, NULL}},
                {"epoch_interval", {decode_epoch_interval, NULL}},
                {"decimal", {decode_decimal, NULL}},
                {"number", {decode_number, NULL}},
                {"uuid", {decode_uuid, NULL}}};

typedef struct scaled_decoder {
  am_decoder decoder; /* context points to scale */
  decimal_scale scale;
} scaled_decoder;

/* decimal_decoder(scale, whole_as_is) → a userdata that shapes keep alive */
static int decimal_decoder(lua_State *L)
{
  int scale = (int)am_check_integer(L, 1);
  if (scale < 0 || scale > 300) am_raisef(L, AM_ERR_ARGUMENT, "scale %d is out of range", scale);
  scaled_decoder *self = lua_newuserdata(L, sizeof *self);
  self->decoder.decode = decode_decimal;
  self->decoder.context = &self->scale;
  self->scale = (decimal_scale){scale, lua_toboolean(L, 2)};
  return 1;
}

/* enum_decoder(strings) → a userdata that shapes keep alive; strings: of Lua, none with a NUL */
static int enum_decoder_new(lua_State *L)
{
  size_t size = 0, length;
  int count = (int)lua_rawlen(L, 1);
  for (int i = 1; i <= count; i++) {
    lua_rawgeti(L, 1, i);
    am_check_string(L, -1, &length);
    lua_pop(L, 1);
    size += length + 1;
  }
  enum_decoder *self = lua_newuserdata(L, sizeof *self + size);
  self->decoder.decode = decode_enum;
  self->decoder.context = self;
  self->size = size;
  char *at = self->strings;
  for (int i = 1; i <= count; i++) {
    lua_rawgeti(L, 1, i);
    const char *text = lua_tolstring(L, -1, &length);
    memcpy(at, text, length + 1);
    at += length + 1;
    lua_pop(L, 1);
  }
  return 1;
}

/* decode_text(text, decoder) → value: an element of an array through the decoder of its type */
static int decode_text(lua_State *L)
{
  am_cell cell = {.cls = AM_CELL_EXACT};
  cell.u.bytes = am_check_string(L, 1, &cell.size);
  lua_settop(L, 2);
  int c_part = 2, lua_part = 2;
  if (lua_istable(L, 2)) {
    lua_rawgeti(L, 2, 1);
    lua_rawgeti(L, 2, 2);
    c_part = 3;
    lua_part = 4;
  }
  const am_decoder *decoder = lua_touserdata(L, c_part);
  if (decoder != NULL) decoder->decode(L, &cell, decoder->context);
  else lua_pushvalue(L, 1);
  if (lua_isfunction(L, lua_part)) {
    lua_pushvalue(L, lua_part);
    lua_insert(L, -2);
    lua_call(L, 1, 1);
  }
  return 1;
}

/* decode_integer(text) → the exact integer, or the text if it is none */
static int decode_integer(lua_State *L)
{
  const char *text = am_check_string(L, 1, NULL);
  char *end;
  errno = 0;
  long long value = strtoll(text, &end, 10);
  if (errno != 0 || end == text || *end != '\0') lua_pushvalue(L, 1);
  else am_push_int64(L, value);
  return 1;
}

void am_codec_decoders(lua_State *L)
{
  lua_newtable(L);
  for (size_t i = 0; i < sizeof decoders / sizeof decoders[0]; i++) {
    lua_pushlightuserdata(L, (void *)(uintptr_t)&decoders[i].decoder);
    lua_setfield(L, -2, decoders[i].name);
  }
  lua_setfield(L, -2, "decoders");
  static const luaL_Reg functions[] = {
      {"decimal_decoder", decimal_decoder},
      {"enum_decoder", enum_decoder_new},
      {"decode_text", decode_text},
      {"decode_integer", decode_integer},
      {NULL, NULL},
  };
  am_setfuncs(L, functions);
}

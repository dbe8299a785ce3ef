/* core.json_encode(value): Lua values as JSON text, the way Python's json.dumps writes it, so that
 * texts are equal where a database compares texts: ", " and ": " between items, ASCII only.
 *
 * What lua-cjson cannot do and columns need: keys in order, so that equal values give equal texts,
 * integers with all their digits, the shortest form of other numbers that reads back the same, and
 * empty arrays (tables whose metatable has `is_json_array`). Tables are read raw. All memory is the
 * Lua collector's, because any step may raise. */
#include <float.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>

#include "base/real.h"
#include "base/utf8.h"
#include "bind/value.h"

enum { MAX_DEPTH = 200 };

#define LONG_WHOLE 1e15 /* whole numbers from here on are written with an exponent */

#define REFUSE "(alchemoon.exc.ArgumentError) "

typedef struct object_key {
  const char *text; /* NULL: the key is `number` */
  size_t size;
  lua_Number number;
} object_key;

static void encode(lua_State *L, int at, am_strbuf *out, int depth);

/* --- numbers and texts ------------------------------------------------------------------------ */

static void encode_integer(int64_t value, am_strbuf *out)
{
  char text[24], *at = text + sizeof text;
  uint64_t rest = value < 0 ? 0 - (uint64_t)value : (uint64_t)value;
  do *--at = (char)('0' + rest % 10);
  while ((rest /= 10) > 0);
  if (value < 0) *--at = '-';
  am_strbuf_add(out, at, (size_t)(text + sizeof text - at));
}

/* 1.0 stays a float only on a Lua that tells it from 1; no exponent, as far as digits are exact. */
static void encode_real(lua_State *L, double value, am_strbuf *out)
{
  char text[AM_REAL_TEXT];
  if (!isfinite(value))
    am_raisef(L, AM_ERR_STATEMENT, REFUSE "JSON has no spelling for the number %s",
              isnan(value) ? "nan"
              : value > 0  ? "inf"
                           : "-inf");
  bool whole = value == floor(value) && fabs(value) < LONG_WHOLE;
  if (whole) {
    if (signbit(value)) am_strbuf_putc(out, '-'); /* also of -0.0 */
    encode_integer((int64_t)fabs(value), out);
  } else {
    am_real_print(value, DBL_DIG, text);
    am_strbuf_puts(out, text);
  }
#if LUA_VERSION_NUM >= 503 /* where a whole float is another thing than an integer */
  if (whole) am_strbuf_puts(out, ".0");
#endif
}

static void encode_number(lua_State *L, int at, am_strbuf *out)
{
#if LUA_VERSION_NUM >= 503
  if (lua_isinteger(L, at)) {
    encode_integer(lua_tointeger(L, at), out);
    return;
  }
#endif
  encode_real(L, (double)lua_tonumber(L, at), out);
}

static void encode_code(am_strbuf *out, uint32_t code)
{
  if (code >= 0x10000) {
    code -= 0x10000;
    am_strbuf_printf(out, "\\u%04x\\u%04x", (unsigned)(0xd800 + (code >> 10)),
                     (unsigned)(0xdc00 + (code & 0x3ff)));
  } else {
    am_strbuf_printf(out, "\\u%04x", (unsigned)code);
  }
}

static bool is_plain(unsigned char c) { return c >= ' ' && c < 0x7f && c != '"' && c != '\\'; }

/* Runs of plain bytes are copied at once. */
static void encode_text(am_strbuf *out, const char *bytes, size_t size)
{
  static const char names[] = "\"\"\\\\\bb\ff\nn\rr\tt";
  const unsigned char *text = (const unsigned char *)bytes;
  am_strbuf_putc(out, '"');
  for (size_t i = 0; i < size;) {
    size_t plain = i;
    while (plain < size && is_plain(text[plain])) plain++;
    am_strbuf_add(out, bytes + i, plain - i);
    i = plain;
    if (i == size) break;
    const char *name = text[i] != '\0' ? strchr(names, text[i]) : NULL;
    uint32_t code = 0;
    size_t taken = am_utf8_read(bytes + i, bytes + size, &code);
    if (name != NULL && (name - names) % 2 == 0) {
      am_strbuf_putc(out, '\\');
      am_strbuf_putc(out, name[1]);
    } else if (taken > 0) {
      encode_code(out, code);
    } else { /* no UTF-8: as it is, for the database to judge */
      am_strbuf_putc(out, bytes[i]);
      taken = 1;
    }
    i += taken;
  }
  am_strbuf_putc(out, '"');
}

/* --- tables ----------------------------------------------------------------------------------- */

/* Length of a table that is a list (keys 1..n only), or -1; *out_count is the number of its keys.
 */
static int64_t list_length(lua_State *L, int at, size_t *out_count)
{
  size_t count = 0;
  lua_Number most = 0;
  bool list = true;
  for (lua_pushnil(L); lua_next(L, at) != 0; lua_pop(L, 1)) {
    count++;
    if (!list) continue;
    lua_Number key = lua_type(L, -2) == LUA_TNUMBER ? lua_tonumber(L, -2) : 0;
    list = key >= 1 && key == floor(key);
    if (key > most) most = key;
  }
  *out_count = count;
  if (count == 0 && lua_getmetatable(L, at)) {
    lua_pushliteral(L, "is_json_array");
    lua_rawget(L, -2);
    bool array = lua_toboolean(L, -1);
    lua_pop(L, 2);
    return array ? 0 : -1;
  }
  if (count == 0 || !list || most > (lua_Number)count * 2 + 10) return -1; /* or too sparse */
  return (int64_t)most;
}

static void encode_list(lua_State *L, int at, int64_t count, am_strbuf *out, int depth)
{
  am_strbuf_putc(out, '[');
  for (int64_t i = 1; i <= count; i++) {
    if (i > 1) am_strbuf_puts(out, ", ");
    lua_rawgeti(L, at, (int)i);
    encode(L, lua_gettop(L), out, depth);
    lua_pop(L, 1);
  }
  am_strbuf_putc(out, ']');
}

/* A number as a key: its digits without a fraction that is zero. */
static void number_key(lua_Number number, char out[AM_REAL_TEXT])
{
  if (number == floor(number) && fabs((double)number) < LONG_WHOLE)
    snprintf(out, AM_REAL_TEXT, "%.0f", (double)number);
  else am_real_print((double)number, DBL_DIG, out);
}

static int compare_keys(const void *left, const void *right)
{
  const object_key *a = left, *b = right;
  char a_digits[AM_REAL_TEXT], b_digits[AM_REAL_TEXT];
  const char *a_text = a->text, *b_text = b->text;
  if (a_text == NULL) number_key(a->number, a_digits), a_text = a_digits;
  if (b_text == NULL) number_key(b->number, b_digits), b_text = b_digits;
  size_t a_size = a->text != NULL ? a->size : strlen(a_text);
  size_t b_size = b->text != NULL ? b->size : strlen(b_text);
  int order = memcmp(a_text, b_text, a_size < b_size ? a_size : b_size);
  return order != 0 ? order : (a_size > b_size) - (a_size < b_size);
}

/* Pushes a userdata with the keys of the table in order. */
static const object_key *sorted_keys(lua_State *L, int at, size_t count)
{
  object_key *keys = lua_newuserdata(L, count * sizeof *keys);
  size_t n = 0;
  for (lua_pushnil(L); lua_next(L, at) != 0 && n < count; lua_pop(L, 1), n++) {
    keys[n] = (object_key){NULL, 0, 0};
    if (lua_type(L, -2) == LUA_TSTRING) keys[n].text = lua_tolstring(L, -2, &keys[n].size);
    else if (lua_type(L, -2) == LUA_TNUMBER) keys[n].number = lua_tonumber(L, -2);
    else
      am_raisef(L, AM_ERR_STATEMENT, REFUSE "a JSON object's keys are strings, got a %s",
                luaL_typename(L, -2));
  }
  if (count > 1) qsort(keys, count, sizeof *keys, compare_keys);
  return keys;
}

/* Keys are sorted: the same value must give the same text. */
static void encode_object(lua_State *L, int at, size_t count, am_strbuf *out, int depth)
{
  char digits[AM_REAL_TEXT];
  if (count == 0) {
    am_strbuf_puts(out, "{}");
    return;
  }
  const object_key *keys = sorted_keys(L, at, count);
  for (size_t i = 0; i < count; i++) {
    am_strbuf_puts(out, i == 0 ? "{" : ", ");
    if (keys[i].text != NULL) {
      encode_text(out, keys[i].text, keys[i].size);
      lua_pushlstring(L, keys[i].text, keys[i].size);
    } else {
      number_key(keys[i].number, digits);
      encode_text(out, digits, strlen(digits));
      lua_pushnumber(L, keys[i].number);
    }
    am_strbuf_puts(out, ": ");
    lua_rawget(L, at);
    encode(L, lua_gettop(L), out, depth);
    lua_pop(L, 1);
  }
  lua_pop(L, 1);
  am_strbuf_putc(out, '}');
}

static void encode_table(lua_State *L, int at, am_strbuf *out, int depth)
{
  if (depth > MAX_DEPTH)
    am_raisef(L, AM_ERR_STATEMENT, REFUSE "a JSON value is nested more than %d levels deep",
              MAX_DEPTH);
  luaL_checkstack(L, 8, "JSON");
  size_t keys;
  int64_t count = list_length(L, at, &keys);
  if (count >= 0) encode_list(L, at, count, out, depth + 1);
  else encode_object(L, at, keys, out, depth + 1);
}

/* --- values ----------------------------------------------------------------------------------- */

static void encode(lua_State *L, int at, am_strbuf *out, int depth)
{
  size_t size;
  int64_t boxed;
  const char *text;
  switch (lua_type(L, at)) {
    case LUA_TNIL: am_strbuf_puts(out, "null"); return;
    case LUA_TBOOLEAN: am_strbuf_puts(out, lua_toboolean(L, at) ? "true" : "false"); return;
    case LUA_TNUMBER: encode_number(L, at, out); return;
    case LUA_TSTRING:
      text = lua_tolstring(L, at, &size);
      encode_text(out, text, size);
      return;
    case LUA_TTABLE: encode_table(L, at, out, depth); return;
    case LUA_TLIGHTUSERDATA:
      if (lua_touserdata(L, at) == NULL) {
        am_strbuf_puts(out, "null");
        return;
      }
      break;
    default:
      if (am_to_int64(L, at, &boxed)) {
        encode_integer(boxed, out);
        return;
      }
  }
  am_raisef(L, AM_ERR_STATEMENT, REFUSE "a %s has no JSON form", luaL_typename(L, at));
}

/* json_encode(value) → text */
static int json_encode(lua_State *L)
{
  am_check_any(L, 1);
  lua_settop(L, 1);
  am_strbuf *out = am_new_strbuf(L);
  encode(L, 1, out, 0);
  if (am_strbuf_failed(out)) return am_raise_memory(L);
  lua_pushlstring(L, out->text, out->size);
  return 1;
}

void am_bind_json_encode(lua_State *L)
{
  lua_pushcfunction(L, json_encode);
  lua_setfield(L, -2, "json_encode");
}

/* What lua-cjson forgets when it reads a JSON text, kept by marks in strings.
 *
 * cjson reads [] and {} as the same empty table, and every number as a double: 1 and 1.0 are the
 * same then, and digits beyond 2^53 are lost. core.json_mark(text) writes such values as strings
 * that begin with the character U+0001 and a letter; core.json_restore(value, array metatable)
 * makes of them what they were. A text of the user that begins with U+0001 gets a mark of its own.
 *
 *   [] → e   integer of 16 digits or more → i and digits   1.0 → r and digits   text → t and text
 */
#include <errno.h>
#include <math.h>
#include <stdlib.h>

#include "base/real.h"
#include "bind/value.h"

#define MARK "\\u0001"
#define IS_WHOLE_FLOAT_A_TYPE (LUA_VERSION_NUM >= 503)

/* Digits that a double always has. */
enum { SURE_DIGITS = 15 };

typedef struct marker {
  const char *at, *end;
  const char *copied; /* everything before is in `out` */
  am_strbuf *out;     /* NULL: there is no mark yet; lies on the Lua stack */
  bool numbers;       /* is there one that is not marked? */
} marker;

static void copy_until(lua_State *L, marker *m, const char *until)
{
  if (m->out == NULL) m->out = am_new_strbuf(L);
  am_strbuf_add(m->out, m->copied, (size_t)(until - m->copied));
  m->copied = until;
}

static const char *skip_space(const char *at, const char *end)
{
  while (at < end && (*at == ' ' || *at == '\n' || *at == '\r' || *at == '\t')) at++;
  return at;
}

/* Behind the string that begins at m->at; a value that begins with U+0001 is marked. */
static void mark_text(lua_State *L, marker *m)
{
  const char *start = m->at++;
  while (m->at < m->end && *m->at != '"') m->at += *m->at == '\\' ? 2 : 1;
  m->at = m->at < m->end ? m->at + 1 : m->end;
  size_t mark = sizeof MARK - 1;
  if ((size_t)(m->end - start) <= mark || memcmp(start + 1, MARK, mark) != 0) return;
  const char *next = skip_space(m->at, m->end);
  if (next < m->end && *next == ':') return; /* a key */
  copy_until(L, m, start + 1);
  am_strbuf_puts(m->out, MARK "t");
}

/* Numbers that cjson would spoil (long integers, whole floats) are marked in the text. */
static void mark_number(lua_State *L, marker *m)
{
  const char *start = m->at;
  bool integer = true, fraction = false, exponent = false;
  for (m->at++; m->at < m->end && *m->at != '\0' && strchr("0123456789.eE+-", *m->at); m->at++) {
    if (*m->at == '.') integer = false;
    else if (*m->at == 'e' || *m->at == 'E') integer = false, exponent = true;
    else if (!integer && *m->at != '0') fraction = true;
  }
  bool is_long = m->at - start > SURE_DIGITS;
  bool looks_whole = !integer && (exponent || !fraction || is_long);
  if (integer ? !is_long : !(IS_WHOLE_FLOAT_A_TYPE && looks_whole)) {
    m->numbers = true;
    return;
  }
  copy_until(L, m, start);
  am_strbuf_puts(m->out, integer ? "\"" MARK "i" : "\"" MARK "r");
  copy_until(L, m, m->at);
  am_strbuf_putc(m->out, '"');
}

static void mark_list(lua_State *L, marker *m)
{
  const char *start = m->at++;
  const char *next = skip_space(m->at, m->end);
  if (next == m->end || *next != ']') return;
  copy_until(L, m, start);
  am_strbuf_puts(m->out, "\"" MARK "e\"");
  m->at = m->copied = next + 1;
}

/* json_mark(text) → text for cjson, must it be restored? */
static int json_mark(lua_State *L)
{
  size_t size;
  const char *text = am_check_string(L, 1, &size);
  marker m = {text, text + size, text, NULL, false};
  while (m.at < m.end) {
    if (*m.at == '"') mark_text(L, &m);
    else if (*m.at == '[') mark_list(L, &m);
    else if (*m.at == '-' || (*m.at >= '0' && *m.at <= '9')) mark_number(L, &m);
    else m.at++;
  }
  bool restore = m.out != NULL || (m.numbers && IS_WHOLE_FLOAT_A_TYPE);
  if (m.out == NULL) {
    lua_pushvalue(L, 1);
  } else {
    copy_until(L, &m, m.end);
    if (am_strbuf_failed(m.out)) return am_raise_memory(L);
    lua_pushlstring(L, m.out->text, m.out->size);
  }
  lua_pushboolean(L, restore);
  return 2;
}

/* --- back ------------------------------------------------------------------------------------- */

static void push_integer_text(lua_State *L, const char *digits)
{
  char *end;
  errno = 0;
  long long value = strtoll(digits, &end, 10);
  if (errno == 0 && *end == '\0') am_push_int64(L, value);
  else lua_pushstring(L, digits); /* more than 64 bits: all its digits */
}

/* Pushes what a marked string stands for. */
static void push_marked(lua_State *L, const char *text, size_t size, int array_class)
{
  switch (text[1]) {
    case 'e':
      lua_newtable(L);
      lua_pushvalue(L, array_class);
      lua_setmetatable(L, -2);
      return;
    case 'i': push_integer_text(L, text + 2); return;
    case 'r': lua_pushnumber(L, (lua_Number)am_real_read(text + 2, NULL)); return;
    default: lua_pushlstring(L, text + 2, size - 2);
  }
}

/* The value on top → what it stands for, in its place; true if that is another value. */
static bool restore_value(lua_State *L, int array_class)
{
  int type = lua_type(L, -1);
  if (type == LUA_TSTRING) {
    size_t size;
    const char *text = lua_tolstring(L, -1, &size);
    if (size < 2 || text[0] != '\1') return false;
    push_marked(L, text, size, array_class);
    lua_remove(L, -2);
    return true;
  }
#if IS_WHOLE_FLOAT_A_TYPE
  if (type == LUA_TNUMBER && !lua_isinteger(L, -1)) {
    lua_Number value = lua_tonumber(L, -1);
    if (!(fabs(value) < 1e15) || value != floor(value)) return false; /* longer ones are marked */
    lua_pop(L, 1);
    lua_pushinteger(L, (lua_Integer)value);
    return true;
  }
#endif
  return false;
}

static void restore_table(lua_State *L, int array_class)
{
  luaL_checkstack(L, 6, "JSON");
  int table = lua_gettop(L);
  lua_pushnil(L);
  while (lua_next(L, table) != 0) {
    if (lua_istable(L, -1)) {
      restore_table(L, array_class);
    } else if (restore_value(L, array_class)) {
      lua_pushvalue(L, -2);
      lua_insert(L, -2);
      lua_rawset(L, table);
      continue;
    }
    lua_pop(L, 1);
  }
}

/* json_restore(value, metatable of arrays) → value; tables are changed in place */
static int json_restore(lua_State *L)
{
  am_check_type(L, 2, LUA_TTABLE);
  lua_settop(L, 2);
  lua_pushvalue(L, 1);
  if (lua_istable(L, 3)) restore_table(L, 2);
  else restore_value(L, 2);
  return 1;
}

void am_bind_json_marks(lua_State *L)
{
  static const luaL_Reg functions[] = {
      {"json_mark", json_mark},
      {"json_restore", json_restore},
      {NULL, NULL},
  };
  am_setfuncs(L, functions);
}

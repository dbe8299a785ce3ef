/* Array and hstore texts ↔ Lua tables (see pgtext.h). */
#include "bind/pgtext.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>

#include "base/alloc.h"
#include "bind/value.h"

static void push_null(lua_State *L) { lua_pushlightuserdata(L, NULL); }

static bool is_nil_or_null(lua_State *L, int index)
{
  return lua_isnoneornil(L, index) || am_is_null(L, index);
}

/* ---- arrays ---- */

bool am_push_array(lua_State *L, const char *text, size_t size, char delimiter,
                   am_cell_decode *decode, void *context, am_error *err)
{
  int base = lua_gettop(L), count[AM_ARRAY_MAX_DEPTH + 1], depth = 0;
  luaL_checkstack(L, 8, "array");
  char *scratch = am_array_needs_scratch(text, size) ? lua_newuserdata(L, size) : NULL;
  am_array_reader reader;
  am_array_reader_init(&reader, text, size, delimiter, scratch);
  for (;;) {
    const char *cell;
    size_t cell_size;
    switch (am_array_next(&reader, &cell, &cell_size, err)) {
      case AM_ARRAY_OPEN:
        luaL_checkstack(L, 4, "array");
        lua_newtable(L);
        count[++depth] = 0;
        continue;
      case AM_ARRAY_CLOSE:
        if (--depth > 0) break;
        continue;
      case AM_ARRAY_NULL: push_null(L); break;
      case AM_ARRAY_TEXT:
        if (decode(L, cell, cell_size, context, err)) break;
        lua_settop(L, base);
        return false;
      case AM_ARRAY_ERROR: lua_settop(L, base); return false;
      case AM_ARRAY_END:
        if (scratch != NULL) lua_remove(L, base + 1);
        return true;
    }
    lua_rawseti(L, -2, ++count[depth]);
  }
}

bool am_read_cell(lua_State *L, int index, am_strbuf *out, am_error *err)
{
  int64_t whole;
  size_t size;
  const char *text;
  if (am_value_text(L, index, out)) return true;
  if (am_to_int64(L, index, &whole)) {
    am_strbuf_printf(out, "%lld", (long long)whole);
    return true;
  }
  switch (lua_type(L, index)) {
    case LUA_TSTRING:
      text = lua_tolstring(L, index, &size);
      am_strbuf_add(out, text, size);
      return true;
    case LUA_TBOOLEAN: am_strbuf_putc(out, lua_toboolean(L, index) ? 't' : 'f'); return true;
    case LUA_TNUMBER: return am_read_decimal_text(L, index, out, err);
    default:
      return am_error_set(
          err, AM_ERR_ARGUMENT,
          "a %s has no text for the database; pass a string, number, boolean or null",
          luaL_typename(L, index));
  }
}

/* What printing a list needs on its way down. */
typedef struct printer {
  am_array_writer writer;
  am_strbuf *cell;
  int encode;     /* stack index of the Lua function, 0 if none */
  int dimensions; /* levels that are lists; 0: every table is one */
} printer;

static void print_cell(lua_State *L, printer *p)
{
  am_error err = AM_ERROR_INIT;
  if (p->encode != 0) {
    lua_pushvalue(L, p->encode);
    lua_insert(L, -2);
    lua_call(L, 1, 1);
  }
  if (is_nil_or_null(L, -1)) {
    am_array_put_null(&p->writer);
    return;
  }
  am_strbuf_clear(p->cell);
  if (!am_read_cell(L, -1, p->cell, &err)) am_raise(L, &err);
  am_array_put_text(&p->writer, p->cell->text != NULL ? p->cell->text : "", p->cell->size);
  p->writer.out->failed |= p->cell->failed;
}

static void print_list(lua_State *L, printer *p, int level)
{
  if (level > AM_ARRAY_MAX_DEPTH)
    am_raisef(L, AM_ERR_ARGUMENT, "the list nests deeper than %d levels; does it contain itself?",
              AM_ARRAY_MAX_DEPTH);
  luaL_checkstack(L, 6, "array");
  int n = (int)lua_rawlen(L, -1);
  am_array_put_open(&p->writer);
  for (int i = 1; i <= n; i++) {
    lua_rawgeti(L, -1, i);
    bool list = lua_type(L, -1) == LUA_TTABLE && (p->dimensions == 0 || level < p->dimensions);
    if (list) print_list(L, p, level + 1);
    else print_cell(L, p);
    lua_pop(L, 1);
  }
  am_array_put_close(&p->writer);
}

static char check_delimiter(lua_State *L, int arg)
{
  const char *text = am_opt_string(L, arg, ",");
  return *text != '\0' ? *text : ',';
}

/* array_print(list, encode, delimiter, dimensions) → text. `encode` maps an element to a
 * string. With neither encode nor dimensions every table is a dimension; with encode alone none
 * but the first. */
static int array_print(lua_State *L)
{
  lua_settop(L, 4);
  if (lua_type(L, 1) != LUA_TTABLE)
    return am_raisef(L, AM_ERR_ARGUMENT, "expected a list for an array, got %s; pass a table",
                     luaL_typename(L, 1));
  printer p = {{am_new_strbuf(L), check_delimiter(L, 3), false}, NULL, 0, 0};
  p.cell = am_new_strbuf(L);
  p.encode = lua_isfunction(L, 2) ? 2 : 0;
  p.dimensions = (int)am_opt_integer(L, 4, p.encode != 0 ? 1 : 0);
  lua_pushvalue(L, 1);
  print_list(L, &p, 1);
  if (am_strbuf_failed(p.writer.out)) return am_raise_memory(L);
  lua_pushlstring(L, p.writer.out->text, p.writer.out->size);
  return 1;
}

static bool decode_string(lua_State *L, const char *text, size_t size, void *context, am_error *err)
{
  (void)context, (void)err;
  lua_pushlstring(L, text, size);
  return true;
}

/* The context is the stack index of the Lua function. */
static bool decode_function(lua_State *L, const char *text, size_t size, void *context,
                            am_error *err)
{
  (void)err;
  lua_pushvalue(L, *(int *)context);
  lua_pushlstring(L, text, size);
  lua_call(L, 1, 1);
  return true;
}

/* array_parse(text, decode, delimiter) → list; NULL is null. */
static int array_parse(lua_State *L)
{
  lua_settop(L, 3);
  size_t size;
  const char *text = am_check_string(L, 1, &size);
  bool function = lua_isfunction(L, 2);
  int at = 2;
  am_error err = AM_ERROR_INIT;
  if (!am_push_array(L, text, size, check_delimiter(L, 3),
                     function ? decode_function : decode_string, &at, &err))
    return am_raise(L, &err);
  return 1;
}

/* ---- hstore ---- */

bool am_push_hstore(lua_State *L, const char *text, size_t size, am_error *err)
{
  int base = lua_gettop(L);
  char *scratch = am_array_needs_scratch(text, size) ? lua_newuserdata(L, size) : NULL;
  am_hstore_reader reader;
  am_hstore_reader_init(&reader, text, size, scratch);
  lua_newtable(L);
  am_hstore_pair pair;
  int got;
  while ((got = am_hstore_next(&reader, &pair, err)) > 0) {
    lua_pushlstring(L, pair.key, pair.key_size);
    if (pair.value != NULL) lua_pushlstring(L, pair.value, pair.value_size);
    else push_null(L);
    lua_rawset(L, -3);
  }
  if (got < 0) {
    lua_settop(L, base);
    return false;
  }
  if (scratch != NULL) lua_remove(L, base + 1);
  return true;
}

typedef struct key {
  const char *text;
  size_t size;
} key;

static int compare_keys(const void *a, const void *b)
{
  const key *x = a, *y = b;
  size_t least = x->size < y->size ? x->size : y->size;
  int order = memcmp(x->text, y->text, least);
  return order != 0 ? order : (x->size > y->size) - (x->size < y->size);
}

/* The keys of the table at `index`, sorted, in a userdata on the stack's top; NULL if one is no
 * string. */
static key *sorted_keys(lua_State *L, int index, int *out_count)
{
  int count = 0;
  lua_pushnil(L);
  for (; lua_next(L, index); count++) {
    if (lua_type(L, -2) != LUA_TSTRING) {
      lua_pop(L, 2);
      return NULL;
    }
    lua_pop(L, 1);
  }
  key *keys = lua_newuserdata(L, (size_t)(count > 0 ? count : 1) * sizeof *keys);
  int i = 0;
  lua_pushnil(L);
  for (; lua_next(L, index); lua_pop(L, 1)) {
    keys[i].text = lua_tolstring(L, -2, &keys[i].size); /* the table keeps it alive */
    i++;
  }
  qsort(keys, (size_t)count, sizeof *keys, compare_keys);
  *out_count = count;
  return keys;
}

bool am_read_hstore(lua_State *L, int index, am_strbuf *out, am_error *err)
{
  index = lua_absindex(L, index);
  if (lua_type(L, index) != LUA_TTABLE)
    return am_error_set(err, AM_ERR_ARGUMENT, "expected a table for an hstore, got %s",
                        luaL_typename(L, index));
  int count, base = lua_gettop(L);
  key *keys = sorted_keys(L, index, &count);
  if (keys == NULL)
    return am_error_set(err, AM_ERR_ARGUMENT,
                        "the keys of an hstore are strings; use tostring for others");
  am_strbuf *cell = am_new_strbuf(L);
  size_t start = out->size;
  bool ok = true;
  for (int i = 0; i < count && ok; i++) {
    am_hstore_pair pair = {keys[i].text, NULL, keys[i].size, 0};
    lua_pushlstring(L, keys[i].text, keys[i].size);
    lua_rawget(L, index);
    am_strbuf_clear(cell);
    if (!is_nil_or_null(L, -1)) {
      ok = am_read_cell(L, -1, cell, err);
      pair.value = cell->text != NULL ? cell->text : "";
      pair.value_size = cell->size;
    }
    if (ok) am_hstore_put(out, start, &pair);
    out->failed |= cell->failed;
    lua_pop(L, 1);
  }
  lua_settop(L, base);
  return ok;
}

static int hstore_parse(lua_State *L)
{
  size_t size;
  const char *text = am_check_string(L, 1, &size);
  am_error err = AM_ERROR_INIT;
  return am_push_hstore(L, text, size, &err) ? 1 : am_raise(L, &err);
}

static int hstore_print(lua_State *L)
{
  lua_settop(L, 1);
  am_strbuf *out = am_new_strbuf(L);
  am_error err = AM_ERROR_INIT;
  if (!am_read_hstore(L, 1, out, &err)) return am_raise(L, &err);
  if (am_strbuf_failed(out)) return am_raise_memory(L);
  lua_pushlstring(L, out->text != NULL ? out->text : "", out->size);
  return 1;
}

static const luaL_Reg functions[] = {
    {"array_parse", array_parse},
    {"array_print", array_print},
    {"hstore_parse", hstore_parse},
    {"hstore_print", hstore_print},
    {NULL, NULL},
};

void am_bind_pgtext(lua_State *L) { am_setfuncs(L, functions); }

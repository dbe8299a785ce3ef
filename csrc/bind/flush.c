/* The per-object work of a flush: objects' slots become parameter cells, returned keys go back
 * into slots.
 *
 * Lua plans (lua/alchemoon/orm/persist_fast.lua) and gives lists of objects; a function here
 * takes a run of them (object.h) that are alike. Whatever is not a plain value (an SQL expression,
 * a table, another class) ends a run: the general path in Lua takes over there.
 * Nothing here calls user code but encoders of types.
 *
 * Measured (2 cores, Lua 5.4.4): orm_insert_100k, see bench/.
 */
#include "bind/codec.h"
#include "bind/collector.h"
#include "bind/execute.h"
#include "bind/object.h"

#define MAX_COLUMNS 60

/* What a missing value of a column means. */
enum { KIND_ABSENT = 0, KIND_NONE = 1, KIND_KEY = 2 };

typedef struct columns {
  int count;
  int slot[MAX_COLUMNS];
  int kind[MAX_COLUMNS];
} columns;

/* What is known of the type of a parameter. */
typedef struct parameter {
  bool is_plain;
  unsigned hint;
} parameter;

static int int_at(lua_State *L, int table, int index)
{
  lua_rawgeti(L, table, index);
  int value = (int)lua_tointeger(L, -1);
  lua_pop(L, 1);
  return value;
}

/* Reads two parallel lists; the second may be absent. */
static void read_columns(lua_State *L, int slots, int kinds, columns *out)
{
  am_check_type(L, slots, LUA_TTABLE);
  int count = (int)lua_rawlen(L, slots);
  if (count > MAX_COLUMNS) am_raisef(L, AM_ERR_ARGUMENT, "flush: too many columns (%d)", count);
  out->count = count;
  for (int i = 0; i < count; i++) {
    out->slot[i] = int_at(L, slots, i + 1);
    out->kind[i] = kinds != 0 ? int_at(L, kinds, i + 1) : KIND_ABSENT;
  }
}

/* Can a value of this Lua type at the index be bound as it is? */
static bool is_plain(lua_State *L, int index, int type)
{
  switch (type) {
    case LUA_TTABLE:
    case LUA_TFUNCTION:
    case LUA_TTHREAD: return false;
    case LUA_TUSERDATA: return am_test_node(L, index) == NULL;
    default: return true;
  }
}

/* Is it an object of the class with this address? */
static bool has_class(lua_State *L, int object, const void *class)
{
  if (!lua_istable(L, object) || !lua_getmetatable(L, object)) return false;
  bool same = lua_topointer(L, -1) == class;
  lua_pop(L, 1);
  return same;
}

/* --- INSERT -------------------------------------------------------------------------- */

/* Which columns of the object on top have a value, as bits; false if a value is not plain. The
 * values stay on the stack. */
static bool insert_mask(lua_State *L, const columns *cols, uint64_t *out_mask)
{
  uint64_t mask = 0;
  int object = lua_gettop(L);
  for (int i = 0; i < cols->count; i++) {
    lua_rawgeti(L, object, cols->slot[i]);
    int value = object + 1 + i, type = lua_type(L, value);
    if (!is_plain(L, value, type)) return false;
    bool set = type != LUA_TNIL &&
               !(cols->kind[i] == KIND_KEY && type == LUA_TLIGHTUSERDATA && am_is_null(L, value));
    if (set || cols->kind[i] == KIND_NONE) mask |= UINT64_C(1) << i;
  }
  *out_mask = mask;
  return true;
}

static void push_mask(lua_State *L, uint64_t mask, int count)
{
  char text[MAX_COLUMNS];
  for (int i = 0; i < count; i++) text[i] = mask & (UINT64_C(1) << i) ? '1' : '0';
  lua_pushlstring(L, text, (size_t)count);
}

/* flush_run(list, first, last, class, slots, kinds) → index of the last object alike, mask. The
 * run is empty (first - 1) if the first object needs the general path. */
static int flush_run(lua_State *L)
{
  columns cols;
  int first = (int)am_check_integer(L, 2), last = (int)am_check_integer(L, 3), at = first;
  am_check_type(L, 1, LUA_TTABLE);
  read_columns(L, 5, 6, &cols);
  lua_settop(L, 6);
  luaL_checkstack(L, cols.count + 8, NULL);
  const void *class = lua_topointer(L, 4);
  uint64_t mask = 0, other = 0;
  for (; at <= last; at++) {
    lua_rawgeti(L, 1, at);
    bool alike = has_class(L, 7, class) && insert_mask(L, &cols, at == first ? &mask : &other) &&
                 (at == first || other == mask);
    lua_settop(L, 6);
    if (!alike) break;
  }
  lua_pushinteger(L, at - 1);
  push_mask(L, mask, cols.count);
  return 2;
}

/* --- cells ------------------------------------------------------------------------------ */

/* Can a value of this Lua type be bound as it is where the type of the parameter is plain? */
static bool needs_no_codec(const parameter *known, int type)
{
  return known->is_plain && (type == LUA_TSTRING || type == LUA_TNUMBER || type == LUA_TNIL);
}

/* Adds the value at the index as the parameter of a bind, by its type; nil is NULL. */
static void encode_value(lua_State *L, am_params *params, int index, const am_compiled *compiled,
                         int position)
{
  if (lua_isnil(L, index)) {
    lua_pushlightuserdata(L, NULL);
    lua_replace(L, index);
  }
  am_codec_encode(L, params, index, compiled->binds[compiled->positions[position]].type,
                  compiled->dialect);
}

/* One row of cells per object of list[first .. last] at stack 3. With `borrow` strings are not
 * copied; false: a value needs more than a look, nothing is filled. */
static bool fill_objects(lua_State *L, am_params *params, const am_compiled *compiled,
                         const columns *cols, const parameter *known, bool borrow)
{
  int first = (int)am_check_integer(L, 4), last = (int)am_check_integer(L, 5);
  int object = lua_gettop(L) + 1, value = object + 1;
  am_params_clear(params);
  params->borrows = borrow;
  for (int at = first; at <= last; at++) {
    lua_rawgeti(L, 3, at);
    for (int i = 0; i < cols->count; i++) {
      lua_rawgeti(L, object, cols->slot[i]);
      if (needs_no_codec(&known[i], lua_type(L, value))) {
        am_params_add_value(L, params, value, known[i].hint);
      } else if (borrow) {
        am_params_clear(params);
        lua_settop(L, object - 1);
        return false;
      } else {
        encode_value(L, params, value, compiled, i);
      }
      lua_settop(L, object);
    }
    lua_settop(L, object - 1);
  }
  return true;
}

/* Stack: cursor, compiled, list, first, last, map. Fills the cells of the objects; `borrow`: they
 * are used up before any Lua runs. */
static void fill(lua_State *L, bool borrow)
{
  am_cursor_box *box = am_cursor_check(L, 1, true);
  const am_compiled *compiled = am_check_compiled(L, 2);
  columns cols;
  parameter known[MAX_COLUMNS];
  read_columns(L, 6, 0, &cols);
  if ((size_t)cols.count != compiled->position_count)
    am_raisef(L, AM_ERR_ARGUMENT, "flush: %d slots for %d parameters", cols.count,
              (int)compiled->position_count);
  for (int i = 0; i < cols.count; i++)
    known[i].is_plain = am_codec_is_plain(compiled->binds[compiled->positions[i]].type,
                                          compiled->dialect, &known[i].hint);
  luaL_checkstack(L, 12, NULL);
  if (!borrow || !fill_objects(L, &box->params, compiled, &cols, known, true))
    fill_objects(L, &box->params, compiled, &cols, known, false);
}

/* Starts the statement with the cells that are filled. Stack, from `at`: sql or nil, flags, rows;
 * rows > 1 runs the statement once per row. */
static int start(lua_State *L, int at)
{
  am_cursor_box *box = am_cursor_check(L, 1, true);
  const am_compiled *compiled = am_check_compiled(L, 2);
  am_query query = am_query_of(L, compiled, at);
  query.flags = (unsigned)am_opt_integer(L, at + 1, 0);
  query.row_count = (size_t)am_check_integer(L, at + 2);
  query.cell_count = box->params.count / (query.row_count > 0 ? query.row_count : 1);
  return am_start_filled(L, box, &query);
}

/* flush_fill(cursor, compiled, list, first, last, map): one row of cells per object; map[n] is
 * the slot of the n-th parameter. An empty slot is sent as NULL and stays empty. */
static int flush_fill(lua_State *L)
{
  fill(L, false);
  return 0;
}

/* flush_arrays(cursor, compiled, list, first, last, map) → as params_arrays: the same, and the
 * cells of each column become an array */
static int flush_arrays(lua_State *L)
{
  fill(L, true);
  return am_push_arrays(L, &am_cursor_check(L, 1, true)->params,
                        am_check_compiled(L, 2)->position_count);
}

/* flush_start(cursor, compiled, sql or nil, flags, rows) → step: the cells that were filled */
static int flush_start(lua_State *L) { return start(L, 3); }

/* flush_send(cursor, compiled, list, first, last, map, sql or nil, flags, rows) → step: both */
static int flush_send(lua_State *L)
{
  fill(L, am_cursor_is_immediate(am_cursor_check(L, 1, true)));
  return start(L, 7);
}

/* flush_keys(cursor, list, at, slot) → next index, step: the rows at hand bring one key each, for
 * list[at], list[at + 1] ... */
static int flush_keys(lua_State *L)
{
  am_cursor_box *box = am_cursor_check(L, 1, true);
  am_check_type(L, 2, LUA_TTABLE);
  int at = (int)am_check_integer(L, 3), slot = (int)am_check_integer(L, 4), got;
  am_error err = AM_ERROR_INIT;
  while ((got = am_cursor_row(box, box->blocking, &err)) > 0) {
    lua_rawgeti(L, 2, at);
    if (!lua_istable(L, -1)) am_raisef(L, AM_ERR_FLUSH, "more rows came back than were inserted");
    am_push_cell(L, &box->row[0]);
    lua_rawseti(L, -2, slot);
    lua_pop(L, 1);
    at++;
  }
  if (got < 0) return am_raise(L, &err);
  lua_pushinteger(L, at);
  lua_pushstring(L, am_step_word(box->step));
  return 2;
}

/* --- marks -------------------------------------------------------------------------------- */

/* From so many objects on a list of them is worth a word to the collector. A slot of a list takes
 * 16 bytes, and while a list grows it has up to two for each object. */
enum { MANY_OBJECTS = 1000, LIST_BYTES = 32 };

static void begin_lists(lua_State *L, am_collector *making, int objects, int lists)
{
  size_t count = objects < MANY_OBJECTS ? 0 : (size_t)objects * (size_t)lists;
  if (count > 0) am_collector_credit(L, making, count * LIST_BYTES);
}

/* orm_add(from, at, into, last, class, pending) → next index of `from`, new last: fresh objects
 * of the class are marked as pending and appended. Stops at the first other object. */
static int orm_add(lua_State *L)
{
  am_check_type(L, 1, LUA_TTABLE);
  am_check_type(L, 3, LUA_TTABLE);
  int at = (int)am_check_integer(L, 2), count = (int)lua_rawlen(L, 1);
  int last = (int)am_check_integer(L, 4);
  lua_settop(L, 6);
  const void *class = lua_topointer(L, 5);
  am_collector making = {0, 0, false};
  begin_lists(L, &making, count - at, 1);
  for (; at <= count; at++) {
    lua_rawgeti(L, 1, at);
    if (!has_class(L, 7, class)) break;
    lua_rawgeti(L, 7, AM_CONTEXT_SLOT);
    lua_rawgeti(L, 7, AM_KEY_SLOT);
    if (!lua_isnil(L, 8) || !lua_isnil(L, 9)) break;
    lua_pushvalue(L, 6);
    lua_rawseti(L, 7, AM_CONTEXT_SLOT);
    lua_settop(L, 7);
    lua_rawseti(L, 3, ++last);
  }
  am_collector_settle(L, &making);
  lua_pushinteger(L, at);
  lua_pushinteger(L, last);
  return 2;
}

/* orm_class_run(list, at, last) → index of the last object in a row that has the class of
 * list[at] */
static int orm_class_run(lua_State *L)
{
  am_check_type(L, 1, LUA_TTABLE);
  int at = (int)am_check_integer(L, 2), last = (int)am_check_integer(L, 3);
  lua_settop(L, 3);
  lua_rawgeti(L, 1, at);
  if (!lua_getmetatable(L, 4)) lua_pushnil(L);
  const void *class = lua_topointer(L, 5);
  for (at++; at <= last; at++) {
    lua_rawgeti(L, 1, at);
    bool same = has_class(L, 6, class);
    lua_settop(L, 5);
    if (!same) break;
  }
  lua_pushinteger(L, at - 1);
  return 1;
}

/* The key on top gets the object at `object`, unless the map has one for it. */
static bool map_key(lua_State *L, int map, int object)
{
  lua_pushvalue(L, -1);
  lua_rawget(L, map);
  bool is_free = lua_isnil(L, -1);
  lua_pop(L, 1);
  if (!is_free) return false;
  lua_pushvalue(L, -1);
  lua_pushvalue(L, object);
  lua_rawset(L, map);
  return true;
}

/* orm_register(list, at, last, pending, persistent, key slot, map, stored, n) → next index, n:
 * pending objects with a plain key become persistent: context, key, identity map, list of what
 * the transaction stored. Stops at any other. */
static int orm_register(lua_State *L)
{
  int at = (int)am_check_integer(L, 2), last = (int)am_check_integer(L, 3);
  int slot = (int)am_check_integer(L, 6), n = (int)am_check_integer(L, 9);
  lua_settop(L, 9);
  const void *pending = lua_topointer(L, 4);
  am_collector making = {0, 0, false};
  begin_lists(L, &making, last - at, 2);
  for (; at <= last; at++) {
    lua_rawgeti(L, 1, at);
    if (!lua_istable(L, 10)) break;
    lua_rawgeti(L, 10, AM_CONTEXT_SLOT);
    lua_rawgeti(L, 10, slot);
    int type = lua_type(L, 12);
    if (lua_topointer(L, 11) != pending || (type != LUA_TNUMBER && type != LUA_TSTRING)) break;
    if (!map_key(L, 7, 10)) break;
    lua_rawseti(L, 10, AM_KEY_SLOT);
    lua_pushvalue(L, 5);
    lua_rawseti(L, 10, AM_CONTEXT_SLOT);
    lua_settop(L, 10);
    lua_rawseti(L, 8, ++n);
  }
  am_collector_settle(L, &making);
  lua_pushinteger(L, at);
  lua_pushinteger(L, n);
  return 2;
}

/* orm_clean(list, at, last, pending, key slot, modified) → next index: stored objects whose key
 * did not change are clean again. Stops at any other. */
static int orm_clean(lua_State *L)
{
  int at = (int)am_check_integer(L, 2), last = (int)am_check_integer(L, 3);
  int slot = (int)am_check_integer(L, 5);
  am_check_type(L, 6, LUA_TTABLE);
  lua_settop(L, 6);
  const void *pending = lua_topointer(L, 4);
  for (; at <= last; at++) {
    lua_rawgeti(L, 1, at);
    if (!lua_istable(L, 7)) break;
    lua_rawgeti(L, 7, AM_CONTEXT_SLOT);
    lua_rawgeti(L, 7, AM_KEY_SLOT);
    lua_rawgeti(L, 7, slot);
    if (lua_topointer(L, 8) == pending || lua_isnil(L, 9) || !lua_rawequal(L, 9, 10)) break;
    lua_settop(L, 7);
    lua_pushnil(L);
    lua_rawset(L, 6);
    lua_settop(L, 6);
  }
  lua_pushinteger(L, at);
  return 1;
}

/* orm_expire_map(map, top): every object of an identity map forgets slots 3 .. top */
static int orm_expire_map(lua_State *L)
{
  am_check_type(L, 1, LUA_TTABLE);
  int top = (int)am_check_integer(L, 2);
  lua_pushnil(L);
  while (lua_next(L, 1) != 0) {
    if (lua_istable(L, -1)) {
      for (int slot = AM_FIRST_SLOT; slot <= top; slot++) {
        lua_pushnil(L);
        lua_rawseti(L, -2, slot);
      }
    }
    lua_pop(L, 1);
  }
  return 0;
}

/* --- UPDATE --------------------------------------------------------------------------------- */

/* Number of the column in a slot, -1. */
static int column_in(const columns *cols, int slot)
{
  for (int i = 0; i < cols->count; i++)
    if (cols->slot[i] == slot) return i;
  return -1;
}

/* What changed in the object at `object`, whose changes are on top, as bits. False: not for the
 * fast path. */
static bool update_mask(lua_State *L, int object, const columns *cols, uint64_t *out_mask)
{
  uint64_t mask = 0;
  int changes = lua_gettop(L), old = changes + 2, value = changes + 3;
  lua_pushnil(L);
  while (lua_next(L, changes) != 0) { /* slot, old value */
    int column = column_in(cols, (int)lua_tointeger(L, changes + 1));
    if (column < 0) return false; /* a relationship, or a column of another table */
    if (cols->kind[column] == KIND_KEY) return false;
    lua_rawgeti(L, object, cols->slot[column]);
    int type = lua_type(L, value);
    if (type == LUA_TNIL || type == LUA_TUSERDATA || !is_plain(L, value, type)) return false;
    if (!lua_rawequal(L, value, old)) mask |= UINT64_C(1) << column;
    lua_settop(L, changes + 1);
  }
  *out_mask = mask;
  return true;
}

/* Are the primary key columns of the object at the index set, to plain values? */
static bool has_key(lua_State *L, int object, const columns *cols)
{
  for (int i = 0; i < cols->count; i++) {
    if (cols->kind[i] != KIND_KEY) continue;
    lua_rawgeti(L, object, cols->slot[i]);
    int type = lua_type(L, -1);
    bool set = type != LUA_TNIL && !am_is_null(L, -1) && is_plain(L, -1, type);
    lua_pop(L, 1);
    if (!set) return false;
  }
  return true;
}

/* flush_changes(list, first, last, class, modified, slots, kinds) → index of the last object
 * alike, mask: objects whose same columns changed. The run is empty if the first one needs the
 * general path. */
static int flush_changes(lua_State *L)
{
  columns cols;
  int first = (int)am_check_integer(L, 2), last = (int)am_check_integer(L, 3), at = first;
  am_check_type(L, 5, LUA_TTABLE);
  read_columns(L, 6, 7, &cols);
  lua_settop(L, 7);
  luaL_checkstack(L, 12, NULL);
  const void *class = lua_topointer(L, 4);
  uint64_t mask = 0, other = 0;
  for (; at <= last; at++) {
    lua_rawgeti(L, 1, at);
    bool alike = has_class(L, 8, class) && has_key(L, 8, &cols);
    if (alike) {
      lua_pushvalue(L, 8);
      lua_rawget(L, 5);
      alike = lua_istable(L, 9) && update_mask(L, 8, &cols, at == first ? &mask : &other) &&
              (at == first || other == mask);
    }
    lua_settop(L, 7);
    if (!alike) break;
  }
  lua_pushinteger(L, at - 1);
  push_mask(L, mask, cols.count);
  return 2;
}

static const luaL_Reg functions[] = {
    {"flush_run", flush_run},
    {"flush_fill", flush_fill},
    {"flush_arrays", flush_arrays},
    {"flush_start", flush_start},
    {"flush_send", flush_send},
    {"flush_keys", flush_keys},
    {"flush_changes", flush_changes},
    {"orm_add", orm_add},
    {"orm_class_run", orm_class_run},
    {"orm_register", orm_register},
    {"orm_clean", orm_clean},
    {"orm_expire_map", orm_expire_map},
    {NULL, NULL},
};

void am_bind_flush(lua_State *L) { am_setfuncs(L, functions); }

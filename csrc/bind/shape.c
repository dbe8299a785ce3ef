/* Shapes: names, keys and decoders of result columns; see row.h.
 *
 * core.shape{ names = {...}, columns = {...}, keys = {...}, decoders = {...}, fallback = fn,
 * last_wins = true }: without last_wins a name that several columns have is an error when asked for
 * core.shape_select(shape, positions), core.shape_anchor(shape), core.shape_is_nameless(shape,
 * position)
 */
#include "bind/row.h"

const char am_class_shape[] = "alchemoon.shape";

const am_shape *am_shape_check(lua_State *L, int arg)
{
  return am_check_marked(L, arg, am_class_shape);
}

static am_shape *new_shape(lua_State *L, size_t count)
{
  size_t size = sizeof(am_shape) + count * sizeof(am_shape_column);
  am_shape *shape = am_newuserdata(L, size);
  memset(shape, 0, size);
  shape->mark = am_class_shape;
  shape->count = count;
  am_set_class(L, am_class_shape);
  return shape;
}

/* keys[key on top] = position, or false if the key is there for another column. Pops the key. */
static void add_key(lua_State *L, int keys, size_t position)
{
  lua_pushvalue(L, -1);
  lua_rawget(L, keys);
  bool taken = !lua_isnil(L, -1);
  lua_pop(L, 1);
  if (taken) lua_pushboolean(L, 0);
  else lua_pushinteger(L, (lua_Integer)position);
  lua_rawset(L, keys);
}

/* A label that comes twice is ambiguous, unless the last one is to win. */
static void read_labels(lua_State *L, am_shape *shape, int names, int anchor, int keys)
{
  lua_getfield(L, 1, "last_wins");
  bool last_wins = lua_toboolean(L, -1);
  lua_pop(L, 1);
  for (size_t i = 0; i < shape->count; i++) {
    lua_rawgeti(L, names, (int)i + 1);
    shape->columns[i].nameless = lua_isboolean(L, -1);
    if (shape->columns[i].nameless) {
      lua_pop(L, 1);
      lua_pushliteral(L, "");
    }
    if (lua_type(L, -1) != LUA_TSTRING)
      am_raisef(L, AM_ERR_ARGUMENT, "shape: name %d is a %s", (int)i + 1, luaL_typename(L, -1));
    am_shape_column *column = &shape->columns[i];
    column->label = lua_tolstring(L, -1, &column->label_size);
    column->source = (uint16_t)i;
    lua_pushvalue(L, -1);
    lua_rawseti(L, anchor, (int)i + 1);
    if (column->nameless) {
      lua_pop(L, 1);
    } else if (last_wins) {
      lua_pushinteger(L, (lua_Integer)i + 1);
      lua_rawset(L, keys);
    } else {
      add_key(L, keys, i + 1);
    }
  }
}

/* Which labels do not lead to their own column. */
static void mark_ambiguous(lua_State *L, am_shape *shape, int anchor, int keys)
{
  for (size_t i = 0; i < shape->count; i++) {
    lua_rawgeti(L, anchor, (int)i + 1);
    lua_rawget(L, keys);
    bool found = lua_isnumber(L, -1) && lua_tointeger(L, -1) == (lua_Integer)i + 1;
    shape->columns[i].ambiguous = !found;
    lua_pop(L, 1);
  }
}

/* A decoder is a (light) userdata that begins with am_decoder, a Lua function, or { userdata,
 * function }: first C, then Lua. */
static void read_decoder(lua_State *L, am_shape *shape, size_t i, int anchor_decoders)
{
  am_shape_column *column = &shape->columns[i];
  int value = lua_gettop(L);
  int c_part = value, lua_part = value;
  if (lua_istable(L, value)) {
    lua_rawgeti(L, value, 1);
    lua_rawgeti(L, value, 2);
    c_part = value + 1;
    lua_part = value + 2;
  }
  if (lua_touserdata(L, c_part) != NULL) {
    const am_decoder *decoder = lua_touserdata(L, c_part);
    column->decode = decoder->decode;
    column->context = decoder->context;
    shape->plain = false;
  }
  if (lua_isfunction(L, lua_part)) {
    column->lua_decoder = true;
    shape->plain = false;
  }
  if (column->lua_decoder) { /* where am_row_push_value finds it */
    lua_pushvalue(L, lua_part);
    lua_rawseti(L, anchor_decoders, (int)i + 1);
  }
  lua_pushvalue(L, value); /* keeps the C part alive */
  lua_rawseti(L, anchor_decoders, -(int)i - 1);
  lua_settop(L, value);
}

static void copy_field(lua_State *L, int from, int to, const char *name)
{
  lua_getfield(L, from, name);
  lua_setfield(L, to, name);
}

static void read_keys(lua_State *L, int spec, int keys)
{
  lua_getfield(L, spec, "keys");
  if (lua_istable(L, -1)) {
    int given = lua_gettop(L);
    for (lua_pushnil(L); lua_next(L, given) != 0;) {
      lua_pushvalue(L, -2);
      lua_insert(L, -2);
      lua_rawset(L, keys); /* these win over labels */
    }
  }
  lua_pop(L, 1);
}

static void read_columns(lua_State *L, int spec, int anchor, int keys, size_t count)
{
  lua_getfield(L, spec, "columns");
  if (lua_istable(L, -1)) {
    for (size_t i = 1; i <= count; i++) {
      lua_rawgeti(L, -1, (int)i);
      int type = lua_type(L, -1);
      if (type == LUA_TTABLE || type == LUA_TUSERDATA) add_key(L, keys, i);
      else lua_pop(L, 1);
    }
  }
  lua_setfield(L, anchor, "columns");
}

static int shape_new(lua_State *L)
{
  enum { SPEC = 1, NAMES, SHAPE, ANCHOR, KEYS, DECODERS };
  am_check_type(L, SPEC, LUA_TTABLE);
  lua_settop(L, 1);
  lua_getfield(L, SPEC, "names");
  am_check_type(L, NAMES, LUA_TTABLE);
  size_t count = lua_rawlen(L, NAMES);
  if (count > UINT16_MAX) return am_raisef(L, AM_ERR_ARGUMENT, "shape: too many columns");
  am_shape *shape = new_shape(L, count);
  shape->plain = true;
  shape->width = count;
  lua_newtable(L); /* anchor */
  lua_pushvalue(L, ANCHOR);
  am_setuservalue(L, SHAPE);
  lua_newtable(L);
  lua_newtable(L);
  lua_pushvalue(L, KEYS);
  lua_setfield(L, ANCHOR, "keys");
  lua_pushvalue(L, DECODERS);
  lua_setfield(L, ANCHOR, "decoders");
  copy_field(L, SPEC, ANCHOR, "fallback");
  read_labels(L, shape, NAMES, ANCHOR, KEYS);
  read_columns(L, SPEC, ANCHOR, KEYS, count);
  read_keys(L, SPEC, KEYS);
  mark_ambiguous(L, shape, ANCHOR, KEYS);
  lua_getfield(L, SPEC, "decoders");
  if (lua_istable(L, -1)) {
    int given = lua_gettop(L);
    for (size_t i = 0; i < count; i++) {
      lua_rawgeti(L, given, (int)i + 1);
      if (lua_toboolean(L, -1)) read_decoder(L, shape, i, DECODERS);
      lua_settop(L, given);
    }
  }
  lua_settop(L, SHAPE);
  return 1;
}

/* New position of each old one, for the keys of a selected shape: old → new, the first counts. */
static void copy_keys(lua_State *L, int old_keys, int new_keys, int positions, size_t count)
{
  for (lua_pushnil(L); lua_next(L, old_keys) != 0; lua_pop(L, 1)) {
    if (!lua_isnumber(L, -1)) continue;
    lua_Integer old = lua_tointeger(L, -1);
    for (size_t i = 1; i <= count; i++) {
      lua_rawgeti(L, positions, (int)i);
      bool same = lua_tointeger(L, -1) == old;
      lua_pop(L, 1);
      if (!same) continue;
      lua_pushvalue(L, -2);
      lua_pushinteger(L, (lua_Integer)i);
      lua_rawset(L, new_keys);
      break;
    }
  }
}

/* A label that several columns had before leads to the one that was selected. */
static void add_labels(lua_State *L, const am_shape *shape, int anchor, int keys)
{
  for (size_t i = 0; i < shape->count; i++) {
    if (shape->columns[i].nameless) continue;
    lua_rawgeti(L, anchor, (int)i + 1);
    lua_pushvalue(L, -1);
    lua_rawget(L, keys);
    bool known = !lua_isnil(L, -1);
    lua_pop(L, 1);
    if (known) lua_pop(L, 1);
    else add_key(L, keys, i + 1);
  }
}

/* shape_select(shape, { position, ... }) → shape of these columns over the same packed rows */
static int shape_select(lua_State *L)
{
  enum { OLD = 1, POSITIONS, SHAPE, OLD_ANCHOR, ANCHOR, OLD_KEYS, KEYS, OLD_DECODERS, DECODERS };
  const am_shape *old = am_shape_check(L, OLD);
  am_check_type(L, POSITIONS, LUA_TTABLE);
  lua_settop(L, 2);
  size_t count = lua_rawlen(L, POSITIONS);
  am_shape *shape = new_shape(L, count);
  shape->plain = old->plain;
  shape->width = old->width;
  am_getuservalue(L, OLD);
  lua_newtable(L);
  lua_pushvalue(L, ANCHOR);
  am_setuservalue(L, SHAPE);
  lua_getfield(L, OLD_ANCHOR, "keys");
  lua_newtable(L);
  lua_getfield(L, OLD_ANCHOR, "decoders");
  lua_newtable(L);
  lua_pushvalue(L, KEYS);
  lua_setfield(L, ANCHOR, "keys");
  lua_pushvalue(L, DECODERS);
  lua_setfield(L, ANCHOR, "decoders");
  lua_pushvalue(L, OLD);
  lua_setfield(L, ANCHOR, "origin");
  lua_pushvalue(L, POSITIONS);
  lua_setfield(L, ANCHOR, "positions");
  for (size_t i = 0; i < count; i++) {
    lua_rawgeti(L, POSITIONS, (int)i + 1);
    lua_Integer at = lua_tointeger(L, -1);
    if (at < 1 || (size_t)at > old->count)
      return am_raisef(L, AM_ERR_ARGUMENT, "shape_select: position %d is out of range", (int)at);
    shape->columns[i] = old->columns[at - 1];
    lua_rawgeti(L, OLD_ANCHOR, (int)at);
    lua_rawseti(L, ANCHOR, (int)i + 1);
    lua_rawgeti(L, OLD_DECODERS, (int)at);
    lua_rawseti(L, DECODERS, (int)i + 1);
    lua_rawgeti(L, OLD_DECODERS, -(int)at);
    lua_rawseti(L, DECODERS, -(int)i - 1);
    lua_pop(L, 1);
  }
  copy_keys(L, OLD_KEYS, KEYS, POSITIONS, count);
  add_labels(L, shape, ANCHOR, KEYS);
  mark_ambiguous(L, shape, ANCHOR, KEYS);
  lua_settop(L, SHAPE);
  return 1;
}

/* shape_anchor(shape) → its table of names, keys, decoders */
static int shape_anchor(lua_State *L)
{
  am_shape_check(L, 1);
  am_getuservalue(L, 1);
  return 1;
}

/* shape_width(shape) → cells of a packed row */
static int shape_width(lua_State *L)
{
  lua_pushinteger(L, (lua_Integer)am_shape_check(L, 1)->width);
  return 1;
}

/* shape_is_nameless(shape, position) → has the column no label? */
static int shape_is_nameless(lua_State *L)
{
  const am_shape *shape = am_shape_check(L, 1);
  lua_Integer at = am_check_integer(L, 2);
  lua_pushboolean(L, at >= 1 && (size_t)at <= shape->count && shape->columns[at - 1].nameless);
  return 1;
}

static int shape_len(lua_State *L)
{
  lua_pushinteger(L, (lua_Integer)am_shape_check(L, 1)->count);
  return 1;
}

void am_bind_shape(lua_State *L)
{
  static const luaL_Reg meta[] = {
      {"__len", shape_len},
      {NULL, NULL},
  };
  static const luaL_Reg functions[] = {
      {"shape", shape_new},
      {"shape_select", shape_select},
      {"shape_anchor", shape_anchor},
      {"shape_width", shape_width},
      {"shape_is_nameless", shape_is_nameless},
      {NULL, NULL},
  };
  am_setfuncs(L, functions);
  am_new_class(L, am_class_shape, meta, NULL);
  lua_pop(L, 1);
}

/* __index of a mapped class, on the Luas that interpret: a call of C costs them less than a call of
 * Lua and its steps. (Not so __newindex, which has more steps than a call costs.)
 *
 * It looks into the mapper's own tables (lua/alchemoon/orm/instance.lua), which other files change
 * in place, and leaves what is not usual to functions in Lua, which may wait: these are called with
 * a continuation, so there is none of this below Lua 5.3. */
#include "bind/bind.h"
#include "bind/object.h"

#ifdef AM_CAN_LEAVE

enum { SELF = 1, KEY };

enum { READ_SLOT = 1, DESCRIPTOR, MEMBERS, READ_OTHERS };

static int read_other(lua_State *L)
{
  lua_settop(L, KEY);
  lua_pushvalue(L, lua_upvalueindex(READ_OTHERS));
  return am_leave_to(L);
}

/* __index for a name without a slot: a relationship, another descriptor, a method, a misspelling */
static int read_unslotted(lua_State *L)
{
  lua_pushvalue(L, KEY);
  if (lua_rawget(L, lua_upvalueindex(DESCRIPTOR)) == LUA_TTABLE) {
    lua_getfield(L, -1, "get");
    lua_replace(L, KEY + 1);
    lua_settop(L, KEY + 1);
    return am_leave_to(L);
  }
  lua_pushvalue(L, KEY);
  if (lua_gettable(L, lua_upvalueindex(MEMBERS)) != LUA_TNIL) return 1;
  return read_other(L);
}

/* __index: the value in the slot of that name, nil for NULL. */
static int attribute_read(lua_State *L)
{
  lua_pushvalue(L, KEY);
  if (lua_rawget(L, lua_upvalueindex(READ_SLOT)) == LUA_TNUMBER) {
    int type = lua_rawgeti(L, SELF, lua_tointeger(L, -1));
    if (type == LUA_TLIGHTUSERDATA && am_is_null(L, -1)) lua_pushnil(L);
    if (type != LUA_TNIL) return 1;
    return read_other(L);
  }
  /* A transient object is asked for its context often, and has none. */
  if (lua_isinteger(L, KEY) && lua_tointeger(L, KEY) == AM_CONTEXT_SLOT) {
    lua_pushnil(L);
    return 1;
  }
  return read_unslotted(L);
}

/* attribute_reader(read_slot, descriptor, members, others) → the __index of a class: name → slot,
 * name → descriptor, name → method; others(self, key) answers all else. */
static int attribute_reader(lua_State *L)
{
  for (int i = READ_SLOT; i <= MEMBERS; i++) am_check_type(L, i, LUA_TTABLE);
  am_check_type(L, READ_OTHERS, LUA_TFUNCTION);
  lua_settop(L, READ_OTHERS);
  lua_pushcclosure(L, attribute_read, READ_OTHERS);
  return 1;
}

void am_bind_attribute(lua_State *L)
{
  lua_pushcfunction(L, attribute_reader);
  lua_setfield(L, -2, "attribute_reader");
}

#else

void am_bind_attribute(lua_State *L) { (void)L; }

#endif

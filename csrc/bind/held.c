/* Lua values held by C nodes.
 *
 * A held value lives in one table per Lua state (registry, light userdata key) under an integer.
 * The struct remembers a coroutine of its own state that is anchored for the state's whole life,
 * because the last reference may go from any stack, also while the state closes. */
#include "base/alloc.h"
#include "bind/node.h"

typedef struct held {
  am_foreign base;
  lua_State *L; /* the anchor coroutine */
  int ref;
} held;

static const char table_key = 0;
static const char thread_key = 0;

static void release(am_foreign *self)
{
  held *value = (held *)self;
  lua_State *L = value->L;
  lua_rawgetp(L, LUA_REGISTRYINDEX, &table_key);
  if (lua_istable(L, -1)) luaL_unref(L, -1, value->ref);
  lua_pop(L, 1);
  am_free(value);
}

am_foreign *am_hold(lua_State *L)
{
  held *value = am_alloc(sizeof *value);
  if (value == NULL) {
    lua_pop(L, 1);
    return NULL;
  }
  lua_rawgetp(L, LUA_REGISTRYINDEX, &thread_key);
  value->L = lua_tothread(L, -1);
  lua_pop(L, 1);
  const void *pointer = lua_topointer(L, -1);
  lua_rawgetp(L, LUA_REGISTRYINDEX, &table_key);
  lua_insert(L, -2);
  value->ref = luaL_ref(L, -2);
  lua_pop(L, 1);
  value->base.refs = 1;
  value->base.identity = pointer != NULL ? (uint64_t)(uintptr_t)pointer : (uint64_t)value->ref;
  value->base.release = release;
  return &value->base;
}

void am_push_held(lua_State *L, am_foreign *foreign)
{
  if (foreign == NULL) {
    lua_pushnil(L);
    return;
  }
  lua_rawgetp(L, LUA_REGISTRYINDEX, &table_key);
  lua_rawgeti(L, -1, ((held *)foreign)->ref);
  lua_remove(L, -2);
}

am_bound *am_bound_from(lua_State *L, int index)
{
  int64_t integer;
  am_bound *bound;
  switch (lua_type(L, index)) {
    case LUA_TNONE: return am_bound_new(AM_BOUND_NONE);
    case LUA_TNIL: return am_bound_new(AM_BOUND_NULL);
    case LUA_TBOOLEAN:
      bound = am_bound_new(AM_BOUND_BOOL);
      if (bound != NULL) bound->u.boolean = lua_toboolean(L, index);
      return bound;
    case LUA_TNUMBER:
      if (am_tointegerx(L, index, &integer)) {
        bound = am_bound_new(AM_BOUND_INT);
        if (bound != NULL) bound->u.integer = integer;
      } else {
        bound = am_bound_new(AM_BOUND_REAL);
        if (bound != NULL) bound->u.real = lua_tonumber(L, index);
      }
      return bound;
    case LUA_TSTRING: {
      size_t size;
      const char *text = lua_tolstring(L, index, &size);
      return am_bound_text(text, size);
    }
    case LUA_TLIGHTUSERDATA:
      if (lua_touserdata(L, index) != NULL) break;
      bound = am_bound_new(AM_BOUND_NULL);
      if (bound != NULL) bound->u.boolean = true; /* am.null, which JSON tells from nil */
      return bound;
    default: break;
  }
  bound = am_bound_new(AM_BOUND_FOREIGN);
  if (bound == NULL) return NULL;
  lua_pushvalue(L, index);
  bound->u.foreign = am_hold(L);
  if (bound->u.foreign == NULL) {
    am_bound_unref(bound);
    return NULL;
  }
  return bound;
}

void am_push_bound(lua_State *L, const am_bound *bound)
{
  switch (bound != NULL ? bound->kind : AM_BOUND_NULL) {
    case AM_BOUND_BOOL: lua_pushboolean(L, bound->u.boolean); break;
    case AM_BOUND_INT: am_push_int64(L, bound->u.integer); break;
    case AM_BOUND_REAL: lua_pushnumber(L, bound->u.real); break;
    case AM_BOUND_TEXT: lua_pushlstring(L, bound->text, bound->size); break;
    case AM_BOUND_FOREIGN: am_push_held(L, bound->u.foreign); break;
    default:
      if (bound != NULL && bound->kind == AM_BOUND_NULL && bound->u.boolean)
        lua_pushlightuserdata(L, NULL);
      else lua_pushnil(L);
  }
}

/* Once per state: values held before the module was loaded again must stay findable. */
void am_bind_held(lua_State *L)
{
  lua_rawgetp(L, LUA_REGISTRYINDEX, &thread_key);
  bool known = !lua_isnil(L, -1);
  lua_pop(L, 1);
  if (known) return;
  lua_newtable(L);
  lua_rawsetp(L, LUA_REGISTRYINDEX, &table_key);
  lua_newthread(L);
  lua_rawsetp(L, LUA_REGISTRYINDEX, &thread_key);
}

/* What the files of bind/ share: error raising, userdata with checked type, per-state anchors. */
#ifndef AM_BIND_BIND_H
#define AM_BIND_BIND_H

#include "base/error.h"
#include "base/strbuf.h"
#include "bind/argument.h"
#include "bind/compat.h"

/* Every noun has one function that adds its functions to the core table on top of the stack. */
#define AM_BIND(noun) void am_bind_##noun(lua_State *L);
#include "bind/binds.def"
#undef AM_BIND

/* Raises `err` as an error object (takes its content; C must own nothing unanchored). The object
 * is made by the Lua function registered with core.set_error_maker, so that all classes and fields
 * are stated once, in lua/alchemoon/exc.lua. Never returns. */
int am_raise(lua_State *L, am_error *err) __attribute__((noreturn));
/* Is am.null at the index? */
static inline bool am_is_null(lua_State *L, int index)
{
  return lua_islightuserdata(L, index) && lua_touserdata(L, index) == NULL;
}
/* Raises a fresh error of that class. Never returns. */
int am_raisef(lua_State *L, am_error_class cls, const char *format, ...)
    __attribute__((format(printf, 3, 4), noreturn));
/* Raises Lua's own error of missing memory, a plain text. Never returns. */
int am_raise_memory(lua_State *L) __attribute__((noreturn));
/* Pushes the error object instead of raising it. */
void am_push_error(lua_State *L, am_error *err);

/* Pushes the text as a string and releases the buffer, whether Lua has memory for it or raises. */
void am_push_strbuf(lua_State *L, am_strbuf *take_text);
/* A text buffer that the collector frees, on the stack's top: for work that may raise. */
am_strbuf *am_new_strbuf(lua_State *L);

/* Is the field of a table of options true? */
static inline bool am_is_set(lua_State *L, int table, const char *name)
{
  lua_getfield(L, table, name);
  bool value = lua_toboolean(L, -1);
  lua_pop(L, 1);
  return value;
}

/* A metatable named `name` in the registry, made on first use with __name, __index = methods
 * (when methods is not NULL) and the given metamethods. Leaves it on the stack. */
void am_new_class(lua_State *L, const char *name, const luaL_Reg *metamethods,
                  const luaL_Reg *methods);
/* The userdata of that class; raises for anything else. */
void *am_check_class(lua_State *L, int arg, const char *name);
/* The userdata at `index` if it is of that class, else NULL. */
void *am_test_class(lua_State *L, int index, const char *name);
/* The same for classes that every statement meets: their blocks begin with the address of the name,
 * which tells them for a tenth of comparing metatables. Whoever makes such a userdata sets that
 * field first of all. */
void *am_check_marked(lua_State *L, int arg, const char *name);
void *am_test_marked(lua_State *L, int index, const char *name);
/* Gives the userdata on top the metatable of that class, found by the address of the name. */
void am_set_class(lua_State *L, const char *name);

#endif

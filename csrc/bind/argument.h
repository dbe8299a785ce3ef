/* Arguments of functions that Lua calls: lauxlib's checks, but a refusal is an ArgumentError that
 * names the call as a program writes it, `cursor:fetchmany: argument #1: expected number, got
 * string`. Nothing here allocates or changes the stack unless it raises. */
#ifndef AM_BIND_ARGUMENT_H
#define AM_BIND_ARGUMENT_H

#include "bind/compat.h"

/* Raises for the function that Lua is calling now; `expected` completes "expected ...". */
int am_refuse_argument(lua_State *L, int arg, const char *expected) __attribute__((noreturn));
/* Raises for a receiver that is not of that class (a name of am_new_class); also for other
 * arguments that had to be. */
int am_refuse_class(lua_State *L, int arg, const char *name) __attribute__((noreturn));

/* A value of one of Lua's types, LUA_T... */
static inline void am_check_type(lua_State *L, int arg, int type)
{
  if (lua_type(L, arg) != type) am_refuse_argument(L, arg, lua_typename(L, type));
}
static inline void am_check_any(lua_State *L, int arg)
{
  if (lua_type(L, arg) == LUA_TNONE) am_refuse_argument(L, arg, "a value");
}

/* Numbers, and texts of numbers where Lua takes them for such. */
lua_Number am_check_number(lua_State *L, int arg);
lua_Integer am_check_integer(lua_State *L, int arg);
/* A text or a number, which becomes a text; out_size may be NULL. */
const char *am_check_string(lua_State *L, int arg, size_t *out_size);

/* The same for arguments that may be absent or nil. */
lua_Number am_opt_number(lua_State *L, int arg, lua_Number absent);
lua_Integer am_opt_integer(lua_State *L, int arg, lua_Integer absent);
const char *am_opt_string(lua_State *L, int arg, const char *absent);

#endif

/* Compiled statements as Lua values, for the other files of bind/. */
#ifndef AM_BIND_COMPILE_H
#define AM_BIND_COMPILE_H

#include "bind/node.h"
#include "compile/compile.h"

am_compiled *am_check_compiled(lua_State *L, int index);
const am_dialect *am_dialect_named(const char *name); /* NULL if unknown */

#endif

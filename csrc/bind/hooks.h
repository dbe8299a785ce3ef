/* The compiler's questions to Lua (compile/compile.h: am_compile_hooks). */
#ifndef AM_BIND_HOOKS_H
#define AM_BIND_HOOKS_H

#include "bind/bind.h"
#include "compile/compile.h"

typedef struct am_hook_context {
  lua_State *L;
  const am_dialect *dialect;
  bool backslash_escapes;
} am_hook_context;

extern const am_compile_hooks am_lua_hooks;

#endif

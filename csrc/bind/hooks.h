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

/* The error value on top of the stack (popped) is kept, and its text becomes *err. */
void am_hook_report(lua_State *L, int status, am_error *err);
/* Pushes the function of that name that was given to core.set_compile_hook, or nil. */
void am_push_hook(lua_State *L, const char *name);
/* Raises the value that a user's function raised during the compilation that failed with *err, as
 * it is; *err where there is none. */
int am_raise_from_hook(lua_State *L, am_error *err);
/* Forgets such a value: a compilation begins. */
void am_forget_hook_error(lua_State *L);

/* Which kinds of node the user has texts of their own for (compile/compile.h: overridden), or
 * NULL. */
const unsigned char *am_overridden(lua_State *L);
/* compile/compile.h: am_compile_hooks.construct */
bool am_hook_construct(void *context, am_compiler *c, am_node *node, am_ctx ctx, am_error *err);

#endif

/* The compiler's questions to Lua: literals, spellings and expressions of types written in Lua.
 *
 * The functions are given once, by core.set_compile_hook. They are called in the middle of a
 * compilation, which owns memory that Lua knows nothing of: so everything that may raise happens
 * below a protected call. */
#include "bind/hooks.h"

#include "bind/node.h"

/* Registry key of the table of hooks: name → function. */
static const char hooks_key = 0;

static int set_compile_hook(lua_State *L)
{
  am_check_string(L, 1, NULL);
  am_check_type(L, 2, LUA_TFUNCTION);
  lua_rawgetp(L, LUA_REGISTRYINDEX, &hooks_key);
  lua_pushvalue(L, 1);
  lua_pushvalue(L, 2);
  lua_rawset(L, -3);
  return 0;
}

/* One question and its answer. */
typedef struct question {
  const am_hook_context *context;
  const char *hook;
  am_node *type, *node; /* arguments */
  const am_bound *value;
  const char *before, *after;
  am_strbuf *out;  /* where an answer in words goes; NULL: the answer is a node */
  am_node *answer; /* counted */
  bool answered;
} question;

static void push_literal_arguments(lua_State *L, const question *q, am_node *subject)
{
  am_push_node(L, subject);
  if (q->value != NULL || q->node == NULL) am_push_bound(L, q->value);
  lua_pushstring(L, q->context->dialect->name);
  lua_pushboolean(L, q->context->backslash_escapes);
  lua_pushstring(L, q->before);
  lua_pushstring(L, q->after);
}

/* Runs protected: function, arguments, call, answer. */
static int ask_protected(lua_State *L)
{
  question *q = lua_touserdata(L, 1);
  luaL_checkstack(L, 12, NULL);
  lua_rawgetp(L, LUA_REGISTRYINDEX, &hooks_key);
  lua_getfield(L, -1, q->hook);
  if (!lua_isfunction(L, -1)) return 0;
  int top = lua_gettop(L);
  if (q->out != NULL) {
    push_literal_arguments(L, q, q->node != NULL ? q->node : q->type);
  } else {
    am_push_node(L, q->type);
    lua_pushstring(L, q->context->dialect->name);
    am_push_node(L, q->node);
  }
  lua_call(L, lua_gettop(L) - top, 1);
  size_t size;
  const char *text = q->out != NULL ? lua_tolstring(L, -1, &size) : NULL;
  if (text != NULL) am_strbuf_add(q->out, text, size);
  if (q->out == NULL) q->answer = am_node_ref(am_test_node(L, -1));
  q->answered = text != NULL || q->out == NULL;
  return 0;
}

/* Runs protected: the text of the error object that was kept. */
static int tell_protected(lua_State *L)
{
  am_error *err = lua_touserdata(L, 1);
  lua_rawgetp(L, LUA_REGISTRYINDEX, &hooks_key);
  lua_getfield(L, -1, "\1error");
  lua_getglobal(L, "tostring");
  lua_insert(L, -2);
  lua_call(L, 1, 1);
  const char *text = lua_tostring(L, -1);
  am_error_set(err, AM_ERR_COMPILE, "%s", text != NULL ? text : "error in a function of a type");
  return 0;
}

static int keep_error(lua_State *L)
{
  lua_rawgetp(L, LUA_REGISTRYINDEX, &hooks_key);
  lua_pushvalue(L, 1);
  lua_setfield(L, -2, "\1error");
  return 0;
}

void am_hook_report(lua_State *L, int status, am_error *err)
{
  if (status == LUA_ERRMEM) {
    am_error_memory(err);
  } else {
    lua_pushvalue(L, -1);
    lua_pushcfunction(L, keep_error);
    lua_insert(L, -2);
    if (lua_pcall(L, 1, 0, 0) != LUA_OK) lua_pop(L, 1);
    status = am_protect(L, tell_protected, err);
    if (status != LUA_OK) {
      lua_pop(L, 1);
      am_error_set(err, AM_ERR_COMPILE, "error in a function of a type");
    }
  }
  lua_pop(L, 1);
}

void am_push_hook(lua_State *L, const char *name)
{
  lua_rawgetp(L, LUA_REGISTRYINDEX, &hooks_key);
  lua_getfield(L, -1, name);
  lua_remove(L, -2);
}

void am_forget_hook_error(lua_State *L)
{
  lua_rawgetp(L, LUA_REGISTRYINDEX, &hooks_key);
  lua_pushnil(L);
  lua_setfield(L, -2, "\1error");
  lua_pop(L, 1);
}

int am_raise_from_hook(lua_State *L, am_error *err)
{
  am_push_hook(L, "\1error");
  if (lua_isnil(L, -1) || err->cls == AM_ERR_MEMORY) return am_raise(L, err);
  am_error_clear(err);
  am_forget_hook_error(L);
  return lua_error(L);
}

static bool ask(question *q, am_error *err)
{
  lua_State *L = q->context->L;
  int status = am_protect(L, ask_protected, q);
  if (status == LUA_OK) return true;
  am_hook_report(L, status, err);
  am_node_unref(q->answer);
  q->answer = NULL;
  return false;
}

static bool ask_for_text(question *q, const char *what, am_error *err)
{
  if (!ask(q, err)) return false;
  return q->answered || am_error_set(err, AM_ERR_COMPILE, "%s must return a string", what);
}

static bool hook_literal(void *context, am_node *type, const am_bound *value, am_strbuf *out,
                         am_error *err)
{
  question q = {.context = context, .hook = "literal", .type = type, .value = value, .out = out};
  return ask_for_text(&q, "a literal renderer", err);
}

static bool hook_type_spec(void *context, am_node *type, am_strbuf *out, am_error *err)
{
  question q = {.context = context, .hook = "type_spec", .node = type, .out = out};
  return ask_for_text(&q, "get_col_spec", err);
}

static bool hook_expand_literal(void *context, am_node *bind, const char *before, const char *after,
                                am_strbuf *out, am_error *err)
{
  question q = {.context = context,
                .hook = "expand_literal",
                .node = bind,
                .before = before,
                .after = after,
                .out = out};
  return ask_for_text(&q, "a literal renderer", err);
}

static am_node *ask_for_node(void *context, const char *hook, am_node *type, am_node *node,
                             am_error *err)
{
  question q = {.context = context, .hook = hook, .type = type, .node = node};
  return ask(&q, err) ? q.answer : NULL;
}

static am_node *hook_type_impl(void *context, am_node *type, am_error *err)
{
  return ask_for_node(context, "type_impl", type, NULL, err);
}

static am_node *hook_bind_expression(void *context, am_node *type, am_node *node, am_error *err)
{
  return ask_for_node(context, "bind_expression", type, node, err);
}

static am_node *hook_column_expression(void *context, am_node *type, am_node *node, am_error *err)
{
  return ask_for_node(context, "column_expression", type, node, err);
}

const am_compile_hooks am_lua_hooks = {
    hook_literal,           hook_type_impl,      hook_type_spec,   hook_bind_expression,
    hook_column_expression, hook_expand_literal, am_hook_construct};

static const luaL_Reg functions[] = {
    {"set_compile_hook", set_compile_hook},
    {NULL, NULL},
};

void am_bind_hooks(lua_State *L)
{
  lua_newtable(L);
  lua_rawsetp(L, LUA_REGISTRYINDEX, &hooks_key);
  am_setfuncs(L, functions);
}

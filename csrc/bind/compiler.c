/* A compilation under way, as a function given to am.compiles sees it: compiler:process(node, kw) →
 * text.
 *
 * The face lives in the stack frame of one call: its fields are cleared when the function returns,
 * and a face that was kept for later refuses. Texts that go through Lua carry the marks of their
 * binds (compile/compile.h). */
#include <string.h>

#include "base/alloc.h"
#include "bind/hooks.h"
#include "bind/node.h"

#define CLASS "alchemoon.compiler"

/* Registry key of the bytes per tag. */
static const char overridden_key = 0;

typedef struct face {
  am_compiler *compiler; /* NULL: the call is over */
  am_ctx ctx;
} face;

/* What of am_ctx.flags Lua sees, by SQLAlchemy's names. */
static const struct {
  const char *name;
  unsigned flag;
} flags[] = {{"literal_binds", AM_CTX_LITERAL_BINDS},
             {"within_columns_clause", AM_CTX_COLUMNS_CLAUSE},
             {"asfrom", AM_CTX_AS_FROM},
             {"within_label_clause", AM_CTX_LABEL_CLAUSE},
             {"no_table", AM_CTX_NO_TABLE},
             {"lateral", AM_CTX_LATERAL},
             {"literal_execute", AM_CTX_LITERAL_EXECUTE},
             {"skip_bind_expression", AM_CTX_SKIP_BIND_EXPRESSION}};

static void push_keywords(lua_State *L, const am_ctx *ctx)
{
  lua_newtable(L);
  for (size_t i = 0; i < sizeof flags / sizeof *flags; i++) {
    if (!(ctx->flags & flags[i].flag)) continue;
    lua_pushboolean(L, 1);
    lua_setfield(L, -2, flags[i].name);
  }
}

/* The context for a node below: with keywords that of the call, changed as they say; without,
 * none. */
static am_ctx read_keywords(lua_State *L, int index, const face *self)
{
  am_ctx ctx = {0, NULL, NULL, NULL, NULL};
  if (!lua_istable(L, index)) return ctx;
  ctx = self->ctx;
  for (size_t i = 0; i < sizeof flags / sizeof *flags; i++) {
    lua_getfield(L, index, flags[i].name);
    if (lua_toboolean(L, -1)) ctx.flags |= flags[i].flag;
    else ctx.flags &= ~flags[i].flag;
    lua_pop(L, 1);
  }
  lua_getfield(L, index, "include_table");
  if (lua_isboolean(L, -1) && !lua_toboolean(L, -1)) ctx.flags |= AM_CTX_NO_TABLE;
  lua_pop(L, 1);
  return ctx;
}

static face *check_open(lua_State *L)
{
  face *self = am_check_class(L, 1, CLASS);
  if (self->compiler == NULL)
    am_raisef(L, AM_ERR_INVALID_REQUEST, "This compiler is closed: its statement is compiled");
  return self;
}

static int give_text(lua_State *L, const face *self, am_strbuf *out)
{
  const am_error *err = self->compiler->err;
  if (err->cls != AM_ERR_NONE) {
    am_error again = AM_ERROR_INIT;
    am_error_set(&again, err->cls, "%s", err->message != NULL ? err->message : "");
    am_strbuf_deinit(out);
    return am_raise_from_hook(L, &again);
  }
  lua_pushlstring(L, out->text != NULL ? out->text : "", out->size);
  am_strbuf_deinit(out);
  return 1;
}

static int write(lua_State *L, void (*compile)(am_compiler *, am_node *, am_ctx))
{
  const face *self = check_open(L);
  am_node *node = am_check_node(L, 2);
  am_ctx ctx = read_keywords(L, 3, self);
  am_strbuf *out = am_new_strbuf(L);
  am_strbuf *former = am_compile_output(self->compiler, out);
  compile(self->compiler, node, ctx);
  am_compile_output(self->compiler, former);
  return give_text(L, self, out);
}

/* compiler:process(node [, kw]) → its text */
static int process(lua_State *L) { return write(L, am_compile_node); }

/* compiler:plain(node [, kw]) → its text as the library writes it */
static int plain(lua_State *L) { return write(L, am_compile_plain); }

/* compiler:list(nodes, kw) → their texts, separated by commas */
static int list(lua_State *L)
{
  const face *self = check_open(L);
  am_check_type(L, 2, LUA_TTABLE);
  am_ctx ctx = read_keywords(L, 3, self);
  lua_settop(L, 2);
  size_t count = lua_rawlen(L, 2);
  for (size_t i = 1; i <= count; i++) { /* may raise: before anything is redirected */
    lua_rawgeti(L, 2, (int)i);
    am_check_node(L, -1);
    lua_pop(L, 1);
  }
  am_strbuf *out = am_new_strbuf(L);
  am_strbuf *former = am_compile_output(self->compiler, out);
  for (size_t i = 1; i <= count; i++) {
    lua_rawgeti(L, 2, (int)i);
    if (i > 1) am_put(self->compiler, ", ");
    am_compile_node(self->compiler, am_test_node(L, -1), ctx);
    lua_pop(L, 1);
  }
  am_compile_output(self->compiler, former);
  return give_text(L, self, out);
}

/* compiler:quote(name [, true]) → the name, quoted where it must be, or always */
static int quote(lua_State *L)
{
  const face *self = check_open(L);
  am_name *name = NULL;
  size_t size = 0;
  const char *text = NULL;
  int rule = lua_toboolean(L, 3) ? 1 : 0;
  if (lua_type(L, 2) == LUA_TSTRING) text = lua_tolstring(L, 2, &size);
  else name = am_name_from(L, 2);
  if (text == NULL && name == NULL) return am_refuse_argument(L, 2, "a name");
  am_strbuf *out = am_new_strbuf(L);
  am_strbuf *former = am_compile_output(self->compiler, out);
  if (name != NULL) am_put_identifier(self->compiler, name);
  else am_put_identifier_text(self->compiler, text, size, rule);
  am_compile_output(self->compiler, former);
  am_name_unref(name);
  return give_text(L, self, out);
}

/* compiler:id() → a number of the compilation, the same in all its calls */
static int id(lua_State *L)
{
  am_push_int64(L, (int64_t)check_open(L)->compiler->result->id);
  return 1;
}

/* --- the call ------------------------------------------------------------------------- */

typedef struct construction {
  const am_hook_context *context;
  am_compiler *compiler;
  am_node *node;
  const am_ctx *ctx;
  face *face; /* on the stack of the protected call while that runs */
  bool handled;
} construction;

/* Runs protected: hook(node, face, kw, dialect) → handled, text. */
static int construct_protected(lua_State *L)
{
  construction *run = lua_touserdata(L, 1);
  luaL_checkstack(L, 12, NULL);
  am_push_hook(L, "construct");
  am_push_node(L, run->node);
  face *self = am_newuserdata(L, sizeof *self);
  self->compiler = run->compiler;
  self->ctx = *run->ctx;
  run->face = self;
  luaL_getmetatable(L, CLASS);
  lua_setmetatable(L, -2);
  lua_pushvalue(L, -1);
  lua_replace(L, 1); /* alive until this function returns */
  push_keywords(L, run->ctx);
  lua_pushstring(L, run->context->dialect->name);
  lua_call(L, 4, 2);
  self->compiler = NULL;
  run->face = NULL;
  run->handled = lua_toboolean(L, -2);
  if (run->handled && lua_type(L, -1) == LUA_TSTRING) {
    size_t size;
    const char *text = lua_tolstring(L, -1, &size);
    am_strbuf_add(run->compiler->out, text, size);
  }
  return 0;
}

bool am_hook_construct(void *context, am_compiler *c, am_node *node, am_ctx ctx, am_error *err)
{
  const am_hook_context *own = context;
  am_strbuf *out = c->out;
  construction run = {own, c, node, &ctx, NULL, false};
  int status = am_protect(own->L, construct_protected, &run);
  if (status == LUA_OK) return run.handled;
  if (run.face != NULL)
    run.face->compiler = NULL; /* before the collector can run: it may be garbage by now */
  am_hook_report(own->L, status, err);
  c->out = out;
  return false;
}

/* --- what is overridden ------------------------------------------------------------------ */

const unsigned char *am_overridden(lua_State *L)
{
  lua_rawgetp(L, LUA_REGISTRYINDEX, &overridden_key);
  const unsigned char *bytes = lua_touserdata(L, -1); /* the registry keeps it */
  lua_pop(L, 1);
  return bytes;
}

/* set_compile_override(tag, yes): nodes of this kind are shown to the hook "construct", or not any
 * more. */
static int set_compile_override(lua_State *L)
{
  lua_Integer tag = am_check_integer(L, 1);
  if (tag < 0 || tag >= AM_NODE_COUNT) am_refuse_argument(L, 1, "a kind of node");
  lua_rawgetp(L, LUA_REGISTRYINDEX, &overridden_key);
  unsigned char *bytes = lua_touserdata(L, -1);
  if (bytes == NULL) {
    bytes = am_newuserdata(L, AM_NODE_COUNT);
    memset(bytes, 0, AM_NODE_COUNT);
    lua_rawsetp(L, LUA_REGISTRYINDEX, &overridden_key);
  }
  bytes[tag] = lua_toboolean(L, 2) ? 1 : 0;
  return 0;
}

static const luaL_Reg methods[] = {
    {"process", process}, {"plain", plain}, {"list", list},
    {"quote", quote},     {"id", id},       {NULL, NULL},
};
static const luaL_Reg functions[] = {
    {"set_compile_override", set_compile_override},
    {NULL, NULL},
};

void am_bind_compiler(lua_State *L)
{
  am_new_class(L, CLASS, NULL, methods);
  lua_pop(L, 1);
  am_setfuncs(L, functions);
}

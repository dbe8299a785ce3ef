/* compile(node, options) → a compiled statement as userdata; see compile/compile.h.
 *
 * options: dialect (name), paramstyle, literal_binds, render_postcompile, for_executemany, strict,
 * inline, lint, column_keys (list of names), schema_translate_map ({ {from, to}, ... }),
 * render_schema_translate, label_length, max_identifier_length, backslash_escapes, extract_from
 * (statement that the binds belong to), stand_ins ({ select, its replacement, ... }), bind_copies
 * ({ BIND, its original, ... }). What only Lua knows about types and values comes through the
 * functions given to core.set_compile_hook. */
#include "bind/compile.h"

#include <stdio.h>

#include "base/alloc.h"
#include "base/nearest.h"
#include "bind/hooks.h"
#include "compile/bind.h"
#include "dialect/dialects.h"

static const char class_name[] = "alchemoon.compiled";

typedef struct face {
  const char *mark;      /* class_name */
  am_compiled *compiled; /* NULL until filled */
} face;

static face *push_empty_face(lua_State *L)
{
  face *self = am_newuserdata(L, sizeof *self);
  self->mark = class_name;
  self->compiled = NULL;
  am_set_class(L, class_name);
  return self;
}

am_compiled *am_check_compiled(lua_State *L, int index)
{
  return ((face *)am_check_marked(L, index, class_name))->compiled;
}

const am_dialect *am_dialect_named(const char *name)
{
#define AM_DIALECT(id, text) \
  if (strcmp(name, text) == 0) return &am_dialect_##id;
#include "dialect/dialects.def"
#undef AM_DIALECT
  return NULL;
}

/* --- options ------------------------------------------------------------------- */

static size_t option_size(lua_State *L, int table, const char *name)
{
  lua_getfield(L, table, name);
  lua_Integer value = lua_tointeger(L, -1);
  lua_pop(L, 1);
  return value > 0 ? (size_t)value : 0;
}

static am_paramstyle paramstyle_named(lua_State *L, const char *name)
{
  if (strcmp(name, "named") == 0) return AM_PARAM_NAMED;
  if (strcmp(name, "qmark") == 0) return AM_PARAM_QMARK;
  if (strcmp(name, "numeric") == 0 || strcmp(name, "numeric_dollar") == 0) return AM_PARAM_NUMERIC;
  if (strcmp(name, "format") == 0) return AM_PARAM_FORMAT;
  if (strcmp(name, "pyformat") == 0) return AM_PARAM_PYFORMAT;
  am_raisef(L, AM_ERR_ARGUMENT,
            "unknown paramstyle '%s'; known are named, qmark, numeric, format, pyformat", name);
  return AM_PARAM_NAMED;
}

static const am_dialect *unknown_dialect(lua_State *L, const char *name)
{
  static const char *const names[] = {
#define AM_DIALECT(id, text) text,
#include "dialect/dialects.def"
#undef AM_DIALECT
  };
  const char *near = strcmp(name, "postgres") == 0
                         ? "postgresql"
                         : am_nearest_name(name, names, sizeof names / sizeof *names);
  am_raisef(L, AM_ERR_NO_SUCH_MODULE, "Can't load plugin: alchemoon.dialects:%s%s%s%s", name,
            near ? "; did you mean '" : "", near ? near : "", near ? "'?" : "");
  return NULL;
}

static const am_dialect *read_dialect(lua_State *L, int table)
{
  const am_dialect *dialect = &am_dialect_default;
  lua_getfield(L, table, "dialect");
  if (lua_isstring(L, -1)) {
    dialect = am_dialect_named(lua_tostring(L, -1));
    if (dialect == NULL) dialect = unknown_dialect(L, lua_tostring(L, -1));
  }
  lua_pop(L, 1);
  return dialect;
}

/* The lists among the options: the collector frees them if something raises before compile() is
 * done with them. */
#define LISTS_CLASS "alchemoon.compile.lists"
enum { MOST_LISTS = 4 };

typedef struct option_lists {
  am_list *list[MOST_LISTS];
  size_t count;
} option_lists;

static void free_lists(option_lists *held)
{
  while (held->count > 0) am_list_unref(held->list[--held->count]);
}

static int lists_gc(lua_State *L)
{
  free_lists(lua_touserdata(L, 1));
  return 0;
}

static option_lists *push_lists(lua_State *L)
{
  static const luaL_Reg metamethods[] = {
      {"__gc", lists_gc},
      {NULL, NULL},
  };
  option_lists *held = am_newuserdata(L, sizeof *held);
  held->count = 0;
  am_new_class(L, LISTS_CLASS, metamethods, NULL);
  lua_setmetatable(L, -2);
  return held;
}

/* A list as long as the one on top of the stack, items still NULL. */
static am_list *new_list(lua_State *L, option_lists *held)
{
  am_list *list = am_list_new(lua_rawlen(L, -1));
  if (list == NULL) am_raise_memory(L);
  held->list[held->count++] = list;
  return list;
}

/* The name of the text on top of the stack; NULL, and nothing wrong, for something else. */
static am_name *read_name(lua_State *L)
{
  size_t size;
  const char *text = lua_tolstring(L, -1, &size);
  if (text == NULL) return NULL;
  am_name *name = am_name_new(text, size, 0);
  if (name == NULL) am_raise_memory(L);
  return name;
}

/* Puts a node without children into its place; `made` is NULL without memory. */
static am_node *place(lua_State *L, am_list *list, size_t index, am_node *made)
{
  if (made == NULL) am_raise_memory(L);
  list->items[index] = made;
  return made;
}

static am_list *read_names(lua_State *L, option_lists *held)
{
  am_list *list = new_list(L, held);
  for (size_t i = 0; i < list->count; i++) {
    am_node *word = place(L, list, i, am_node_new(AM_NODE_WORD));
    lua_rawgeti(L, -1, (int)i + 1);
    ((am_word_node *)word)->name = read_name(L);
    lua_pop(L, 1);
    am_node_seal(word);
  }
  return list;
}

/* { {from, to}, ... }: a pair without `from` or `to` means the default schema. */
static am_list *read_translate(lua_State *L, option_lists *held)
{
  am_list *list = new_list(L, held);
  for (size_t i = 0; i < list->count; i++) {
    am_option_node *option = (am_option_node *)place(L, list, i, am_node_new(AM_NODE_OPTION));
    lua_rawgeti(L, -1, (int)i + 1);
    int pair = lua_gettop(L);
    if (lua_istable(L, pair)) {
      lua_rawgeti(L, -1, 1);
      if (!lua_isstring(L, -1)) lua_pushliteral(L, "");
      option->name = read_name(L);
      lua_settop(L, pair);
      lua_rawgeti(L, pair, 2);
      option->text = read_name(L);
      lua_pop(L, 1);
    }
    lua_pop(L, 1);
    am_node_seal((am_node *)option);
  }
  return list;
}

static am_list *read_nodes(lua_State *L, option_lists *held)
{
  am_list *list = new_list(L, held);
  for (size_t i = 0; i < list->count; i++) {
    lua_rawgeti(L, -1, (int)i + 1);
    list->items[i] = am_node_ref(am_check_node(L, -1));
    lua_pop(L, 1);
  }
  return list;
}

/* The list that `read` makes of an option, or NULL. */
static am_list *list_option(lua_State *L, int table, const char *name, option_lists *held,
                            am_list *(*read)(lua_State *L, option_lists *held))
{
  lua_getfield(L, table, name);
  am_list *list = lua_istable(L, -1) ? read(L, held) : NULL;
  lua_pop(L, 1);
  return list;
}

/* What is plain: the dialect, flags and numbers. */
static void read_options(lua_State *L, int table, am_compile_options *options)
{
  options->dialect = read_dialect(L, table);
  options->paramstyle = options->dialect->paramstyle;
  lua_getfield(L, table, "paramstyle");
  if (lua_isstring(L, -1)) options->paramstyle = paramstyle_named(L, lua_tostring(L, -1));
  lua_pop(L, 1);
  options->literal_binds = am_is_set(L, table, "literal_binds");
  options->render_postcompile = am_is_set(L, table, "render_postcompile");
  options->for_executemany = am_is_set(L, table, "for_executemany");
  options->strict = am_is_set(L, table, "strict");
  options->lint = am_is_set(L, table, "lint");
  options->inline_ = am_is_set(L, table, "inline");
  options->render_schema_translate = am_is_set(L, table, "render_schema_translate");
  options->backslash_escapes = am_is_set(L, table, "backslash_escapes");
  options->max_identifier = option_size(L, table, "max_identifier_length");
  options->label_length = option_size(L, table, "label_length");
}

static int compile(lua_State *L)
{
  am_node *node = am_check_node(L, 1);
  if (lua_isnoneornil(L, 2)) {
    lua_settop(L, 1);
    lua_newtable(L);
  }
  am_check_type(L, 2, LUA_TTABLE);
  lua_settop(L, 2);
  am_compile_options options = {0};
  read_options(L, 2, &options);
  am_hook_context hook = {L, options.dialect, options.backslash_escapes};
  options.hooks = &am_lua_hooks;
  options.hook_context = &hook;
  options.overridden = am_overridden(L);
  luaL_checkstack(L, 20, NULL);
  lua_getfield(L, 2, "extract_from"); /* stays on the stack */
  if (!lua_isnil(L, -1)) options.extract_from = am_check_node(L, -1);
  option_lists *held = push_lists(L);
  options.stand_ins = list_option(L, 2, "stand_ins", held, read_nodes);
  options.bind_copies = list_option(L, 2, "bind_copies", held, read_nodes);
  options.column_keys = list_option(L, 2, "column_keys", held, read_names);
  options.has_column_keys = options.column_keys != NULL;
  options.schema_translate = list_option(L, 2, "schema_translate_map", held, read_translate);
  face *self = push_empty_face(L);
  am_error err = AM_ERROR_INIT;
  am_forget_hook_error(L);
  self->compiled = am_compile(node, &options, &err);
  free_lists(held);
  if (self->compiled == NULL) return am_raise_from_hook(L, &err);
  return 1;
}

/* --- reading a compiled statement ------------------------------------------------- */

static int compiled_gc(lua_State *L)
{
  face *self = lua_touserdata(L, 1);
  am_compiled_unref(self->compiled);
  self->compiled = NULL;
  return 0;
}

/* compiled:text() → final SQL; with post-compile marks where lists will be expanded. */
static int compiled_text(lua_State *L)
{
  am_compiled *compiled = am_check_compiled(L, 1);
  lua_pushlstring(L, compiled->sql, compiled->sql_size);
  return 1;
}

static void set_flag(lua_State *L, const char *name, bool value)
{
  lua_pushboolean(L, value);
  lua_setfield(L, -2, name);
}

static void push_columns(lua_State *L, const am_list *list)
{
  lua_newtable(L);
  for (size_t i = 0; i < am_list_count(list); i++) {
    am_push_node(L, list->items[i]);
    lua_rawseti(L, -2, (int)i + 1);
  }
}

/* compiled:info() → what kind of statement it is, and its lists of columns. */
static int compiled_info(lua_State *L)
{
  am_compiled *compiled = am_check_compiled(L, 1);
  lua_newtable(L);
  set_flag(L, "is_select", compiled->is_select);
  set_flag(L, "is_insert", compiled->is_insert);
  set_flag(L, "is_update", compiled->is_update);
  set_flag(L, "is_delete", compiled->is_delete);
  set_flag(L, "is_ddl", compiled->is_ddl);
  set_flag(L, "is_text", compiled->is_text);
  set_flag(L, "returning", compiled->returning);
  set_flag(L, "has_post_compile", compiled->has_post_compile);
  set_flag(L, "columns_ordered", compiled->columns_ordered);
  if (compiled->lint != NULL) {
    lua_pushstring(L, compiled->lint);
    lua_setfield(L, -2, "lint");
  }
  push_columns(L, compiled->prefetch);
  lua_setfield(L, -2, "prefetch");
  push_columns(L, compiled->postfetch);
  lua_setfield(L, -2, "postfetch");
  push_columns(L, compiled->returned);
  lua_setfield(L, -2, "returned");
  push_columns(L, compiled->unexpected);
  lua_setfield(L, -2, "unexpected");
  return 1;
}

/* compiled:binds() → list of { name, key, bind, type, extract, required, expanding,
 * literal_execute, column } in order of creation. */
static int compiled_binds(lua_State *L)
{
  am_compiled *compiled = am_check_compiled(L, 1);
  lua_createtable(L, (int)compiled->bind_count, 0);
  for (size_t i = 0; i < compiled->bind_count; i++) {
    const am_compiled_bind *bind = &compiled->binds[i];
    lua_createtable(L, 0, 8);
    lua_pushlstring(L, bind->name->text, bind->name->size);
    lua_setfield(L, -2, "name");
    lua_pushlstring(L, bind->key->text, bind->key->size);
    lua_setfield(L, -2, "key");
    am_push_node(L, bind->bind);
    lua_setfield(L, -2, "bind");
    am_push_node(L, bind->type);
    lua_setfield(L, -2, "type");
    am_push_node(L, bind->column);
    lua_setfield(L, -2, "column");
    lua_pushinteger(L, (lua_Integer)bind->extract + 1);
    lua_setfield(L, -2, "extract");
    set_flag(L, "required", bind->flags & AM_CBIND_REQUIRED);
    set_flag(L, "expanding", bind->flags & AM_CBIND_EXPANDING);
    set_flag(L, "literal_execute", bind->flags & AM_CBIND_LITERAL_EXECUTE);
    set_flag(L, "from_names", bind->flags & AM_CBIND_FROM_NAMES);
    set_flag(L, "unused", bind->flags & AM_CBIND_UNUSED);
    set_flag(L, "prefetched",
             bind->bind != NULL && (((am_bind_node *)bind->bind)->options & AM_BIND_PREFETCH));
    if (bind->twins != 0) {
      lua_pushinteger(L, (lua_Integer)bind->twins);
      lua_setfield(L, -2, "twins");
    }
    if (bind->before != NULL) {
      lua_pushstring(L, bind->before);
      lua_setfield(L, -2, "before");
      lua_pushstring(L, bind->after);
      lua_setfield(L, -2, "after");
    }
    lua_rawseti(L, -2, (int)i + 1);
  }
  return 1;
}

/* compiled:positions() → list of indexes into binds(), in the driver's order. */
static int compiled_positions(lua_State *L)
{
  am_compiled *compiled = am_check_compiled(L, 1);
  lua_createtable(L, (int)compiled->position_count, 0);
  for (size_t i = 0; i < compiled->position_count; i++) {
    lua_pushinteger(L, (lua_Integer)compiled->positions[i] + 1);
    lua_rawseti(L, -2, (int)i + 1);
  }
  return 1;
}

/* compiled:columns() → list of { key, name, type, objects } of the result. */
static int compiled_columns(lua_State *L)
{
  am_compiled *compiled = am_check_compiled(L, 1);
  lua_createtable(L, (int)compiled->column_count, 0);
  for (size_t i = 0; i < compiled->column_count; i++) {
    const am_result_column *column = &compiled->columns[i];
    lua_createtable(L, 0, 4);
    lua_pushlstring(L, column->key->text, column->key->size);
    lua_setfield(L, -2, "key");
    lua_pushlstring(L, column->name->text, column->name->size);
    lua_setfield(L, -2, "name");
    am_push_node(L, column->type);
    lua_setfield(L, -2, "type");
    push_columns(L, column->objects);
    lua_setfield(L, -2, "objects");
    lua_rawseti(L, -2, (int)i + 1);
  }
  return 1;
}

typedef struct expansion {
  lua_State *L;
  int texts; /* table bind index (from 1) → text */
} expansion;

static bool expand_by_table(void *context, size_t bind_index, am_strbuf *out, am_error *err)
{
  expansion *run = context;
  lua_rawgeti(run->L, run->texts, (int)bind_index + 1);
  size_t size;
  const char *text = lua_tolstring(run->L, -1, &size);
  if (text != NULL) am_strbuf_add(out, text, size);
  lua_pop(run->L, 1);
  return text != NULL || am_error_set(err, AM_ERR_COMPILE, "no expansion for bind %zu", bind_index);
}

/* compiled:render(texts) → SQL in which post-compile bind i stands as texts[i]. */
static int compiled_render(lua_State *L)
{
  am_compiled *compiled = am_check_compiled(L, 1);
  am_check_type(L, 2, LUA_TTABLE);
  lua_settop(L, 2);
  am_strbuf *out = am_new_strbuf(L);
  am_error err = AM_ERROR_INIT;
  expansion run = {L, 2};
  if (!am_compiled_render(compiled, expand_by_table, &run, out, &err)) return am_raise(L, &err);
  lua_pushlstring(L, out->text, out->size);
  am_strbuf_deinit(out); /* at once, not when the collector comes by */
  return 1;
}

/* compiled:merge(same_as) → the statement in which bind i (from 1) is bind same_as[i], for those
 * that are named there */
static int compiled_merge(lua_State *L)
{
  am_compiled *compiled = am_check_compiled(L, 1);
  am_check_type(L, 2, LUA_TTABLE);
  lua_settop(L, 2);
  uint32_t *same_as = lua_newuserdata(L, (compiled->bind_count + 1) * sizeof *same_as);
  for (size_t i = 0; i < compiled->bind_count; i++) {
    lua_rawgeti(L, 2, (int)i + 1);
    lua_Integer other = lua_isnil(L, -1) ? (lua_Integer)i + 1 : lua_tointeger(L, -1);
    if (other < 1 || (size_t)other > compiled->bind_count)
      am_refuse_argument(L, 2, "numbers of its binds");
    same_as[i] = (uint32_t)other - 1;
    lua_pop(L, 1);
  }
  face *self = push_empty_face(L);
  am_error err = AM_ERROR_INIT;
  self->compiled = am_compiled_merge(compiled, same_as, &err);
  return self->compiled != NULL ? 1 : am_raise(L, &err);
}

static int compiled_id(lua_State *L)
{
  am_push_int64(L, (int64_t)am_check_compiled(L, 1)->id);
  return 1;
}

static const luaL_Reg metamethods[] = {
    {"__gc", compiled_gc},
    {"__tostring", compiled_text},
    {NULL, NULL},
};
static const luaL_Reg methods[] = {
    {"text", compiled_text},
    {"info", compiled_info},
    {"binds", compiled_binds},
    {"positions", compiled_positions},
    {"columns", compiled_columns},
    {"render", compiled_render},
    {"id", compiled_id},
    {"merge", compiled_merge},
    {NULL, NULL},
};

/* operators() → { {name, text, precedence, flags}, ... }, index = number + 1 */
static int operators(lua_State *L)
{
  lua_createtable(L, AM_OP_COUNT, 0);
  for (int op = 0; op < AM_OP_COUNT; op++) {
    lua_createtable(L, 0, 5);
    lua_pushinteger(L, op);
    lua_setfield(L, -2, "id");
    lua_pushstring(L, am_operator_name((am_operator)op));
    lua_setfield(L, -2, "name");
    lua_pushstring(L, am_operator_text((am_operator)op));
    lua_setfield(L, -2, "text");
    lua_pushinteger(L, am_operator_precedence((am_operator)op));
    lua_setfield(L, -2, "precedence");
    lua_pushinteger(L, (lua_Integer)am_operator_flags((am_operator)op));
    lua_setfield(L, -2, "flags");
    lua_rawseti(L, -2, op + 1);
  }
  return 1;
}

/* type_kinds() → { {id, key, name, visit, affinity}, ... }, index = number + 1 */
static int type_kinds(lua_State *L)
{
  static const char *const keys[] = {
#define AM_TYPE(id, name, visit, affinity) #id,
#include "sql/types.def"
#undef AM_TYPE
  };
  static const char *const affinities[] = {
#define AM_TYPE(id, name, visit, affinity) #affinity,
#include "sql/types.def"
#undef AM_TYPE
  };
  lua_createtable(L, AM_TYPE_COUNT, 0);
  for (int kind = 0; kind < AM_TYPE_COUNT; kind++) {
    lua_createtable(L, 0, 5);
    lua_pushinteger(L, kind);
    lua_setfield(L, -2, "id");
    lua_pushstring(L, keys[kind]);
    lua_setfield(L, -2, "key");
    lua_pushstring(L, am_type_name((am_type_kind)kind));
    lua_setfield(L, -2, "name");
    lua_pushstring(L, am_type_visit((am_type_kind)kind));
    lua_setfield(L, -2, "visit");
    lua_pushstring(L, affinities[kind]);
    lua_setfield(L, -2, "affinity");
    lua_rawseti(L, -2, kind + 1);
  }
  return 1;
}

/* literal(type, value, dialect [, backslash_escapes]) → the value as an SQL literal */
static int literal(lua_State *L)
{
  am_node *type = lua_isnoneornil(L, 1) ? NULL : am_check_node(L, 1);
  am_node **slot = am_push_empty_face(L, AM_NODE_BIND);
  am_bind_node *bind = (am_bind_node *)am_node_new(AM_NODE_BIND);
  *slot = (am_node *)bind;
  if (bind == NULL) return am_raise_memory(L);
  bind->node.type = am_node_ref(type);
  bind->value = am_bound_from(L, 2);
  if (bind->value == NULL) am_raise_memory(L);
  am_node_seal(&bind->node);
  am_compile_options options = {0};
  options.dialect = am_dialect_named(am_check_string(L, 3, NULL));
  if (options.dialect == NULL) am_raisef(L, AM_ERR_ARGUMENT, "unknown dialect");
  options.paramstyle = AM_PARAM_NAMED; /* percent signs are doubled where the text is inserted */
  options.literal_binds = true;
  options.skip_bind_expression = true;
  options.backslash_escapes = lua_toboolean(L, 4);
  am_hook_context hook = {L, options.dialect, options.backslash_escapes};
  options.hooks = &am_lua_hooks;
  options.hook_context = &hook;
  am_error err = AM_ERROR_INIT;
  face *self = push_empty_face(L);
  self->compiled = am_compile(&bind->node, &options, &err);
  if (self->compiled == NULL) return am_raise(L, &err);
  lua_pushlstring(L, self->compiled->sql, self->compiled->sql_size);
  return 1;
}

/* bind_text_name(name) → the name as a placeholder shows it */
static int bind_text_name(lua_State *L)
{
  size_t size;
  const char *name = am_check_string(L, 1, &size);
  am_strbuf text = AM_STRBUF_INIT;
  am_put_bind_name(&text, name, size);
  am_push_strbuf(L, &text);
  return 1;
}

/* max_identifier(dialect) → the length of the longest name that it takes; nil: no such dialect */
static int max_identifier(lua_State *L)
{
  const am_dialect *dialect = am_dialect_named(am_check_string(L, 1, NULL));
  if (dialect == NULL) return 0;
  lua_pushinteger(L, (lua_Integer)am_dialect_max_identifier(dialect));
  return 1;
}

static const luaL_Reg functions[] = {
    {"compile", compile},
    {"operators", operators},
    {"bind_text_name", bind_text_name},
    {"type_kinds", type_kinds},
    {"literal", literal},
    {"max_identifier", max_identifier},
    {NULL, NULL},
};

void am_bind_compile(lua_State *L)
{
  am_new_class(L, class_name, metamethods, methods);
  lua_pop(L, 1);
  am_setfuncs(L, functions);
}

/* Topological sorting for Lua: core.topological_sort, core.topological_levels, core.find_cycles.
 *
 * All take (n, pairs): n items known by their numbers 1 .. n in preferred order, and a list of
 * { parent, child }. Scratch arrays are userdata, so that an error raised by Lua leaks nothing. */
#include "base/topo.h"
#include "bind/bind.h"

typedef struct input {
  uint32_t n;
  size_t edge_count;
  am_topo_edge *edges;
  uint32_t *first, *second; /* scratch: n entries each */
} input;

static uint32_t read_item(lua_State *L, size_t pair, int field, uint32_t n)
{
  lua_rawgeti(L, -1, field);
  int64_t item = 0;
  if (!am_tointegerx(L, -1, &item) || item < 1 || item > (int64_t)n)
    am_raisef(L, AM_ERR_ARGUMENT, "dependency #%d: expected two numbers from 1 to %u", (int)pair,
              n);
  lua_pop(L, 1);
  return (uint32_t)item - 1;
}

/* Reads (n, pairs); leaves the scratch userdata on the stack. */
static void read_input(lua_State *L, input *in)
{
  int64_t n = 0;
  if (!am_tointegerx(L, 1, &n) || n < 0 || n > INT32_MAX)
    am_raisef(L, AM_ERR_ARGUMENT, "argument #1: expected the number of items");
  if (!lua_istable(L, 2))
    am_raisef(L, AM_ERR_ARGUMENT, "argument #2: expected a list of pairs, got %s",
              luaL_typename(L, 2));
  in->n = (uint32_t)n;
  in->edge_count = lua_rawlen(L, 2);
  in->edges = lua_newuserdata(L, in->edge_count * sizeof *in->edges + 1);
  in->first = lua_newuserdata(L, (in->n * 2 + 1) * sizeof *in->first);
  in->second = in->first + in->n;
  for (size_t i = 1; i <= in->edge_count; i++) {
    lua_rawgeti(L, 2, (int)i);
    if (!lua_istable(L, -1))
      am_raisef(L, AM_ERR_ARGUMENT, "dependency #%d: expected a pair, got %s", (int)i,
                luaL_typename(L, -1));
    in->edges[i - 1].parent = read_item(L, i, 1, in->n);
    in->edges[i - 1].child = read_item(L, i, 2, in->n);
    lua_pop(L, 1);
  }
}

/* Pushes nil and the list of items in cycles: what the sorts return when they cannot. */
static int push_cycle(lua_State *L, input *in, am_error *err)
{
  if (err->cls != AM_ERR_CIRCULAR_DEPENDENCY) return am_raise(L, err);
  am_error_clear(err);
  if (!am_topo_cycles(in->n, in->edges, in->edge_count, in->first, NULL, err))
    return am_raise(L, err);
  lua_pushnil(L);
  lua_newtable(L);
  int count = 0;
  for (uint32_t i = 0; i < in->n; i++) {
    if (in->first[i] == 0) continue;
    lua_pushinteger(L, (lua_Integer)i + 1);
    lua_rawseti(L, -2, ++count);
  }
  return 2;
}

static int topological_sort(lua_State *L)
{
  input in;
  am_error err = AM_ERROR_INIT;
  read_input(L, &in);
  if (!am_topo_sort(in.n, in.edges, in.edge_count, in.first, NULL, &err))
    return push_cycle(L, &in, &err);
  lua_createtable(L, (int)in.n, 0);
  for (uint32_t i = 0; i < in.n; i++) {
    lua_pushinteger(L, (lua_Integer)in.first[i] + 1);
    lua_rawseti(L, -2, (int)i + 1);
  }
  return 1;
}

static int topological_levels(lua_State *L)
{
  input in;
  am_error err = AM_ERROR_INIT;
  read_input(L, &in);
  if (!am_topo_sort(in.n, in.edges, in.edge_count, in.first, in.second, &err))
    return push_cycle(L, &in, &err);
  lua_newtable(L);
  for (uint32_t i = 0; i < in.n;) {
    uint32_t level = in.second[in.first[i]];
    lua_newtable(L);
    for (int at = 1; i < in.n && in.second[in.first[i]] == level; at++, i++) {
      lua_pushinteger(L, (lua_Integer)in.first[i] + 1);
      lua_rawseti(L, -2, at);
    }
    lua_rawseti(L, -2, (int)level + 1);
  }
  return 1;
}

/* find_cycles(n, pairs) → list of groups; the items of a group reach each other. */
static int find_cycles(lua_State *L)
{
  input in;
  am_error err = AM_ERROR_INIT;
  uint32_t count = 0;
  read_input(L, &in);
  if (!am_topo_cycles(in.n, in.edges, in.edge_count, in.first, &count, &err))
    return am_raise(L, &err);
  lua_createtable(L, (int)count, 0);
  for (uint32_t i = 1; i <= count; i++) {
    lua_newtable(L);
    lua_rawseti(L, -2, (int)i);
  }
  for (uint32_t i = 0; i < in.n; i++) {
    if (in.first[i] == 0) continue;
    lua_rawgeti(L, -1, (int)in.first[i]);
    lua_pushinteger(L, (lua_Integer)i + 1);
    lua_rawseti(L, -2, (int)lua_rawlen(L, -2) + 1);
    lua_pop(L, 1);
  }
  return 1;
}

static const luaL_Reg functions[] = {
    {"topological_sort", topological_sort},
    {"topological_levels", topological_levels},
    {"find_cycles", find_cycles},
    {NULL, NULL},
};

void am_bind_topo(lua_State *L) { am_setfuncs(L, functions); }

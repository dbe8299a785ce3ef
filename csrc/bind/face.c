/* Faces: the userdata that show nodes to Lua.
 *
 * A face owns nothing. It points to a place in a keeper, a userdata with room for the counted
 * references of some faces, and holds that keeper as its user value: the keeper releases all of
 * them when none of its faces is left. With a finalizer of its own each face of a statement would
 * cost the collector more than it took to build the statement, and would stay for one round more.
 *
 * A node that holds a Lua value (a loader option, a list of values) has a keeper to itself: such a
 * value may lead to any face, and to one of its own keeper it must not, for what C holds is found
 * alive by the collector, and so would be that keeper, its node and the value for ever.
 *
 * Its metatable is chosen by the tag: Lua registers a class per tag with core.set_class, so that
 * methods are Lua functions. Nodes that users compare or use as table keys (columns, tables,
 * aliases, ORM attributes) have one face at a time, kept in a weak table by address. */
#include "bind/node.h"

#define FACE_MAGIC 0x616d6e6fu
#define KEEPER "alchemoon.keeper"

/* A face that stays keeps the nodes of its neighbours: few enough not to matter. */
enum { PLACES = 16 };

typedef struct keeper {
  int taken;
  am_node *nodes[]; /* counted; NULL until filled and after the keeper's end */
} keeper;

typedef struct face {
  uint32_t magic;
  am_node **place; /* in the keeper */
} face;

static const char faces_key = 0; /* registry: weak table address → face */
static const char kit_key = 0;   /* registry: what a new face needs, in a list: */
enum {
  KIT_KEEPER = 1, /* the keeper at hand */
  KIT_ANCHOR,     /* LuaJIT: a table with that keeper in it, for user values are tables there */
  KIT_CLASSES,    /* the metatables of all tags, from here on */
};

am_node *am_test_node(lua_State *L, int index)
{
  if (lua_type(L, index) != LUA_TUSERDATA || lua_rawlen(L, index) != sizeof(face)) return NULL;
  const face *self = lua_touserdata(L, index);
  return self->magic == FACE_MAGIC ? *self->place : NULL;
}

am_node *am_check_node(lua_State *L, int index)
{
  am_node *node = am_test_node(L, index);
  if (node == NULL)
    am_raisef(L, AM_ERR_ARGUMENT, "SQL expression element expected as argument #%d, got %s%s",
              index, luaL_typename(L, index),
              index == 1 ? "; methods are called with a colon" : "");
  return node;
}

bool am_node_has_one_face(const am_node *node)
{
  switch (node->tag) {
    case AM_NODE_COLUMN:
    case AM_NODE_TABLE:
    case AM_NODE_ALIAS:
    case AM_NODE_JOIN:
    case AM_NODE_LABEL:
    case AM_NODE_METADATA:
    case AM_NODE_CONSTRAINT:
    case AM_NODE_FOREIGN_KEY:
    case AM_NODE_INDEX:
    case AM_NODE_SEQUENCE:
    case AM_NODE_ORM_ENTITY:
    case AM_NODE_ORM_ATTR: return true;
    default: return false;
  }
}

/* --- keepers --------------------------------------------------------------------------------- */

static int keeper_gc(lua_State *L)
{
  keeper *self = lua_touserdata(L, 1);
  for (int i = 0; i < self->taken; i++) __builtin_prefetch(self->nodes[i], 1);
  for (int i = 0; i < self->taken; i++) {
    am_node *node = self->nodes[i];
    self->nodes[i] = NULL;
    am_node_unref(node);
  }
  return 0;
}

/* Pushes an empty keeper as a user value, which is a table on LuaJIT. */
static keeper *push_new_keeper(lua_State *L, size_t places)
{
#if LUA_VERSION_NUM < 502
  lua_createtable(L, 1, 0);
#endif
  size_t size = sizeof(keeper) + places * sizeof(am_node *);
  keeper *self = lua_newuserdata(L, size);
  memset(self, 0, size);
  am_set_class(L, KEEPER);
#if LUA_VERSION_NUM < 502
  lua_rawseti(L, -2, 1);
#endif
  return self;
}

static int make_keeper(lua_State *L)
{
  lua_rawgetp(L, LUA_REGISTRYINDEX, &kit_key);
  push_new_keeper(L, PLACES);
#if LUA_VERSION_NUM < 502
  lua_rawgeti(L, -1, 1);
  lua_rawseti(L, -3, KIT_KEEPER);
  lua_rawseti(L, -2, KIT_ANCHOR);
#else
  lua_rawseti(L, -2, KIT_KEEPER);
#endif
  return 0;
}

/* Pushes the keeper at hand as a user value; the kit is on top. */
static keeper *push_keeper(lua_State *L)
{
  lua_rawgeti(L, -1, KIT_KEEPER);
  keeper *self = lua_touserdata(L, -1);
#if LUA_VERSION_NUM < 502
  lua_rawgeti(L, -2, KIT_ANCHOR);
  lua_replace(L, -2);
#endif
  return self;
}

/* Pushes a keeper and answers a place in it, which has the node before anything can fail. */
static am_node **push_place(lua_State *L, am_node *take_node)
{
  keeper *owner = push_keeper(L);
  if (owner->taken == PLACES) {
    lua_pop(L, 1);
    if (am_protect(L, make_keeper, NULL) != LUA_OK) {
      am_node_unref(take_node);
      lua_error(L);
    }
    owner = push_keeper(L);
  }
  am_node **place = &owner->nodes[owner->taken++];
  *place = take_node;
  return place;
}

/* --- faces ----------------------------------------------------------------------------------- */

/* Pushes a face of the node, or an empty one, with the metatable of that tag. */
static am_node **push_face(lua_State *L, am_tag tag, am_node *take_node)
{
  lua_rawgetp(L, LUA_REGISTRYINDEX, &kit_key);
  am_node **place = push_place(L, take_node);
  face *self = am_newuserdata(L, sizeof *self);
  self->magic = FACE_MAGIC;
  self->place = place;
  lua_pushvalue(L, -2); /* not from the kit: to make the face may have made others */
  am_setuservalue(L, -2);
  lua_rawgeti(L, -3, KIT_CLASSES + (int)tag);
  lua_setmetatable(L, -2);
  lua_replace(L, -3);
  lua_pop(L, 1);
  return place;
}

void am_settle_face(lua_State *L)
{
  face *self = lua_touserdata(L, -1);
  am_node *node = *self->place;
  if (node == NULL || !(node->flags & AM_NODE_HAS_FOREIGN)) return;
  keeper *own = push_new_keeper(L, 1);
  own->taken = 1;
  own->nodes[0] = node;
  *self->place = NULL;
  self->place = &own->nodes[0];
  am_setuservalue(L, -2);
}

void am_seal_face(lua_State *L, am_node *node)
{
  am_node_seal(node);
  am_check_depth(L, node);
  am_settle_face(L);
}

am_node **am_push_empty_face(lua_State *L, am_tag tag) { return push_face(L, tag, NULL); }

/* Remembers the face on top of the stack as the one of its node. */
void am_set_only_face(lua_State *L, const am_node *node)
{
  lua_rawgetp(L, LUA_REGISTRYINDEX, &faces_key);
  lua_pushvalue(L, -2);
  lua_rawsetp(L, -2, node);
  lua_pop(L, 1);
}

/* Pushes the face that the node has already, if any. */
static bool push_only_face(lua_State *L, const am_node *node)
{
  lua_rawgetp(L, LUA_REGISTRYINDEX, &faces_key);
  lua_rawgetp(L, -1, node);
  bool found = !lua_isnil(L, -1);
  if (found) lua_remove(L, -2);
  else lua_pop(L, 2);
  return found;
}

void am_push_node(lua_State *L, am_node *node)
{
  if (node == NULL) lua_pushnil(L);
  else am_push_new_node(L, am_node_ref(node));
}

void am_push_new_node(lua_State *L, am_node *take_node)
{
  if (take_node == NULL) am_raise_memory(L);
  bool single = am_node_has_one_face(take_node);
  if (single && push_only_face(L, take_node)) {
    am_node_unref(take_node);
    return;
  }
  push_face(L, (am_tag)take_node->tag, take_node);
  am_settle_face(L);
  if (single) am_set_only_face(L, take_node);
}

static int face_eq(lua_State *L)
{
  am_node *x = am_test_node(L, 1), *y = am_test_node(L, 2);
  lua_pushboolean(L, x != NULL && x == y);
  return 1;
}

/* --- classes --------------------------------------------------------------------------------- */

/* set_class(tag, metatable): the metatable of all nodes of that tag; __eq is added. */
static int set_class(lua_State *L)
{
  lua_Integer tag = am_check_integer(L, 1);
  am_check_type(L, 2, LUA_TTABLE);
  lua_getfield(L, 2, "__eq");
  if (lua_isnil(L, -1)) {
    lua_pushcfunction(L, face_eq);
    lua_setfield(L, 2, "__eq");
  }
  if (tag < 0 || tag >= AM_NODE_COUNT)
    am_raisef(L, AM_ERR_ARGUMENT, "unknown node tag %d", (int)tag);
  lua_rawgetp(L, LUA_REGISTRYINDEX, &kit_key);
  lua_pushvalue(L, 2);
  lua_rawseti(L, -2, KIT_CLASSES + (int)tag);
  return 0;
}

/* The list of what a new face needs, with a plain class for every tag until Lua sets its own. */
static void make_kit(lua_State *L)
{
  lua_createtable(L, KIT_CLASSES + AM_NODE_COUNT, 0);
  lua_pushvalue(L, -1);
  lua_rawsetp(L, LUA_REGISTRYINDEX, &kit_key);
  make_keeper(L);
  lua_settop(L, -2);
  for (int tag = 0; tag < AM_NODE_COUNT; tag++) {
    lua_newtable(L);
    lua_pushcfunction(L, face_eq);
    lua_setfield(L, -2, "__eq");
    lua_rawseti(L, -2, KIT_CLASSES + tag);
  }
  lua_pop(L, 1);
}

void am_bind_faces(lua_State *L)
{
  static const luaL_Reg metamethods[] = {{"__gc", keeper_gc}, {NULL, NULL}};
  static const luaL_Reg functions[] = {{"set_class", set_class}, {NULL, NULL}};
  am_setfuncs(L, functions);
  lua_newtable(L);
  lua_newtable(L);
  lua_pushliteral(L, "v");
  lua_setfield(L, -2, "__mode");
  lua_setmetatable(L, -2);
  lua_rawsetp(L, LUA_REGISTRYINDEX, &faces_key);
  am_new_class(L, KEEPER, metamethods, NULL);
  lua_pop(L, 1);
  make_kit(L);
}

/* Nodes as Lua values, for the other files of bind/. */
#ifndef AM_BIND_NODE_H
#define AM_BIND_NODE_H

#include "bind/bind.h"
#include "sql/node.h"

/* The node at `index`, borrowed, or NULL if the value is no node. */
am_node *am_test_node(lua_State *L, int index);
/* The same, raising ArgumentError. */
am_node *am_check_node(lua_State *L, int index);
/* Pushes a node; one reference is taken (am_push_node) or given away (am_push_new_node, which
 * raises "not enough memory" for NULL). */
void am_push_node(lua_State *L, am_node *node);
void am_push_new_node(lua_State *L, am_node *take_node);
/* Pushes a face without a node and returns where to put one (counted): what is made then is in
 * safety at once. A node of a kind that has one face each (columns, tables, aliases, labels ...)
 * must be given that face with am_set_only_face. */
am_node **am_push_empty_face(lua_State *L, am_tag tag);
/* Seals the new node whose face is on top of the stack, raising ArgumentError if it is too high. */
void am_seal_face(lua_State *L, am_node *node);
/* To be called when the node of the face on top of the stack was sealed elsewhere. */
void am_settle_face(lua_State *L);
/* Is it of a kind whose faces users compare, so that there is one at a time? */
bool am_node_has_one_face(const am_node *node);
/* Remembers the face on top of the stack as the one of its node. */
void am_set_only_face(lua_State *L, const am_node *node);

/* Raises ArgumentError for a tree that is too high. */
void am_check_depth(lua_State *L, const am_node *node);

/* A Lua value held by C; the value at the top of the stack is popped. NULL when memory runs out. */
am_foreign *am_hold(lua_State *L);
/* Pushes the value again. */
void am_push_held(lua_State *L, am_foreign *foreign);

/* Lua value ↔ bound value. NULL when memory runs out. */
am_bound *am_bound_from(lua_State *L, int index);
void am_push_bound(lua_State *L, const am_bound *bound);

/* Reads a name: string, or {text, quote = true|false} (quoted_name), or nil (NULL). */
am_name *am_name_from(lua_State *L, int index);

#endif

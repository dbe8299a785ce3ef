/* Populate programs: how result rows become objects; made in populate_program.c, run in
 * populate.c. */
#ifndef AM_BIND_POPULATE_H
#define AM_BIND_POPULATE_H

#include "bind/row.h"
#include "bind/value.h"

#define AM_CLASS_POPULATE "alchemoon.populate"
#define AM_POP_MAX_ENTITIES 100

/* new objects (load events), objects whose empty slots were filled (refresh events), every object
 * (eager loaders that come after the rows) */
enum { TRACK_NEW = 1, TRACK_REFRESHED = 2, TRACK_ALL = 4 };

typedef enum entity_kind {
  ENTITY_ROOT,
  ENTITY_SCALAR,
  ENTITY_COLLECTION,
  ENTITY_VALUE
} entity_kind;

typedef struct pop_column {
  int slot;
  int source;
  am_decode_fn decode; /* NULL: plain */
  void *context;
  int lua_decoder; /* index in the anchor's `functions`, 0: none */
  bool plain;      /* neither of the two */
} pop_column;

/* One concrete class that a row may become. */
typedef struct pop_class {
  int first, count; /* its columns in program->columns */
  int array_size;
} pop_class;

typedef struct pop_entity {
  entity_kind kind;
  int parent;               /* index of the entity that it hangs on, -1 */
  int parent_slot;          /* where it hangs */
  int key_first, key_count; /* in program->columns */
  bool partial_keys;        /* a composite key may contain NULL */
  unsigned track;           /* TRACK_*: which objects are collected for Lua */
  int discriminator;        /* in program->columns, -1: not polymorphic */
  int class_first, class_count;
} pop_entity;

typedef struct pop_program {
  int entity_count, class_count, column_count;
  int collections; /* how many collection entities: more than one can repeat members */
  int created_of;  /* the entity whose list takes the new objects of all, -1: nobody asks */
  int *told;       /* entities in the order in which their new objects are told: what hangs on one
                      comes before it */
  pop_entity *entities;
  pop_class *classes;
  pop_column *columns;
} pop_program;

/* populate_program.c */
int am_populate_program(lua_State *L);
void am_populate_class(lua_State *L);

/* populate_key.c: replaces the `count` values on top by the identity key: a bare number, string or
 * boolean for one column, else a string that starts with NUL. `token`: stack index of the identity
 * token (the shard), 0: none. */
void am_identity_key(lua_State *L, int count, int token);
int am_identity_key_lua(lua_State *L);
int am_identity_key_with_token(lua_State *L);
int am_identity_token(lua_State *L);
int am_identity_values(lua_State *L);

#endif

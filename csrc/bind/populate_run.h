/* One run of a populate program: its state and the places of its stack; populate.c makes it, populate_result.c puts
 * objects where they belong. */
#ifndef AM_BIND_POPULATE_RUN_H
#define AM_BIND_POPULATE_RUN_H

#include "bind/populate.h"

/* Stack during a run: fixed indexes, then one object (or nil) per entity. */
enum { PROGRAM = 1, CURSOR, RUN, FUNCTIONS, RESULT, SEEN, TOKEN, GROUPS, ENTITIES };
/* per entity, from ENTITIES on: list of classes, identity map, context, lists of tracked objects, ident → class
 * number (0: not of this entity), metatable of the collection, parent → collection, identity maps by class where
 * classes have identities of their own (concrete inheritance) */
enum {
  OF_CLASSES,
  OF_MAP,
  OF_CONTEXT,
  OF_CREATED,
  OF_REFRESHED,
  OF_ALL,
  OF_IDENTS,
  OF_COLLECTION,
  OF_SEEN,
  OF_FIXED,
  OF_MAPS,
  OF_UNKNOWN,
  OF_COUNT
};

typedef struct pop_run {
  lua_State *L;
  const pop_program *program;
  const am_cell *row;
  int objects; /* stack index of the first entity's object */
  bool populate_existing;
  bool tuples; /* several results per row: a list each */
  bool unique;
  int result_count;
  const void *last_root;
  bool has_token, grouped, first_only;
  /* of these only what the program's entities need is ever touched */
  const void
      *last[AM_POP_MAX_ENTITIES]; /* object of the row before, so that repetitions are not listed */
  int listed[AM_POP_MAX_ENTITIES][3]; /* how many are in OF_CREATED, OF_REFRESHED, OF_ALL */
  bool fresh[AM_POP_MAX_ENTITIES];    /* was the entity's object made for this very row? */
  bool sets[AM_POP_MAX_ENTITIES]; /* may a collection of the entity have a set of its members? */
} pop_run;

static inline int am__pop_fixed(int entity, int what)
{
  return ENTITIES + entity * OF_COUNT + what;
}

/* populate_result.c: the object of an eager entity goes into its parent's attribute; the row's results go into the
 * list. */
void am__pop_attach(pop_run *run, int e);
void am__pop_result(pop_run *run);

#endif

/* One run of a populate program: its state and the places of its stack; populate.c makes it,
 * populate_result.c puts objects where they belong. */
#ifndef AM_BIND_POPULATE_RUN_H
#define AM_BIND_POPULATE_RUN_H

#include "bind/collector.h"
#include "bind/populate.h"

/* Stack during a run: fixed indexes, then one object (or nil) per entity. */
enum { PROGRAM = 1, CURSOR, RUN, FUNCTIONS, RESULT, SEEN, TOKEN, GROUPS, TOLD, ENTITIES };
/* per entity, from ENTITIES on: the run's list of what follows: list of classes, identity map,
 * context, lists of tracked objects, ident → class number (0: not of this entity), metatable of the
 * collection, parent → collection, identity maps by class where classes have identities of their
 * own (concrete inheritance), function that raises, classes that have the attribute (a set) */
enum {
  OF_ENTITY,
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
  OF_OWNERS,
  OF_FIELDS,             /* so many the run says; what follows is C's own */
  OF_OPENED = OF_FIELDS, /* what `seen` says of the parent of the row before */
  OF_CLASS,              /* the only class, if the entity is `numbered` */
  OF_COUNT
};

#define NO_KEY INT64_MIN

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
  bool has_new;   /* was an object made? */
  bool tells;     /* is there a list of all objects that somebody is told of? */
  int told_count; /* how many are in it */
  bool owned;     /* groups become collections, whose owner stands at [0] */
  int group_size; /* of the group that the row before went to */
  am_collector making;
  /* of these only what the program's entities need is ever touched */
  const void
      *last[AM_POP_MAX_ENTITIES]; /* object of the row before, so that repetitions are not listed */
  const void *told_last[AM_POP_MAX_ENTITIES]; /* the same, of the list of those that are told */
  int listed[AM_POP_MAX_ENTITIES][3];         /* how many are in OF_CREATED, OF_REFRESHED, OF_ALL */
  bool fresh[AM_POP_MAX_ENTITIES];            /* was the entity's object made for this very row? */
  bool sets[AM_POP_MAX_ENTITIES]; /* may a collection of the entity have a set of its members? */
  bool own_maps[AM_POP_MAX_ENTITIES]; /* have its classes maps of their own? */
  bool numbered[AM_POP_MAX_ENTITIES]; /* has it one class, and one key column without a decoder? */
  int64_t last_key[AM_POP_MAX_ENTITIES]; /* key of the row before if it was small, else NO_KEY */
  const void *opened_for[AM_POP_MAX_ENTITIES]; /* the parent that OF_OPENED is about */
  int expected[AM_POP_MAX_ENTITIES]; /* members of a new collection: as many as the one before has
                                      */
} pop_run;

static inline int am__pop_fixed(int entity, int what)
{
  return ENTITIES + entity * OF_COUNT + what;
}

/* populate_result.c: the object of an eager entity goes into its parent's attribute; the row's
 * results go into the list. */
void am__pop_attach(pop_run *run, int e);
void am__pop_result(pop_run *run);

#endif

/* Lua's collector rests while C makes many objects that all stay. */
#ifndef AM_BIND_COLLECTOR_H
#define AM_BIND_COLLECTOR_H

#include "bind/bind.h"

/* One making of objects; begin fills it. */
typedef struct am_collector {
  int begun_at; /* KiB in use when it began */
  int credit;   /* KiB that do not count, of am_collector_credit */
  bool resting;
} am_collector;

void am_collector_begin(lua_State *L, am_collector *out_making);
/* To be called now and then: stops the collector once this making alone has doubled the heap. */
void am_collector_rest(lua_State *L, am_collector *making);
/* Lets the collector go on. After an error core.collector_wake does it. */
void am_collector_end(lua_State *L, am_collector *making);
/* Calls the function below so many arguments on top of the stack, for no results, and ends the
 * making whether it raises or not. */
void am_collector_call(lua_State *L, int arguments, am_collector *making);

/* Lists and maps of objects that the program holds: the objects were counted when they were made,
 * and the memory of what lists them stays as long as they do. So much of it does not bring the next
 * collection nearer (Lua 5.4; elsewhere nothing happens). settle: what was not used counts. */
void am_collector_credit(lua_State *L, am_collector *making, size_t bytes);
void am_collector_settle(lua_State *L, am_collector *making);

#endif

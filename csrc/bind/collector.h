/* Lua's collector rests while C makes many objects that all stay. */
#ifndef AM_BIND_COLLECTOR_H
#define AM_BIND_COLLECTOR_H

#include "bind/bind.h"

/* One making of objects; begin fills it. */
typedef struct am_collector {
  int begun_at; /* KiB in use when it began */
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

#endif

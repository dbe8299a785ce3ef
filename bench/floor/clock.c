/* A monotonic wall clock in seconds, which Lua has not: `require "bench_clock"` is the function. */
#include "floor.h"

#include <time.h>

static int now(lua_State *L) {
  struct timespec at;
  clock_gettime(CLOCK_MONOTONIC, &at);
  lua_pushnumber(L, (lua_Number)at.tv_sec + (lua_Number)at.tv_nsec * 1e-9);
  return 1;
}

int luaopen_bench_clock(lua_State *L);
int luaopen_bench_clock(lua_State *L) {
  lua_pushcfunction(L, now);
  return 1;
}

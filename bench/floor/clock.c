/* A monotonic wall clock in seconds, which Lua has not: `require "bench_clock"` is the function.
 *
 * Built with -DBENCH_CALLGRIND it is `bench_steps`: the k-th call returns 2^k and, under callgrind,
 * closes the k-th part of the profile. Differences of two such readings tell which parts lie
 * between them, so that bench/instructions can count exactly what a contender would have timed.
 */
#include "floor.h"

#ifdef BENCH_CALLGRIND
#include <math.h>
#include <valgrind/callgrind.h>

static int now(lua_State *L)
{
  int calls = (int)lua_tointeger(L, lua_upvalueindex(1)) + 1;
  CALLGRIND_DUMP_STATS;
  lua_pushinteger(L, calls);
  lua_replace(L, lua_upvalueindex(1));
  lua_pushnumber(L, ldexp(1.0, calls));
  return 1;
}

int luaopen_bench_steps(lua_State *L);
int luaopen_bench_steps(lua_State *L)
{
  lua_pushinteger(L, 0);
  lua_pushcclosure(L, now, 1);
  return 1;
}
#else
#include <time.h>

static int now(lua_State *L)
{
  struct timespec at;
  clock_gettime(CLOCK_MONOTONIC, &at);
  lua_pushnumber(L, (lua_Number)at.tv_sec + (lua_Number)at.tv_nsec * 1e-9);
  return 1;
}

int luaopen_bench_clock(lua_State *L);
int luaopen_bench_clock(lua_State *L)
{
  lua_pushcfunction(L, now);
  return 1;
}
#endif

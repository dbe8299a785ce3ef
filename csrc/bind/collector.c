/* Lua's collector rests while C makes many objects that all stay: to mark and sweep them over and
 * over finds nothing and costs a fifth of the time of a big load.
 *
 * It rests only once the making at hand has doubled the heap, so that loads whose results are
 * dropped one after another are collected as ever. What was made while it rested is known to be
 * alive and does not count towards the next collection. A program that has stopped the collector
 * itself finds it stopped afterwards.
 *
 * Invariant: between rest and end no Lua code of the user runs but decoders, and nothing waits. */
#include "bind/collector.h"

static const char resting_key = 0; /* registry: KiB in use when the rest began */

static int in_use(lua_State *L) { return lua_gc(L, LUA_GCCOUNT, 0); }

void am_collector_begin(lua_State *L, am_collector *out_making)
{
  out_making->begun_at = in_use(L);
  out_making->credit = 0;
  out_making->resting = false;
}

void am_collector_rest(lua_State *L, am_collector *making)
{
#ifdef LUA_GCISRUNNING
  int now = in_use(L);
  if (making->resting || now - making->begun_at < making->begun_at) return;
  if (!lua_gc(L, LUA_GCISRUNNING, 0)) return;
  lua_pushinteger(L, now);
  lua_rawsetp(L, LUA_REGISTRYINDEX, &resting_key);
  lua_gc(L, LUA_GCSTOP, 0);
  making->resting = true;
#else
  (void)L; /* no way to know whether the program has stopped it */
  (void)making;
#endif
}

static void wake(lua_State *L)
{
  lua_rawgetp(L, LUA_REGISTRYINDEX, &resting_key);
  int rested_at = (int)lua_tointeger(L, -1);
  bool resting = !lua_isnil(L, -1);
  lua_pop(L, 1);
  if (!resting) return;
  lua_pushnil(L);
  lua_rawsetp(L, LUA_REGISTRYINDEX, &resting_key);
  lua_gc(L, LUA_GCRESTART, -1); /* -1: LuaJIT begins again after its usual pause */
#if LUA_VERSION_NUM >= 504
  int made = in_use(L) - rested_at; /* a step of less than nothing puts the next collection off */
  if (made > 0) lua_gc(L, LUA_GCSTEP, -made);
#else
  (void)rested_at;
#endif
}

void am_collector_end(lua_State *L, am_collector *making)
{
  if (making->resting) wake(L);
  making->resting = false;
}

#if LUA_VERSION_NUM >= 504
/* Brings the next collection nearer by so many KiB, or puts it off. A step would run a collector
 * that the program has stopped. */
static void count_in(lua_State *L, int amount)
{
  if (amount != 0 && lua_gc(L, LUA_GCISRUNNING, 0)) lua_gc(L, LUA_GCSTEP, amount);
}

void am_collector_credit(lua_State *L, am_collector *making, size_t bytes)
{
  making->begun_at = in_use(L);
  making->credit = (int)(bytes / 1024);
  count_in(L, -making->credit);
}

void am_collector_settle(lua_State *L, am_collector *making)
{
  if (making->credit > 0) count_in(L, making->credit - (in_use(L) - making->begun_at));
  making->credit = 0;
}
#else
void am_collector_credit(lua_State *L, am_collector *making, size_t bytes)
{
  (void)L;
  (void)making;
  (void)bytes;
}

void am_collector_settle(lua_State *L, am_collector *making)
{
  (void)L;
  (void)making;
}
#endif

void am_collector_call(lua_State *L, int arguments, am_collector *making)
{
  bool failed = lua_pcall(L, arguments, 0, 0) != LUA_OK;
  am_collector_end(L, making);
  if (failed) lua_error(L);
}

static int collector_wake(lua_State *L)
{
  wake(L);
  return 0;
}

void am_bind_collector(lua_State *L)
{
  lua_pushcfunction(L, collector_wake);
  lua_setfield(L, -2, "collector_wake");
}

/* A game server: a host in C with a tick of its own, twenty a second, and game code in Lua.
 *
 * Each tick calls tick(seconds) of game.lua, then gives what is left of its 50 ms to idle(seconds), where
 * the reactor lets coroutines go on whose database answered. The host never waits for the database;
 * to prove it, it counts the ticks in which its thread went to sleep inside tick(), and those that were
 * above the budget by work of their own, as its processor clock says, and not because other programs had
 * the processor.
 *
 *   game_server --players 300 --seconds 20 --url postgresql://... [--blocking]
 */
#define _GNU_SOURCE
#include <lauxlib.h>
#include <lua.h>
#include <lualib.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <time.h>

static const double tick_seconds = 0.05;

typedef struct options {
  int players;
  double seconds;
  const char *url, *game;
  int blocking;
} options;

/* What the ticks were like. */
typedef struct record {
  unsigned buckets[9];
  unsigned ticks, late, slept, overworked;
  double longest, most_work;
} record;

static const double limits[9] = {0.0005, 0.001, 0.002, 0.005, 0.01, 0.02, 0.05, 0.1, 1e9};

static double read_clock(clockid_t which)
{
  struct timespec t;
  clock_gettime(which, &t);
  return (double)t.tv_sec + (double)t.tv_nsec * 1e-9;
}

static double now(void) { return read_clock(CLOCK_MONOTONIC); }

/* Seconds that this thread had the processor. */
static double worked(void) { return read_clock(CLOCK_THREAD_CPUTIME_ID); }

static void sleep_until(double when)
{
  struct timespec t = {(time_t)when, (long)((when - (double)(time_t)when) * 1e9)};
  while (clock_nanosleep(CLOCK_MONOTONIC, TIMER_ABSTIME, &t, NULL) != 0) continue;
}

/* How often this thread gave the processor away because it had to wait for something. */
static long waits(void)
{
  struct rusage usage;
  getrusage(RUSAGE_THREAD, &usage);
  return usage.ru_nvcsw;
}

/* Calls game[name](number); ends the program on an error. */
static void call(lua_State *L, const char *name, double number)
{
  lua_getfield(L, 1, name);
  lua_pushnumber(L, number);
  if (lua_pcall(L, 1, 0, 0) == LUA_OK) return;
  fprintf(stderr, "%s: %s\n", name, lua_tostring(L, -1));
  exit(1);
}

/* Runs game.lua with a table of options; what it returns lies at index 1. */
static lua_State *start(const options *given)
{
  lua_State *L = luaL_newstate();
  luaL_openlibs(L);
  if (luaL_loadfile(L, given->game) == LUA_OK) {
    lua_newtable(L);
    lua_pushstring(L, given->url);
    lua_setfield(L, -2, "url");
    lua_pushinteger(L, given->players);
    lua_setfield(L, -2, "players");
    lua_pushboolean(L, given->blocking);
    lua_setfield(L, -2, "blocking");
    if (lua_pcall(L, 1, 1, 0) == LUA_OK) return L;
  }
  fprintf(stderr, "%s\n", lua_tostring(L, -1));
  exit(1);
}

/* `ended`: seconds from the moment when the tick was due; `work`: of the processor until then. */
static void note(record *ticks, double ended, double work, int slept)
{
  int i = 0;
  while (ended > limits[i]) i++;
  ticks->buckets[i]++;
  ticks->ticks++;
  if (ended > tick_seconds) ticks->late++;
  if (slept) ticks->slept++;
  if (work > tick_seconds) ticks->overworked++;
  if (work > ticks->most_work) ticks->most_work = work;
  if (ended > ticks->longest) ticks->longest = ended;
}

static void run(lua_State *L, double seconds, record *ticks)
{
  double due = now() + tick_seconds, end = due + seconds, overrun = 0;
  while (due < end) {
    sleep_until(due);
    long before = waits();
    double began = worked() - overrun;
    call(L, "tick", tick_seconds);
    int slept = waits() > before;
    note(ticks, now() - due, worked() - began, slept);
    do due += tick_seconds;
    while (due <= now());
    double left = due - now() - 0.002;
    began = worked();
    call(L, "idle", left);
    overrun = worked() - began - left - 0.002; /* what it took from the next tick */
    if (overrun < 0) overrun = 0;
  }
}

static void print(const record *ticks)
{
  printf("tick took      ticks\n");
  for (int i = 0; i < 9; i++) {
    int width = ticks->ticks > 0 ? (int)(50.0 * ticks->buckets[i] / ticks->ticks + 0.5) : 0;
    if (i < 8) printf("<= %6.1f ms  %7u  ", limits[i] * 1000, ticks->buckets[i]);
    else printf("more          %7u  ", ticks->buckets[i]);
    for (int j = 0; j < width; j++) putchar('#');
    putchar('\n');
  }
  printf("%u ticks, longest %.1f ms, %u above the budget of %.0f ms\n", ticks->ticks,
         ticks->longest * 1000, ticks->late, tick_seconds * 1000);
  printf("most work in a tick %.1f ms, %u above the budget by it, %u waited for something\n",
         ticks->most_work * 1000, ticks->overworked, ticks->slept);
}

static options read_options(int argc, char **argv)
{
  options given = {300, 20, NULL, "game.lua", 0};
  for (int i = 1; i < argc; i++) {
    const char *name = argv[i];
    if (strcmp(name, "--blocking") == 0) {
      given.blocking = 1;
      continue;
    }
    const char *value = i + 1 < argc ? argv[++i] : "";
    if (strcmp(name, "--players") == 0) given.players = atoi(value);
    else if (strcmp(name, "--seconds") == 0) given.seconds = atof(value);
    else if (strcmp(name, "--url") == 0) given.url = value;
    else if (strcmp(name, "--game") == 0) given.game = value;
    else given.players = 0;
  }
  if (given.players > 0 && given.seconds > 0 && given.url != NULL) return given;
  fprintf(stderr, "usage: game_server --url URL [--players N] [--seconds S] [--game FILE] [--blocking]\n");
  exit(2);
}

int main(int argc, char **argv)
{
  options given = read_options(argc, argv);
  lua_State *L = start(&given);
  record ticks = {{0}, 0, 0, 0, 0, 0, 0};
  run(L, given.seconds, &ticks);
  call(L, "stop", 0);
  lua_close(L);
  print(&ticks);
  /* Pages that have to be fetched make a thread sleep as well, now and then. */
  return ticks.slept * 50 > ticks.ticks || ticks.overworked * 50 > ticks.ticks;
}

/* A host with many threads, a Lua state each: what game servers and application servers look like.
 *
 *   host THREADS SCRIPT [ARGUMENT...]
 *
 * Every thread runs SCRIPT with the arguments and the globals `thread` (0 ..), `threads` and `host`; when
 * all have ended the main thread runs it once more with thread = -1. host.barrier() waits for all threads;
 * host.fork(fn) runs fn in a child process and returns its exit code, 0 if fn raised nothing; host.start(fn)
 * returns the child at once, for which host.wait(child) waits.
 */
#define _GNU_SOURCE
#include <lauxlib.h>
#include <lua.h>
#include <lualib.h>
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/wait.h>
#include <unistd.h>

static struct {
  int argc;
  char **argv;
  int threads;
  pthread_barrier_t barrier;
} shared;

static int host_barrier(lua_State *L)
{
  (void)L;
  pthread_barrier_wait(&shared.barrier);
  return 0;
}

static int host_start(lua_State *L)
{
  luaL_checktype(L, 1, LUA_TFUNCTION);
  fflush(NULL);
  pid_t child = fork();
  if (child == 0) {
    lua_settop(L, 1);
    int failed = lua_pcall(L, 0, 0, 0);
    if (failed) fprintf(stderr, "child: %s\n", lua_tostring(L, -1));
    lua_close(L); /* everything is collected, as at the end of a real worker */
    _exit(failed != 0);
  }
  lua_pushinteger(L, child);
  return 1;
}

static int host_wait(lua_State *L)
{
  int status = -1;
  pid_t child = (pid_t)luaL_checkinteger(L, 1);
  while (child > 0 && waitpid(child, &status, 0) != child) continue;
  lua_pushinteger(L, child > 0 && WIFEXITED(status) ? WEXITSTATUS(status) : -1);
  return 1;
}

static int host_fork(lua_State *L)
{
  host_start(L);
  lua_replace(L, 1);
  return host_wait(L);
}

static int run_script(int number)
{
  static const luaL_Reg functions[] = {
      {"barrier", host_barrier}, {"fork", host_fork}, {"start", host_start},
      {"wait", host_wait},       {NULL, NULL}};
  lua_State *L = luaL_newstate();
  luaL_openlibs(L);
  lua_pushinteger(L, number);
  lua_setglobal(L, "thread");
  lua_pushinteger(L, shared.threads);
  lua_setglobal(L, "threads");
  lua_newtable(L);
  for (const luaL_Reg *f = functions; f->name != NULL; f++) {
    lua_pushcfunction(L, f->func);
    lua_setfield(L, -2, f->name);
  }
  lua_setglobal(L, "host");
  int failed = luaL_loadfile(L, shared.argv[2]);
  for (int i = 3; i < shared.argc; i++) lua_pushstring(L, shared.argv[i]);
  if (!failed) failed = lua_pcall(L, shared.argc - 3, 0, 0);
  if (failed) {
    lua_getglobal(L, "tostring");
    lua_insert(L, -2);
    lua_pcall(L, 1, 1, 0);
    fprintf(stderr, "thread %d: %s\n", number, lua_tostring(L, -1));
  }
  lua_close(L);
  return failed;
}

static void *run_thread(void *number)
{
  return run_script(*(int *)number) ? number : NULL;
}

int main(int argc, char **argv)
{
  enum { MOST = 64 };
  pthread_t ids[MOST];
  int numbers[MOST], failed = 0;
  shared.argc = argc;
  shared.argv = argv;
  shared.threads = argc > 2 ? atoi(argv[1]) : -1;
  if (shared.threads < 0 || shared.threads > MOST) {
    fprintf(stderr, "usage: host THREADS SCRIPT [ARGUMENT...]\n");
    return 2;
  }
  if (shared.threads > 0) pthread_barrier_init(&shared.barrier, NULL, (unsigned)shared.threads);
  for (int i = 0; i < shared.threads; i++) {
    numbers[i] = i;
    pthread_create(&ids[i], NULL, run_thread, &numbers[i]);
  }
  for (int i = 0; i < shared.threads; i++) {
    void *problem;
    pthread_join(ids[i], &problem);
    failed += problem != NULL;
  }
  return run_script(-1) != 0 || failed > 0;
}

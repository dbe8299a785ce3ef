/* The client libraries of the databases, with faults: stands between a driver and libpq or SQLite, counts the
 * calls that can fail and lets the n-th one fail as the library itself would.
 *
 * It is loaded into the global scope before the drivers (support/driver_faults.lua does that), so their calls
 * come here first; what a library calls by itself inside such a call is let through (`depth`). It also counts
 * what was opened and not yet given back. Modes: a result code of SQLite, which for libpq means "fails with a
 * sound connection" (as without memory); CUT shuts the socket down and makes the call.
 */
#include <dlfcn.h>
#include <pthread.h>
#include <stdatomic.h>
#include <stdbool.h>
#include <stdio.h>
#include <string.h>
#include <sys/socket.h>
#include <time.h>

#include <lauxlib.h>
#include <lua.h>

#include <libpq-fe.h>
#include <sqlite3.h>

enum { CUT = -1, MOST_LIBRARIES = 4, MOST_SECONDS = 60 };

static void *libraries[MOST_LIBRARIES];
static int mode;
static atomic_int left; /* calls until the one that fails; 0: none will */
static _Atomic(const char *) failed;
static atomic_int connections, results, cancels, databases, statements;
static pthread_mutex_t cancel_mutex = PTHREAD_MUTEX_INITIALIZER;
static pthread_cond_t cancel_freed = PTHREAD_COND_INITIALIZER;
static _Thread_local int depth;
static _Thread_local const char *message; /* of the failure, until it is asked for */

static void *find(const char *name)
{
  void *symbol = NULL;
  for (int i = 0; i < MOST_LIBRARIES && symbol == NULL && libraries[i] != NULL; i++)
    symbol = dlsym(libraries[i], name);
  return symbol;
}

static bool due(const char *name)
{
  if (depth > 0 || atomic_load(&left) == 0 || atomic_fetch_sub(&left, 1) != 1) return false;
  atomic_store(&failed, name);
  message = name;
  return true;
}

static bool due_on(const PGconn *conn, const char *name)
{
  if (!due(name)) return false;
  if (mode != CUT) return true;
  message = NULL;
  shutdown(PQsocket(conn), SHUT_RDWR);
  return false;
}

/* `real` is what the library has under that name. */
#define REAL(type, name, params)                                                                   \
  static type(*real) params;                                                                       \
  if (real == NULL) *(void **)&real = find(#name)

#define WRAP(type, name, params, args, is_due, failure)                                            \
  type name params                                                                                 \
  {                                                                                                \
    REAL(type, name, params);                                                                      \
    if (is_due) failure;                                                                           \
    depth++;                                                                                       \
    type answer = real args;                                                                       \
    depth--;                                                                                       \
    return answer;                                                                                 \
  }
#define WRAP_PQ(type, name, params, args, answer_if_due)                                           \
  WRAP(type, name, params, args, due_on(conn, #name), return answer_if_due)
#define WRAP_SQLITE(name, params, args) WRAP(int, name, params, args, due(#name), return mode)

/* --- libpq --- */

PGconn *PQconnectStartParams(const char *const *keywords, const char *const *values, int expand)
{
  REAL(PGconn *, PQconnectStartParams, (const char *const *, const char *const *, int));
  if (mode != CUT && due("PQconnectStartParams")) return NULL;
  depth++;
  PGconn *conn = real(keywords, values, expand);
  depth--;
  if (conn != NULL) connections++;
  return conn;
}

void PQfinish(PGconn *conn)
{
  REAL(void, PQfinish, (PGconn *));
  if (conn != NULL && depth == 0) connections--;
  depth++;
  real(conn);
  depth--;
}

WRAP_PQ(PostgresPollingStatusType, PQconnectPoll, (PGconn * conn), (conn), PGRES_POLLING_FAILED)
WRAP_PQ(int, PQsetnonblocking, (PGconn * conn, int arg), (conn, arg), -1)
WRAP_PQ(int, PQsendQuery, (PGconn * conn, const char *query), (conn, query), 0)
WRAP_PQ(int, PQsendQueryParams,
        (PGconn * conn, const char *command, int count, const Oid *types, const char *const *values,
         const int *lengths, const int *formats, int format),
        (conn, command, count, types, values, lengths, formats, format), 0)
WRAP_PQ(int, PQsendPrepare,
        (PGconn * conn, const char *name, const char *query, int count, const Oid *types),
        (conn, name, query, count, types), 0)
WRAP_PQ(int, PQsendDescribePrepared, (PGconn * conn, const char *name), (conn, name), 0)
WRAP_PQ(int, PQsendQueryPrepared,
        (PGconn * conn, const char *name, int count, const char *const *values, const int *lengths,
         const int *formats, int format),
        (conn, name, count, values, lengths, formats, format), 0)
WRAP_PQ(int, PQenterPipelineMode, (PGconn * conn), (conn), 0)
WRAP_PQ(int, PQexitPipelineMode, (PGconn * conn), (conn), 0)
WRAP_PQ(int, PQpipelineSync, (PGconn * conn), (conn), 0)
WRAP_PQ(int, PQconsumeInput, (PGconn * conn), (conn), 0)
WRAP_PQ(int, PQflush, (PGconn * conn), (conn), -1)
WRAP_PQ(int, PQsetSingleRowMode, (PGconn * conn), (conn), 0)

/* These cannot fail, but the library calls what is counted here inside them. */
WRAP(int, PQisBusy, (PGconn * conn), (conn), false, return 0)
WRAP(int, PQgetCopyData, (PGconn * conn, char **line, int async), (conn, line, async), false,
     return 0)

/* Without memory for a result libpq hands out an error in its place; the order of results stays. */
PGresult *PQgetResult(PGconn *conn)
{
  REAL(PGresult *, PQgetResult, (PGconn *));
  if (mode == CUT) due_on(conn, "PQgetResult");
  depth++;
  PGresult *result = real(conn);
  depth--;
  if (result == NULL || depth > 0) return result;
  results++;
  if (mode != CUT && PQresultStatus(result) != PGRES_PIPELINE_SYNC && due("PQgetResult")) {
    depth++;
    PQclear(result);
    result = PQmakeEmptyPGresult(conn, PGRES_FATAL_ERROR);
    depth--;
  }
  return result;
}

void PQclear(PGresult *result)
{
  REAL(void, PQclear, (PGresult *));
  if (result != NULL && depth == 0) results--;
  real(result);
}

PGcancel *PQgetCancel(PGconn *conn)
{
  REAL(PGcancel *, PQgetCancel, (PGconn *));
  if (due_on(conn, "PQgetCancel")) return NULL;
  PGcancel *cancel = real(conn);
  if (cancel != NULL) cancels++;
  return cancel;
}

void PQfreeCancel(PGcancel *cancel)
{
  REAL(void, PQfreeCancel, (PGcancel *));
  real(cancel);
  if (cancel == NULL) return;
  pthread_mutex_lock(&cancel_mutex);
  cancels--;
  pthread_cond_broadcast(&cancel_freed);
  pthread_mutex_unlock(&cancel_mutex);
}

int PQcancel(PGcancel *cancel, char *problem, int size)
{
  REAL(int, PQcancel, (PGcancel *, char *, int));
  if (mode == CUT || !due("PQcancel")) return real(cancel, problem, size);
  snprintf(problem, (size_t)size, "PQcancel failed");
  return 0;
}

char *PQerrorMessage(const PGconn *conn)
{
  REAL(char *, PQerrorMessage, (const PGconn *));
  static _Thread_local char text[80];
  if (message == NULL || depth > 0) return real(conn);
  snprintf(text, sizeof text, "%s failed\n", message);
  message = NULL;
  return text;
}

/* --- SQLite --- */

int sqlite3_open_v2(const char *file, sqlite3 **out_db, int flags, const char *vfs)
{
  REAL(int, sqlite3_open_v2, (const char *, sqlite3 **, int, const char *));
  bool fails = due("sqlite3_open_v2");
  *out_db = NULL;
  if (fails && mode == SQLITE_NOMEM) return mode;
  depth++;
  int rc = real(file, out_db, flags, vfs);
  depth--;
  if (*out_db != NULL) databases++;
  return fails ? mode : rc;
}

int sqlite3_close_v2(sqlite3 *db)
{
  REAL(int, sqlite3_close_v2, (sqlite3 *));
  if (db != NULL && depth == 0) databases--;
  return real(db);
}

#define WRAP_PREPARE(name, params, args)                                                           \
  int name params                                                                                  \
  {                                                                                                \
    REAL(int, name, params);                                                                       \
    *out_stmt = NULL;                                                                              \
    if (due(#name)) return mode;                                                                   \
    depth++;                                                                                       \
    int rc = real args;                                                                            \
    depth--;                                                                                       \
    if (*out_stmt != NULL && depth == 0) statements++;                                             \
    return rc;                                                                                     \
  }
WRAP_PREPARE(sqlite3_prepare_v2,
             (sqlite3 * db, const char *sql, int size, sqlite3_stmt **out_stmt, const char **tail),
             (db, sql, size, out_stmt, tail))
WRAP_PREPARE(sqlite3_prepare_v3,
             (sqlite3 * db, const char *sql, int size, unsigned flags, sqlite3_stmt **out_stmt,
              const char **tail),
             (db, sql, size, flags, out_stmt, tail))

int sqlite3_finalize(sqlite3_stmt *stmt)
{
  REAL(int, sqlite3_finalize, (sqlite3_stmt *));
  if (stmt != NULL && depth == 0) statements--;
  return real(stmt);
}

WRAP_SQLITE(sqlite3_step, (sqlite3_stmt * stmt), (stmt))
WRAP_SQLITE(sqlite3_bind_int64, (sqlite3_stmt * stmt, int index, sqlite3_int64 value),
            (stmt, index, value))
WRAP_SQLITE(sqlite3_bind_double, (sqlite3_stmt * stmt, int index, double value),
            (stmt, index, value))
WRAP_SQLITE(sqlite3_bind_null, (sqlite3_stmt * stmt, int index), (stmt, index))
WRAP_SQLITE(sqlite3_bind_text64,
            (sqlite3_stmt * stmt, int index, const char *text, sqlite3_uint64 size,
             void (*release)(void *), unsigned char encoding),
            (stmt, index, text, size, release, encoding))
WRAP_SQLITE(sqlite3_bind_blob64,
            (sqlite3_stmt * stmt, int index, const void *bytes, sqlite3_uint64 size,
             void (*release)(void *)),
            (stmt, index, bytes, size, release))
WRAP_SQLITE(sqlite3_busy_handler, (sqlite3 * db, int (*handler)(void *, int), void *context),
            (db, handler, context))
WRAP_SQLITE(sqlite3_exec,
            (sqlite3 * db, const char *sql, int (*row)(void *, int, char **, char **),
             void *context, char **out_problem),
            (db, sql, row, context, out_problem))
WRAP_SQLITE(sqlite3_create_function_v2,
            (sqlite3 * db, const char *name, int count, int flags, void *context,
             void (*call)(sqlite3_context *, int, sqlite3_value **),
             void (*step)(sqlite3_context *, int, sqlite3_value **), void (*end)(sqlite3_context *),
             void (*release)(void *)),
            (db, name, count, flags, context, call, step, end, release))
/* These have NULL for "no memory". */
WRAP(const char *, sqlite3_column_name, (sqlite3_stmt * stmt, int index), (stmt, index),
     due("sqlite3_column_name"), return NULL)
WRAP(const char *, sqlite3_column_decltype, (sqlite3_stmt * stmt, int index), (stmt, index),
     due("sqlite3_column_decltype"), return NULL)
WRAP(const unsigned char *, sqlite3_value_text, (sqlite3_value * value), (value),
     due("sqlite3_value_text"), return NULL)
WRAP(const void *, sqlite3_value_blob, (sqlite3_value * value), (value), due("sqlite3_value_blob"),
     return NULL)

const char *sqlite3_errmsg(sqlite3 *db)
{
  REAL(const char *, sqlite3_errmsg, (sqlite3 *));
  static _Thread_local char text[80];
  if (message == NULL || depth > 0) return real(db);
  snprintf(text, sizeof text, "%s failed", message);
  message = NULL;
  return text;
}

/* --- to Lua --- */

/* load(path of a driver): its libraries are those that the real calls go to. */
static int l_load(lua_State *L)
{
  void *library = dlopen(luaL_checkstring(L, 1), RTLD_NOW);
  if (library == NULL) return luaL_error(L, "%s", dlerror());
  for (int i = 0; i < MOST_LIBRARIES; i++) {
    if (libraries[i] != NULL && libraries[i] != library) continue;
    libraries[i] = library;
    return 0;
  }
  return luaL_error(L, "too many drivers");
}

/* arm(n, mode): the n-th call from now on fails. */
static int l_arm(lua_State *L)
{
  mode = (int)luaL_checkinteger(L, 2);
  atomic_store(&failed, (const char *)NULL);
  atomic_store(&left, (int)luaL_checkinteger(L, 1));
  return 0;
}

/* disarm() → the name of the call that failed, or nil; how many calls were left until it. */
static int l_disarm(lua_State *L)
{
  int rest = atomic_exchange(&left, 0);
  message = NULL;
  lua_pushstring(L, atomic_load(&failed));
  lua_pushinteger(L, rest);
  return 2;
}

/* Waits for the threads that still cancel something: besides theirs each connection has one. */
static void await_cancels(void)
{
  struct timespec end;
  clock_gettime(CLOCK_REALTIME, &end);
  end.tv_sec += MOST_SECONDS; /* a leak, not a slow thread */
  pthread_mutex_lock(&cancel_mutex);
  while (cancels > connections && pthread_cond_timedwait(&cancel_freed, &cancel_mutex, &end) == 0)
    continue;
  pthread_mutex_unlock(&cancel_mutex);
}

/* alive() → what was opened and not given back: { connections =, results =, ... }. */
static int l_alive(lua_State *L)
{
  await_cancels();
  const struct {
    const char *name;
    int count;
  } kinds[] = {{"connections", connections},
               {"results", results},
               {"cancels", cancels},
               {"databases", databases},
               {"statements", statements}};
  lua_newtable(L);
  for (size_t i = 0; i < sizeof kinds / sizeof *kinds; i++) {
    lua_pushinteger(L, kinds[i].count);
    lua_setfield(L, -2, kinds[i].name);
  }
  return 1;
}

int luaopen_driver_faults(lua_State *L);
int luaopen_driver_faults(lua_State *L)
{
  static const luaL_Reg functions[] = {
      {"load", l_load}, {"arm", l_arm}, {"disarm", l_disarm}, {"alive", l_alive}, {NULL, NULL}};
  lua_newtable(L);
  for (const luaL_Reg *f = functions; f->name != NULL; f++) {
    lua_pushcfunction(L, f->func);
    lua_setfield(L, -2, f->name);
  }
  return 1;
}

/* SQLite in the child of a fork.
 *
 * SQLite keeps its locks on a file once per process and believes the inherited ones to be its own:
 * next to an inherited connection that was never closed, one that the child opens takes locks of
 * which the parent's process knows nothing, and what it commits to a WAL can be lost. So what is
 * inherited is closed. Left alone is what a transaction of the parent has written to, which closing
 * would roll back under its feet, and what a thread was working with that did not come along.
 *
 * A fork while such a thread is inside the library would leave the library's mutexes locked for
 * good in the child. They are taken before a fork and given back after it; by trying, because
 * nobody else knows their order.
 */
#include <pthread.h>
#include <sched.h>
#include <stdlib.h>

#include "driver/sqlite_private.h"

enum { FIRST = SQLITE_MUTEX_STATIC_MAIN, LAST = SQLITE_MUTEX_STATIC_VFS3, TRIES = 100000 };

/* lint: of the thread that forks; several may at once */
static _Thread_local bool taken;

static void give_back(int before)
{
  for (int id = FIRST; id < before; id++) sqlite3_mutex_leave(sqlite3_mutex_alloc(id));
}

static int take_from_first(void)
{
  int id = FIRST;
  while (id <= LAST && sqlite3_mutex_try(sqlite3_mutex_alloc(id)) == SQLITE_OK) id++;
  return id;
}

static void before_fork(void)
{
  taken = false;
  for (int tries = 0; tries < TRIES && !taken; tries++) {
    int failed = take_from_first();
    taken = failed > LAST;
    if (taken) return;
    give_back(failed);
    sched_yield();
  }
}

static void after_fork(void)
{
  if (taken) give_back(LAST + 1);
  taken = false;
}

static void watch(void)
{
  if (sqlite3_threadsafe()) pthread_atfork(before_fork, after_fork, after_fork);
}

void am__sqlite_fork_watch(void)
{
#if defined(__GLIBC__) /* which forgets handlers when their module is unloaded */
  static pthread_once_t once = PTHREAD_ONCE_INIT;
  pthread_once(&once, watch);
#endif
}

bool am__sqlite_is_left(am__sqlite_conn *conn)
{
  if (!am_dbconn_forked(&conn->base)) return false;
  if (conn->jobs > 0) return true;
#if SQLITE_VERSION_NUMBER >= 3034000
  return conn->db != NULL && sqlite3_txn_state(conn->db, NULL) == SQLITE_TXN_WRITE;
#else
  return conn->db != NULL && !sqlite3_get_autocommit(conn->db);
#endif
}

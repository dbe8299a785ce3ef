/* Deadlines of statements: SQLite asks every thousand instructions whether to go on. The handler is
 * set with the first deadline of a connection; without one it costs nothing.
 */
#include "driver/sqlite_private.h"

enum { INSTRUCTIONS_BETWEEN_LOOKS = 1000 };

double am__sqlite_now(void)
{
  struct timespec now;
  clock_gettime(CLOCK_MONOTONIC, &now);
  return (double)now.tv_sec + (double)now.tv_nsec * 1e-9;
}

bool am__sqlite_deadline_passed(const am__sqlite_conn *conn)
{
  return conn->deadline > 0 && am__sqlite_now() >= conn->deadline;
}

bool am__sqlite_stop_wanted(am__sqlite_conn *conn)
{
  if (atomic_load_explicit(&conn->cancelled, memory_order_relaxed)) return true;
  if (conn->budget_until > 0 && am__sqlite_now() >= conn->budget_until) conn->over_budget = true;
  return conn->over_budget || am__sqlite_deadline_passed(conn);
}

static int on_progress(void *conn) { return am__sqlite_stop_wanted(conn); }

void am__sqlite_deadline_watch(am__sqlite_conn *conn)
{
  if (conn->watches_clock) return;
  conn->watches_clock = true;
  sqlite3_progress_handler(conn->db, INSTRUCTIONS_BETWEEN_LOOKS, on_progress, conn);
}

void am__sqlite_deadline_set(am__sqlite_conn *conn, double deadline)
{
  conn->deadline = deadline;
  if (deadline > 0) am__sqlite_deadline_watch(conn);
}

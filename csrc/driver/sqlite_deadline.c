/* Deadlines of statements: SQLite asks every thousand instructions whether to go on. The handler is
 * set with the first deadline of a connection; without one it costs nothing.
 */
#include "driver/sqlite_private.h"

enum { INSTRUCTIONS_BETWEEN_LOOKS = 1000 };

bool am__sqlite_deadline_passed(const am__sqlite_conn *conn)
{
  struct timespec now;
  if (conn->deadline <= 0) return false;
  clock_gettime(CLOCK_MONOTONIC, &now);
  return (double)now.tv_sec + (double)now.tv_nsec * 1e-9 >= conn->deadline;
}

static int on_progress(void *context) { return am__sqlite_deadline_passed(context); }

void am__sqlite_deadline_set(am__sqlite_conn *conn, double deadline)
{
  conn->deadline = deadline;
  if (deadline <= 0 || conn->watches_clock) return;
  conn->watches_clock = true;
  sqlite3_progress_handler(conn->db, INSTRUCTIONS_BETWEEN_LOOKS, on_progress, conn);
}

/* SQLite's REGEXP: the pattern is what stands before the first zero byte, the text what follows. */
#include "driver/sqlite_private.h"
#include "fuzz.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
  static am__sqlite_conn conn;
  static sqlite3_stmt *stmt;
  if (conn.db == NULL) {
    MUST(sqlite3_open(":memory:", &conn.db) == SQLITE_OK);
    MUST(am__sqlite_regexp_add(&conn) == SQLITE_OK);
    MUST(sqlite3_prepare_v2(conn.db, "SELECT ?2 REGEXP ?1", -1, &stmt, NULL) == SQLITE_OK);
  }
  const char *text = (const char *)data;
  const char *zero = memchr(text, '\0', size);
  size_t pattern_size = zero != NULL ? (size_t)(zero - text) : size;
  const char *subject = zero != NULL ? zero + 1 : "";
  size_t subject_size = zero != NULL ? size - pattern_size - 1 : 0;
  sqlite3_bind_text(stmt, 1, text, (int)pattern_size, SQLITE_TRANSIENT);
  sqlite3_bind_text(stmt, 2, subject, (int)subject_size, SQLITE_TRANSIENT);
  int rc = sqlite3_step(stmt);
  MUST(rc == SQLITE_ROW || rc == SQLITE_ERROR);
  if (rc == SQLITE_ROW) MUST(sqlite3_column_type(stmt, 0) == SQLITE_INTEGER);
  sqlite3_reset(stmt);
  return 0;
}

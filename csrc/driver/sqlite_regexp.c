/* The operator `text REGEXP pattern` for SQLite: true if the pattern is found anywhere in the text.
 *
 * SQLAlchemy registers Python's re.search here, so patterns are written in that dialect
 * (sqlite_pattern.c reads them). A pattern that was read is kept for the statement when it is a
 * constant or a parameter. Letters beyond ASCII are those of the system's UTF-8 locale. A long
 * search looks for deadlines and cancels as SQLite's own instructions do.
 */
#include "base/alloc.h"
#include "driver/sqlite_pattern.h"
#include "driver/sqlite_private.h"

static void regexp_free(void *block)
{
  am__re_deinit(block);
  am_free(block);
}

/* The program of a pattern; NULL with the context's error set. */
static am__re *compile(sqlite3_context *context, const char *pattern, size_t size, locale_t locale)
{
  const char *problem = NULL;
  am__re *re = am_alloc(sizeof *re);
  if (re != NULL && am__re_compile(re, pattern, size, locale, &problem)) return re;
  if (re != NULL) regexp_free(re);
  char *text = problem != NULL ? sqlite3_mprintf("invalid regular expression: %s", problem) : NULL;
  if (text != NULL) sqlite3_result_error(context, text, -1);
  else sqlite3_result_error_nomem(context);
  sqlite3_free(text);
  return NULL;
}

static bool stop_wanted(void *conn) { return am__sqlite_stop_wanted(conn); }

static void search(sqlite3_context *context, const am__re *re, const char *text, size_t size)
{
  am__sqlite_conn *conn = sqlite3_user_data(context);
  switch (am__re_search(re, text, size, stop_wanted, conn)) {
    case AM__RE_MISS: sqlite3_result_int(context, 0); break;
    case AM__RE_HIT: sqlite3_result_int(context, 1); break;
    case AM__RE_STOPPED: sqlite3_result_error_code(context, SQLITE_INTERRUPT); break;
    case AM__RE_NO_MEMORY: sqlite3_result_error_nomem(context); break;
  }
}

/* SQLite keeps the compiled pattern as long as the argument is constant. */
static void call_regexp(sqlite3_context *context, int count, sqlite3_value **values)
{
  (void)count;
  if (sqlite3_value_type(values[0]) == SQLITE_NULL || sqlite3_value_type(values[1]) == SQLITE_NULL)
    return;
  const am__sqlite_conn *conn = sqlite3_user_data(context);
  am__re *re = sqlite3_get_auxdata(context, 0);
  bool fresh = re == NULL;
  if (fresh) {
    const char *pattern = (const char *)sqlite3_value_text(values[0]);
    if (pattern == NULL) sqlite3_result_error_nomem(context);
    else re = compile(context, pattern, (size_t)sqlite3_value_bytes(values[0]), conn->utf8);
    if (re == NULL) return;
  }
  const char *text = (const char *)sqlite3_value_text(values[1]);
  if (text == NULL) sqlite3_result_error_nomem(context);
  else search(context, re, text, (size_t)sqlite3_value_bytes(values[1]));
  if (fresh) sqlite3_set_auxdata(context, 0, re, regexp_free);
}

int am__sqlite_regexp_add(am__sqlite_conn *conn)
{
  if (conn->utf8 == (locale_t)0) conn->utf8 = newlocale(LC_CTYPE_MASK, "C.UTF-8", (locale_t)0);
  return sqlite3_create_function_v2(conn->db, "regexp", 2, SQLITE_UTF8 | SQLITE_DETERMINISTIC, conn,
                                    call_regexp, NULL, NULL, NULL);
}

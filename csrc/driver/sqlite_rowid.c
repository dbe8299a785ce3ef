/* INSERT ... RETURNING key without its temporary table.
 *
 * SQLite runs RETURNING as a trigger that fills a temporary table: a single row costs four times as
 * much as a plain INSERT, many rows cost twice as much. When all that is wanted is the integer
 * primary key, and that is the rowid of the table, the update hook tells the same numbers in the
 * same order. So `INSERT INTO t (...) VALUES (?, ...), ... RETURNING key` is run without its end
 * where nothing else could tell the difference:
 *  - the text is exactly of that form, so that each row of VALUES inserts one row;
 *  - the name means an ordinary table of `main`, whose only key column is the rowid, without
 *    triggers: those could insert rows themselves;
 *  - the transaction has begun to read, so that nobody changes the schema between the question and
 *    the run. What was found out holds as long as the schema's cookies do.
 * Everywhere else, and whenever something fails here, RETURNING does its work.
 *
 * Ownership: an entry owns its am__sqlite_rowid; the rows belong to the cursor that runs.
 */
#include <ctype.h>
#include <string.h>

#include "base/alloc.h"
#include "driver/sqlite_private.h"

/* To look at the table costs about as much as RETURNING does for so many rows. */
enum { WORTH = 20 };

struct am__sqlite_rowid {
  char *table, *column;     /* names without quotes; in one block with the struct */
  size_t plain_size;        /* bytes of the text before RETURNING */
  size_t tuples;            /* rows of VALUES */
  size_t asked;             /* rows that were inserted or are to be, up to WORTH */
  sqlite3_stmt *plain;      /* the text without RETURNING, NULL until needed */
  sqlite3_int64 cookies[2]; /* of main and temp, when the table was looked at; -1: never */
  bool is_usable;           /* what came out then */
};

/* --- the text ------------------------------------------------------------------------------ */

static const char *skip_spaces(const char *at) { return at + strspn(at, " \n"); }

/* After the keyword and the space behind it; NULL if something else stands there. */
static const char *skip_word(const char *at, const char *word)
{
  size_t size = strlen(word);
  if (at == NULL || sqlite3_strnicmp(at, word, (int)size) != 0) return NULL;
  const char *end = skip_spaces(at + size);
  return end == at + size && *end != '(' ? NULL : end;
}

/* After the name, which is appended to *out without quotes; NULL if there is none. */
static const char *read_name(const char *at, char **out)
{
  char *to = *out;
  if (*at == '"') {
    for (at++; *at != '"' || at[1] == '"'; at++) {
      if (*at == '\0') return NULL;
      if (*at == '"') at++;
      *to++ = *at;
    }
    at++;
  } else {
    if (!isalpha((unsigned char)*at) && *at != '_') return NULL;
    while (isalnum((unsigned char)*at) || *at == '_') *to++ = *at++;
  }
  *to++ = '\0';
  *out = to;
  return at;
}

/* After `(name, name, ...)`; NULL if something else stands there. */
static const char *skip_columns(const char *at, char *scratch)
{
  do {
    char *to = scratch;
    at = skip_spaces(at + 1);
    if ((at = read_name(at, &to)) == NULL) return NULL;
    at = skip_spaces(at);
  } while (*at == ',');
  return *at == ')' ? skip_spaces(at + 1) : NULL;
}

/* After `(?, ?), (?, ?) ...`, whose rows are counted; NULL if something else stands there. */
static const char *skip_tuples(const char *at, size_t *out_count)
{
  *out_count = 0;
  for (;;) {
    if (*at != '(') return NULL;
    do {
      at = skip_spaces(at + 1);
      if (*at != '?' || isdigit((unsigned char)at[1])) return NULL;
      at = skip_spaces(at + 1);
    } while (*at == ',');
    if (*at != ')') return NULL;
    (*out_count)++;
    at = skip_spaces(at + 1);
    if (*at != ',') return at;
    at = skip_spaces(at + 1);
  }
}

am__sqlite_rowid *am__sqlite_rowid_parse(const char *sql, size_t size)
{
  const char *at = skip_word(skip_word(sql, "insert"), "into");
  if (at == NULL) return NULL;
  am__sqlite_rowid *rowid = am_calloc(sizeof *rowid + size + 1);
  if (rowid == NULL) return NULL;
  char *names = (char *)(rowid + 1);
  rowid->table = names;
  rowid->cookies[0] = rowid->cookies[1] = -1;
  if ((at = read_name(at, &names)) == NULL || *(at = skip_spaces(at)) != '(') goto other;
  if ((at = skip_word(skip_columns(at, names), "values")) == NULL) goto other;
  if ((at = skip_tuples(at, &rowid->tuples)) == NULL) goto other;
  rowid->plain_size = (size_t)(at - sql);
  if ((at = skip_word(at, "returning")) == NULL) goto other;
  rowid->column = names;
  if ((at = read_name(at, &names)) == NULL || *skip_spaces(at) != '\0') goto other;
  return rowid;
other:
  am_free(rowid);
  return NULL;
}

void am__sqlite_rowid_free(am__sqlite_rowid *rowid)
{
  if (rowid == NULL) return;
  sqlite3_finalize(rowid->plain);
  am_free(rowid);
}

void am__sqlite_rowid_reset(am__sqlite_rowid *rowid) { sqlite3_reset(rowid->plain); }

/* --- the table ----------------------------------------------------------------------------- */

/* The one number that the statement gives; -1 if it fails. */
static sqlite3_int64 ask(sqlite3_stmt *stmt)
{
  sqlite3_int64 answer = sqlite3_step(stmt) == SQLITE_ROW ? sqlite3_column_int64(stmt, 0) : -1;
  sqlite3_reset(stmt);
  return answer;
}

static sqlite3_int64 ask_once(sqlite3 *db, const char *sql, const char *table)
{
  sqlite3_stmt *stmt = NULL;
  sqlite3_int64 answer = -1;
  if (sqlite3_prepare_v2(db, sql, -1, &stmt, NULL) == SQLITE_OK &&
      sqlite3_bind_text(stmt, 1, table, -1, SQLITE_STATIC) == SQLITE_OK)
    answer = ask(stmt);
  sqlite3_finalize(stmt);
  return answer;
}

/* Is the column the rowid of an ordinary table without triggers? A key of several columns, WITHOUT
 * ROWID and the historical INTEGER PRIMARY KEY DESC have an index for their key. */
static bool is_rowid(sqlite3 *db, const am__sqlite_rowid *rowid)
{
  static const char tables[] =
      "SELECT count(*) = 1 AND sum(schema = 'main' AND type = 'table' AND NOT wr)"
      " FROM pragma_table_list(?1)";
  static const char key_indexes[] =
      "SELECT count(*) FROM pragma_index_list(?1, 'main') WHERE origin = 'pk'";
  static const char triggers[] = "SELECT (SELECT count(*) FROM main.sqlite_master"
                                 " WHERE type = 'trigger' AND tbl_name = ?1 COLLATE NOCASE)"
                                 " + (SELECT count(*) FROM temp.sqlite_master"
                                 " WHERE type = 'trigger' AND tbl_name = ?1 COLLATE NOCASE)";
  const char *declared = NULL;
  int is_key = 0;
  return sqlite3_table_column_metadata(db, "main", rowid->table, rowid->column, &declared, NULL,
                                       NULL, &is_key, NULL) == SQLITE_OK &&
         is_key && declared != NULL && sqlite3_stricmp(declared, "integer") == 0 &&
         ask_once(db, tables, rowid->table) == 1 && ask_once(db, key_indexes, rowid->table) == 0 &&
         ask_once(db, triggers, rowid->table) == 0;
}

/* The cookies change with the schema. */
static bool read_cookies(am__sqlite_conn *conn, sqlite3_int64 cookies[2])
{
  static const char *const texts[] = {"PRAGMA main.schema_version", "PRAGMA temp.schema_version"};
  for (int i = 0; i < 2; i++) {
    sqlite3_stmt **stmt = &conn->cookies[i];
    if (*stmt == NULL && sqlite3_prepare_v3(conn->db, texts[i], -1, SQLITE_PREPARE_PERSISTENT, stmt,
                                            NULL) != SQLITE_OK)
      return false;
    cookies[i] = ask(*stmt);
    if (cookies[i] < 0) return false;
  }
  return true;
}

sqlite3_stmt *am__sqlite_rowid_plain(am__sqlite_conn *conn, am__sqlite_entry *entry, size_t runs)
{
  am__sqlite_rowid *rowid = entry->rowid;
  sqlite3_int64 cookies[2];
  if (rowid->asked < WORTH) rowid->asked += runs * rowid->tuples;
  if (rowid->asked < WORTH || runs * rowid->tuples < 2) return NULL;
  if (sqlite3_txn_state(conn->db, "main") == SQLITE_TXN_NONE || !read_cookies(conn, cookies))
    return NULL;
  if (memcmp(cookies, rowid->cookies, sizeof cookies) != 0) {
    rowid->is_usable = is_rowid(conn->db, rowid);
    memcpy(rowid->cookies, cookies, sizeof cookies);
  }
  if (!rowid->is_usable) return NULL;
  if (rowid->plain == NULL)
    sqlite3_prepare_v3(conn->db, sqlite3_sql(entry->stmt), (int)rowid->plain_size,
                       entry->kept ? SQLITE_PREPARE_PERSISTENT : 0, &rowid->plain, NULL);
  return rowid->plain;
}

/* --- the run ------------------------------------------------------------------------------- */

static void on_change(void *context, int operation, const char *schema, const char *table,
                      sqlite3_int64 key)
{
  am__sqlite_rows *rows = context;
  (void)schema;
  (void)table;
  if (operation == SQLITE_INSERT) am__sqlite_rows_add_key(rows, key);
}

bool am__sqlite_rowid_watch(am__sqlite_cursor *cursor)
{
  if (!am__sqlite_rows_reserve(&cursor->rows, cursor->entry->rowid->tuples)) return false;
  sqlite3_update_hook(am__sqlite_conn_of(cursor)->db, on_change, &cursor->rows);
  return true;
}

void am__sqlite_rowid_unwatch(am__sqlite_cursor *cursor)
{
  sqlite3_update_hook(am__sqlite_conn_of(cursor)->db, NULL, NULL);
}

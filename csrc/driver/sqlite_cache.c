/* Prepared statements of a SQLite connection and their reuse.
 *
 * Keyed by statement id (or text). An entry that runs is never evicted and never lent twice: the
 * second cursor with the same text gets a statement of its own that is finalized afterwards.
 */
#include <string.h>

#include "base/alloc.h"
#include "base/hash.h"
#include "driver/sqlite_private.h"

void am__sqlite_shape_unref(am__sqlite_shape *shape)
{
  if (shape != NULL && --shape->refs == 0) am_free(shape);
}

static void entry_free(am__sqlite_entry *entry)
{
  sqlite3_finalize(entry->stmt);
  am__sqlite_rowid_free(entry->rowid);
  am__sqlite_shape_unref(entry->shape);
  am_free(entry);
}

/* The table is made of entries and nothing else. */
static am__sqlite_entry *entry_of(am_lru_entry *use) { return (am__sqlite_entry *)use; }

void am__sqlite_cache_deinit(am_lru *cache)
{
  am_lru_entry *use = cache->newest;
  while (use != NULL) {
    am_lru_entry *older = use->older;
    entry_free(entry_of(use));
    use = older;
  }
  am_lru_deinit(cache);
}

/* Keeps a new entry; the ones longest unused make room. */
static void keep(am_lru *cache, am__sqlite_entry *entry, uint64_t hash)
{
  am_lru_entry *old = cache->oldest;
  while (cache->count >= cache->limit && old != NULL) {
    am_lru_entry *newer = old->newer;
    if (!entry_of(old)->running) {
      am_lru_remove(cache, old);
      entry_free(entry_of(old));
    }
    old = newer;
  }
  if (cache->count >= cache->limit) return;
  am_lru_insert(cache, &entry->use, hash);
  entry->kept = true;
}

static uint64_t hash_of(const am_query *query)
{
  if (query->id != 0) return am_hash_mum(query->id ^ 0x9e3779b97f4a7c15u, 0xa0761d6478bd642fu);
  return am_key_bytes(am_key_seed(2), query->sql, query->sql_size).a;
}

static am__sqlite_entry *find(const am_lru *cache, const am_query *query, uint64_t hash)
{
  for (am_lru_entry *use = am_lru_chain(cache, hash); use != NULL; use = use->chain) {
    am__sqlite_entry *entry = entry_of(use);
    if (use->hash != hash || entry->id != query->id) continue;
    if (query->id != 0) return entry;
    if (entry->sql_size == query->sql_size &&
        memcmp(sqlite3_sql(entry->stmt), query->sql, query->sql_size) == 0)
      return entry;
  }
  return NULL;
}

/* Skips white space, comments and semicolons. */
static const char *skip_blank(const char *sql)
{
  for (;;) {
    sql += strspn(sql, " \t\r\n\f;");
    if (sql[0] == '-' && sql[1] == '-') {
      sql += strcspn(sql, "\n");
    } else if (sql[0] == '/' && sql[1] == '*') {
      const char *end = strstr(sql + 2, "*/");
      sql = end != NULL ? end + 2 : sql + strlen(sql);
    } else {
      return sql;
    }
  }
}

bool am__sqlite_blank(const char *sql) { return *skip_blank(sql) == '\0'; }

/* What a statement may do to others that are running; the first word tells. */
static am__sqlite_kind kind_of(const char *sql, bool readonly)
{
  static const struct {
    const char *word;
    am__sqlite_kind kind;
  } words[] = {
      {"select", AM__SQLITE_PASSIVE},  {"insert", AM__SQLITE_CHANGE},
      {"update", AM__SQLITE_CHANGE},   {"delete", AM__SQLITE_CHANGE},
      {"replace", AM__SQLITE_CHANGE},  {"with", AM__SQLITE_CHANGE},
      {"begin", AM__SQLITE_PASSIVE},   {"savepoint", AM__SQLITE_PASSIVE},
      {"explain", AM__SQLITE_PASSIVE}, {"values", AM__SQLITE_PASSIVE},
  };
  sql = skip_blank(sql);
  for (size_t i = 0; i < sizeof words / sizeof *words; i++) {
    size_t size = strlen(words[i].word);
    if (sqlite3_strnicmp(sql, words[i].word, (int)size) != 0) continue;
    if (words[i].kind == AM__SQLITE_CHANGE && readonly) return AM__SQLITE_PASSIVE;
    if (words[i].kind == AM__SQLITE_PASSIVE && !readonly) return AM__SQLITE_OTHER;
    return words[i].kind;
  }
  return AM__SQLITE_OTHER;
}

/* SQLite stops at a NUL: the rest of the statement would be left out in silence. */
static am__sqlite_entry *prepare(am__sqlite_conn *conn, const am_query *query, bool keeping,
                                 am_error *err)
{
  if (query->sql_size >= INT32_MAX) {
    am_error_set(err, AM_ERR_DATA, "the statement is too long");
    return NULL;
  }
  if (memchr(query->sql, '\0', query->sql_size) != NULL) {
    am_error_set(err, AM_ERR_PROGRAMMING, "the statement contains a NUL byte");
    return NULL;
  }
  am__sqlite_entry *entry = am_calloc(sizeof *entry);
  if (entry == NULL) {
    am_error_memory(err);
    return NULL;
  }
  const char *tail = "";
  int rc = sqlite3_prepare_v3(conn->db, query->sql, (int)query->sql_size + 1,
                              keeping ? SQLITE_PREPARE_PERSISTENT : 0, &entry->stmt, &tail);
  if (rc != SQLITE_OK) am__sqlite_error(conn, rc, err);
  else if (!am__sqlite_blank(tail))
    am_error_set(err, AM_ERR_PROGRAMMING, "You can only execute one statement at a time.");
  if (err->cls != AM_ERR_NONE || entry->stmt == NULL) {
    entry_free(entry);
    return NULL;
  }
  entry->param_count = sqlite3_bind_parameter_count(entry->stmt);
  entry->readonly = sqlite3_stmt_readonly(entry->stmt) != 0;
  entry->kind = kind_of(query->sql, entry->readonly);
  if (entry->kind == AM__SQLITE_CHANGE && sqlite3_column_count(entry->stmt) == 1)
    entry->rowid = am__sqlite_rowid_parse(query->sql, query->sql_size);
  entry->id = query->id;
  entry->sql_size = query->sql_size;
  entry->running = true;
  return entry;
}

am__sqlite_entry *am__sqlite_entry_take(am__sqlite_conn *conn, const am_query *query, am_error *err)
{
  am_lru *cache = &conn->cache;
  bool keeping = cache->limit > 0 && (query->flags & AM_QUERY_NO_PREPARE) == 0;
  uint64_t hash = keeping ? hash_of(query) : 0;
  am__sqlite_entry *entry = keeping ? find(cache, query, hash) : NULL;
  if (entry != NULL && !entry->running) {
    entry->running = true;
    am_lru_touch(cache, &entry->use);
    return entry;
  }
  if (entry != NULL) keeping = false;
  entry = prepare(conn, query, keeping, err);
  if (entry == NULL) return NULL;
  /* sqlite3_sql ends where the statement does; a text with a tail of comments would not be
   * found again by comparing. */
  if (query->id == 0 && strlen(sqlite3_sql(entry->stmt)) != query->sql_size) keeping = false;
  if (keeping) keep(cache, entry, hash);
  return entry;
}

void am__sqlite_entry_release(am__sqlite_entry *entry)
{
  sqlite3_reset(entry->stmt);
  if (entry->rowid != NULL) am__sqlite_rowid_reset(entry->rowid);
  entry->running = false;
  if (!entry->kept) entry_free(entry);
}

/* SQLite is asked once for each text: without memory it may answer differently the next time. */
static am__sqlite_shape *shape_new(sqlite3_stmt *stmt, size_t count)
{
  size_t size = sizeof(am__sqlite_shape) + count * sizeof(am_column_info);
  size_t text_size = 0;
  am__sqlite_shape *shape = am_alloc(size);
  if (shape == NULL) return NULL;
  for (size_t i = 0; i < count; i++) {
    am_column_info *info = &shape->columns[i];
    info->name = sqlite3_column_name(stmt, (int)i);
    info->type_oid = 0;
    info->decl_type = sqlite3_column_decltype(stmt, (int)i);
    if (info->name == NULL) goto failed;
    text_size += strlen(info->name) + 1;
    if (info->decl_type != NULL) text_size += strlen(info->decl_type) + 1;
  }
  am__sqlite_shape *grown = am_realloc(shape, size + text_size);
  if (grown == NULL) goto failed;
  shape = grown;
  shape->refs = 1;
  shape->count = count;
  char *text = (char *)shape + size;
  for (size_t i = 0; i < count; i++) {
    am_column_info *info = &shape->columns[i];
    char *next = stpcpy(text, info->name) + 1;
    info->name = text;
    text = next;
    if (info->decl_type == NULL) continue;
    next = stpcpy(text, info->decl_type) + 1;
    info->decl_type = text;
    text = next;
  }
  return shape;
failed:
  am_free(shape);
  return NULL;
}

bool am__sqlite_entry_shape(am__sqlite_entry *entry, am_error *err)
{
  int reprepared = sqlite3_stmt_status(entry->stmt, SQLITE_STMTSTATUS_REPREPARE, 0);
  if (entry->shape != NULL && entry->reprepared == reprepared) return true;
  am__sqlite_shape_unref(entry->shape);
  entry->shape = NULL;
  int count = sqlite3_column_count(entry->stmt);
  if (count > 0 && (entry->shape = shape_new(entry->stmt, (size_t)count)) == NULL)
    return am_error_memory(err);
  entry->reprepared = reprepared;
  return true;
}

/* Rows of PostgreSQL results kept in memory, compactly: a PGresult per row would take 2 kB each. */
#include <string.h>

#include "base/alloc.h"
#include "driver/postgresql_private.h"

bool am__pg_rows_add(am__pg_rows *rows, const PGresult *result, int row)
{
  int count = PQnfields(result);
  size_t head = sizeof(am__pg_row) + (size_t)count * sizeof(int), size = head;
  for (int i = 0; i < count; i++) size += (size_t)PQgetlength(result, row, i) + 1;
  am__pg_row *kept = am_arena_alloc(&rows->arena, size);
  if (kept == NULL) return false;
  char *at = (char *)kept + head;
  kept->bytes = at;
  kept->next = NULL;
  for (int i = 0; i < count; i++) {
    bool is_null = PQgetisnull(result, row, i);
    kept->lengths[i] = is_null ? -1 : PQgetlength(result, row, i);
    if (is_null) continue;
    /* Text values are read as C strings: each ends with a NUL. */
    memcpy(at, PQgetvalue(result, row, i), (size_t)kept->lengths[i]);
    at += kept->lengths[i];
    *at++ = '\0';
  }
  if (rows->last != NULL) rows->last->next = kept;
  else rows->first = kept;
  rows->last = kept;
  return true;
}

void am__pg_rows_clear(am__pg_rows *rows)
{
  rows->first = rows->last = NULL;
  am_arena_reset(&rows->arena);
}

enum { MANY_ROWS = 500, PIN_BYTES = 48 * 1024 };

/* libpq frees a result in blocks of 2 kB, the one that was made last first. Where they are the last
 * thing on the heap, which they are when Lua has an allocator of its own, the C library would give
 * each page back by a system call: 2,500 calls and a third of the time for 100,000 rows. A block
 * above them makes it one call. */
void am__pg_result_free(PGresult *result)
{
  void *pin = PQntuples(result) >= MANY_ROWS ? am_alloc(PIN_BYTES) : NULL;
  PQclear(result);
  am_free(pin);
}

/* Rows of SQLite results: decoding the current one, and keeping some in memory (RETURNING, and the
 * rest of an older cursor when another statement changes what it reads). */
#include <string.h>

#include "driver/sqlite_private.h"

/* The connection was opened without a mutex: there sqlite3_column_value gives a value that may be
 * read like any other, which spares a check of the statement for each question about a column. */
bool am__sqlite_row_read(sqlite3_stmt *stmt, size_t count, am_cell *cells)
{
  for (size_t i = 0; i < count; i++) {
    am_cell *cell = &cells[i];
    sqlite3_value *value = sqlite3_column_value(stmt, (int)i);
    switch (sqlite3_value_type(value)) {
      case SQLITE_INTEGER:
        cell->cls = AM_CELL_INT;
        cell->u.integer = sqlite3_value_int64(value);
        break;
      case SQLITE_FLOAT:
        cell->cls = AM_CELL_REAL;
        cell->u.real = sqlite3_value_double(value);
        break;
      case SQLITE_TEXT:
        cell->cls = AM_CELL_TEXT;
        cell->u.bytes = (const char *)sqlite3_value_text(value);
        if (cell->u.bytes == NULL) return false;
        cell->size = (size_t)sqlite3_value_bytes(value);
        break;
      case SQLITE_BLOB:
        cell->cls = AM_CELL_BLOB;
        cell->u.bytes = sqlite3_value_blob(value);
        cell->size = (size_t)sqlite3_value_bytes(value);
        if (cell->u.bytes == NULL) {
          if (cell->size > 0) return false;
          cell->u.bytes = "";
        }
        break;
      default: cell->cls = AM_CELL_NULL;
    }
  }
  return true;
}

static void make_ready(am__sqlite_rows *rows)
{
  if (rows->ready) return;
  am_arena_init(&rows->arena, 8192);
  rows->ready = true;
}

static void append(am__sqlite_rows *rows, am__sqlite_row *row)
{
  row->next = NULL;
  if (rows->last != NULL) rows->last->next = row;
  else rows->first = row;
  rows->last = row;
}

bool am__sqlite_rows_add(am__sqlite_rows *rows, sqlite3_stmt *stmt, size_t count)
{
  make_ready(rows);
  am__sqlite_row *row = am_arena_alloc(&rows->arena, sizeof *row + count * sizeof *row->cells);
  if (row == NULL || !am__sqlite_row_read(stmt, count, row->cells)) return false;
  for (size_t i = 0; i < count; i++) {
    am_cell *cell = &row->cells[i];
    if (cell->cls != AM_CELL_TEXT && cell->cls != AM_CELL_BLOB) continue;
    cell->u.bytes = am_arena_memdup(&rows->arena, cell->u.bytes, cell->size);
    if (cell->u.bytes == NULL) return false;
  }
  append(rows, row);
  return true;
}

enum { KEY_ROW = sizeof(am__sqlite_row) + sizeof(am_cell) };

bool am__sqlite_rows_reserve(am__sqlite_rows *rows, size_t count)
{
  make_ready(rows);
  if (count > SIZE_MAX / KEY_ROW) return false;
  rows->spare = am_arena_alloc(&rows->arena, count * KEY_ROW);
  rows->spare_count = rows->spare != NULL ? count : 0;
  return rows->spare != NULL;
}

void am__sqlite_rows_add_key(am__sqlite_rows *rows, int64_t key)
{
  if (rows->spare_count == 0) return;
  am__sqlite_row *row = (am__sqlite_row *)rows->spare;
  rows->spare += KEY_ROW;
  rows->spare_count--;
  row->cells[0].cls = AM_CELL_INT;
  row->cells[0].u.integer = key;
  append(rows, row);
}

bool am__sqlite_rows_pop(am__sqlite_rows *rows, size_t count, am_cell *cells)
{
  am__sqlite_row *row = rows->first;
  if (row == NULL) return false;
  memcpy(cells, row->cells, count * sizeof *cells);
  rows->first = row->next;
  if (rows->first == NULL) rows->last = NULL;
  return true;
}

void am__sqlite_rows_clear(am__sqlite_rows *rows)
{
  rows->first = rows->last = NULL;
  rows->spare_count = 0;
  if (rows->ready) am_arena_reset(&rows->arena);
}

void am__sqlite_rows_deinit(am__sqlite_rows *rows)
{
  if (rows->ready) am_arena_deinit(&rows->arena);
  memset(rows, 0, sizeof *rows);
}

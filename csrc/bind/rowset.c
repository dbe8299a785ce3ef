/* Row sets: rows of a result, packed into chunks, waiting to be taken; see row.h.
 *
 * core.rowset(width) makes one; fill copies what a cursor has at hand; row, rows, scalars, values
 * take from the front. A chunk is a userdata, so that Lua's collector knows its size and needs no
 * finalizer: [row size][cells][bytes] [row size][cells][bytes] ... The user value of the row set is
 * the table { user value of rows from the current chunk, chunk, chunk, ... } (chunk n at n + 1).
 *
 * Most results have one row: it stands in a chunk that is part of the row set itself, whose user
 * value then is that of the row, { shape, row set }. With a second row it moves to a chunk as above
 * ("single" ends).
 */
#include "bind/collector.h"
#include "bind/row.h"

/* So many rows are made before anybody asks whether the collector should rest (collector.h). */
enum { ROWS_AWAKE = 1000 };
/* The first chunk is made for one row, which is all that many results have. */
enum { CHUNK_SECOND = 2048, CHUNK_MOST = 64 * 1024 };
/* Of rows, an upvalue of all methods, which saves a look-up per row. */
#define ROW_METATABLE lua_upvalueindex(1)

typedef struct chunk {
  size_t used; /* bytes of rows */
  size_t capacity;
  int64_t align[]; /* am_cell needs 8 */
} chunk;

static const char class_name[] = "alchemoon.rowset";

typedef struct rowset {
  const char *mark;          /* class_name */
  size_t width;              /* cells per row */
  size_t count;              /* rows not taken yet */
  int first, last;           /* numbers of the chunks; last < first: none */
  size_t at;                 /* offset of the next row in the first chunk */
  chunk *reading;            /* the first chunk */
  chunk *writing;            /* the last chunk */
  size_t next_size;          /* capacity of the next chunk */
  chunk *spare;              /* a chunk to be written anew, at index 0 of the table */
  const am_shape *env_shape; /* what the current env was made for */
  bool single;               /* the only chunk stands behind this struct */
  am_collector making;       /* of many rows: that of their objects goes on where it ends */
} rowset;

typedef struct row_head {
  size_t size; /* head, cells and bytes, a multiple of 8 */
  am_cell cells[];
} row_head;

static rowset *check_rowset(lua_State *L) { return am_check_marked(L, 1, class_name); }

static const am_shape *check_shape(lua_State *L, const rowset *set)
{
  const am_shape *shape = am_shape_check(L, 2);
  if (shape->width != set->width)
    am_raisef(L, AM_ERR_ARGUMENT, "the shape does not belong to this result");
  return shape;
}

static void make_empty(rowset *set, size_t width)
{
  memset(set, 0, sizeof *set);
  set->mark = class_name;
  set->width = width;
  set->first = 1;
}

/* Pushes an empty set, with `room` bytes behind it, and above it the table that is its user
 * value. */
static rowset *push_rowset(lua_State *L, size_t width, size_t room)
{
  rowset *set = am_newuserdata(L, sizeof *set + room);
  make_empty(set, width);
  am_set_class(L, class_name);
  lua_createtable(L, 2, 0);
  lua_pushvalue(L, -1);
  am_setuservalue(L, -3);
  return set;
}

static int rowset_new(lua_State *L)
{
  lua_Integer width = am_check_integer(L, 1);
  if (width < 0 || width > UINT16_MAX) return am_raisef(L, AM_ERR_ARGUMENT, "rowset: bad width");
  push_rowset(L, (size_t)width, 0);
  lua_pop(L, 1);
  return 1;
}

static bool has_bytes(const am_cell *cell)
{
  return cell->cls == AM_CELL_TEXT || cell->cls == AM_CELL_BLOB || cell->cls == AM_CELL_EXACT;
}

/* Chunks grow, so that a long result has few of them. */
static void add_chunk(lua_State *L, rowset *set, int table, size_t need)
{
  size_t capacity = need > set->next_size ? need : set->next_size;
  chunk *fresh = set->spare;
  if (fresh != NULL && fresh->capacity >= need) {
    lua_rawgeti(L, table, 0);
    set->spare = NULL;
  } else {
    fresh = am_newuserdata(L, sizeof *fresh + capacity);
    fresh->capacity = capacity;
  }
  fresh->used = 0;
  set->last++;
  lua_rawseti(L, table, set->last + 1);
  set->writing = fresh;
  if (set->reading == NULL) {
    set->reading = fresh;
    set->at = 0;
  }
  set->next_size = set->next_size == 0 ? CHUNK_SECOND : set->next_size * 4;
  if (set->next_size > CHUNK_MOST) set->next_size = CHUNK_MOST;
}

static size_t packed_size(const am_cell *cells, size_t width)
{
  size_t size = sizeof(row_head) + width * sizeof(am_cell);
  for (size_t i = 0; i < width; i++)
    if (has_bytes(&cells[i])) size += cells[i].size;
  return (size + 7) & ~(size_t)7;
}

/* Packs a row into the last chunk, which has room for it. */
static void write_row(rowset *set, const am_cell *cells, size_t size)
{
  size_t width = set->width;
  row_head *row = (row_head *)((char *)set->writing->align + set->writing->used);
  row->size = size;
  memcpy(row->cells, cells, width * sizeof *cells);
  char *bytes = (char *)&row->cells[width];
  for (size_t i = 0; i < width; i++) {
    if (!has_bytes(&cells[i])) continue;
    if (cells[i].size > 0) memcpy(bytes, cells[i].u.bytes, cells[i].size);
    row->cells[i].u.bytes = bytes;
    bytes += cells[i].size;
  }
  set->writing->used += size;
  set->count++;
}

/* A second row comes: the first one, if it was not taken, moves to a chunk of its own. The stack
 * has the set and its table at `table` - 1 and `table`; rows that were taken keep the old table. */
static void end_single(lua_State *L, rowset *set, int table)
{
  const row_head *row =
      set->count > 0 ? (const row_head *)((const char *)set->reading->align + set->at) : NULL;
  make_empty(set, set->width);
  lua_createtable(L, 2, 0);
  lua_replace(L, table);
  lua_pushvalue(L, table);
  am_setuservalue(L, table - 1);
  if (row == NULL) return;
  add_chunk(L, set, table, row->size);
  write_row(set, row->cells, row->size);
}

static void add_row(lua_State *L, rowset *set, int table, const am_cell *cells)
{
  size_t size = packed_size(cells, set->width);
  if (set->single) end_single(L, set, table);
  if (set->writing == NULL || set->writing->capacity - set->writing->used < size)
    add_chunk(L, set, table, size);
  write_row(set, cells, size);
}

/* Pushes a set with the row that stands in `cells` and its table. The shape is at index
 * `shape_at`. */
static rowset *push_single(lua_State *L, const am_shape *shape, int shape_at, const am_cell *cells)
{
  size_t size = packed_size(cells, shape->width);
  rowset *set = push_rowset(L, shape->width, sizeof(chunk) + size);
  chunk *own = (chunk *)(set + 1);
  own->used = 0;
  own->capacity = size;
  set->single = true;
  set->reading = set->writing = own;
  set->last = 1;
  set->env_shape = shape;
  lua_pushvalue(L, shape_at);
  lua_rawseti(L, -2, 1);
  lua_pushvalue(L, -2);
  lua_rawseti(L, -2, 2);
  write_row(set, cells, size);
  return set;
}

/* A fill under way. */
typedef struct filling {
  rowset *set;
  am_cursor_box *box;
  int64_t added, limit;
  int rc;
  am_error err;
} filling;

/* Copies what is at hand until there are `most` rows. */
static void fill_to(lua_State *L, filling *job, int table, int64_t most)
{
  while (job->added < most &&
         (job->rc = am_cursor_row(job->box, job->box->blocking, &job->err)) > 0) {
    add_row(L, job->set, table, job->box->row);
    job->added++;
  }
}

/* The same for many rows, while the collector may rest: table, job. */
static int fill_many(lua_State *L)
{
  filling *job = lua_touserdata(L, 2);
  while (job->rc > 0 && job->added < job->limit) {
    am_collector_rest(L, &job->set->making);
    int64_t left = job->limit - job->added;
    fill_to(L, job, 1, job->added + (left < ROWS_AWAKE ? left : ROWS_AWAKE));
  }
  return 0;
}

/* Copies what is at hand, at most `limit` rows. The set is at `table` - 1, its table at `table`. */
static int64_t fill(lua_State *L, rowset *set, int table, am_cursor_box *box, int64_t limit)
{
  filling job = {set, box, 0, limit, 0, AM_ERROR_INIT};
  fill_to(L, &job, table, limit < ROWS_AWAKE ? limit : ROWS_AWAKE);
  if (job.rc > 0 && job.added < limit) {
    am_collector_begin(L, &set->making);
    lua_pushcfunction(L, fill_many);
    lua_pushvalue(L, table);
    lua_pushlightuserdata(L, &job);
    am_collector_call(L, 2, &set->making);
  }
  if (job.rc < 0) am_raise(L, &job.err);
  return job.added;
}

/* rowset:fill(cursor, limit or nil) → rows added, step word; with "rows" there may be more. */
static int rowset_fill(lua_State *L)
{
  rowset *set = check_rowset(L);
  am_cursor_box *box = am_cursor_check(L, 2, true);
  int64_t limit = INT64_MAX;
  if (lua_isnumber(L, 3)) limit = (int64_t)lua_tonumber(L, 3);
  if (box->column_count != set->width && box->step == AM_STEP_ROWS)
    return am_raisef(L, AM_ERR_INVALID_REQUEST, "rowset:fill: the result has other columns");
  lua_settop(L, 2);
  lua_pushvalue(L, 1);
  am_getuservalue(L, 1);
  lua_pushinteger(L, (lua_Integer)fill(L, set, 4, box, limit));
  lua_pushstring(L, am_step_word(box->step));
  return 2;
}

/* A chunk whose rows were all taken, none of them as a row object, is written anew: on LuaJIT a
 * stream of scalars makes so little other garbage that the collector would lag far behind. */
static void keep_spare(lua_State *L, rowset *set, int table)
{
  if (set->env_shape != NULL || set->reading->capacity < CHUNK_MOST) return;
  lua_rawgeti(L, table, set->first + 1);
  lua_rawseti(L, table, 0);
  set->spare = set->reading;
}

/* Makes `reading` the chunk with the next row; false: no rows. `table` is the user value. */
static bool to_next_row(lua_State *L, rowset *set, int table)
{
  if (set->count == 0) return false;
  while (set->at == set->reading->used) {
    keep_spare(L, set, table);
    lua_pushnil(L); /* rows that were taken keep their chunk; the set does not */
    lua_rawseti(L, table, set->first + 1);
    set->first++;
    lua_rawgeti(L, table, set->first + 1);
    set->reading = lua_touserdata(L, -1);
    lua_pop(L, 1);
    set->at = 0;
    set->env_shape = NULL;
  }
  return true;
}

static const am_cell *take_row(rowset *set)
{
  const row_head *row = (const row_head *)((const char *)set->reading->align + set->at);
  set->at += row->size;
  set->count--;
  return row->cells;
}

/* Pushes the user value for rows of the current chunk and this shape (at stack index 2). */
static void push_env(lua_State *L, rowset *set, const am_shape *shape, int table)
{
  if (set->env_shape == shape) {
    if (set->single) lua_pushvalue(L, table);
    else lua_rawgeti(L, table, 1);
    return;
  }
  lua_createtable(L, 2, 0);
  lua_pushvalue(L, 2);
  lua_rawseti(L, -2, 1);
  lua_rawgeti(L, table, set->first + 1); /* of a single row: the set itself, also at 2 */
  lua_rawseti(L, -2, 2);
  if (set->single) return;
  lua_pushvalue(L, -1);
  lua_rawseti(L, table, 1);
  set->env_shape = shape;
}

/* rowset:row(shape) → row or nothing */
static int rowset_row(lua_State *L)
{
  rowset *set = check_rowset(L);
  const am_shape *shape = check_shape(L, set);
  lua_settop(L, 2);
  am_getuservalue(L, 1);
  if (!to_next_row(L, set, 3)) return 0;
  push_env(L, set, shape, 3);
  am_row_push(L, shape, take_row(set), 4, ROW_METATABLE);
  return 1;
}

static int64_t read_limit(lua_State *L, int arg, const rowset *set)
{
  int64_t limit = lua_isnumber(L, arg) ? (int64_t)lua_tonumber(L, arg) : INT64_MAX;
  return limit > (int64_t)set->count ? (int64_t)set->count : limit;
}

/* Rows `from` .. `to` into the list at 4; the set is at 1, the shape at 2, the set's table at 5. */
static void list_rows(lua_State *L, rowset *set, const am_shape *shape, int from, int to)
{
  for (int i = from; i <= to; i++) {
    to_next_row(L, set, 5);
    if (set->env_shape != shape || i == from) {
      lua_settop(L, 5);
      push_env(L, set, shape, 5);
    }
    am_row_push(L, shape, take_row(set), 6, ROW_METATABLE);
    lua_rawseti(L, 4, i);
  }
}

/* The same for many rows, while the collector may rest: set, shape, { from, to }, list, table. */
static int list_many(lua_State *L)
{
  rowset *set = lua_touserdata(L, 1);
  const am_shape *shape = lua_touserdata(L, 2);
  const int *range = lua_touserdata(L, 3);
  for (int from = range[0]; from <= range[1]; from += ROWS_AWAKE) {
    am_collector_rest(L, &set->making);
    int left = range[1] - from + 1;
    list_rows(L, set, shape, from, from - 1 + (left < ROWS_AWAKE ? left : ROWS_AWAKE));
  }
  return 0;
}

/* rowset:rows(shape, limit or nil, list or nil) → list of rows; appended to `list` if given */
static int rowset_rows(lua_State *L)
{
  rowset *set = check_rowset(L);
  const am_shape *shape = check_shape(L, set);
  int limit = (int)read_limit(L, 3, set);
  lua_settop(L, 4);
  if (!lua_istable(L, 4)) {
    lua_createtable(L, limit, 0);
    lua_replace(L, 4);
  }
  int offset = (int)lua_rawlen(L, 4), awake = limit < ROWS_AWAKE ? limit : ROWS_AWAKE;
  am_getuservalue(L, 1);
  list_rows(L, set, shape, offset + 1, offset + awake);
  if (limit > awake) {
    int range[2] = {offset + awake + 1, offset + limit};
    if (set->making.begun_at == 0) am_collector_begin(L, &set->making);
    lua_settop(L, 5);
    lua_pushvalue(L, ROW_METATABLE);
    lua_pushcclosure(L, list_many, 1);
    for (int i = 1; i <= 5; i++) lua_pushvalue(L, i);
    lua_pushlightuserdata(L, range);
    lua_replace(L, 9);
    am_collector_call(L, 5, &set->making);
    set->making.begun_at = 0;
  }
  lua_settop(L, 4);
  return 1;
}

static size_t check_column(lua_State *L, int arg, const am_shape *shape)
{
  lua_Integer position = am_check_integer(L, arg);
  if (position < 1 || (size_t)position > shape->count)
    am_raisef(L, AM_ERR_NO_SUCH_COLUMN, "column %d is out of range: the row has %d", (int)position,
              (int)shape->count);
  return (size_t)position - 1;
}

/* rowset:scalars(shape, position, limit or nil, list or nil) → list of values, NULL is am.null */
static int rowset_scalars(lua_State *L)
{
  rowset *set = check_rowset(L);
  const am_shape *shape = check_shape(L, set);
  size_t column = check_column(L, 3, shape);
  int64_t limit = read_limit(L, 4, set);
  lua_settop(L, 5);
  if (!lua_istable(L, 5)) {
    lua_createtable(L, (int)limit, 0);
    lua_replace(L, 5);
  }
  int offset = (int)lua_rawlen(L, 5);
  am_getuservalue(L, 1);
  for (int64_t i = 1; i <= limit; i++) {
    to_next_row(L, set, 6);
    lua_settop(L, 6);
    if (shape->columns[column].lua_decoder) push_env(L, set, shape, 6);
    else lua_pushnil(L);
    am_row_push_value(L, shape, take_row(set), column, 7);
    if (lua_isnil(L, -1)) {
      lua_pop(L, 1);
      lua_pushlightuserdata(L, NULL);
    }
    lua_rawseti(L, 5, offset + (int)i);
  }
  lua_settop(L, 5);
  return 1;
}

/* rowset:scalar(shape, position) → true, value; or false when there is no row. NULL is nil. */
static int rowset_scalar(lua_State *L)
{
  rowset *set = check_rowset(L);
  const am_shape *shape = check_shape(L, set);
  size_t column = check_column(L, 3, shape);
  lua_settop(L, 3);
  am_getuservalue(L, 1);
  bool found = to_next_row(L, set, 4);
  lua_pushboolean(L, found);
  if (!found) return 1;
  if (shape->columns[column].lua_decoder) push_env(L, set, shape, 4);
  else lua_pushnil(L);
  am_row_push_value(L, shape, take_row(set), column, 6);
  lua_remove(L, 6);
  return 2;
}

/* rowset:values(shape) → true, value, value, ...; or false when there is no row */
static int rowset_values(lua_State *L)
{
  rowset *set = check_rowset(L);
  const am_shape *shape = check_shape(L, set);
  lua_settop(L, 2);
  am_getuservalue(L, 1);
  bool found = to_next_row(L, set, 3);
  if (!found) {
    lua_pushboolean(L, 0);
    return 1;
  }
  luaL_checkstack(L, (int)shape->count + 8, "result:each");
  push_env(L, set, shape, 3);
  const am_cell *cells = take_row(set);
  lua_pushboolean(L, 1);
  for (size_t i = 0; i < shape->count; i++) am_row_push_value(L, shape, cells, i, 4);
  return (int)shape->count + 1;
}

/* Pushes the next row as a table label → value of the class at 3; the anchor of the shape is at 4,
 * the row's user value on top. Labels that lead to no column are absent, and so is NULL. */
static void push_mapping(lua_State *L, rowset *set, const am_shape *shape)
{
  int env = lua_gettop(L);
  const am_cell *cells = take_row(set);
  lua_createtable(L, 0, (int)shape->count);
  for (size_t i = 0; i < shape->count; i++) {
    if (shape->columns[i].nameless || shape->columns[i].ambiguous) continue;
    lua_rawgeti(L, 4, (int)i + 1);
    am_row_push_value(L, shape, cells, i, env);
    lua_rawset(L, env + 1);
  }
  lua_pushvalue(L, 3);
  lua_setmetatable(L, -2);
}

/* rowset:mapping(shape, metatable) → label → value, or nothing */
static int rowset_mapping(lua_State *L)
{
  rowset *set = check_rowset(L);
  const am_shape *shape = check_shape(L, set);
  am_check_type(L, 3, LUA_TTABLE);
  lua_settop(L, 3);
  am_getuservalue(L, 2);
  am_getuservalue(L, 1);
  if (!to_next_row(L, set, 5)) return 0;
  if (shape->plain) lua_pushnil(L);
  else push_env(L, set, shape, 5);
  push_mapping(L, set, shape);
  return 1;
}

/* rowset:mappings(shape, metatable, limit or nil) → list of them */
static int rowset_mappings(lua_State *L)
{
  rowset *set = check_rowset(L);
  const am_shape *shape = check_shape(L, set);
  am_check_type(L, 3, LUA_TTABLE);
  int64_t limit = read_limit(L, 4, set);
  lua_settop(L, 3);
  am_getuservalue(L, 2);
  am_getuservalue(L, 1);
  lua_createtable(L, (int)limit, 0);
  for (int64_t i = 1; i <= limit; i++) {
    to_next_row(L, set, 5);
    if (shape->plain) lua_pushnil(L);
    else push_env(L, set, shape, 5);
    push_mapping(L, set, shape);
    lua_rawseti(L, 6, (int)i);
    lua_settop(L, 6);
  }
  return 1;
}

/* rowset:count() → rows not taken yet */
static int rowset_count(lua_State *L)
{
  lua_pushinteger(L, (lua_Integer)check_rowset(L)->count);
  return 1;
}

/* rowset:is_spent() → were there rows, and have all been taken? */
static int rowset_is_spent(lua_State *L)
{
  const rowset *set = check_rowset(L);
  lua_pushboolean(L, set->count == 0 && set->at > 0);
  return 1;
}

/* rowset:clear() drops all rows */
static int rowset_clear(lua_State *L)
{
  rowset *set = check_rowset(L);
  lua_newtable(L);
  am_setuservalue(L, 1);
  make_empty(set, set->width);
  return 0;
}

static bool names_match(am_cursor_box *box, const am_shape *shape)
{
  const am_column_info *columns;
  size_t count = box->conn->conn->driver->columns(box->cursor, &columns);
  bool same = count == shape->count;
  for (size_t i = 0; same && i < count; i++)
    same = strcmp(columns[i].name, shape->columns[i].label) == 0;
  return same;
}

/* collect(cursor, shape or nil, streams, checked) → step word, row set, rows affected, last rowid.
 * What follows a start in one call: no row set (nil) without rows; false when the shape is missing
 * or its names are not those of the result (`checked` skips the comparison); else a row set with
 * all rows at hand, or an empty one when the result streams. */
static int cursor_collect(lua_State *L)
{
  am_cursor_box *box = am_cursor_check(L, 1, true);
  am_summary summary = {-1, 0, false};
  bool streams = lua_toboolean(L, 3), checked = lua_toboolean(L, 4);
  lua_settop(L, 2);
  am_cursor_collect(L, box, lua_isuserdata(L, 2) ? 2 : 0, streams, checked, &summary);
  lua_pushstring(L, am_step_word(box->step));
  lua_insert(L, 3);
  am_push_int64(L, summary.row_count);
  if (summary.last_row_id != 0) am_push_int64(L, summary.last_row_id);
  else lua_pushnil(L);
  return 4;
}

/* Pushes a set with all rows at hand, and its table. */
static void push_rows(lua_State *L, am_cursor_box *box, const am_shape *shape, int shape_at)
{
  am_error err = AM_ERROR_INIT;
  int rc = am_cursor_row(box, box->blocking, &err);
  if (rc < 0) am_raise(L, &err);
  if (rc == 0) {
    push_rowset(L, shape->width, 0);
    return;
  }
  rowset *set = push_single(L, shape, shape_at, box->row);
  fill(L, set, lua_gettop(L), box, INT64_MAX);
}

void am_cursor_collect(lua_State *L, am_cursor_box *box, int shape_at, bool streams, bool checked,
                       am_summary *out_summary)
{
  const am_driver *driver = box->conn->conn->driver;
  const am_shape *shape = shape_at != 0 ? am_shape_check(L, shape_at) : NULL;
  driver->summary(box->cursor, out_summary);
  if (!out_summary->returns_rows) {
    lua_pushnil(L);
  } else if (shape == NULL ||
             (checked ? box->step == AM_STEP_ROWS && box->column_count != shape->width
                      : !names_match(box, shape))) {
    lua_pushboolean(L, 0);
  } else {
    if (streams) push_rowset(L, shape->width, 0);
    else push_rows(L, box, shape, shape_at);
    lua_pop(L, 1);
    if (box->step == AM_STEP_DONE) driver->summary(box->cursor, out_summary);
  }
}

/* cursor_summary(cursor) → rows affected (-1: unknown), rowid of the last insert or nil, returns
 * rows? */
static int cursor_summary(lua_State *L)
{
  am_cursor_box *box = am_cursor_check(L, 1, true);
  am_summary summary = {-1, 0, false};
  box->conn->conn->driver->summary(box->cursor, &summary);
  am_push_int64(L, summary.row_count);
  if (summary.last_row_id != 0) am_push_int64(L, summary.last_row_id);
  else lua_pushnil(L);
  lua_pushboolean(L, summary.returns_rows);
  return 3;
}

void am_bind_rowset(lua_State *L)
{
  static const luaL_Reg meta[] = {
      {"__len", rowset_count},
      {NULL, NULL},
  };
  static const luaL_Reg methods[] = {
      {"fill", rowset_fill},         {"row", rowset_row},           {"rows", rowset_rows},
      {"scalars", rowset_scalars},   {"scalar", rowset_scalar},     {"values", rowset_values},
      {"mapping", rowset_mapping},   {"mappings", rowset_mappings}, {"count", rowset_count},
      {"is_spent", rowset_is_spent}, {"clear", rowset_clear},       {NULL, NULL},
  };
  lua_pushcfunction(L, rowset_new);
  lua_setfield(L, -2, "rowset");
  lua_pushcfunction(L, cursor_summary);
  lua_setfield(L, -2, "cursor_summary");
  lua_pushcfunction(L, cursor_collect);
  lua_setfield(L, -2, "cursor_collect");
  am_new_class(L, class_name, meta, NULL);
  lua_newtable(L);
  for (const luaL_Reg *method = methods; method->name != NULL; method++) {
    luaL_getmetatable(L, AM_CLASS_ROW);
    lua_pushcclosure(L, method->func, 1);
    lua_setfield(L, -2, method->name);
  }
  lua_setfield(L, -2, "__index");
  lua_pop(L, 1);
}

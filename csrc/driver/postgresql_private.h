/* What the files of the PostgreSQL driver share; the door is driver.h.
 *
 * libpq has one command under way per connection; conn->current is the cursor it belongs to. A
 * buffered statement gives the connection free as soon as its answer is complete, a streaming one
 * when its last row is read. Whoever starts next drives the current one to its end first, rows
 * kept in memory.
 *
 * Ownership: the connection owns prepared statements (entries) and shapes are counted, because a
 * cursor answers for its columns after its statement was dropped. One thread at a time uses a
 * connection; only `cancel` is called from others, and it touches nothing but the PGcancel and
 * `cancelled`. cancel_start has a PGcancel of its own.
 */
#ifndef AM_DRIVER_POSTGRESQL_PRIVATE_H
#define AM_DRIVER_POSTGRESQL_PRIVATE_H

#include <libpq-fe.h>
#include <stdatomic.h>
#include <sys/stat.h>
#include <sys/types.h>

#include "base/arena.h"
#include "base/lru.h"
#include "base/strbuf.h"
#include "driver/driver.h"

typedef struct am__pg_cursor am__pg_cursor;
typedef struct am__pg_conn am__pg_conn;

/* How a column's bytes become a cell. */
typedef enum am__pg_decoder {
  AM__PG_OTHER, /* text format: EXACT; cannot be read in binary */
  AM__PG_BOOL,
  AM__PG_INT2,
  AM__PG_INT4,
  AM__PG_INT8,
  AM__PG_OID,
  AM__PG_FLOAT4,
  AM__PG_FLOAT8,
  AM__PG_TEXT,
  AM__PG_BYTEA,
  AM__PG_JSON,
  AM__PG_JSONB,
  AM__PG_UUID,
  AM__PG_DATE,
  AM__PG_TIME,
  AM__PG_TIMETZ,
  AM__PG_TIMESTAMP,
  AM__PG_TIMESTAMPTZ,
  AM__PG_INTERVAL,
  AM__PG_NUMERIC,
  AM__PG_ARRAY, /* element decoder is found in the array's head */
} am__pg_decoder;

/* The columns of a result. */
typedef struct am__pg_shape {
  size_t refs;
  size_t count;
  bool binary;              /* every column can be read in binary */
  am__pg_decoder *decoders; /* these three arrays and the names lie behind the struct */
  am_column_info *columns;
} am__pg_shape;

/* A prepared statement of the connection. */
typedef struct am__pg_entry am__pg_entry;
struct am__pg_entry {
  am_lru_entry use; /* first: an entry of the connection's cache */
  char name[16];
  bool prepared; /* known to the server */
  bool dead;     /* out of the cache; freed when no cursor uses it */
  size_t users;  /* cursors that are running it */
  am__pg_shape *shape;
  uint64_t id;
  char *sql;
  size_t sql_size;
  Oid *oids; /* parameter types, part of the key */
  size_t oid_count;
};

typedef struct am__pg_cache {
  am_lru entries; /* limit 0: nothing is prepared */
  unsigned next_name;
  /* Names that the server still holds for nothing, as DEALLOCATE statements. */
  char (*dropped)[32];
  size_t dropped_count, dropped_capacity;
} am__pg_cache;

struct am__pg_conn {
  am_dbconn base;
  PGconn *pg;
  PGcancel *cancel; /* made when connected */
  int fd;           /* a dup of libpq's socket; the number stays */
  dev_t fd_device;  /* which socket it is a dup of */
  ino_t fd_inode;
  bool watched; /* the first wait was asked for */
  bool connected;
  bool setting_up; /* the session settings were sent */
  bool unflushed;  /* libpq holds bytes that the socket did not take yet */
  bool discarding; /* a closed cursor's command is still under way */
  bool sync_sent;  /* in pipeline mode: its end was sent */
  bool broken;     /* nobody knows what the wire brings next: no further statement */
  bool defining;   /* the transaction under way made or changed tables or types */
  long kept_statements;
  am__pg_cursor *current;
  am__pg_cache cache;
  am_notice_fn notice;
  void *notice_context;
  atomic_bool cancelled; /* since the statement under way began */
};

/* Rows kept in memory: lengths (-1 is NULL) and bytes of each value, as they came. */
typedef struct am__pg_row am__pg_row;
struct am__pg_row {
  am__pg_row *next;
  const char *bytes;
  int lengths[];
};
typedef struct am__pg_rows {
  am_arena arena;
  am__pg_row *first, *last;
} am__pg_rows;

typedef enum am__pg_phase {
  AM__PG_IDLE,    /* nothing under way for this cursor */
  AM__PG_QUEUED,  /* waits until the connection is free */
  AM__PG_PRELUDE, /* the prelude was sent by itself; the statement follows */
  AM__PG_PREPARE, /* pipeline of Parse, Describe and left-over DEALLOCATEs */
  AM__PG_RESULT,  /* the statement was sent, its results are read; or prelude and statement */
  AM__PG_BATCH,   /* pipeline of one execution per row of parameters */
} am__pg_phase;

/* One statement's parameters as libpq wants them. */
typedef struct am__pg_params {
  size_t count, capacity;
  Oid *oids;
  const char **values;
  int *lengths, *formats;
  uint64_t *slots; /* room for binary numbers */
  am_arena texts;
} am__pg_params;

struct am__pg_cursor {
  am_cursor base;
  am__pg_phase phase;
  am_query query; /* cells are borrowed, sql is a copy while it is needed */
  char *sql;
  char *prelude; /* until its answer has come */
  char *began;   /* the prelude once it was answered: this statement is the first after it */
  am__pg_params params;
  am__pg_entry *entry; /* while it runs as a prepared statement */
  am__pg_shape *shape;
  PGresult *result; /* rows being handed out */
  int row;          /* next one in it */
  am__pg_rows kept; /* rows after those of `result` */
  am_arena scratch; /* texts of the row handed out last */
  am_error late;    /* error to be told after the kept rows */
  am_error failure; /* error of the statement under way, told when its results are read */
  am_summary summary;
  size_t sent, answered; /* batch: executions */
  size_t pipeline_step;  /* PREPARE: commands answered */
  bool keeping;          /* streamed rows go to `kept`: somebody else needs the connection */
  bool streaming;
  bool copy_out; /* the server sends COPY data that nobody wants */
  bool retried;  /* was prepared anew after the server had forgotten or invalidated it */
};

static inline am__pg_conn *am__pg_conn_of(const am__pg_cursor *cursor)
{
  return (am__pg_conn *)cursor->base.conn;
}

/* postgresql_cancel.c */
/* am_driver.cancel_start. */
int am__pg_cancel_start(am_dbconn *conn, am_error *err);
/* The connection is about to be closed: a statement under way shall not go on for nobody. */
void am__pg_cancel_abandoned(am__pg_conn *conn);

/* postgresql_options.c: keywords and values for PQconnectStartParams in one block. */
typedef struct am__pg_options {
  const char **keywords, **values; /* NULL-terminated; am_free(keywords) frees all */
  long kept_statements;
} am__pg_options;
bool am__pg_options_read(am__pg_options *out_options, const am_option *list, size_t count,
                         am_error *err);

/* postgresql_error.c */
/* Fills `err` from an error result; `disconnect` if the connection went with it. */
void am__pg_error_result(am__pg_conn *conn, const PGresult *result, am_error *err);
/* Fills `err` from the connection's own message. Always returns AM_STEP_ERROR. */
am_step am__pg_error_conn(am__pg_conn *conn, am_error *err);
/* The same for a connection that cannot go on, though libpq may still think it sound. */
am_step am__pg_error_lost(am__pg_conn *conn, am_error *err);

/* postgresql_param.c */
void am__pg_params_init(am__pg_params *params);
void am__pg_params_deinit(am__pg_params *params);
/* Decides the parameter types for all rows of the query. */
bool am__pg_params_plan(am__pg_params *params, const am_query *query, am_error *err);
/* Encodes one row of cells into values, lengths and formats. */
bool am__pg_params_encode(am__pg_params *params, const am_cell *cells, am_error *err);

/* postgresql_cache.c */
bool am__pg_cache_init(am__pg_cache *cache, long limit, am_error *err);
void am__pg_cache_deinit(am__pg_cache *cache);
/* The entry for the query with these parameter types, new or known, with one more user. */
am__pg_entry *am__pg_entry_take(am__pg_cache *cache, const am_query *query,
                                const am__pg_params *params, am_error *err);
void am__pg_entry_release(am__pg_entry *entry);
/* Takes it out of the cache; `at_server`: the server may still know the name. */
void am__pg_entry_drop(am__pg_cache *cache, am__pg_entry *entry, bool at_server);
/* The server has forgotten all of them (DEALLOCATE ALL, DISCARD ALL). */
void am__pg_cache_forget(am__pg_cache *cache);
/* All of them are prepared anew when they are needed again, since what they speak of has changed.
 */
void am__pg_cache_renew(am__pg_cache *cache);

/* postgresql_shape.c */
am__pg_shape *am__pg_shape_new(const PGresult *result);
void am__pg_shape_unref(am__pg_shape *shape);
am__pg_decoder am__pg_decoder_of(Oid type);

/* postgresql_decode.c: one value into a cell; texts that have to be made lie in `scratch`. */
bool am__pg_decode(am_arena *scratch, am__pg_decoder decoder, bool binary, const char *bytes,
                   int size, am_cell *cell, am_error *err);
/* postgresql_text.c: binary values as the server prints them. False: malformed. */
bool am__pg_text_of(am_strbuf *out, am__pg_decoder decoder, const char *bytes, int size);
/* Text of a timestamptz in any zone → the same instant in UTC. False: not understood. */
bool am__pg_text_to_utc(am_strbuf *out, const char *text);
/* postgresql_array.c: a binary array as an array literal. */
bool am__pg_array_text(am_strbuf *out, const char *bytes, int size);

/* postgresql_rows.c */
bool am__pg_rows_add(am__pg_rows *rows, const PGresult *result, int row);
void am__pg_rows_clear(am__pg_rows *rows);
/* PQclear for results that may be large; NULL is allowed. */
void am__pg_result_free(PGresult *result);

/* postgresql_run.c: the statement of a cursor that has the connection. */
/* Begins it: the connection is free. */
am_step am__pg_run_begin(am__pg_cursor *cursor, am_error *err);
/* Drives it as far as it goes without waiting: ROWS, DONE, ERROR or a wait. */
am_step am__pg_run(am__pg_cursor *cursor, am_error *err);
/* The same with what has arrived already; asks the socket for nothing. */
am_step am__pg_run_arrived(am__pg_cursor *cursor, am_error *err);
/* Sends the execution of cursor->entry. */
am_step am__pg_run_execute(am__pg_cursor *cursor, am_error *err);
/* The statement is over: gives the connection free and tells DONE, ROWS or the failure. */
am_step am__pg_run_end(am__pg_cursor *cursor, am_error *err);
/* Gives the connection free in the middle of a statement; what comes is discarded. */
void am__pg_run_abandon(am__pg_cursor *cursor);
/* Notes the error of a result as the statement's failure (the first one counts). */
void am__pg_run_failed(am__pg_cursor *cursor, const PGresult *result);
/* Reads on behalf of a closed cursor until the connection is free: DONE, a wait or ERROR. */
am_step am__pg_discard(am__pg_conn *conn, am_error *err);
/* What to wait for while an answer is on its way. */
am_step am__pg_wait(const am__pg_conn *conn);
/* Sends what libpq holds; false: the connection is lost. */
bool am__pg_flush(am__pg_conn *conn, am_error *err);
/* postgresql_batch.c: phase AM__PG_BATCH. */
am_step am__pg_batch_begin(am__pg_cursor *cursor, am_error *err);
am_step am__pg_batch(am__pg_cursor *cursor, am_error *err);
/* Ends the pipeline so that the server undoes what it did in it. False: the connection is lost. */
bool am__pg_batch_give_up(am__pg_cursor *cursor);

/* postgresql_cursor.c */
am_cursor *am__pg_cursor_new(am_dbconn *conn, am_error *err);
am_step am__pg_cursor_start(am_cursor *cursor, const am_query *query, am_error *err);
am_step am__pg_cursor_step(am_cursor *cursor, am_error *err);
int am__pg_cursor_fetch(am_cursor *cursor, am_cell *cells, am_error *err);
size_t am__pg_cursor_columns(am_cursor *cursor, const am_column_info **out_columns);
void am__pg_cursor_summary(am_cursor *cursor, am_summary *out_summary);
void am__pg_cursor_close(am_cursor *cursor);
/* Takes over the shape (counted) and notes that there are rows. */
void am__pg_cursor_set_shape(am__pg_cursor *cursor, am__pg_shape *shape);

/* An integer as the wire has it: `size` bytes, the highest first. */
static inline uint64_t am__pg_bits(const char *bytes, int size)
{
  uint64_t bits = 0;
  for (int i = 0; i < size; i++) bits = bits << 8 | (unsigned char)bytes[i];
  return bits;
}

#endif

/* Values as Lua sees them: userdata of decimals, dates, times, moments and durations.
 *
 * The type processors of other files use this door: push a C struct, test and read a userdata, or
 * read whatever a user may pass for such a column. Values are immutable userdata without
 * finalizer; their metatables carry a tag, so that one look at the metatable tells the kind. */
#ifndef AM_BIND_VALUE_H
#define AM_BIND_VALUE_H

#include "base/nearest.h"
#include "bind/bind.h"
#include "value/decimal.h"
#include "value/temporal.h"

typedef enum am_value_kind {
  AM_VALUE_NONE,
  AM_VALUE_DECIMAL,
  AM_VALUE_DATE,
  AM_VALUE_TIME,
  AM_VALUE_DATETIME,
  AM_VALUE_TIMEDELTA,
  AM_VALUE_KIND_COUNT
} am_value_kind;

/* Which of ours is at `index`; AM_VALUE_NONE for everything else. */
am_value_kind am_value_kind_at(lua_State *L, int index);
const char *am_value_kind_name(am_value_kind kind); /* "decimal", "date", ... */

void am_push_decimal(lua_State *L, const am_decimal *d);
void am_push_date(lua_State *L, am_date date);
void am_push_time(lua_State *L, am_time time);
void am_push_datetime(lua_State *L, am_datetime moment);
void am_push_timedelta(lua_State *L, am_timedelta delta);
/* Parse and push in one step; on failure nothing is pushed and err says why. */
bool am_push_decimal_text(lua_State *L, const char *text, size_t size, am_error *err);
bool am_push_date_text(lua_State *L, const char *text, size_t size, am_error *err);
bool am_push_time_text(lua_State *L, const char *text, size_t size, am_error *err);
bool am_push_datetime_text(lua_State *L, const char *text, size_t size, am_error *err);
bool am_push_interval_text(lua_State *L, const char *text, size_t size, am_error *err);

/* The value inside the userdata at `index` (borrowed from it), or NULL if it is of another kind. */
const am_decimal *am_test_decimal(lua_State *L, int index);
const am_date *am_test_date(lua_State *L, int index);
const am_time *am_test_time(lua_State *L, int index);
const am_datetime *am_test_datetime(lua_State *L, int index);
const am_timedelta *am_test_timedelta(lua_State *L, int index);

/* Anything a user may pass for a column: the value itself, an ISO string, an os.date "*t" table,
 * a number of seconds since the epoch (for intervals: of seconds). A date stands for its
 * midnight, and a datetime for its date. False with an AM_ERR_ARGUMENT that names value, reason
 * and remedy. No metamethod is called and no Lua error raised. */
bool am_read_date(lua_State *L, int index, am_date *out, am_error *err);
bool am_read_time(lua_State *L, int index, am_time *out, am_error *err);
/* with_zone: epoch numbers become aware values (UTC) instead of naive local time. */
bool am_read_datetime(lua_State *L, int index, bool with_zone, am_datetime *out, am_error *err);
bool am_read_timedelta(lua_State *L, int index, am_timedelta *out, am_error *err);
/* Decimals and integers as they are, strings if they are decimals, other numbers by their
 * shortest exact decimal text: appends the plain or scientific text to `out`. */
bool am_read_decimal_text(lua_State *L, int index, am_strbuf *out, am_error *err);

/* Appends the text that databases read: ISO with a space, intervals as PostgreSQL writes them.
 * False (nothing appended) if the value is none of ours. */
bool am_value_text(lua_State *L, int index, am_strbuf *out);

/* Appends a text that is equal for equal values (for identity keys); false if the value is none
 * of ours. */
bool am_value_key(lua_State *L, int index, am_strbuf *out);

/* ---- shared by the files that make the classes ---- */

typedef struct am_value_field {
  const char *name;
  int id; /* what the class's get function is called with */
} am_value_field;

typedef struct am_value_class {
  am_value_kind kind;
  const luaL_Reg *metamethods;
  const luaL_Reg *methods;
  const am_value_field *fields;
  lua_CFunction constructor; /* called with the class table as argument 1 */
  const luaL_Reg *statics;
  void (*get)(lua_State *L, const void *block, int id); /* pushes one field */
} am_value_class;

/* Makes the metatable and core[name], a callable table with the statics. Core is on the stack's
 * top. */
void am_value_class_make(lua_State *L, const am_value_class *cls);
/* A new userdata of that kind. */
void *am_value_new(lua_State *L, am_value_kind kind, size_t size);
/* The block of argument `arg`, or an ArgumentError. */
const void *am_value_check(lua_State *L, int arg, am_value_kind kind);

/* An operator met operands it does not know: if one of them is a foreign object with the same
 * metamethod (an SQL expression), calls that; otherwise raises. `event` is "__add" and so on. */
int am_value_delegate(lua_State *L, const char *event, const char *verb);

/* A whole number from any numeric form (1, 1.0, boxed). */
bool am_to_whole(lua_State *L, int index, int64_t *out);

/* Reads the string-keyed table at `index` into values[i] for names[i]; sets bit i of *out_seen.
 * An unknown key is an ArgumentError that names the nearest one; so is a value that is not whole,
 * except that false and null give AM_NO_OFFSET for "tzoffset". */
void am_value_read_named(lua_State *L, int index, const char *what, const char *const *names,
                         int count, int64_t *values, unsigned *out_seen);
extern const luaL_Reg am_value_comparisons[]; /* eq ne lt le gt ge, through the metamethods */

/* Pushes the value at `index` (absolute) as a reader knows it from Python (repr.c). bytes: a string
 * holds bytes, not text. */
void am_push_repr(lua_State *L, int index, bool bytes);

#endif

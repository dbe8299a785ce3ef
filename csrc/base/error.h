/* The error record that travels up through the core.
 *
 * A function that can fail takes an am_error * as its last argument and returns
 * false, NULL or AM_STEP_ERROR; on failure its out-parameters are untouched.
 * Invariant: the first error of a record wins; setting a second one is ignored,
 * so that clean-up code cannot hide the cause. bind/error.c is the only place that
 * turns a record into a Lua error.
 */
#ifndef AM_BASE_ERROR_H
#define AM_BASE_ERROR_H

#include <stdarg.h>
#include <stdbool.h>
#include <stddef.h>

typedef enum am_error_class {
  AM_ERR_NONE = 0,
#define AM_ERROR_CLASS(id, name, parent) AM_ERR_##id,
#include "base/errors.def"
#undef AM_ERROR_CLASS
  AM_ERR_COUNT
} am_error_class;

typedef struct am_error {
  am_error_class cls; /* AM_ERR_NONE: no error */
  char *message;      /* owned; NULL only when memory ran out while reporting */
  char sqlstate[6];   /* five characters and NUL; empty if the database has none */
  int code;           /* the database's own number, 0 if none */
  bool disconnect;    /* the connection is gone and must not be used again */
} am_error;

/* clang-format off */
#define AM_ERROR_INIT {AM_ERR_NONE, NULL, "", 0, false}
/* clang-format on */

/* Sets class and formatted message unless an error is already set. Returns false,
 * so that `return am_error_set(...)` reads well. */
bool am_error_set(am_error *err, am_error_class cls, const char *format, ...)
    __attribute__((format(printf, 3, 4)));
bool am_error_set_v(am_error *err, am_error_class cls, const char *format, va_list args)
    __attribute__((format(printf, 3, 0)));
/* Memory ran out. Allocates nothing. Returns false. */
bool am_error_memory(am_error *err);
/* Frees the message and resets the record. */
void am_error_clear(am_error *err);
/* Class name as users see it ("IntegrityError"). */
const char *am_error_class_name(am_error_class cls);
am_error_class am_error_class_parent(am_error_class cls);

#endif

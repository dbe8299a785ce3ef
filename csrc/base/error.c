/* Error records; see error.h. */
#include "base/error.h"

#include <stdio.h>
#include <string.h>

#include "base/alloc.h"

static const char *const class_names[AM_ERR_COUNT] = {
    "none",
#define AM_ERROR_CLASS(id, name, parent) name,
#include "base/errors.def"
#undef AM_ERROR_CLASS
};

static const am_error_class class_parents[AM_ERR_COUNT] = {
    AM_ERR_NONE,
#define AM_ERROR_CLASS(id, name, parent) AM_ERR_##parent,
#include "base/errors.def"
#undef AM_ERROR_CLASS
};

bool am_error_set_v(am_error *err, am_error_class cls, const char *format, va_list args)
{
  if (err->cls != AM_ERR_NONE) return false;
  err->cls = cls;
  va_list again;
  va_copy(again, args);
  int size = vsnprintf(NULL, 0, format, args);
  if (size >= 0) err->message = am_alloc((size_t)size + 1);
  if (err->message != NULL) vsnprintf(err->message, (size_t)size + 1, format, again);
  else err->cls = AM_ERR_MEMORY;
  va_end(again);
  return false;
}

bool am_error_set(am_error *err, am_error_class cls, const char *format, ...)
{
  va_list args;
  va_start(args, format);
  am_error_set_v(err, cls, format, args);
  va_end(args);
  return false;
}

bool am_error_memory(am_error *err)
{
  if (err->cls == AM_ERR_NONE) err->cls = AM_ERR_MEMORY;
  return false;
}

void am_error_clear(am_error *err)
{
  am_free(err->message);
  memset(err, 0, sizeof *err);
}

const char *am_error_class_name(am_error_class cls) { return class_names[cls]; }
am_error_class am_error_class_parent(am_error_class cls) { return class_parents[cls]; }

/* Options of a BIND node and the compiler's look-up of binds. */
#ifndef AM_COMPILE_BIND_H
#define AM_COMPILE_BIND_H

#include "compile/compile.h"

enum { /* am_bind_node.options */
  AM_BIND_UNIQUE = 1,
  AM_BIND_REQUIRED = 2,        /* no value was given */
  AM_BIND_EXPANDING = 4,       /* one value becomes a list of placeholders at execution */
  AM_BIND_LITERAL_EXECUTE = 8, /* rendered as a literal at execution */
  AM_BIND_OUT = 16,
  AM_BIND_FROM_NAMES = 32,     /* stands for a column of INSERT or UPDATE, named as it */
  AM_BIND_CROUD = 64           /* made by create/update processing: conflicts are errors */
};

/* Index of the bind among the compiled ones, added at first sight; SIZE_MAX without memory. */
size_t am_bind_index(am_compiler *c, am_node *bind);

#endif

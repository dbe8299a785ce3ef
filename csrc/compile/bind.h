/* The compiler's look-up of binds. */
#ifndef AM_COMPILE_BIND_H
#define AM_COMPILE_BIND_H

#include "compile/compile.h"

/* Index of the bind among the compiled ones, added at first sight; SIZE_MAX without memory. */
size_t am_bind_index(am_compiler *c, am_node *bind);

#endif

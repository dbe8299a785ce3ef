/* All dialects of dialects.def. */
#ifndef AM_DIALECT_DIALECTS_H
#define AM_DIALECT_DIALECTS_H

#include "compile/compile.h"

#define AM_DIALECT(id, name) extern const am_dialect am_dialect_##id;
#include "dialect/dialects.def"
#undef AM_DIALECT

#endif

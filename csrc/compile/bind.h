/* The compiler's look-up of binds. */
#ifndef AM_COMPILE_BIND_H
#define AM_COMPILE_BIND_H

#include "compile/compile.h"

/* Index of the bind among the compiled ones, added at first sight; SIZE_MAX without memory. */
size_t am_bind_index(am_compiler *c, am_node *bind);

/* Takes a copy of `bind` that is ready to be sealed: it reads the value that `bind` reads and lives
 * until the end of the compilation. NULL without memory, which the compiler remembers. */
am_node *am_bind_keep_copy(am_compiler *c, am_node *take_copy, const am_node *bind);

/* Notes that the operand, which has been written, stands where the server knows better than we do
 * what a text is: beside an expression of unknown type (date(x) = '2024-01-02'), among the
 * arguments of a function (nextval('s')) or what CASE compares and gives, or in a columns clause,
 * which may be that of a UNION or an INSERT. A parameter all of whose places are such is sent
 * without a type, which makes it what a quoted literal would be. */
void am_bind_loosen(am_compiler *c, const am_node *operand);
/* Notes that the operand, which has been written, is asked whether it is NULL. PostgreSQL does not
 * take a parameter there whose type it cannot know; if nobody says better, it is a text. */
void am_bind_null_test(am_compiler *c, const am_node *operand);

#endif

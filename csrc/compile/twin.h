/* Parameters that stand at the same place of equal expressions: twins.
 *
 * PostgreSQL wants an expression of GROUP BY to be that of the columns clause, of ORDER BY that of
 * SELECT DISTINCT, parameters included. Who builds the expression twice has two parameters, and the
 * server cannot know that $1 and $2 will be the same. So the compiler notes which ones stand for
 * each other; an execution in which their values are equal runs a text where they are one. */
#ifndef AM_COMPILE_TWIN_H
#define AM_COMPILE_TWIN_H

#include "compile/select.h"

/* Notes the twins of a SELECT that has been rendered; `columns` are those of its columns clause. */
void am_twins_note(am_compiler *c, const am_select_node *select, const am_vec *columns);

#endif

/* Adaptation: an expression about one FROM element becomes one about another that is made from
 * it. */
#ifndef AM_SQL_ADAPT_H
#define AM_SQL_ADAPT_H

#include "sql/from.h"

/* Columns (and FROM elements) that `from` is derived from are exchanged for those of `from`.
 * by_name: also columns that only have the name of one of `from`. Counted; NULL with *err set. */
am_node *am_node_adapt(am_node *node, am_node *from, bool by_name, am_error *err);
/* `old` and its columns are exchanged for `fresh` and the columns that stand for them. */
am_node *am_node_replace_from(am_node *node, am_node *old, am_node *fresh, am_error *err);

#endif

/* The operators of operators.def and how they group. */
#ifndef AM_SQL_OPERATOR_H
#define AM_SQL_OPERATOR_H

#include <stdbool.h>

#include "sql/node.h"

typedef enum am_operator {
#define AM_OPERATOR(id, name, text, precedence, flags) AM_OP_##id,
#include "sql/operators.def"
#undef AM_OPERATOR
  AM_OP_COUNT
} am_operator;

const char *am_operator_name(am_operator op);
const char *am_operator_text(am_operator op);
int am_operator_precedence(am_operator op);
unsigned am_operator_flags(am_operator op);
/* Must an expression built with `op` (custom: its CUSTOM_OP node or NULL) stand in parentheses as
 * an operand of `against`? SQLAlchemy's rule: unless the operator equals `against` and is naturally
 * self-precedent, when its precedence is at most that of `against`. */
bool am_operator_needs_group(am_operator op, const am_node *custom, am_operator against,
                             const am_node *against_custom);
/* and_() and or_() without conditions: they take no part anywhere. */
bool am_is_no_condition(const am_node *node);
/* The node in the form in which it stands as operand of `against`: itself, or in a GROUPING.
 * Returns a counted node, NULL when memory runs out. */
am_node *am_node_self_group(am_node *node, am_operator against, const am_node *against_custom);

/* Wraps a truth value: "x" or "x = 1", negated "NOT x" or "x = 0". Counted, NULL when memory runs
 * out. */
am_node *am_node_as_boolean(am_node *node, bool truth);

#endif

/* WHERE, HAVING and ON: conditions joined by AND. */
#include "compile/cte.h"

/* AND as SQLAlchemy builds it: true takes no part beside others, false is the whole answer. */
static size_t relevant(const am_list *conditions, am_node **out_only)
{
  size_t count = 0;
  am_node *truth = NULL;
  for (size_t i = 0; i < am_list_count(conditions); i++) {
    am_node *condition = conditions->items[i];
    if (condition->tag == AM_NODE_FALSE) {
      *out_only = condition;
      return 1;
    }
    if (am_is_no_condition(condition)) continue;
    if (condition->tag == AM_NODE_TRUE) truth = condition;
    else {
      *out_only = condition;
      count++;
    }
  }
  if (count > 0 || truth == NULL) return count;
  *out_only = truth;
  return 1;
}

void am_compile_conjunction(am_compiler *c, am_list *conditions, am_ctx ctx)
{
  am_node *only = NULL;
  size_t count = relevant(conditions, &only);
  am_operator against = count > 1 ? AM_OP_AND : AM_OP_AS_BOOL;
  bool first = true;
  for (size_t i = 0; i < am_list_count(conditions); i++) {
    am_node *condition = conditions->items[i];
    bool idle = condition->tag == AM_NODE_TRUE || am_is_no_condition(condition);
    if (count <= 1 ? condition != only : idle) continue;
    if (!first) am_put(c, am_dialect_operator_text(c->dialect, AM_OP_AND));
    first = false;
    am_node *operand = am_node_self_group(condition, against, NULL);
    if (am_compile_keep(c, operand) != NULL) am_compile_node(c, operand, ctx);
    if (count <= 1) return;
  }
}

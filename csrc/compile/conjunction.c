/* WHERE, HAVING and ON: conditions joined by AND. */
#include "compile/cte.h"

void am_compile_conjunction(am_compiler *c, am_list *conditions, am_ctx ctx)
{
  bool several = am_list_count(conditions) > 1;
  for (size_t i = 0; i < am_list_count(conditions); i++) {
    am_node *condition = conditions->items[i];
    if (i > 0) am_put(c, am_dialect_operator_text(c->dialect, AM_OP_AND));
    am_node *operand = several ? am_node_self_group(condition, AM_OP_AND, NULL)
                               : am_node_ref(condition);
    if (am_compile_keep(c, operand) != NULL) am_compile_node(c, operand, ctx);
  }
}

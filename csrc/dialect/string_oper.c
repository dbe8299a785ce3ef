/* What str() shows for operators that plain SQL does not have. */
#include "dialect/oper.h"

void am_string_regexp(am_compiler *c, am_binary_node *binary, am_ctx ctx)
{
  switch (binary->op) {
    case AM_OP_REGEXP_MATCH: am_put_binary(c, binary, " <regexp> ", false, ctx); break;
    case AM_OP_NOT_REGEXP_MATCH: am_put_binary(c, binary, " <not regexp> ", false, ctx); break;
    default: am_put_call(c, "<regexp replace>", binary, ctx);
  }
}
